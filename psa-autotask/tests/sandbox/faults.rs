//! Faults of the network and of the server.

use crate::support::{CONTACTS, QUERY, World, company, fields, new_person, read};
use sync_core::{ErrorKind, Psa as _};

const ADDRESS: &str = "nina@contoso.example";

#[tokio::test]
async fn a_connection_lost_after_a_create_is_indeterminate_and_never_a_second_contact() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    for (n, fault) in
        ["autotask:reset-after-commit", "autotask:truncated-body[POST /companies]"].into_iter().enumerate()
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
async fn a_create_that_an_outage_answers_is_indeterminate_and_not_sent_again() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    // The 500 says "an unexpected error has occurred", which proves nothing.
    for (n, fault) in ["500", "html-502", "503", "504", "reset"].into_iter().enumerate() {
        world.fault(&format!("autotask:{fault}[POST /companies]"));
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
        world.fault(&format!("autotask:{fault}[POST /contacts/query]"));
        assert_eq!(read(&psa).await.ids.len(), 31 + usize::try_from(n).unwrap());
        assert_eq!(world.calls("POST", QUERY), 2 * n, "{fault}");
        world.fault(&format!("autotask:{fault}[PATCH]"));
        psa.update(&id, &fields(&[("title", fault)]), None).await.unwrap();
        assert_eq!(world.calls("PATCH", CONTACTS), 2 * n, "{fault}");
        let address = format!("limited{n}@contoso.example");
        world.fault(&format!("autotask:{fault}[POST /companies]"));
        psa.create(&company(), &new_person(&address), "key").await.unwrap();
        assert_eq!((world.calls("POST", CONTACTS), world.having(&address)), (2 * n, 1), "{fault}");
    }
}

#[tokio::test]
async fn reads_and_updates_are_repeated_after_an_outage() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    for (n, fault) in ["500", "html-502", "reset", "truncated-body"].into_iter().enumerate() {
        let n = n as u64 + 1;
        world.fault(&format!("autotask:{fault}[POST /contacts/query]"));
        let whole = read(&psa).await;
        assert!(whole.ended && whole.error.is_none(), "{fault}");
        assert_eq!((whole.ids.len(), world.calls("POST", QUERY)), (32, 2 * n), "{fault}");
        world.fault(&format!("autotask:{fault}[PATCH]"));
        psa.update(&id, &fields(&[("title", fault)]), None).await.unwrap();
        assert_eq!(
            (world.record(&id)["title"].as_str(), world.calls("PATCH", CONTACTS)),
            (Some(fault), 2 * n),
            "{fault}"
        );
    }
}

#[tokio::test]
async fn an_update_whose_answer_was_lost_is_repeated_to_the_same_end() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    world.fault("autotask:reset-after-commit[PATCH]");
    let wanted =
        fields(&[("title", "Twice"), ("email", "twice@contoso.example"), ("custom:SupportPIN", "0042")]);
    psa.update(&id, &wanted, None).await.unwrap();
    assert_eq!((world.calls("PATCH", CONTACTS), world.having("twice@contoso.example")), (2, 1));
}

#[tokio::test]
async fn a_page_that_repeats_is_an_error_and_not_a_listing() {
    let world = World::of(1_200).await;
    let psa = world.warm().await;
    world.fault("autotask:repeat-page[POST /contacts/query]@2");
    let cut = read(&psa).await;
    assert!(!cut.ended);
    assert_eq!(cut.error.unwrap().kind(), ErrorKind::UnexpectedResponse);
}

#[tokio::test]
async fn a_full_page_without_a_next_link_is_not_taken_for_the_end() {
    let world = World::of(1_200).await;
    let psa = world.warm().await;
    for place in 1..=2 {
        world.sandbox.clear_faults();
        world.fault(&format!("autotask:early-end[POST /contacts/query]@{place}"));
        let whole = read(&psa).await;
        assert_eq!((whole.ids.len(), whole.ended, world.sandbox.faults_struck()), (1_200, true, 1));
    }
}

#[tokio::test]
async fn an_empty_page_in_the_middle_is_found_out_by_the_count() {
    let world = World::of(1_200).await;
    let psa = world.warm().await;
    world.fault("autotask:empty-page[POST /contacts/query]@2");
    let cut = read(&psa).await;
    // The engine takes a read whose count disagrees for a partial one.
    assert_eq!((cut.ids.len(), cut.count), (500, Some(1_200)));
}

#[tokio::test]
async fn a_listing_that_fails_in_the_middle_gives_no_end() {
    let world = World::of(1_200).await;
    let psa = world.warm().await;
    world.fault("autotask:403[POST /contacts/query]@2");
    let cut = read(&psa).await;
    assert_eq!((cut.ids.len(), cut.ended), (500, false));
    assert_eq!(cut.error.unwrap().kind(), ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn a_401_in_the_middle_that_no_new_zone_explains_ends_the_listing() {
    let world = World::of(1_200).await;
    let psa = world.warm().await;
    world.fault("autotask:401[POST /contacts/query]@2");
    let cut = read(&psa).await;
    assert_eq!((cut.ids.len(), cut.ended), (500, false));
    assert_eq!(cut.error.unwrap().kind(), ErrorKind::Unauthenticated);
}
