//! The adapter keeps the promises of `Psa`, as far as an imitation of Syncro can tell.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use async_trait::async_trait;
use psa_syncro::{Config, Leavers, ceiling};
use serde_json::json;
use std::sync::Arc;
use sync_conformance::{CaseResult, PsaGiven, Report, Technician, run_psa};
use sync_core::model::{CompanyId, ContactId};
use sync_sandbox::{Options, Sandbox, Syncro as Data};

fn config(sandbox: &Sandbox) -> Config {
    let access = sandbox.syncro();
    let mut config = Config::new(access.base_url.clone(), access.api_token.clone().into());
    config.requests_per_minute = 1_000_000;
    config
}

#[derive(Debug)]
struct Hand(Data);

#[async_trait]
impl Technician for Hand {
    async fn edit(&self, contact: &ContactId, text: &str) -> Result<(), String> {
        let id = contact.as_str().parse().map_err(|_not_a_number| "not an id of Syncro".to_owned())?;
        let edited = self.0.edit_contact(id, |record| record["properties"]["title"] = json!(text));
        if edited { Ok(()) } else { Err("there is no such contact".to_owned()) }
    }
}

fn given(sandbox: &Sandbox) -> PsaGiven {
    let mut wrong = config(sandbox);
    wrong.api_token = "canary-wrong-token".to_owned().into();
    PsaGiven::new(CompanyId::new("100"))
        .ceiling(ceiling())
        .other_company(CompanyId::new("250"))
        .custom_fields(["Office365Id", "SupportPIN"])
        .company_custom_field("Tenant365Id")
        .secret(sandbox.syncro().api_token.clone())
        .secret("canary-wrong-token")
        .technician(Arc::new(Hand(sandbox.syncro_data().clone())))
        .wrong_credentials(Arc::new(wrong.connect().unwrap()))
}

async fn passes(change: impl FnOnce(&mut Config, &Data)) -> Report {
    let sandbox = Sandbox::start(Options::sized(20, 15)).await.unwrap();
    let mut config = config(&sandbox);
    change(&mut config, sandbox.syncro_data());
    let psa = config.connect().unwrap();
    let report = run_psa(&psa, &given(&sandbox)).await;
    sandbox.shutdown().await;
    assert!(report.is_conformant(), "{report}");
    report
}

#[tokio::test]
async fn with_the_status_in_a_custom_field() {
    let report = passes(|_, _| {}).await;
    for case in [
        "edits_by_others_are_seen",
        "company_custom_fields_are_written_alone",
        "deactivating_and_reactivating",
        "inactive_contacts_are_listed",
        "wrong_credentials_are_told",
    ] {
        assert_eq!(report.result(case), Some(&CaseResult::Passed), "{report}");
    }
    assert!(report.passed() >= 24, "{report}");
}

#[tokio::test]
async fn with_the_status_in_a_check_box() {
    let left = || Leavers::CustomField { name: "IsOffice365".into(), active: "1".into(), left: "0".into() };
    let report = passes(|config, _| config.leavers = left()).await;
    assert!(report.passed() >= 24, "{report}");
}

#[tokio::test]
async fn with_the_status_at_the_end_of_the_name() {
    let report = passes(|config, _| config.leavers = Leavers::Rename { suffix: " [Inactive]".into() }).await;
    assert_eq!(report.result("deactivating_and_reactivating"), Some(&CaseResult::Passed), "{report}");
    assert!(report.passed() >= 24, "{report}");
}

#[tokio::test]
async fn without_a_place_for_the_status_which_is_then_unsupported() {
    let report = passes(|config, _| config.leavers = Leavers::Hold).await;
    assert_eq!(report.result("deactivating_and_reactivating"), Some(&CaseResult::Passed), "{report}");
    assert!(report.passed() >= 22, "{report}");
}

#[tokio::test]
async fn with_a_paragraph_in_the_notes() {
    let report = passes(|config, _| config.note_marker = Some("Contact sync".into())).await;
    assert!(report.passed() >= 24, "{report}");
}

#[tokio::test]
async fn on_an_account_that_merges_properties_and_resets_flags() {
    let report = passes(|_, data| {
        data.merge_properties(true);
        data.reset_flags(true);
    })
    .await;
    assert!(report.passed() >= 24, "{report}");
}

#[tokio::test]
async fn on_pages_of_three() {
    let report = passes(|_, data| data.contacts_per_page(3)).await;
    assert!(report.passed() >= 24, "{report}");
}
