//! Agreement lines over HTTP: read in few calls, set one by one, nothing else touched.

use crate::support::{World, company, without};
use serde_json::json;
use std::collections::BTreeSet;
use sync_core::{
    AgreementsExt as _, ErrorKind,
    model::{CompanyId, LineId},
    quantity::Agreements as _,
};

const ADDITION: &str = "/{codebase}/apis/3.0/finance/agreements/{id}/additions/{addition}";
const ADDITIONS: &str = "/{codebase}/apis/3.0/finance/agreements/{id}/additions";
const AGREEMENTS: &str = "/{codebase}/apis/3.0/finance/agreements";

fn today() -> chrono::NaiveDate {
    "2026-01-06".parse().unwrap()
}

fn ours() -> BTreeSet<CompanyId> {
    [company()].into()
}

#[tokio::test]
async fn the_additions_of_the_companies_asked_for_are_lines_and_those_of_others_are_not() {
    let world = World::of(10).await;
    let psa = world.warm().await;
    let (lines, complete) = psa.all_lines(&ours()).await.unwrap();
    assert!(complete.is_complete());
    let ids: Vec<&str> = lines.iter().map(|line| line.id.as_str()).collect();
    assert_eq!(ids, ["700/800"]);
    assert_eq!((lines[0].quantity, lines[0].product.as_deref()), (Some(10), Some("M365-BP")));
    assert_eq!(lines[0].company, company());
    assert_eq!((world.calls("GET", AGREEMENTS), world.calls("GET", ADDITIONS)), (1, 1));
    assert_eq!(world.all_calls(), 2);
    let (none, complete) = psa.all_lines(&BTreeSet::new()).await.unwrap();
    assert!(none.is_empty() && complete.is_complete());
    assert_eq!(world.all_calls(), 2, "no companies, no calls");
}

#[tokio::test]
async fn cancelled_agreements_give_no_lines_and_cancelled_additions_end() {
    let world = World::of(10).await;
    let inside = world.sandbox.connectwise_data();
    let old = inside.add_agreement(json!({"name": "Old", "company": {"id": 100}, "cancelledFlag": true}));
    inside.add_addition(json!({"agreementId": old, "quantity": 3}));
    let half = inside.add_addition(json!({
        "agreementId": 700, "quantity": 2.5, "description": "Hours", "cancelledDate": "2026-03-31T00:00:00Z"
    }));
    let (lines, _) = world.psa().all_lines(&ours()).await.unwrap();
    assert_eq!(lines.len(), 2);
    let line = lines.iter().find(|line| line.id == LineId::new(format!("700/{half}"))).unwrap();
    assert_eq!((line.quantity, line.product.as_deref()), (None, Some("Hours")));
    assert_eq!(line.ends, "2026-03-31".parse().ok());
}

#[tokio::test]
async fn a_quantity_is_set_with_one_write_and_nothing_else_of_the_addition_changes() {
    let world = World::of(10).await;
    let psa = world.warm().await;
    let before = world.sandbox.connectwise_data().addition(800).unwrap();
    let line = psa.set_quantity(&LineId::new("700/800"), 10, 12, today()).await.unwrap();
    assert_eq!((line.quantity, line.company), (Some(12), company()));
    let after = world.sandbox.connectwise_data().addition(800).unwrap();
    assert_eq!(after["quantity"], 12);
    assert_eq!(without(after, &["/quantity"]), without(before, &["/quantity"]));
    assert_eq!((world.calls("PATCH", ADDITION), world.all_calls()), (1, 3));
}

#[tokio::test]
async fn a_line_that_moved_or_is_gone_is_left_alone() {
    let world = World::of(10).await;
    let psa = world.warm().await;
    assert!(world.sandbox.connectwise_data().edit_addition(800, |addition| addition["quantity"] = json!(11)));
    let moved = psa.set_quantity(&LineId::new("700/800"), 10, 12, today()).await.unwrap_err();
    assert_eq!(moved.kind(), ErrorKind::PreconditionFailed);
    for id in ["700/9999", "701/800", "9999/800", "800"] {
        let gone = psa.set_quantity(&LineId::new(id), 10, 12, today()).await.unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::NotFound, "{id}");
    }
    assert_eq!(world.calls("PATCH", ADDITION), 0);
    // What is right already is not written.
    assert_eq!(psa.set_quantity(&LineId::new("700/800"), 11, 11, today()).await.unwrap().quantity, Some(11));
    assert_eq!(world.calls("PATCH", ADDITION), 0);
}

#[tokio::test]
async fn a_role_without_agreements_is_a_permission_that_is_missing() {
    let world = World::of(10).await;
    world.sandbox.connectwise_data().deny("finance");
    let error = world.psa().all_lines(&ours()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    let error = world.psa().set_quantity(&LineId::new("700/800"), 10, 12, today()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn the_pairs_of_the_vendors_own_sync_are_read_and_half_ones_left_out() {
    let world = World::of(10).await;
    let psa = world.psa();
    assert!(psa.native_pairs().await.unwrap().is_empty());
    world.sandbox.connectwise_data().set_m365_contacts(vec![
        json!({"contactRecId": 502, "tenantId": "AAAA", "m365ContactId": "BBBB"}),
        json!({"contactRecId": 501, "tenantId": "aaaa", "m365ContactId": "cccc"}),
        json!({"contactRecId": 503, "tenantId": "aaaa"}),
        json!({"tenantId": "aaaa", "m365ContactId": "dddd"}),
    ]);
    let pairs: Vec<(String, String)> = psa
        .native_pairs()
        .await
        .unwrap()
        .into_iter()
        .map(|pair| (pair.anchor.to_string(), pair.contact.to_string()))
        .collect();
    let pair = |anchor: &str, contact: &str| (anchor.to_owned(), contact.to_owned());
    assert_eq!(pairs, [pair("entra:aaaa:bbbb", "502"), pair("entra:aaaa:cccc", "501")]);
}
