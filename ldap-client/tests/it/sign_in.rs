//! Connecting: what is believed, and what is told where it fails.

use crate::{
    rigs::{
        free_port, own_address,
        pki::Pki,
        samba::Samba,
        slapd::{Options, Slapd, person},
    },
    support::{broken, read_all},
};
use ldap_client::Security;
use sync_core::{ErrorKind, Retry};

fn one_person() -> Options {
    let mut ldif = String::new();
    person(&mut ldif, 1);
    Options::new(ldif)
}

#[tokio::test]
async fn tls_from_the_start_and_tls_later_read_the_same() {
    let Some(domain) = Samba::start() else { return };
    let Some(slapd) = Slapd::start(&one_person()) else { return };
    let ldaps = read_all(&domain.reader()).await;
    let mut later = domain.reader();
    later.security = Security::StartTls;
    assert_eq!(read_all(&later).await.users, ldaps.users);
    let ldaps = read_all(&slapd.config()).await;
    let mut later = slapd.config();
    later.security = Security::StartTls;
    later.port = Some(slapd.port);
    assert_eq!(read_all(&later).await.users, ldaps.users);
}

#[tokio::test]
async fn a_certificate_of_another_name_is_refused() {
    let mut options = one_person();
    options.names = vec!["ldap.example.com".to_owned()];
    let Some(slapd) = Slapd::start(&options) else { return };
    for (security, port) in [(Security::Ldaps, slapd.tls_port), (Security::StartTls, slapd.port)] {
        let mut config = slapd.config();
        config.security = security;
        config.port = Some(port);
        let broken = broken(&config).await;
        assert_eq!((broken.error.kind(), broken.error.retry()), (ErrorKind::Unavailable, Retry::Never));
        assert!(broken.error.message().contains("another name"), "{security:?}: {}", broken.error);
    }
}

#[tokio::test]
async fn a_certificate_of_an_authority_that_is_not_trusted_is_refused() {
    let Some(slapd) = Slapd::start(&one_person()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut config = slapd.config();
    config.ca_pem = Some(Pki::write(folder.path(), &["x.example.com"]).ca_pem);
    // Of the same name as the right one, so that only the signature tells.
    let by_another = broken(&config).await;
    assert!(by_another.error.message().contains("ca_pem"), "{}", by_another.error);
    config.ca_pem = None;
    let by_the_system = broken(&config).await;
    assert!(by_the_system.error.message().contains("not trusted"), "{}", by_the_system.error);
}

#[tokio::test]
async fn a_wrong_password_is_told_with_the_reason_that_the_domain_gives() {
    let Some(domain) = Samba::start() else { return };
    for change in ["password", "name"] {
        let mut config = domain.reader();
        match change {
            "password" => config.password = "canary-wrong".to_owned().into(),
            _ => config.username = "canary-nobody@corp.example.com".into(),
        }
        let broken = broken(&config).await;
        assert_eq!((broken.error.kind(), broken.error.retry()), (ErrorKind::Unauthenticated, Retry::Never));
        assert!(broken.error.message().contains("password is wrong"), "{}", broken.error);
    }
}

#[tokio::test]
async fn a_server_that_takes_no_password_over_a_plain_connection_is_told_apart() {
    let mut options = one_person();
    options.global.push_str("\nsecurity simple_bind=56");
    let Some(slapd) = Slapd::start(&options) else { return };
    let broken = broken(&slapd.plain()).await;
    assert_eq!(broken.error.kind(), ErrorKind::Unauthenticated);
    assert!(broken.error.message().contains("start_tls"), "{}", broken.error);
    assert_eq!(read_all(&slapd.config()).await.users.len(), 1, "over TLS it does");
}

#[tokio::test]
async fn a_domain_that_asks_for_strong_authentication_is_told_apart() {
    let Some(domain) = Samba::start_with(&["ldap server require strong auth = yes"]) else { return };
    let mut plain = domain.reader();
    plain.security = Security::Plain;
    plain.port = Some(389);
    let broken = broken(&plain).await;
    assert_eq!(broken.error.kind(), ErrorKind::Unauthenticated);
    assert!(broken.error.message().contains("LDAP result 8"), "{}", broken.error);
    assert!(!read_all(&domain.reader()).await.users.is_empty());
}

#[tokio::test]
async fn a_server_that_is_not_there_and_one_that_speaks_no_tls_are_told_apart() {
    let Some(slapd) = Slapd::start(&one_person()) else { return };
    let mut config = slapd.config();
    config.port = Some(free_port(own_address()));
    let gone = broken(&config).await;
    assert_eq!((gone.error.kind(), gone.error.retry()), (ErrorKind::Unavailable, Retry::Safe));
    assert!(gone.error.message().contains("nothing listens"), "{}", gone.error);
    config.port = Some(slapd.port);
    let plain = broken(&config).await;
    assert_eq!(plain.error.kind(), ErrorKind::Unavailable, "{}", plain.error);
}

#[tokio::test]
async fn a_directory_goes_on_after_the_server_was_away() {
    let Some(mut slapd) = Slapd::start(&one_person()) else { return };
    let directory = slapd.config().connect().unwrap();
    let query = sync_core::UserQuery::all();
    assert_eq!(crate::support::try_read(&directory, &query).await.unwrap().users.len(), 1);
    slapd.restart();
    assert_eq!(crate::support::try_read(&directory, &query).await.unwrap().users.len(), 1);
}
