//! What reading a directory costs beside the network: from the bytes of pages to a finished snapshot, keys included.
//!
//! `cargo bench -p graph-client --bench ingest` reads a million users in pages of 999, page by page as they would come,
//! and beside it lets plain serde_json read the same pages into owned texts and nothing else. Both take turns on a few
//! pages at a time, so that whatever else the machine does falls on both; where the system tells how long the program
//! itself ran (Linux), that is what counts, not the clock. `ingest USERS ROUNDS` takes other numbers.

use graph_client::{ExportContext, pack_users_page};
use serde::Deserialize;
use std::{
    fmt::Write as _,
    hint::black_box,
    time::{Duration, Instant},
};
use sync_core::snapshot::{Completeness, UserSnapshot};

const TENANT: &str = "7d1c7d4e-0000-4000-8000-000000000001";
const PAGE: u64 = 999;
/// How many pages are read in one turn: enough for the system's clock of running time, which counts in milliseconds.
const TURN: usize = 50;

/// A user object with a text of its own for everything.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "read, as the other side reads it")]
struct Plain {
    id: String,
    account_enabled: Option<bool>,
    assigned_licenses: Vec<PlainLicense>,
    business_phones: Vec<String>,
    city: Option<String>,
    company_name: Option<String>,
    country: Option<String>,
    department: Option<String>,
    display_name: Option<String>,
    employee_id: Option<String>,
    given_name: Option<String>,
    job_title: Option<String>,
    mail: Option<String>,
    mobile_phone: Option<String>,
    office_location: Option<String>,
    on_premises_immutable_id: Option<String>,
    postal_code: Option<String>,
    proxy_addresses: Vec<String>,
    state: Option<String>,
    street_address: Option<String>,
    surname: Option<String>,
    usage_location: Option<String>,
    user_principal_name: String,
    user_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "read, as the other side reads it")]
struct PlainLicense {
    sku_id: String,
}

#[derive(Deserialize)]
struct PlainPage {
    value: Vec<Plain>,
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let users = numbers.next().unwrap_or(1_000_000);
    let rounds = numbers.next().unwrap_or(3);
    let mut best: Option<(f64, String)> = None;
    for _ in 0..rounds {
        let round = round(users);
        if best.as_ref().is_none_or(|(ratio, _)| round.0 > *ratio) {
            best = Some(round);
        }
    }
    report(&best.map_or_else(|| "no round".to_owned(), |(_, told)| format!("best round: {told}")));
}

/// Reads all pages once in both ways; how many times as fast the snapshot is made as the owned texts alone.
fn round(users: u64) -> (f64, String) {
    let context = ExportContext::new(TENANT);
    let (mut plain, mut packed) = (Duration::ZERO, Duration::ZERO);
    let (mut bytes, mut read) = (0, 0);
    let mut builder = UserSnapshot::builder();
    let starts: Vec<u64> = (0..users).step_by(PAGE as usize).collect();
    for (turn, some) in starts.chunks(TURN).enumerate() {
        let pages: Vec<String> = some.iter().map(|first| page(*first, (first + PAGE).min(users))).collect();
        bytes += pages.iter().map(String::len).sum::<usize>();
        let mut owned = || {
            let start = Clock::now();
            for page in &pages {
                let all: PlainPage =
                    serde_json::from_slice(page.as_bytes()).unwrap_or_else(|e| unreachable!("{e}"));
                read += black_box(all).value.len();
            }
            plain += start.elapsed();
        };
        let mut borrowed = || {
            let start = Clock::now();
            for page in &pages {
                // What comes from the network are bytes.
                let text =
                    std::str::from_utf8(black_box(page.as_bytes())).unwrap_or_else(|e| unreachable!("{e}"));
                let rows = pack_users_page(text, &context).unwrap_or_else(|e| unreachable!("{e}"));
                builder.append(rows.users);
            }
            packed += start.elapsed();
        };
        if turn % 2 == 0 {
            owned();
            borrowed();
        } else {
            borrowed();
            owned();
        }
    }
    let start = Clock::now();
    let snapshot = builder
        .finish(chrono::DateTime::UNIX_EPOCH, Completeness::Complete)
        .unwrap_or_else(|e| unreachable!("{e}"));
    let finish = start.elapsed();
    assert_eq!((snapshot.len() as u64, read as u64), (users, users));
    let each = |time: Duration| time.as_nanos() as f64 / users as f64;
    let ratio = plain.as_secs_f64() / (packed + finish).as_secs_f64();
    let told = format!(
        "{users} users of {} B: owned texts alone {:.0} ns a user; snapshot {:.0} ns a user ({:.0} of them its order), \
         {ratio:.2} times as fast; {} B a user in the snapshot",
        bytes as u64 / users,
        each(plain),
        each(packed + finish),
        each(finish),
        snapshot.memory() as u64 / users,
    );
    report(&told);
    (ratio, told)
}

/// What the program itself ran for, where the system tells; the time of day elsewhere.
struct Clock(Instant, Option<Duration>);

impl Clock {
    fn now() -> Self {
        Self(Instant::now(), Self::ran())
    }

    fn elapsed(&self) -> Duration {
        let ran = self.1.zip(Self::ran()).map(|(before, after)| after.saturating_sub(before));
        ran.unwrap_or_else(|| self.0.elapsed())
    }

    fn ran() -> Option<Duration> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
    }
}

#[allow(clippy::print_stdout, reason = "a benchmark reports")]
fn report(line: &str) {
    println!("{line}");
}

/// A well-mixed number from a small one (SplitMix64).
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

const FIRST: [&str; 12] = [
    "Ada",
    "Grace",
    "J\u{f6}rg",
    "Alan",
    "Edsger",
    "Barbara",
    "Leslie",
    "Tim",
    "Radia",
    "Hedy",
    "Vint",
    "Frances",
];
const DEPARTMENTS: [&str; 5] = ["Sales", "Engineering", "Finance", "Human Resources", "Customer Support"];
const SKUS: [&str; 3] = [
    "06ebc4ee-1bb5-47dd-8120-11324bc54e06",
    "c7df2760-2c81-4ef7-b578-5b5392b571df",
    "b05e124f-c7cc-45a0-a6aa-8cf78c946968",
];

/// A page as Graph writes one: the link before the rows, `null` for what is empty.
fn page(first: u64, end: u64) -> String {
    let mut page = String::with_capacity(PAGE as usize * 800);
    let out = &mut page;
    let _ = write!(
        out,
        "{{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#users\",\"@odata.count\":1000000,\
         \"@odata.nextLink\":\"https://graph.microsoft.com/v1.0/users?$skiptoken={first}\",\"value\":["
    );
    for n in first..end {
        if n > first {
            out.push(',');
        }
        write_user(out, n);
    }
    out.push_str("]}");
    page
}

fn write_user(out: &mut String, n: u64) {
    let (a, b) = (mix(n), mix(n ^ 0xabcd));
    // 2 % have a name outside ASCII.
    let first = if a % 50 == 0 { FIRST[2] } else { FIRST[(a % 12) as usize].trim_matches('\u{f6}') };
    let first = if a % 50 != 0 && !first.is_ascii() { "Joerg" } else { first };
    let name = format!("{}.person{n:x}", first.to_ascii_lowercase().replace('\u{f6}', "oe"));
    let mail = format!("{name}@contoso.com");
    let noisy = if b % 20 < 3 { mail.to_uppercase() } else { mail.clone() };
    let department = DEPARTMENTS[(b % 5) as usize];
    let id = format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    );
    let alias =
        if n.is_multiple_of(3) { format!(",\"smtp:{name}@contoso.onmicrosoft.com\"") } else { String::new() };
    let office = b % 40;
    let _ = write!(
        out,
        "{{\"id\":\"{id}\",\"accountEnabled\":true,\"assignedLicenses\":[{{\"disabledPlans\":[],\"skuId\":\"{}\"}}],\
         \"businessPhones\":[\"+1 555 {:04}\"],\"city\":\"Berlin\",\"companyName\":\"Contoso\",\"country\":\"Germany\",\
         \"department\":\"{department}\",\"displayName\":\"{first} Person{n:x}\",\"employeeId\":\"{n}\",\
         \"givenName\":\"{first}\",\"jobTitle\":\"Engineer\",\"mail\":\"{noisy}\",\"mobilePhone\":null,\
         \"officeLocation\":\"Building {office}\",\"onPremisesImmutableId\":\"{:016x}{:04x}==\",\"postalCode\":\"10115\",\
         \"proxyAddresses\":[\"SMTP:{mail}\"{alias}],\"state\":null,\"streetAddress\":\"{office} Main Street\",\
         \"surname\":\"Person{n:x}\",\"usageLocation\":\"DE\",\"userPrincipalName\":\"{mail}\",\"userType\":\"Member\"}}",
        SKUS[(b % 3) as usize],
        n % 10_000,
        a ^ b,
        b & 0xffff,
    );
}
