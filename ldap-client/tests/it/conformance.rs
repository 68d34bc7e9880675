//! The adapter keeps the promises of `Directory`, on a domain controller and on a server of another kind.

use crate::{
    rigs::{
        samba::{READER_PASSWORD, Samba},
        slapd::{BASE, Options, PASSWORD, Slapd, person},
    },
    support::read_all,
};
use ldap_client::{Config, NestedGroups};
use std::{fmt::Write as _, sync::Arc};
use sync_conformance::{CaseResult, DirectoryGiven, run_directory};
use sync_core::model::Attribute;

const WRONG: &str = "canary-wrong-password";

async fn given(config: &Config, password: &str, group: &str, extension: &str) -> DirectoryGiven {
    let mut wrong = config.clone();
    wrong.password = WRONG.to_owned().into();
    DirectoryGiven::new()
        .known_users(read_all(config).await.users.into_keys())
        .group(group)
        .extension(Attribute::Extension(extension.into()))
        .secret(password)
        .secret(WRONG)
        .wrong_credentials(Arc::new(wrong.connect().unwrap()))
}

async fn conforms(config: Config, given: &DirectoryGiven, resumes: bool) {
    let report = run_directory(&config.connect().unwrap(), given).await.into_result().unwrap();
    let skipped = usize::from(!resumes);
    assert_eq!((report.passed(), report.skipped()), (11 - skipped, skipped), "{report}");
    let resumed = matches!(report.result("resuming_gives_changes"), Some(CaseResult::Passed));
    assert_eq!(resumed, resumes, "{report}");
}

#[tokio::test]
async fn on_a_domain_by_an_account_without_rights() {
    let Some(domain) = Samba::start() else { return };
    let group = "CN=Outer,OU=Groups,DC=corp,DC=example,DC=com";
    let given = given(&domain.reader(), READER_PASSWORD, group, "extensionAttribute1").await;
    conforms(domain.reader(), &given, false).await;
    let mut walking = domain.reader();
    walking.nested_groups = NestedGroups::Walk;
    walking.page_size = 100;
    conforms(walking, &given, false).await;
}

#[tokio::test]
async fn on_a_domain_by_an_account_that_sees_deletions() {
    let Some(domain) = Samba::start() else { return };
    let group = "CN=Outer,OU=Groups,DC=corp,DC=example,DC=com";
    let password = crate::rigs::samba::ADMINISTRATOR_PASSWORD;
    let given = given(&domain.config(), password, group, "extensionAttribute1").await;
    conforms(domain.config(), &given, true).await;
}

#[tokio::test]
async fn on_another_server() {
    let mut ldif = String::new();
    (0..120).for_each(|number| person(&mut ldif, number));
    let _ = write!(
        ldif,
        "dn: cn=staff,ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: staff\nmember: uid=user7,ou=people,{BASE}\n\n"
    );
    let Some(slapd) = Slapd::start(&Options::new(ldif)) else { return };
    let given = given(&slapd.config(), PASSWORD, &format!("cn=staff,ou=groups,{BASE}"), "cn").await;
    conforms(slapd.config(), &given, false).await;
    let mut paged = slapd.config();
    paged.page_size = 7;
    conforms(paged, &given, false).await;
}
