//! How long a whole directory takes to read, next to `ldapsearch` for the same read of the same server.
//!
//! `cargo bench -p ldap-client --bench slapd` prints both, and their ratio, for 25,000 people in pages of 1,000 over one
//! connection. The runs take turns, so that a busy machine slows both.

#![allow(clippy::print_stdout, reason = "its output is its product")]
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
const ROUNDS: u32 = 7;

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
    // The first round of each warms the server's caches.
    for round in 0..=ROUNDS {
        let other = ldapsearch(&slapd);
        let own = runtime.block_on(read(&slapd.plain()));
        println!("round {round}: ldapsearch {other:?}, ldap-client {own:?}");
        if round > 0 {
            ours.push(own);
            theirs.push(other);
        }
    }
    let (own, other) = (median(ours), median(theirs));
    let ratio = own.as_secs_f64() / other.as_secs_f64();
    println!(
        "{PEOPLE} people, median of {ROUNDS}: ldapsearch {other:?}, ldap-client {own:?}, ratio {ratio:.2}"
    );
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
