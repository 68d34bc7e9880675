//! A server that is not Active Directory.

use crate::{
    rigs::slapd::{BASE, Options, Slapd, person},
    support::{asking_for, broken, check, detail, read, read_all, status, try_read},
};
use ldap_client::Source;
use std::{collections::BTreeSet, fmt::Write as _};
use sync_core::{
    CheckStatus, DirectoryExt as _, ErrorKind,
    model::{Attribute, UserKind},
};

fn people(count: u32) -> String {
    let mut ldif = String::new();
    (0..count).for_each(|number| person(&mut ldif, number));
    ldif
}

fn group(ldif: &mut String, class: &str, name: &str, member: &str, members: &[&str]) {
    let _ = write!(ldif, "dn: cn={name},ou=groups,{BASE}\nobjectClass: {class}\ncn: {name}\n");
    for one in members {
        let _ = writeln!(ldif, "{member}: {one}");
    }
    ldif.push('\n');
}

#[tokio::test]
async fn people_are_read_with_what_their_schema_has() {
    let Some(slapd) = Slapd::start(&Options::new(people(3))) else { return };
    let read = read(&slapd.config(), &asking_for(&[], &["roomNumber", "msExchHideFromAddressLists"])).await;
    assert_eq!(read.users.len(), 3);
    let user = read.named("user1");
    assert!(user.anchor.as_str().starts_with("ldap:corp.example.com:"), "{}", user.anchor);
    assert_eq!(user.anchor.object_id().len(), 36, "entryUUID");
    for (attribute, expected) in [
        (Attribute::UserPrincipalName, "user1"),
        (Attribute::Mail, "user1@example.com"),
        (Attribute::Surname, "1"),
        (Attribute::Department, "D1"),
        (Attribute::CompanyName, "Contoso"),
        (Attribute::EmployeeId, "E1"),
    ] {
        assert_eq!(user.attribute(&attribute), Some(expected), "{attribute}");
    }
    assert_eq!(user.alternate_emails, Some(vec!["other1@example.com".to_owned()]));
    assert_eq!(
        (user.kind, user.enabled, user.immutable_id.as_deref()),
        (Some(UserKind::Member), Some(true), None)
    );
    assert_eq!(user.attributes.get(&Attribute::FaxNumber), Some(&None), "known, so empty");
    assert!(!user.attributes.contains_key(&Attribute::SamAccountName), "not asked for");
    assert_eq!(user.attributes.get(&Attribute::Extension("roomNumber".into())), Some(&None));
    let unknown = Attribute::Extension("msExchHideFromAddressLists".into());
    assert!(!user.attributes.contains_key(&unknown), "the server does not know it, so it was not read");
}

#[tokio::test]
async fn another_schema_is_a_matter_of_configuration() {
    let mut ldif = people(2);
    let _ = write!(
        ldif,
        "dn: uid=left,ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: left\ncn: Left\nsn: Left\n\
         employeeType: former\nroomNumber: R7\n\n"
    );
    let Some(slapd) = Slapd::start(&Options::new(ldif)) else { return };
    let mut config = slapd.config();
    config.schema.disabled = "employeeType".into();
    config.schema.disabled_values = vec!["Former".into()];
    config.schema.attributes.insert(Attribute::OfficeLocation, "roomNumber".into());
    config.schema.attributes.insert(Attribute::JobTitle, String::new());
    config.schema.attributes.insert(Attribute::SamAccountName, "uid".into());
    config.schema.id = "employeeNumber".into();
    let error = broken(&config).await.error;
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "somebody has no such id: {error}");
    config.schema.id = "uid".into();
    let read = read_all(&config).await;
    let left = read.named("left");
    assert_eq!(left.anchor.object_id(), "left");
    assert_eq!((left.enabled, read.named("user1").enabled), (Some(false), Some(true)));
    assert_eq!(left.attribute(&Attribute::OfficeLocation), Some("R7"));
    assert!(!left.attributes.contains_key(&Attribute::JobTitle));
    config.schema.disabled_values.clear();
    assert_eq!(read_all(&config).await.named("user1").enabled, Some(false), "any value");
    config.schema.person_class = "organizationalUnit".into();
    assert_eq!(broken(&config).await.error.kind(), ErrorKind::UnexpectedResponse);
}

#[tokio::test]
async fn no_rule_of_active_directory_is_used() {
    // OpenLDAP answers an unknown matching rule with nobody and without an error: whoever uses one here would find
    // empty groups and no person at all.
    let mut ldif = people(3);
    let uid = |n: u32| format!("uid=user{n},ou=people,{BASE}");
    group(
        &mut ldif,
        "groupOfNames",
        "inner",
        "member",
        &[&uid(1).to_uppercase(), &format!("cn=outer,ou=groups,{BASE}")],
    );
    group(
        &mut ldif,
        "groupOfUniqueNames",
        "outer",
        "uniqueMember",
        &[&uid(2), &format!("cn=inner, ou=Groups,{BASE}")],
    );
    let Some(slapd) = Slapd::start(&Options::new(ldif)) else { return };
    let inner = format!("CN=inner,OU=groups,{BASE}");
    let outer = format!("cn=outer,ou=groups,{BASE}");
    let read = read(&slapd.config(), &asking_for(&[&inner, &outer], &[])).await;
    assert_eq!(read.users.len(), 3);
    assert_eq!(read.members_of(&outer), BTreeSet::from(["user1", "user2"]), "nested, whatever the spelling");
    assert_eq!(read.members_of(&inner), BTreeSet::from(["user1", "user2"]), "a circle ends");
    assert!(read.groups.iter().all(|group| group.created_at.is_some()));
    assert!(read.end.resume.is_none());
    let mut listed = slapd.config();
    listed.source = Source::AddressList;
    assert_eq!(broken(&listed).await.error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_group_is_found_by_its_id_and_a_value_cannot_become_a_filter() {
    let mut ldif = people(1);
    group(&mut ldif, "groupOfNames", "one", "member", &[&format!("uid=user0,ou=people,{BASE}")]);
    let Some(slapd) = Slapd::start(&Options::new(ldif)) else { return };
    let mut config = slapd.config();
    config.schema.group_classes = vec!["groupOfNames".into()];
    let directory = config.connect().unwrap();
    for asked in ["*", "*)(cn=one", "no-such-uuid"] {
        let broken = try_read(&directory, &asking_for(&[asked], &[])).await.unwrap_err();
        assert_eq!(broken.error.kind(), ErrorKind::NotFound, "{asked}");
    }
}

#[tokio::test]
async fn a_server_that_limits_answers_is_read_in_pages_to_the_end() {
    let Some(slapd) = Slapd::start(&Options::new(people(2500))) else { return };
    let mut config = slapd.config();
    config.page_size = 1000;
    assert_eq!(read_all(&config).await.users.len(), 2500);
    config.page_size = 7;
    config.base_dn = Some(format!("ou=people,{BASE}"));
    assert_eq!(read_all(&config).await.users.len(), 2500);
    config.max_pages = 10;
    let broken = broken(&config).await;
    assert_eq!((broken.error.kind(), broken.rows), (ErrorKind::UnexpectedResponse, 63));
}

#[tokio::test]
async fn a_size_limit_is_an_error_and_never_a_short_list() {
    // The limit counts over all pages: the third is where it strikes.
    let mut options = Options::new(people(500));
    options.database = "limits users size.soft=250 size.hard=250 size.pr=100 size.prtotal=250".into();
    let Some(slapd) = Slapd::start(&options) else { return };
    let mut config = slapd.config();
    config.page_size = 100;
    let broken = broken(&config).await;
    assert_eq!(broken.error.kind(), ErrorKind::Rejected, "{}", broken.error);
    assert!(broken.rows < 500 && broken.rows > 0, "{} rows came before", broken.rows);
    let at = chrono::DateTime::from_timestamp(0, 0).unwrap();
    let directory = config.connect().unwrap();
    let snapshot = directory.snapshot(&sync_core::UserQuery::all(), at).await.unwrap();
    assert!(
        matches!(snapshot.completeness(), sync_core::snapshot::Completeness::Partial { .. }),
        "absence from it proves nothing"
    );
}

#[tokio::test]
async fn a_page_that_is_larger_than_the_server_allows_is_an_error() {
    let mut options = Options::new(people(300));
    options.database = "limits users size.soft=100 size.hard=100 size.pr=100 size.prtotal=unlimited".into();
    let Some(slapd) = Slapd::start(&options) else { return };
    let mut config = slapd.config();
    config.page_size = 200;
    let broken = broken(&config).await;
    assert_eq!((broken.error.kind(), broken.rows), (ErrorKind::Rejected, 0), "{}", broken.error);
    assert!(broken.error.message().contains("page_size"), "{}", broken.error);
    config.page_size = 100;
    assert_eq!(read_all(&config).await.users.len(), 300);
}

#[tokio::test]
async fn a_base_that_is_held_elsewhere_is_not_followed() {
    let mut options = Options::new(people(1));
    options.global.push_str("\nreferral ldap://127.0.0.1:9/");
    let Some(slapd) = Slapd::start(&options) else { return };
    let mut config = slapd.config();
    config.base_dn = Some("dc=elsewhere,dc=example,dc=com".into());
    let broken = broken(&config).await;
    assert_eq!((broken.error.kind(), broken.rows), (ErrorKind::NotFound, 0), "{}", broken.error);
    assert!(broken.error.message().contains("refers elsewhere"), "{}", broken.error);
}

#[tokio::test]
async fn references_to_other_servers_inside_a_listing_are_left_alone() {
    let mut ldif = people(2);
    let _ = write!(
        ldif,
        "dn: ou=branch,ou=people,{BASE}\nobjectClass: referral\nobjectClass: extensibleObject\nou: branch\n\
         ref: ldap://127.0.0.1:9/ou=people,dc=branch\n\n"
    );
    let Some(slapd) = Slapd::start(&Options::new(ldif)) else { return };
    assert_eq!(read_all(&slapd.config()).await.users.len(), 2);
}

#[tokio::test]
async fn a_check_says_what_works_and_what_does_not() {
    let Some(slapd) = Slapd::start(&Options::new(people(20))) else { return };
    let items = check(&slapd.config(), &["cn=nobody,dc=corp,dc=example,dc=com"]).await;
    for subject in ["connection", "sign in", "server", "read users", "read attributes"] {
        assert_eq!(status(&items, subject), CheckStatus::Ok, "{subject}: {items:?}");
    }
    assert!(detail(&items, "read users").contains("20 people"));
    assert!(detail(&items, "read attributes").contains("facsimileTelephoneNumber"));
    assert_eq!(status(&items, "read changes"), CheckStatus::Missing);
    assert_eq!(status(&items, "group cn=nobody,dc=corp,dc=example,dc=com"), CheckStatus::Missing);
    let plain = check(&slapd.plain(), &[]).await;
    assert_eq!(status(&plain, "connection"), CheckStatus::Warning);
}

#[tokio::test]
async fn a_misspelt_account_state_makes_nobody_enabled() {
    let Some(slapd) = Slapd::start(&Options::new(people(2))) else { return };
    let mut config = slapd.config();
    config.schema.disabled = "nsAcountLock".into();
    let broken = broken(&config).await;
    assert_eq!((broken.error.kind(), broken.rows), (ErrorKind::ConfigInvalid, 0), "{}", broken.error);
    assert!(broken.error.message().contains("nsAcountLock"), "{}", broken.error);
    assert_eq!(status(&check(&config, &[]).await, "schema"), CheckStatus::Failed);
}

#[tokio::test]
async fn an_id_that_people_share_identifies_nobody() {
    let Some(slapd) = Slapd::start(&Options::new(people(9))) else { return };
    let mut config = slapd.config();
    // The eighth person is in the first one's department.
    config.schema.id = "departmentNumber".into();
    config.page_size = 3;
    let broken = broken(&config).await;
    assert_eq!((broken.error.kind(), broken.rows), (ErrorKind::UnexpectedResponse, 6), "{}", broken.error);
    assert!(broken.error.message().contains("departmentNumber"), "{}", broken.error);
    config.page_size = 20;
    assert_eq!(status(&check(&config, &[]).await, "read users"), CheckStatus::Failed);
}

#[tokio::test]
async fn a_misspelt_member_attribute_makes_no_group_empty() {
    let mut ldif = people(1);
    group(&mut ldif, "groupOfNames", "one", "member", &[&format!("uid=user0,ou=people,{BASE}")]);
    let Some(slapd) = Slapd::start(&Options::new(ldif)) else { return };
    let mut config = slapd.config();
    config.schema.group_members = vec!["memmber".into()];
    let name = format!("cn=one,ou=groups,{BASE}");
    let directory = config.clone().connect().unwrap();
    let broken = try_read(&directory, &asking_for(&[&name], &[])).await.unwrap_err();
    assert_eq!((broken.error.kind(), broken.rows), (ErrorKind::ConfigInvalid, 0), "{}", broken.error);
    assert_eq!(status(&check(&config, &[&name]).await, &format!("group {name}")), CheckStatus::Failed);
    config.schema.group_members.push("member".into());
    assert_eq!(read(&config, &asking_for(&[&name], &[])).await.members_of(&name), BTreeSet::from(["user0"]));
}

#[tokio::test]
async fn members_that_are_no_distinguished_names_make_no_group_empty() {
    let mut ldif = people(1);
    group(&mut ldif, "groupOfNames", "one", "member", &[&format!("uid=user0,ou=people,{BASE}")]);
    let Some(slapd) = Slapd::start(&Options::new(ldif)) else { return };
    let mut config = slapd.config();
    // As memberUid does, this holds names of another kind.
    config.schema.group_members = vec!["cn".into()];
    let name = format!("cn=one,ou=groups,{BASE}");
    let directory = config.connect().unwrap();
    let broken = try_read(&directory, &asking_for(&[&name], &[])).await.unwrap_err();
    assert_eq!((broken.error.kind(), broken.rows), (ErrorKind::UnexpectedResponse, 0), "{}", broken.error);
    assert!(broken.error.message().contains("group_members"), "{}", broken.error);
}

#[tokio::test]
async fn a_name_in_the_schema_that_the_server_does_not_know_is_refused_before_anybody_is_read() {
    let Some(slapd) = Slapd::start(&Options::new(people(1))) else { return };
    type Misspell = fn(&mut ldap_client::Schema);
    let misspelt: [(&str, Misspell); 5] = [
        ("mailAlternateAdress", |schema| schema.alternate_emails = "mailAlternateAdress".into()),
        ("inetOrgPersn", |schema| schema.person_class = "inetOrgPersn".into()),
        ("entryUID", |schema| schema.id = "entryUID".into()),
        ("mial", |schema| drop(schema.attributes.insert(Attribute::Mail, "mial".into()))),
        ("uiid", |schema| drop(schema.attributes.insert(Attribute::UserPrincipalName, "uiid".into()))),
    ];
    for (name, misspell) in misspelt {
        let mut config = slapd.config();
        misspell(&mut config.schema);
        let broken = broken(&config).await;
        assert_eq!((broken.error.kind(), broken.rows), (ErrorKind::ConfigInvalid, 0), "{}", broken.error);
        assert!(broken.error.message().contains(name), "{}", broken.error);
        let items = check(&config, &[]).await;
        assert_eq!(status(&items, "schema"), CheckStatus::Failed, "{name}");
        assert!(detail(&items, "schema").contains(name));
    }
    let mut numbered = slapd.config();
    numbered.schema.person_class = "2.16.840.1.113730.3.2.2".into();
    numbered.schema.attributes.insert(Attribute::Mail, "0.9.2342.19200300.100.1.3".into());
    assert_eq!(read_all(&numbered).await.users.len(), 1, "a number is not looked up");
}

#[tokio::test]
async fn a_check_names_an_object_class_that_nobody_has() {
    let Some(slapd) = Slapd::start(&Options::new(people(1))) else { return };
    let mut config = slapd.config();
    config.schema.person_class = "residentialPerson".into();
    assert!(detail(&check(&config, &[]).await, "read users").contains("residentialPerson"));
}
