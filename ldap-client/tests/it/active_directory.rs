//! What is read of the accounts of a domain, by an account without any rights of its own.

use crate::{
    rigs::samba::Samba,
    support::{asking_for, broken, check, detail, read, read_all, status},
};
use ldap_client::{Security, Source};
use sync_core::{
    CheckStatus, ErrorKind, UserQuery,
    model::{Attribute, UserKind},
};

#[tokio::test]
async fn every_neutral_attribute_is_read_and_text_in_any_script_stays_whole() {
    let Some(domain) = Samba::start() else { return };
    let read =
        read(&domain.reader(), &asking_for(&[], &["extensionAttribute1", "manager", "noSuchThing"])).await;
    let alice = read.named("alice");
    for (attribute, expected) in [
        (Attribute::UserPrincipalName, "alice@corp.example.com"),
        (Attribute::DisplayName, "Alice Ærøskøbing 東京"),
        (Attribute::GivenName, "Alice"),
        (Attribute::Surname, "Ærøskøbing"),
        (Attribute::Mail, "alice@example.com"),
        (Attribute::JobTitle, "Engineer"),
        (Attribute::Department, "Research"),
        (Attribute::CompanyName, "Contoso"),
        (Attribute::OfficeLocation, "Room 1"),
        (Attribute::BusinessPhone, "+1 555 0100"),
        (Attribute::MobilePhone, "+1 555 0101"),
        (Attribute::FaxNumber, "+1 555 0102"),
        (Attribute::StreetAddress, "Main Street 1"),
        (Attribute::City, "Springfield"),
        (Attribute::State, "North"),
        (Attribute::PostalCode, "12345"),
        (Attribute::Country, "Denmark"),
        (Attribute::EmployeeId, "E-1"),
        (Attribute::EmployeeType, "Staff"),
        (Attribute::PreferredLanguage, "da"),
        (Attribute::SamAccountName, "alice"),
        (Attribute::Extension("extensionAttribute1".into()), "blue"),
        (Attribute::Extension("manager".into()), "CN=bob,OU=Staff,DC=corp,DC=example,DC=com"),
    ] {
        assert_eq!(alice.attribute(&attribute), Some(expected), "{attribute}");
    }
    assert_eq!((alice.enabled, alice.kind), (Some(true), Some(UserKind::Member)));
    let bob = read.named("bob");
    assert_eq!(bob.attributes.get(&Attribute::JobTitle), Some(&None), "known to the server, so empty");
    assert!(!bob.attributes.contains_key(&Attribute::UsageLocation), "unknown to the server, so unread");
    assert!(!bob.attributes.contains_key(&Attribute::Extension("noSuchThing".into())));
    assert_eq!(bob.attributes.get(&Attribute::Extension("extensionAttribute1".into())), Some(&None));
}

#[tokio::test]
async fn the_anchor_is_the_object_and_the_immutable_id_is_what_entra_has() {
    let Some(domain) = Samba::start() else { return };
    let read = read_all(&domain.reader()).await;
    // Another client's reading of the same bytes: base64 as LDIF writes it.
    let guid = |account: &str| {
        let text = domain.search(&[&format!("(sAMAccountName={account})"), "objectGUID"]);
        text.lines().find_map(|line| line.strip_prefix("objectGUID:: ")).unwrap().to_owned()
    };
    let alice = read.named("alice");
    assert_eq!(alice.immutable_id, Some(guid("alice")));
    assert!(alice.anchor.as_str().starts_with("ad:corp.example.com:"), "{}", alice.anchor);
    // The text form is what the server itself takes for this object, whatever the order of its bytes.
    let by_text = domain.search(&[
        "-s",
        "base",
        "-b",
        &format!("<GUID={}>", alice.anchor.object_id()),
        "sAMAccountName",
    ]);
    assert!(by_text.contains("sAMAccountName: alice"), "{by_text}");
    let frank = read.named("frank");
    assert_eq!(
        frank.immutable_id.as_deref(),
        Some("8PHy8/T19vf4+fr7/P3+/w=="),
        "mS-DS-ConsistencyGuid comes first"
    );
    assert_ne!(frank.immutable_id, Some(guid("frank")));
}

#[tokio::test]
async fn disabled_and_expired_accounts_are_told_and_machines_and_the_systems_own_are_no_people() {
    let Some(domain) = Samba::start() else { return };
    let read = read_all(&domain.reader()).await;
    assert_eq!(read.named("bob").enabled, Some(false));
    assert_eq!(read.named("carol").enabled, Some(false), "expired in 2020");
    assert_eq!(read.named("dave").enabled, Some(true));
    for nobody in ["PC1$", "DC1$", "krbtgt", "Guest", "Administrator"] {
        assert!(read.find(nobody).is_none(), "{nobody}");
    }
    let has = |mail: &str| read.users.values().any(|user| user.attribute(&Attribute::Mail) == Some(mail));
    assert!(!has("partner@example.org"), "a contact is no account");
    assert!(!has("gone@example.com") && read.removed.is_empty());
}

#[tokio::test]
async fn addresses_come_without_prefixes_and_the_primary_one_is_not_among_the_others() {
    let Some(domain) = Samba::start() else { return };
    let read = read_all(&domain.reader()).await;
    let mut sorted = read.named("alice").alternate_emails.clone().unwrap();
    sorted.sort();
    assert_eq!(sorted, ["a.old@example.com", "alice@contoso.onmicrosoft.com"]);
    let erin = read.named("erin");
    assert_eq!(erin.attribute(&Attribute::Mail), Some("erin@example.com"), "from SMTP:");
    assert_eq!(erin.alternate_emails, Some(vec![]));
    assert_eq!(read.named("bob").alternate_emails, Some(vec![]), "read, and empty");
}

#[tokio::test]
async fn mailboxes_that_are_no_people_have_kinds_of_their_own() {
    let Some(domain) = Samba::start() else { return };
    let read = read_all(&domain.reader()).await;
    for (name, kind) in [
        ("room1", UserKind::Room),
        ("shared1", UserKind::Shared),
        ("equipment1", UserKind::Equipment),
        ("health1", UserKind::Agent),
        ("hidden1", UserKind::Member),
        ("alice", UserKind::Member),
    ] {
        assert_eq!(read.named(name).kind, Some(kind), "{name}");
    }
}

#[tokio::test]
async fn the_address_list_shows_who_has_an_address_and_is_not_hidden() {
    let Some(domain) = Samba::start() else { return };
    let accounts = read(&domain.reader(), &asking_for(&[], &["msExchHideFromAddressLists"])).await;
    let hidden = Attribute::Extension("msExchHideFromAddressLists".into());
    assert_eq!(accounts.named("hidden1").attribute(&hidden), Some("TRUE"), "a policy can see it as well");
    let mut config = domain.reader();
    config.source = Source::AddressList;
    let shown = read_all(&config).await;
    assert!(shown.find("hidden1").is_none());
    for name in ["visible1", "erin", "alice", "room1"] {
        assert!(shown.find(name).is_some(), "{name}");
    }
    assert!(shown.users.len() < accounts.users.len());
}

#[tokio::test]
async fn only_what_lies_below_the_base_is_read() {
    let Some(domain) = Samba::start() else { return };
    let mut config = domain.reader();
    config.base_dn = Some("ou=elsewhere, dc=corp, dc=example, dc=com".into());
    let read = read_all(&config).await;
    assert!(read.find("elsewhere").is_some() && read.find("alice").is_none());
    assert!(read.named("elsewhere").anchor.as_str().starts_with("ad:corp.example.com:"));
}

#[tokio::test]
async fn more_people_than_a_page_holds_are_all_read_each_once() {
    let Some(domain) = Samba::start_crowded() else { return };
    let mut config = domain.reader();
    let whole = read_all(&config).await;
    config.page_size = 97;
    let paged = read_all(&config).await;
    assert!(whole.users.len() > 1600);
    assert_eq!(paged.users.keys().collect::<Vec<_>>(), whole.users.keys().collect::<Vec<_>>());
}

#[tokio::test]
async fn an_account_whose_state_is_hidden_is_unknown_on_whatever_page_it_comes_and_empties_nothing() {
    let Some(domain) = Samba::start_narrowed() else { return };
    let mut config = domain.reader();
    for page_size in [1, 3, 1000] {
        config.page_size = page_size;
        let read = read_all(&config).await;
        let alice = read.named("alice");
        assert_eq!(alice.enabled, None, "{page_size}");
        assert_eq!(alice.attribute(&Attribute::JobTitle), Some("Engineer"));
        assert_eq!(alice.immutable_id, None);
        assert!(alice.attributes.values().all(Option::is_some), "what did not come was not read: {alice:?}");
        assert_eq!((read.named("bob").enabled, read.named("dave").enabled), (Some(false), Some(true)));
    }
    // Where there is nobody else, nothing shows that it is hers alone.
    config.base_dn = Some("CN=Alice Ærøskøbing,OU=Staff,DC=corp,DC=example,DC=com".into());
    let broken = broken(&config).await;
    assert_eq!((broken.error.kind(), broken.rows), (ErrorKind::PermissionDenied, 0), "{}", broken.error);
}

#[tokio::test]
async fn deleted_users_are_told_where_the_account_may_see_them() {
    let Some(domain) = Samba::start() else { return };
    let mut config = domain.config();
    config.read_deleted = true;
    let read = read_all(&config).await;
    assert_eq!(read.removed.len(), 1, "{:?}", read.removed);
    let gone = read.removed.first().unwrap();
    let text = domain.search(&["-E", "!showDeleted", "(isDeleted=TRUE)", "sAMAccountName"]);
    assert!(text.contains("sAMAccountName: gone"));
    assert!(gone.as_str().starts_with("ad:corp.example.com:"));
    let mut reader = domain.reader();
    reader.read_deleted = true;
    assert!(read_all(&reader).await.removed.is_empty());
}

#[tokio::test]
async fn a_check_says_what_works_and_what_does_not() {
    let Some(domain) = Samba::start() else { return };
    let group = "CN=Outer,OU=Groups,DC=corp,DC=example,DC=com";
    let nobody = "CN=Nobody,OU=Groups,DC=corp,DC=example,DC=com";
    let mut config = domain.config();
    config.security = Security::StartTls;
    let items = check(&config, &[group, nobody]).await;
    for subject in ["connection", "sign in", "server", "read users", "read attributes", "read changes"] {
        assert_eq!(status(&items, subject), CheckStatus::Ok, "{subject}: {items:?}");
    }
    assert!(detail(&items, "connection").contains("StartTLS"));
    assert!(detail(&items, "server").contains("ad:corp.example.com"));
    assert!(detail(&items, "read changes").contains("DirSync"));
    assert_eq!(status(&items, &format!("group {group}")), CheckStatus::Ok);
    assert_eq!(status(&items, &format!("group {nobody}")), CheckStatus::Missing);

    let items = check(&domain.reader(), &[]).await;
    assert_eq!(status(&items, "read users"), CheckStatus::Ok);
    assert_eq!(status(&items, "read changes"), CheckStatus::Missing);
    assert!(detail(&items, "read changes").contains("Deleted Objects"));

    let mut elsewhere = domain.reader();
    elsewhere.base_dn = Some("OU=Nothing,DC=corp,DC=example,DC=com".into());
    let items = check(&elsewhere, &[]).await;
    assert_eq!(status(&items, "read users"), CheckStatus::Failed);
    assert!(detail(&items, "read users").contains("base_dn"));
}

#[tokio::test]
async fn a_directory_goes_on_after_the_server_was_away() {
    let Some(mut domain) = Samba::start() else { return };
    let directory = domain.reader().connect().unwrap();
    let before = crate::support::try_read(&directory, &UserQuery::all()).await.unwrap();
    domain.restart();
    let after = crate::support::try_read(&directory, &UserQuery::all()).await.unwrap();
    assert_eq!(before.users.len(), after.users.len());
}
