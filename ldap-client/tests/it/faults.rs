//! Lines that are cut and servers that answer nonsense: an error, never a short list, and never the end of the program.

use crate::{
    fake::{Fake, ROOT_DSE, Reply},
    proxy,
    rigs::slapd::{Options, Slapd, person},
    support::{Broken, broken, read_all},
};
use ldap_client::{Config, Security};
use sync_core::{DirectoryExt as _, ErrorKind, UserQuery, snapshot::Completeness};

fn many() -> Options {
    let mut ldif = String::new();
    (0..400).for_each(|number| person(&mut ldif, number));
    Options::new(ldif)
}

async fn through_a_proxy(slapd: &Slapd, bytes: usize) -> Config {
    let mut config = slapd.plain();
    config.port = Some(proxy::cut_after((slapd.address, slapd.port).into(), bytes).await);
    config.host = "127.0.0.1".into();
    config.page_size = 100;
    config
}

#[tokio::test]
async fn a_line_that_is_cut_in_the_middle_of_a_page_is_an_error() {
    let Some(slapd) = Slapd::start(&many()) else { return };
    let whole = through_a_proxy(&slapd, usize::MAX >> 1).await;
    assert_eq!(read_all(&whole).await.users.len(), 400);
    let mut seen_some = false;
    for bytes in [0, 10, 500, 120_000, 150_000, 180_000, 200_000] {
        let config = through_a_proxy(&slapd, bytes).await;
        let Broken { rows, error } = broken(&config).await;
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{bytes}: {error}");
        assert!(rows < 400 && rows % 100 == 0, "{bytes}: {rows} rows; a page is whole or not there");
        seen_some |= rows > 0;
        if rows > 0 {
            let at = chrono::DateTime::from_timestamp(0, 0).unwrap();
            let snapshot = config.connect().unwrap().snapshot(&UserQuery::all(), at).await.unwrap();
            assert!(matches!(snapshot.completeness(), Completeness::Partial { .. }));
        }
    }
    assert!(seen_some, "at least one of these cuts is after the first page");
}

#[tokio::test]
async fn a_line_that_is_cut_under_tls_is_an_error() {
    let Some(slapd) = Slapd::start(&many()) else { return };
    for bytes in [0, 700, 160_000] {
        let mut config = slapd.config();
        config.port = Some(proxy::cut_after((slapd.address, slapd.tls_port).into(), bytes).await);
        config.host = "127.0.0.1".into();
        // The certificate is for the server's own address.
        let error = broken(&config).await.error;
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{bytes}: {error}");
    }
}

fn config(fake: &Fake) -> Config {
    let mut config = Config::new("127.0.0.1", "cn=reader", "canary-password".to_owned().into());
    config.security = Security::Plain;
    config.port = Some(fake.port);
    config
}

/// The error of a listing from a server that answers searches for people in one way.
async fn answered(reply: impl Fn(usize) -> Vec<Reply> + Send + 'static) -> Broken {
    let mut searches = 0;
    let fake = Fake::start(move |search| {
        if search.base.is_empty() {
            return ROOT_DSE.to_vec();
        }
        searches += 1;
        reply(searches)
    })
    .await;
    broken(&config(&fake)).await
}

#[tokio::test]
async fn an_answer_without_the_page_control_is_not_taken_for_the_last_one() {
    let Broken { rows, error } =
        answered(|_| vec![Reply::entry("uid=a,o=x", &[("uid", "a"), ("entryUUID", "1")]), Reply::done(0)])
            .await;
    assert_eq!((error.kind(), rows), (ErrorKind::UnexpectedResponse, 0));
    assert!(error.message().contains("more pages"), "{error}");
}

#[tokio::test]
async fn pages_without_an_end_are_given_up() {
    let mut searches = 0;
    let fake = Fake::start(move |search| {
        if search.base.is_empty() {
            return ROOT_DSE.to_vec();
        }
        searches += 1;
        vec![
            Reply::entry("uid=a,o=x", &[("uid", "a"), ("entryUUID", &searches.to_string())]),
            Reply::page(b"for ever"),
        ]
    })
    .await;
    let mut config = config(&fake);
    config.max_pages = 5;
    let Broken { rows, error } = broken(&config).await;
    assert_eq!((error.kind(), rows), (ErrorKind::UnexpectedResponse, 4), "{error}");
}

#[tokio::test]
async fn every_code_of_the_server_in_the_middle_of_a_listing_is_an_error() {
    for code in [1, 2, 3, 4, 10, 11, 12, 32, 50, 51, 52, 53, 80] {
        let Broken { rows, error } = answered(move |search| {
            let person = Reply::entry("uid=a,o=x", &[("uid", "a"), ("entryUUID", "1")]);
            if search == 1 { vec![person, Reply::page(b"more")] } else { vec![person, Reply::done(code)] }
        })
        .await;
        assert!(rows <= 1, "{code}");
        assert!(error.message().contains(&format!("LDAP result {code}")), "{code}: {error}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_ldap_are_an_error_and_stop_nothing() {
    for bytes in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        b"\x30\x03\x02\x01\x02",
        b"\x30\x00",
        b"\x30\x05\x04\x03abc",
        b"\x30\x0c\x02\x01\x03\x65\x07\x0a\x01\x00\x04\x00\x04",
        b"\x30\x0a\x02\x01\x03\x64\x05\x04\x01a\x30\x00",
        b"\x30\x08\x02\x01\x03\x79\x03\x02\x01\x00",
        b"\x04\x00",
    ] {
        let Broken { rows, error } = answered(move |_| vec![Reply::Raw(bytes.to_vec()), Reply::Hang]).await;
        assert_eq!(rows, 0);
        assert!(
            matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::UnexpectedResponse),
            "{bytes:?}: {error}"
        );
    }
}

#[tokio::test]
async fn a_server_that_stays_silent_is_given_up() {
    let fake =
        Fake::start(|search| if search.base.is_empty() { ROOT_DSE.to_vec() } else { Vec::new() }).await;
    let mut config = config(&fake);
    config.timeout_seconds = 1;
    let error = broken(&config).await.error;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("within 1 s"), "{error}");
}
