//! Faults of the network and of the server.

use crate::support::{CONTACT, CONTACTS, World, company, fields, new_person, read};
use serde_json::json;
use sync_core::{ErrorKind, Psa as _, model::ContactId};

const ADDRESS: &str = "nina@contoso.example";

#[tokio::test]
async fn a_connection_lost_after_a_create_is_indeterminate_and_never_a_second_contact() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    for (n, fault) in
        ["connectwise:reset-after-commit", "connectwise:truncated-body[POST]"].into_iter().enumerate()
    {
        let address = format!("lost{n}@contoso.example");
        world.fault(fault);
        let error = psa.create(&company(), &new_person(&address), "key").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Indeterminate, "{fault}: {error}");
        assert_eq!(world.having(&address), 1, "{fault}");
        assert_eq!(world.calls("POST", CONTACTS), n as u64 + 1, "{fault}: a create is sent once");
    }
}

#[tokio::test]
async fn a_create_that_a_server_error_answers_is_indeterminate_and_not_sent_again() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    for (n, fault) in ["connectwise:500", "connectwise:html-502", "connectwise:503", "connectwise:reset"]
        .into_iter()
        .enumerate()
    {
        world.fault(&format!("{fault}[POST]"));
        let error = psa.create(&company(), &new_person(ADDRESS), "key").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Indeterminate, "{fault}: {error}");
        assert!(!format!("{error:?}").contains('@'), "{error:?}");
        assert_eq!((world.having(ADDRESS), world.calls("POST", CONTACTS)), (0, n as u64 + 1), "{fault}");
    }
}

#[tokio::test]
async fn a_rate_limit_is_waited_out_for_reads_updates_and_creates() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    for (n, fault) in ["429=0s", "429-no-retry-after"].into_iter().enumerate() {
        let n = n as u64 + 1;
        world.fault(&format!("connectwise:{fault}[GET /company/contacts]"));
        assert_eq!(read(&psa).await.ids.len(), 31 + usize::try_from(n).unwrap());
        assert_eq!(world.calls("GET", CONTACTS), 2 * n, "{fault}");

        world.fault(&format!("connectwise:{fault}[PATCH]"));
        psa.update(&id, &fields(&[("title", fault)]), None).await.unwrap();
        assert_eq!(world.calls("PATCH", CONTACT), 2 * n, "{fault}");

        // ConnectWise refuses before it acts, so a create may be sent again.
        let address = format!("limited{n}@contoso.example");
        world.fault(&format!("connectwise:{fault}[POST]"));
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
        world.fault(&format!("connectwise:{fault}[GET /company/contacts]"));
        let whole = read(&psa).await;
        assert!(whole.ended && whole.error.is_none(), "{fault}");
        assert_eq!((whole.ids.len(), world.calls("GET", CONTACTS)), (32, 2 * n), "{fault}");
        world.fault(&format!("connectwise:{fault}[PATCH]"));
        psa.update(&id, &fields(&[("title", fault)]), None).await.unwrap();
        assert_eq!(
            (world.record(&id)["title"].as_str(), world.calls("PATCH", CONTACT)),
            (Some(fault), 2 * n),
            "{fault}"
        );
    }
}

#[tokio::test]
async fn an_update_in_place_whose_answer_was_lost_is_repeated_to_the_same_end() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    world.fault("connectwise:reset-after-commit[PATCH]");
    let wanted = fields(&[("title", "Twice"), ("email", "twice@contoso.example")]);
    psa.update(&id, &wanted, None).await.unwrap();
    assert_eq!((world.calls("PATCH", CONTACT), world.having("twice@contoso.example")), (2, 1));
}

#[tokio::test]
async fn an_update_that_adds_an_item_is_indeterminate_when_its_answer_was_lost_and_never_adds_two() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let record = json!({"firstName": "Faye", "company": {"id": 100}});
    let id = ContactId::new(world.sandbox.connectwise_data().add_contact(record).to_string());
    world.fault("connectwise:reset-after-commit[PATCH]");
    let number = "+1 206 555 0166";
    let error = psa.update(&id, &fields(&[("phone_fax", number)]), None).await.unwrap_err();
    assert_eq!((error.kind(), world.calls("PATCH", CONTACT)), (ErrorKind::Indeterminate, 1));
    let items = || world.record(&id)["communicationItems"].to_string().matches(number).count();
    assert_eq!(items(), 1);
    psa.update(&id, &fields(&[("phone_fax", number)]), None).await.unwrap();
    assert_eq!(items(), 1, "the next run reads first and finds it there");
}

#[tokio::test]
async fn a_page_that_repeats_is_an_error_and_not_a_listing() {
    let world = World::of(2_400).await;
    let psa = world.warm().await;
    world.fault("connectwise:repeat-page[GET /company/contacts]@2");
    let cut = read(&psa).await;
    assert!(!cut.ended);
    assert_eq!(cut.error.unwrap().kind(), ErrorKind::UnexpectedResponse);
}

#[tokio::test]
async fn a_full_page_without_a_next_link_is_not_taken_for_the_end() {
    let world = World::of(2_400).await;
    let psa = world.warm().await;
    for place in 1..=2 {
        world.sandbox.clear_faults();
        world.fault(&format!("connectwise:early-end[GET /company/contacts]@{place}"));
        let whole = read(&psa).await;
        assert_eq!((whole.ids.len(), whole.ended, world.sandbox.faults_struck()), (2_400, true, 1));
    }
}

#[tokio::test]
async fn a_listing_that_fails_in_the_middle_gives_no_end() {
    let world = World::of(2_400).await;
    let psa = world.warm().await;
    world.fault("connectwise:403[GET /company/contacts]@2");
    let cut = read(&psa).await;
    assert_eq!((cut.ids.len(), cut.ended), (1_000, false));
    assert_eq!(cut.error.unwrap().kind(), ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn a_key_that_is_taken_away_in_the_middle_of_a_walk_gives_no_end_and_writes_nothing() {
    let world = World::of(2_400).await;
    let psa = world.warm().await;
    world.fault("connectwise:401[GET /company/contacts]@2*always");
    let cut = read(&psa).await;
    assert_eq!((cut.ids.len(), cut.ended), (1_000, false));
    assert_eq!(cut.error.unwrap().kind(), ErrorKind::Unauthenticated);
    assert_eq!(world.sandbox.calls().writes(), 0);
}
