//! Faults of the network and of the server: one clear outcome each.

use crate::support::{
    CONTACT, CONTACTS, EMAILS, World, company, fields, new_person, ours, plain, read, value,
};
use sync_core::{ErrorKind, Psa as _, model::FieldValue};

const ADDRESS: &str = "nina@contoso.example";

#[tokio::test]
async fn a_connection_lost_after_a_create_is_indeterminate_and_the_next_read_finds_it() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    for (n, fault) in
        ["kaseyabms:reset-after-commit", "kaseyabms:truncated-body[POST]"].into_iter().enumerate()
    {
        let address = format!("lost{n}@contoso.example");
        world.fault(fault);
        let error = psa.create(&company(), &new_person(&address), "key").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Indeterminate, "{fault}: {error}");
        assert_eq!(
            (world.having(&address), world.calls("POST", CONTACTS)),
            (1, n as u64 + 1),
            "sent once: {fault}"
        );
        let found = read(&psa, &ours()).await.contacts;
        let found =
            found.iter().find(|c| value(c, "email") == Some(&FieldValue::from(address.as_str()))).unwrap();
        assert_eq!(
            value(found, "custom:Office365Id"),
            Some(&FieldValue::from("id-1")),
            "its mark came with it"
        );
        assert_eq!(value(found, "title"), Some(&FieldValue::Empty), "what is left is a difference");
    }
}

#[tokio::test]
async fn a_create_that_a_server_error_or_a_web_page_answers_is_indeterminate_and_not_sent_again() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    for (n, fault) in ["500", "html-502", "503", "reset"].into_iter().enumerate() {
        world.fault(&format!("kaseyabms:{fault}[POST /v2/crm]"));
        let error = psa.create(&company(), &new_person(ADDRESS), "key").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Indeterminate, "{fault}: {error}");
        assert!(!format!("{error:?}").contains('@'), "{error:?}");
        assert_eq!((world.having(ADDRESS), world.calls("POST", CONTACTS)), (0, n as u64 + 1), "{fault}");
    }
}

#[tokio::test]
async fn an_error_under_200_is_an_error_and_nothing_was_made() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    for (message, kind) in [
        ("Something canary@example.com went wrong.", ErrorKind::Rejected),
        ("You do not have permission to do this.", ErrorKind::PermissionDenied),
        ("Account not found.", ErrorKind::NotFound),
        ("API calls quota exceeded.", ErrorKind::RateLimited),
    ] {
        world.data().fail_next("POST /v2/crm/contacts/summary", 5, message);
        let error = psa.create(&company(), &new_person(ADDRESS), "key").await.unwrap_err();
        assert_eq!((error.kind(), world.having(ADDRESS)), (kind, 0), "{message}");
        world.data().fail_next("PATCH /v2/crm/contacts/{id}", 5, message);
        let error = psa.update(&id, &fields(&[("title", "x")]), None).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{message}");
        world.data().fail_next("GET /v2/crm/contacts/summary", 5, message);
        let cut = read(&psa, &plain()).await;
        let error = cut.error.unwrap();
        assert_eq!((error.kind(), cut.ended), (kind, false), "{message}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
    assert_ne!(world.record(&id)["JobTitle"], "x");
}

#[tokio::test]
async fn a_rate_limit_is_waited_out_for_reads_updates_and_creates() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    for (n, fault) in ["429=0s", "429-no-retry-after"].into_iter().enumerate() {
        let n = n as u64 + 1;
        world.fault(&format!("kaseyabms:{fault}[GET /v2/crm/contacts/summary]"));
        assert!(read(&psa, &plain()).await.ended);
        assert_eq!(world.calls("GET", CONTACTS), 3 * n, "{fault}");
        world.fault(&format!("kaseyabms:{fault}[PATCH]"));
        psa.update(&id, &fields(&[("title", fault)]), None).await.unwrap();
        assert_eq!(world.record(&id)["JobTitle"], fault);
        let address = format!("limited{n}@contoso.example");
        world.fault(&format!("kaseyabms:{fault}[POST /v2/crm]"));
        psa.create(&company(), &new_person(&address), "key").await.unwrap();
        assert_eq!((world.calls("POST", CONTACTS), world.having(&address)), (2 * n, 1), "{fault}");
    }
}

#[tokio::test]
async fn reads_and_updates_are_repeated_after_a_fault() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    for (n, fault) in ["500", "html-502", "reset", "truncated-body"].into_iter().enumerate() {
        let n = n as u64 + 1;
        world.fault(&format!("kaseyabms:{fault}[GET /v2/crm/contacts/summary]"));
        let whole = read(&psa, &plain()).await;
        assert!(whole.ended && whole.error.is_none(), "{fault}");
        assert_eq!(whole.contacts.len(), 32, "{fault}");
        world.fault(&format!("kaseyabms:{fault}[PATCH]"));
        psa.update(&id, &fields(&[("title", fault)]), None).await.unwrap();
        assert_eq!(
            (world.record(&id)["JobTitle"].as_str(), world.calls("PATCH", CONTACT)),
            (Some(fault), 2 * n),
            "{fault}"
        );
    }
}

#[tokio::test]
async fn an_address_whose_answer_was_lost_is_never_added_twice() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    let more =
        [("alternate_emails".parse().unwrap(), FieldValue::List(vec!["more@contoso.example".into()]))].into();
    world.fault("kaseyabms:reset-after-commit[PATCH]");
    let error = psa.update(&id, &more, None).await.unwrap_err();
    assert_eq!((error.kind(), world.calls("PATCH", EMAILS)), (ErrorKind::Indeterminate, 1));
    assert_eq!(world.having("more@contoso.example"), 1);
    psa.update(&id, &more, None).await.unwrap();
    assert_eq!(world.calls("PATCH", EMAILS), 1, "the next run reads first and finds it there");
}

#[tokio::test]
async fn what_was_written_before_a_failure_is_said() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    world.fault("kaseyabms:403[PATCH /v2/crm/contacts/{id}/phones]");
    let wanted = fields(&[("title", "Chief"), ("phone_business", "+1 206 555 0188")]);
    let error = psa.update(&id, &wanted, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.message().contains("title"), "{error}");
    psa.update(&id, &wanted, None).await.unwrap();
    assert_eq!(world.calls("PATCH", CONTACT), 1, "the title is there already");
}

#[tokio::test]
async fn a_page_that_repeats_ends_early_or_comes_empty_makes_no_short_list() {
    let world = World::of(450).await;
    let psa = world.warm().await;
    for fault in [
        "repeat-page[GET /v2/crm/contacts/summary]@2",
        "early-end[GET /v2/crm/contacts/summary]@2",
        "empty-page[GET /v2/crm/contacts/summary]@3",
    ] {
        world.sandbox.clear_faults();
        world.fault(&format!("kaseyabms:{fault}"));
        let whole = read(&psa, &plain()).await;
        assert_eq!((whole.contacts.len(), whole.distinct(), whole.ended), (450, 450, true), "{fault}");
        assert_eq!(world.sandbox.faults_struck(), 1, "{fault}");
    }
    // A server that never keeps still is told as such.
    world.sandbox.clear_faults();
    world.fault("kaseyabms:early-end[GET /v2/crm/contacts/summary]*always");
    let cut = read(&psa, &plain()).await;
    assert_eq!((cut.ended, cut.contacts.len()), (false, 0));
    assert_eq!(cut.error.unwrap().kind(), ErrorKind::UnexpectedResponse);
}

#[tokio::test]
async fn a_listing_that_fails_in_the_middle_gives_no_end() {
    let world = World::of(450).await;
    let psa = world.warm().await;
    world.fault("kaseyabms:403[GET /v2/crm/contacts/summary]@2");
    let cut = read(&psa, &plain()).await;
    assert_eq!((cut.contacts.len(), cut.ended), (0, false));
    assert_eq!(cut.error.unwrap().kind(), ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn a_server_that_is_no_bms_is_told_and_gets_no_second_request() {
    let world = World::of(10).await;
    let mut config = world.config();
    config.base_url = world.sandbox.connectwise().base_url.clone();
    let error = config.connect().unwrap().capabilities().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unauthenticated | ErrorKind::UnexpectedResponse), "{error}");
}
