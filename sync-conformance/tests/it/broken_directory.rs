//! The suite notices what is wrong with a directory.

#![allow(clippy::wildcard_enum_match_arm, reason = "each method is broken in a few of many ways")]

use crate::memory_directory::{anchor, given, users};
use async_trait::async_trait;
use futures::stream::{BoxStream, StreamExt as _};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use sync_conformance::{CaseResult, run_directory};
use sync_core::{
    CheckItem, CheckQuery, CheckStatus, Directory, DirectoryItem, Page, PageEnd, Result, UserQuery,
    memory::MemoryDirectory,
    model::{Attribute, DirectoryUser, SourceAnchor},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Breakage {
    NoEnd,
    WrongCount,
    LosesAUser,
    NewAnchorsEachTime,
    AddressesAsAnchors,
    BlanksAreMissing,
    BlanksAreTexts,
    PrefixedAddresses,
    PrimaryAmongAlternates,
    GroupsNotRead,
    EnabledNotRead,
    SecretInDebug,
    CheckSaysNothing,
    CheckShowsAnAddress,
    AcceptsWrongCredentials,
}

struct Broken(MemoryDirectory, Breakage, AtomicU64);

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.1 == Breakage::SecretInDebug {
            "Broken { key: canary-secret }"
        } else {
            "Broken"
        })
    }
}

impl Broken {
    fn seen(&self, mut user: DirectoryUser, read: u64) -> Option<DirectoryUser> {
        let mail = user.attribute(&Attribute::Mail).unwrap_or_default().to_owned();
        let object = user.anchor.object_id().to_owned();
        match self.1 {
            Breakage::LosesAUser if user.anchor == anchor(1) => return None,
            Breakage::NewAnchorsEachTime => {
                user.anchor = SourceAnchor::entra("t-1", &format!("{object}-{read}"));
            }
            Breakage::AddressesAsAnchors => {
                user.anchor = SourceAnchor::new(format!("entra:t-1:{object}@contoso.example"));
            }
            Breakage::BlanksAreMissing => user.attributes.retain(|_, value| value.is_some()),
            Breakage::BlanksAreTexts => {
                for value in user.attributes.values_mut() {
                    value.get_or_insert_default();
                }
            }
            Breakage::PrefixedAddresses => user.alternate_emails = Some(vec![format!("smtp:{mail}")]),
            Breakage::PrimaryAmongAlternates if !mail.is_empty() => {
                user.alternate_emails = Some(vec![mail.to_uppercase()]);
            }
            Breakage::GroupsNotRead => user.groups = None,
            Breakage::EnabledNotRead => user.enabled = None,
            _ => {}
        }
        Some(user)
    }
}

#[async_trait]
impl Directory for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>> {
        match self.1 {
            Breakage::CheckSaysNothing => Ok(Vec::new()),
            Breakage::CheckShowsAnAddress => {
                Ok(vec![CheckItem::new("read users", CheckStatus::Ok, "saw ada@contoso.example")])
            }
            _ => self.0.check(query).await,
        }
    }

    fn users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<Page<DirectoryItem>>> {
        let read = self.2.fetch_add(1, Ordering::Relaxed);
        let pages = self.0.users(query).filter_map(move |page| async move {
            match page {
                Ok(Page::Items(items)) => {
                    let items = items.into_iter().filter_map(|item| match item {
                        DirectoryItem::Present(user) => Some(DirectoryItem::Present(self.seen(user, read)?)),
                        other => Some(other),
                    });
                    Some(Ok(Page::Items(items.collect())))
                }
                Ok(Page::End(_)) if self.1 == Breakage::NoEnd => None,
                Ok(Page::End(_)) if self.1 == Breakage::WrongCount => {
                    Some(Ok(Page::End(PageEnd::new().with_reported_count(Some(7)))))
                }
                // The count is the memory directory's own and would hide what is lost here.
                Ok(Page::End(_)) => Some(Ok(Page::End(PageEnd::new()))),
                other => Some(other),
            }
        });
        pages.boxed()
    }
}

fn broken(breakage: Breakage) -> Broken {
    Broken(MemoryDirectory::new(users()), breakage, AtomicU64::new(0))
}

#[tokio::test]
async fn every_breakage_fails_the_case_that_is_about_it() {
    use Breakage as B;
    for (breakage, case) in [
        (B::NoEnd, "users_listing_ends_once"),
        (B::WrongCount, "users_listing_ends_once"),
        (B::LosesAUser, "users_listing_ends_once"),
        (B::NewAnchorsEachTime, "anchors_are_stable"),
        (B::AddressesAsAnchors, "anchors_are_stable"),
        (B::BlanksAreMissing, "not_read_is_told_from_blank"),
        (B::BlanksAreTexts, "not_read_is_told_from_blank"),
        (B::PrefixedAddresses, "alternate_addresses_are_addresses"),
        (B::PrimaryAmongAlternates, "alternate_addresses_are_addresses"),
        (B::GroupsNotRead, "groups_asked_for_are_resolved"),
        (B::EnabledNotRead, "users_hold_what_a_sync_needs"),
        (B::SecretInDebug, "debug_shows_no_secret"),
        (B::CheckSaysNothing, "check_says_how_things_stand"),
        (B::CheckShowsAnAddress, "check_says_how_things_stand"),
        (B::AcceptsWrongCredentials, "wrong_credentials_are_told"),
    ] {
        let mut given = given();
        if breakage == B::AcceptsWrongCredentials {
            given = given.wrong_credentials(Arc::new(broken(breakage)));
        }
        let report = run_directory(&broken(breakage), &given).await;
        let result = report.result(case);
        assert!(
            matches!(result, Some(CaseResult::Failed(_))),
            "{breakage:?} is not noticed by {case}:\n{report}"
        );
        assert!(!report.to_string().contains("contoso.example"), "a report holds an address:\n{report}");
    }
}
