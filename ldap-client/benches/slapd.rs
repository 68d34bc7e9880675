//! How long a whole directory takes to read, next to `ldapsearch` for the same read of the same server.
//!
//! `cargo bench -p ldap-client --bench slapd` prints both, and their ratio, for 25,000 people in pages of 1,000 over one
//! connection. The runs take turns, so that a busy machine slows both; the processor time of each side, and of the server
//! meanwhile, is counted as well, which others on the machine hardly change.

#![allow(clippy::print_stdout, reason = "its output is its product")]
#![allow(unreachable_pub, missing_docs, reason = "nobody uses a measurement")]
#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on fails")]

#[path = "../tests/rigs/mod.rs"]
mod rigs;

use futures::StreamExt as _;
use ldap_client::Config;
use rigs::{
    find_program,
    slapd::{BASE, Options, PASSWORD, READER, Slapd, person},
};
use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use sync_core::{Directory as _, Page, UserQuery};

const PEOPLE: u32 = 25_000;
const PAGE: u16 = 1_000;
const ROUNDS: u32 = 21;

/// What the adapter asks of a person, so that both read the same.
const ATTRIBUTES: [&str; 20] = [
    "entryUUID",
    "uid",
    "displayName",
    "givenName",
    "sn",
    "mail",
    "title",
    "departmentNumber",
    "o",
    "physicalDeliveryOfficeName",
    "telephoneNumber",
    "mobile",
    "facsimileTelephoneNumber",
    "street",
    "l",
    "st",
    "postalCode",
    "employeeNumber",
    "employeeType",
    "preferredLanguage",
];

fn main() {
    // `cargo test --benches` starts this with nothing to measure.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let mut ldif = String::new();
    (0..PEOPLE).for_each(|number| person(&mut ldif, number));
    let Some(slapd) = Slapd::start(&Options::new(ldif)) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut own_work, mut other_work) = (0, 0);
    // The first round of each warms the server's caches.
    for round in 0..=ROUNDS {
        let before = processor_time();
        let other = ldapsearch(&slapd);
        let between = processor_time();
        let own = runtime.block_on(read(&slapd.plain()));
        let after = processor_time();
        println!("round {round}: ldapsearch {other:?}, ldap-client {own:?}");
        if round > 0 {
            ours.push(own);
            theirs.push(other);
            other_work += between.1 - before.1;
            own_work += after.0 - between.0;
        }
    }
    let ratio = |a: f64, b: f64| a / b;
    let best = |times: &[Duration]| times.iter().min().copied().unwrap_or_default();
    let (fastest, other_fastest) = (best(&ours), best(&theirs));
    let (own, other) = (median(ours), median(theirs));
    println!(
        "{PEOPLE} people, median of {ROUNDS}: ldapsearch {other:?}, ldap-client {own:?}, ratio {:.2}",
        ratio(own.as_secs_f64(), other.as_secs_f64())
    );
    println!(
        "fastest: ldapsearch {other_fastest:?}, ldap-client {fastest:?}, ratio {:.2}",
        ratio(fastest.as_secs_f64(), other_fastest.as_secs_f64())
    );
    println!(
        "processor time of the client, mean: ldapsearch {} ms, ldap-client {} ms",
        other_work * 10 / u64::from(ROUNDS),
        own_work * 10 / u64::from(ROUNDS)
    );
}

/// The processor time of this process, and of those that it started and that have ended, in ticks of 10 ms (proc(5)).
fn processor_time() -> (u64, u64) {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in brackets may hold spaces; user and system time are the 14th to the 17th field.
    let after = text.rsplit_once(')').map_or("", |(_, after)| after);
    let fields: Vec<u64> = after.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
    let sum = |at: usize| fields.iter().skip(at).take(2).sum();
    (sum(11), sum(13))
}

async fn read(config: &Config) -> Duration {
    let mut config = config.clone();
    config.page_size = PAGE;
    let start = Instant::now();
    let directory = config.connect().unwrap();
    let query = UserQuery::all();
    let mut pages = directory.users(&query);
    let mut rows = 0;
    while let Some(page) = pages.next().await {
        if let Page::Items(items) = page.unwrap() {
            rows += items.len();
        }
    }
    assert_eq!(rows, PEOPLE as usize);
    start.elapsed()
}

fn ldapsearch(slapd: &Slapd) -> Duration {
    let mut command = Command::new(find_program("ldapsearch").unwrap());
    command.args(["-x", "-LLL", "-D", READER, "-w", PASSWORD, "-b", BASE]);
    command.arg("-H").arg(format!("ldap://{}:{}", slapd.address, slapd.port));
    command.arg("-E").arg(format!("pr={PAGE}/noprompt"));
    command.arg("(objectClass=inetOrgPerson)").args(ATTRIBUTES);
    let start = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success());
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
