use super::*;
use crate::{
    config::Config,
    entry::tests::entry,
    server::{Controller, Server},
    settings::Settings,
};
use secrecy::SecretString;

fn server(is_active_directory: bool) -> Server {
    Server::for_tests(is_active_directory, Controller::default())
}

fn context(change: impl FnOnce(&mut Config), active_directory: bool, known: Option<&[&str]>) -> Context {
    let mut config = Config::new("dc1.example.com", "u", SecretString::from("p"));
    change(&mut config);
    let settings = Settings::new(&config).unwrap();
    let server = server(active_directory);
    Context {
        anchors: server.anchors.clone(),
        layout: Layout::for_tests(&server, &settings, &["costCenter"], known),
        membership: None,
        now: server.now,
        operation: "list users",
    }
}

const GUID: (&str, &[&[u8]]) = ("objectGUID", &[&[7; 16]]);

fn active_directory(attributes: &[(&str, &[&[u8]])]) -> DirectoryUser {
    let mut all = vec![GUID, ("userAccountControl", &[b"512"])];
    all.extend(attributes.iter().copied());
    let known = ["mail", "title", "proxyAddresses", "costCenter"];
    context(|_| {}, true, Some(&known)).user(&entry("CN=a,DC=x", &all)).unwrap().unwrap()
}

#[test]
fn the_bytes_of_the_id_are_entras_immutable_id() {
    assert_eq!(active_directory(&[]).immutable_id.as_deref(), Some("BwcHBwcHBwcHBwcHBwcHBw=="));
    let consistency: &[&[u8]] = &[&[0xff; 16]];
    let user = active_directory(&[("mS-DS-ConsistencyGuid", consistency)]);
    assert_eq!(user.immutable_id.as_deref(), Some("/////////////////////w=="));
    assert_eq!(
        user.anchor.object_id(),
        "07070707-0707-0707-0707-070707070707",
        "the anchor stays the object"
    );
    let empty = active_directory(&[("mS-DS-ConsistencyGuid", &[b""])]);
    assert_eq!(empty.immutable_id.as_deref(), Some("BwcHBwcHBwcHBwcHBwcHBw=="));
}

#[test]
fn an_entry_without_an_id_is_an_error_and_not_left_out() {
    let context = context(|_| {}, true, None);
    for id in [&b""[..], b"short", &[1; 17]] {
        let error = context.user(&entry("CN=a", &[("objectGUID", &[id])])).unwrap_err();
        assert!(error.message().contains("objectGUID"), "{error}");
    }
}

#[test]
fn every_kind_of_mailbox_on_the_premises_and_in_the_cloud_is_told() {
    for (value, kind) in [
        ("1", UserKind::Member),
        ("2", UserKind::Member),
        ("4", UserKind::Shared),
        ("16", UserKind::Room),
        ("32", UserKind::Equipment),
        ("128", UserKind::Member),
        ("8388608", UserKind::Agent),
        ("536870912", UserKind::Agent),
        ("549755813888", UserKind::Agent),
        ("2147483648", UserKind::Member),
        ("8589934592", UserKind::Room),
        ("17179869184", UserKind::Equipment),
        ("34359738368", UserKind::Shared),
        ("not a number", UserKind::Member),
    ] {
        let user = active_directory(&[("msExchRecipientTypeDetails", &[value.as_bytes()])]);
        assert_eq!(user.kind, Some(kind), "{value}");
    }
}

#[test]
fn what_the_server_knows_and_did_not_send_is_empty_and_anything_else_is_unread() {
    let user = active_directory(&[("department", &[b"Sales"]), ("title", &[b"  "])]);
    assert_eq!(user.attributes.get(&Attribute::JobTitle), Some(&None), "blank is empty");
    assert_eq!(user.attribute(&Attribute::Department), Some("Sales"), "it came, whatever the schema says");
    assert!(!user.attributes.contains_key(&Attribute::City));
    assert_eq!(user.attributes.get(&Attribute::Extension("costCenter".into())), Some(&None));
    assert_eq!(user.alternate_emails, Some(vec![]));
    let blind = context(|_| {}, true, None);
    let user = blind.user(&entry("CN=a", &[GUID])).unwrap().unwrap();
    assert!(user.attributes.is_empty() && user.alternate_emails.is_none() && user.enabled.is_none());
}

#[test]
fn several_values_of_an_extension_are_joined_and_bytes_that_are_no_text_are_none() {
    let user = active_directory(&[("costCenter", &[b"1", b" ", b"2"])]);
    assert_eq!(user.attribute(&Attribute::Extension("costCenter".into())), Some("1, 2"));
    let user = active_directory(&[("costCenter", &[b"\xff\xfe"])]);
    assert_eq!(user.attributes.get(&Attribute::Extension("costCenter".into())), Some(&None));
}

#[test]
fn addresses_of_other_systems_and_repeated_ones_are_left_out() {
    let user = active_directory(&[
        ("mail", &[b"Ada@example.com"]),
        (
            "proxyAddresses",
            &[
                b"SMTP:ada@example.com",
                b"smtp:a@example.com",
                b"SmTp:A@Example.com",
                b"x500:/o=x",
                b"SIP:ada@example.com",
                b"plain@example.com",
                b"smtp:no address",
                b"\xff",
            ],
        ),
    ]);
    assert_eq!(user.alternate_emails, Some(vec!["a@example.com".to_owned(), "plain@example.com".to_owned()]));
    // Where both are set, `mail` is what people see; the other is one more address.
    let user =
        active_directory(&[("mail", &[b"a@example.com"]), ("proxyAddresses", &[b"SMTP:b@example.com"])]);
    assert_eq!(user.attribute(&Attribute::Mail), Some("a@example.com"));
    assert_eq!(user.alternate_emails, Some(vec!["b@example.com".to_owned()]));
}

#[test]
fn the_address_list_is_decided_here_and_not_by_a_filter() {
    let context = context(|config| config.source = Source::AddressList, true, None);
    let shown = |attributes: &[(&str, &[&[u8]])]| {
        let mut all = vec![GUID];
        all.extend(attributes.iter().copied());
        context.user(&entry("CN=a", &all)).unwrap().is_some()
    };
    assert!(shown(&[("mail", &[b"a@example.com"])]), "nothing hides who has no such attribute");
    assert!(shown(&[("proxyAddresses", &[b"SMTP:a@example.com"])]));
    assert!(shown(&[("mail", &[b"a@example.com"]), ("msExchHideFromAddressLists", &[b"FALSE"])]));
    assert!(!shown(&[("mail", &[b"a@example.com"]), ("msExchHideFromAddressLists", &[b"TRUE"])]));
    assert!(!shown(&[]), "without an address");
}

#[test]
fn ids_of_other_servers_are_text_or_written_in_hexadecimal() {
    assert_eq!(plain_id(b"0F1E-AB").as_deref(), Some("0f1e-ab"));
    assert_eq!(plain_id(b"\xff\x00").as_deref(), Some("ff00"));
    assert_eq!(plain_id(b"a:b@c").as_deref(), Some("613a624063"));
    assert_eq!(plain_id(b""), None);
    assert_eq!(plain_id(b" ").as_deref(), Some("20"));
}

#[test]
fn an_account_that_may_be_read_in_part_only_has_unread_attributes_and_no_empty_ones() {
    let known = ["mail", "title", "proxyAddresses", "costCenter"];
    let partly = |attributes: &[(&str, &[&[u8]])]| {
        let all: Vec<_> = [GUID].into_iter().chain(attributes.iter().copied()).collect();
        context(|_| {}, true, Some(&known)).user(&entry("CN=a,DC=x", &all)).unwrap().unwrap()
    };
    let user = partly(&[("title", &[b"Clerk"])]);
    assert_eq!(user.attribute(&Attribute::JobTitle), Some("Clerk"));
    assert!(!user.attributes.contains_key(&Attribute::Mail), "hidden, and not empty");
    assert!(!user.attributes.contains_key(&Attribute::Extension("costCenter".into())));
    assert_eq!((user.alternate_emails, user.enabled, user.kind), (None, None, None));
    assert_eq!(user.immutable_id, None, "a hidden mS-DS-ConsistencyGuid would be another one");
    let told = partly(&[("mS-DS-ConsistencyGuid", &[&[0xff; 16]]), ("msExchRecipientTypeDetails", &[b"16"])]);
    assert_eq!(told.immutable_id.as_deref(), Some("/////////////////////w=="));
    assert_eq!(told.kind, Some(UserKind::Room));
}
