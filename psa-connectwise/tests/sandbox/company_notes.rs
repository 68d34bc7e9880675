//! Notes of companies over HTTP: one of ours is found among others, and the others stay as they are.

use crate::support::{World, company, without};
use serde_json::{Value, json};
use sync_core::{
    ErrorKind,
    model::CompanyId,
    notes::{CompanyNotes as _, NoteTitle},
};

const NOTES: &str = "/{codebase}/apis/3.0/company/companies/{id}/notes";
const NOTE: &str = "/{codebase}/apis/3.0/company/companies/{id}/notes/{note}";

fn title() -> NoteTitle {
    NoteTitle::new("psa-sync secret ad").unwrap()
}

fn held(world: &World) -> Vec<Value> {
    world.sandbox.connectwise_data().company_notes(100)
}

#[tokio::test]
async fn a_note_is_added_once_then_changed_in_place_and_others_are_left_alone() {
    let world = World::of(10).await;
    let inside = world.sandbox.connectwise_data();
    inside.add_company_note(100, "About psa-sync secret ad: ask Tess");
    inside.add_company_note(100, "[psa-sync secret ad2]\nforeign");
    let before = held(&world);
    let psa = world.warm().await;
    assert_eq!(psa.note(&company(), &title()).await.unwrap(), None);
    assert_eq!(world.all_calls(), 1);
    assert_eq!(psa.put_note(&company(), &title(), "first").await.unwrap(), "first");
    let first = held(&world).pop().unwrap();
    assert_eq!(first["text"], "[psa-sync secret ad]\nfirst");
    assert_eq!(psa.put_note(&company(), &title(), "second").await.unwrap(), "second");
    assert_eq!(psa.put_note(&company(), &title(), "second").await.unwrap(), "second");
    let after = held(&world);
    assert_eq!(after[..2], before);
    assert_eq!(after.len(), 3);
    let parts = ["/text", "/_info/lastUpdated"];
    assert_eq!(without(after[2].clone(), &parts), without(first, &parts));
    assert_eq!(
        (world.calls("POST", NOTES), world.calls("PATCH", NOTE)),
        (1, 1),
        "what is right is not written"
    );
}

#[tokio::test]
async fn a_note_whose_line_break_became_a_space_is_still_ours() {
    let world = World::of(10).await;
    let psa = world.warm().await;
    psa.put_note(&company(), &title(), "text").await.unwrap();
    let id = held(&world)[0]["id"].as_i64().unwrap();
    let inside = world.sandbox.connectwise_data();
    assert!(inside.edit_company_note(id, |note| note["text"] = json!("[psa-sync secret ad] text ")));
    assert_eq!(psa.note(&company(), &title()).await.unwrap().as_deref(), Some("text"));
}

#[tokio::test]
async fn several_notes_of_one_title_are_told_and_nothing_is_written() {
    let world = World::of(10).await;
    for text in ["[psa-sync secret ad]\na", "[psa-sync secret ad]\na"] {
        world.sandbox.connectwise_data().add_company_note(100, text);
    }
    let before = held(&world);
    let psa = world.warm().await;
    assert_eq!(psa.note(&company(), &title()).await.unwrap_err().kind(), ErrorKind::PreconditionFailed);
    let refused = psa.put_note(&company(), &title(), "b").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::PreconditionFailed);
    assert_eq!(held(&world), before);
    assert_eq!(world.sandbox.calls().writes(), 0);
}

#[tokio::test]
async fn a_note_is_found_behind_a_thousand_others_and_too_many_are_never_none() {
    let world = World::of(10).await;
    let inside = world.sandbox.connectwise_data();
    for _ in 0..1000 {
        inside.add_company_note(100, "note");
    }
    inside.add_company_note(100, "[psa-sync secret ad]\nlate");
    let psa = world.warm().await;
    assert_eq!(psa.note(&company(), &title()).await.unwrap().as_deref(), Some("late"));
    assert_eq!(world.calls("GET", NOTES), 2);
    for _ in 0..9000 {
        inside.add_company_note(250, "note");
    }
    let other = CompanyId::new("250");
    assert_eq!(psa.note(&other, &title()).await.unwrap(), None);
    for _ in 0..1001 {
        inside.add_company_note(250, "note");
    }
    let refused = psa.put_note(&other, &title(), "text").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::UnexpectedResponse);
    assert_eq!(world.sandbox.calls().writes(), 0);
}

#[tokio::test]
async fn a_role_without_notes_and_a_lost_answer_are_told() {
    let world = World::of(10).await;
    let psa = world.warm().await;
    world.fault("connectwise:reset-after-commit[POST]");
    let lost = psa.put_note(&company(), &title(), "text").await.unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::Indeterminate);
    assert_eq!(world.calls("POST", NOTES), 1, "a note is added at most once");
    assert_eq!(psa.put_note(&company(), &title(), "text").await.unwrap(), "text");
    assert_eq!(held(&world).len(), 1);
    world.sandbox.connectwise_data().deny("company/companies/100/notes");
    for refused in [
        psa.note(&company(), &title()).await.map(drop),
        psa.put_note(&company(), &title(), "other").await.map(drop),
    ] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::PermissionDenied);
    }
}
