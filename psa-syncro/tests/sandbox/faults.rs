//! Faults of the network and of the server. Time is paused, so that no back-off is waited for.

use crate::support::{CONTACT, CONTACTS, World, company, fields, new_person, ours, read};
use std::time::Duration;
use sync_core::{ErrorKind, Psa as _};
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn a_connection_lost_after_a_create_is_indeterminate_and_never_a_second_contact() {
    let world = World::of(32).await;
    let psa = world.psa();
    for (n, fault) in ["syncro:reset-after-commit", "syncro:truncated-body[POST]"].into_iter().enumerate() {
        let address = format!("lost{n}@contoso.example");
        world.fault(fault);
        let error = psa.create(&company(), &new_person(&address), "key").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Indeterminate, "{fault}: {error}");
        assert_eq!(world.having(&address), 1, "{fault}");
        assert_eq!(world.calls("POST", CONTACTS), n as u64 + 1, "{fault}: a create is sent once");
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_that_a_server_error_answers_is_indeterminate_and_not_sent_again() {
    let world = World::of(32).await;
    let psa = world.psa();
    let address = "nina@contoso.example";
    for (n, fault) in ["500", "html-502", "503", "reset"].into_iter().enumerate() {
        world.fault(&format!("syncro:{fault}[POST]"));
        let error = psa.create(&company(), &new_person(address), "key").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Indeterminate, "{fault}: {error}");
        assert!(!format!("{error:?}").contains('@'), "{error:?}");
        assert_eq!((world.having(address), world.calls("POST", CONTACTS)), (0, n as u64 + 1), "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_is_waited_out_for_reads_updates_and_creates() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = world.somebody();
    for (n, (fault, wait)) in [("429=7s", 7), ("429-no-retry-after", 60)].into_iter().enumerate() {
        let n = n as u64 + 1;
        let began = Instant::now();
        world.fault(&format!("syncro:{fault}[GET /contacts]"));
        assert_eq!(read(&psa, &ours()).await.contacts.len(), 31 + usize::try_from(n).unwrap());
        assert_eq!(world.calls("GET", CONTACTS), 2 * n, "{fault}");
        assert!(began.elapsed() >= Duration::from_secs(wait), "{fault}: {:?}", began.elapsed());

        world.fault(&format!("syncro:{fault}[PUT]"));
        psa.update(&id, &fields(&[("title", fault)]), None).await.unwrap();
        assert_eq!(world.calls("PUT", CONTACT), 2 * n, "{fault}");

        let address = format!("limited{n}@contoso.example");
        world.fault(&format!("syncro:{fault}[POST]"));
        psa.create(&company(), &new_person(&address), "key").await.unwrap();
        assert_eq!((world.calls("POST", CONTACTS), world.having(&address)), (2 * n, 1), "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn reads_and_updates_are_repeated_after_a_fault() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = world.somebody();
    for (n, fault) in ["500", "html-502", "reset", "truncated-body"].into_iter().enumerate() {
        let n = n as u64 + 1;
        world.fault(&format!("syncro:{fault}[GET /contacts]"));
        assert!(read(&psa, &ours()).await.is_whole(32), "{fault}");
        assert_eq!(world.calls("GET", CONTACTS), 2 * n, "{fault}");
        world.fault(&format!("syncro:{fault}[PUT]"));
        psa.update(&id, &fields(&[("title", fault)]), None).await.unwrap();
        assert_eq!(world.record(&id)["properties"]["title"], fault);
        assert_eq!(world.calls("PUT", CONTACT), 2 * n, "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_whose_answer_was_lost_is_repeated_to_the_same_end() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = world.somebody();
    let before = world.record(&id)["properties"].clone();
    world.fault("syncro:reset-after-commit[PUT]");
    psa.update(&id, &fields(&[("custom:SupportPIN", "1234")]), None).await.unwrap();
    let mut expected = before;
    expected["SupportPIN"] = "1234".into();
    assert_eq!((world.calls("PUT", CONTACT), &world.record(&id)["properties"]), (2, &expected));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stays_away_ends_a_read_as_unavailable() {
    let world = World::of(32).await;
    world.fault("syncro:html-502*always");
    let cut = read(&world.psa(), &ours()).await;
    assert!(!cut.ended);
    assert_eq!(cut.error.unwrap().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_page_that_repeats_costs_one_more_walk_and_loses_nobody() {
    let world = World::of(120).await;
    world.fault("syncro:repeat-page[GET /contacts]@2");
    assert!(read(&world.psa(), &ours()).await.is_whole(120));
    assert_eq!(world.all_calls(), 3 + 3);
}

#[tokio::test]
async fn an_empty_page_or_an_early_end_in_the_middle_is_not_believed() {
    for fault in ["empty-page", "early-end"] {
        for place in 1..=2 {
            let world = World::of(120).await;
            world.fault(&format!("syncro:{fault}[GET /contacts]@{place}"));
            assert!(read(&world.psa(), &ours()).await.is_whole(120), "{fault} at page {place}");
            assert_eq!(world.sandbox.faults_struck(), 1);
        }
    }
}

#[tokio::test]
async fn a_listing_that_lies_each_time_gives_no_end() {
    let world = World::of(120).await;
    world.fault("syncro:early-end[GET /contacts]*always");
    let cut = read(&world.psa(), &ours()).await;
    assert_eq!((cut.ended, cut.ids().len(), world.all_calls()), (false, 50, 3));
    assert_eq!(cut.error.unwrap().kind(), ErrorKind::UnexpectedResponse);
}
