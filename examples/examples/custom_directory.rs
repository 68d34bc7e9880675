//! A directory of one's own: here over a table of employees, and what a snapshot of it proves.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use async_trait::async_trait;
use chrono::Utc;
use futures::stream::{self, BoxStream, StreamExt as _};
use sync_conformance::{DirectoryGiven, run_directory};
use sync_core::{
    CheckItem, CheckQuery, CheckStatus, Directory, DirectoryExt as _, DirectoryItem, Error, ErrorKind, Page,
    PageEnd, Result, UserQuery,
    model::{Attribute, DirectoryUser, SourceAnchor},
};

/// Number, first name, last name, address, job title, still employed.
type Employee = (u32, &'static str, &'static str, &'static str, &'static str, bool);

const EMPLOYEES: [Employee; 4] = [
    (1, "Ada", "Lovelace", "ada@contoso.example", "Engineer", true),
    (2, "Bob", "Newman", "bob@contoso.example", "", true),
    (3, "Cleo", "Marsh", "cleo@contoso.example", "Accountant", true),
    (4, "Dan", "Gone", "dan@contoso.example", "Engineer", false),
];

#[derive(Debug)]
struct StaffTable {
    /// Pretends that the server goes away after so many pages.
    breaks_after: usize,
}

fn user((number, first, last, address, title, employed): Employee) -> DirectoryUser {
    // The anchor never changes. An address does, so it is never identity.
    let mut user = DirectoryUser::new(SourceAnchor::new(format!("staff:contoso:{number}")))
        .with(Attribute::UserPrincipalName, address)
        .with(Attribute::Mail, address)
        .with(Attribute::DisplayName, format!("{first} {last}"))
        .with(Attribute::GivenName, first)
        .with(Attribute::Surname, last)
        // A blank text becomes "read and empty". What the table does not have is left out: "not read".
        .with(Attribute::JobTitle, title);
    user.enabled = Some(employed);
    user
}

#[async_trait]
impl Directory for StaffTable {
    fn name(&self) -> &'static str {
        "staff-table"
    }

    async fn check(&self, _query: &CheckQuery) -> Result<Vec<CheckItem>> {
        Ok(vec![CheckItem::new("read employees", CheckStatus::Ok, format!("{} rows", EMPLOYEES.len()))])
    }

    fn users<'a>(&'a self, _query: &'a UserQuery) -> BoxStream<'a, Result<Page<DirectoryItem>>> {
        let pages = EMPLOYEES.chunks(2).map(|rows| {
            let rows = rows.iter().map(|row| DirectoryItem::Present(user(*row)));
            Ok(Page::Items(rows.collect()))
        });
        let broken = || Err(Error::new(ErrorKind::Unavailable, "list employees", "the database went away"));
        // The end is said once, after the last row, with the count that the source itself gives.
        let end = Ok(Page::End(PageEnd::new().with_reported_count(Some(EMPLOYEES.len() as u64))));
        let mut all: Vec<Result<Page<DirectoryItem>>> = pages.take(self.breaks_after).collect();
        all.push(if self.breaks_after < EMPLOYEES.len() / 2 { broken() } else { end });
        stream::iter(all).boxed()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let now = chrono::DateTime::<Utc>::from(std::time::SystemTime::now());
    let whole = StaffTable { breaks_after: usize::MAX };
    let report = run_directory(&whole, &DirectoryGiven::new()).await;
    println!("{}", report.into_result()?);

    let users = whole.snapshot(&UserQuery::all(), now).await?;
    println!("whole read:  {} users, {:?}", users.len(), users.completeness());
    anyhow::ensure!(users.len() == 4 && users.completeness().is_complete(), "everybody was read");

    // Of a read that broke off, what is there can be used, and nothing is concluded from what is not.
    let cut = StaffTable { breaks_after: 1 }.snapshot(&UserQuery::all(), now).await?;
    println!("broken read: {} users, {:?}", cut.len(), cut.completeness());
    anyhow::ensure!(cut.len() == 2 && !cut.completeness().is_complete(), "half a read is told as such");
    Ok(())
}
