//! `MemoryDirectory` keeps its promises.

use sync_conformance::{CaseResult, DirectoryGiven, directory::case_names, run_directory};
use sync_core::{
    memory::MemoryDirectory,
    model::{Attribute, DirectoryUser, SourceAnchor},
};

pub(crate) fn anchor(n: usize) -> SourceAnchor {
    SourceAnchor::entra("t-1", &format!("o-{n}"))
}

pub(crate) fn users() -> Vec<DirectoryUser> {
    let user = |n: usize| {
        let mut user = DirectoryUser::new(anchor(n))
            .with(Attribute::UserPrincipalName, format!("user{n}@contoso.example"))
            .with(Attribute::Mail, if n == 3 { String::new() } else { format!("user{n}@contoso.example") })
            .with(Attribute::JobTitle, if n == 2 { "Engineer" } else { "" });
        user.enabled = Some(true);
        user.alternate_emails = Some(vec![format!("other{n}@contoso.example")]);
        user.groups = Some(["g-1".to_owned()].into());
        user
    };
    (1..=5).map(user).collect()
}

pub(crate) fn given() -> DirectoryGiven {
    DirectoryGiven::new().known_users([anchor(1)]).group("G-1").secret("canary-secret")
}

#[tokio::test]
async fn the_memory_directory_passes() {
    let directory = MemoryDirectory::new(users());
    directory.set_page_size(2);
    let report = run_directory(&directory, &given()).await.into_result().unwrap();
    assert!(report.passed() >= 9, "{report}");
}

#[tokio::test]
async fn an_empty_directory_passes_what_can_be_seen_of_it() {
    let report = run_directory(&MemoryDirectory::new([]), &DirectoryGiven::new()).await;
    assert!(report.is_conformant(), "{report}");
    assert!(matches!(report.result("not_read_is_told_from_blank"), Some(CaseResult::Skipped(_))));
}

#[test]
fn every_case_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<&str> = case_names().collect();
    assert_eq!(names.len(), case_names().count());
}
