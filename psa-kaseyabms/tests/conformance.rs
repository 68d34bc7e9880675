//! The adapter keeps the promises of `Psa`, as far as an imitation of Kaseya BMS can tell.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use async_trait::async_trait;
use psa_kaseyabms::{Config, ItemType, ceiling};
use serde_json::json;
use std::sync::Arc;
use sync_conformance::{CaseResult, PsaGiven, Report, Technician, run_psa};
use sync_core::model::{CompanyId, ContactId};
use sync_sandbox::{KaseyaBms as Data, Options, Sandbox};

fn config(sandbox: &Sandbox) -> Config {
    let access = sandbox.kaseyabms();
    let mut config = Config::new(
        access.base_url.clone(),
        access.username.clone(),
        access.password.clone().into(),
        access.tenant.clone(),
    );
    config.requests_per_hour = 1_000_000;
    config.contact_module_id = Some(14);
    config.mobile_type = Some(ItemType::Name("Mobile".into()));
    config
}

#[derive(Debug)]
struct Hand(Data);

#[async_trait]
impl Technician for Hand {
    async fn edit(&self, contact: &ContactId, text: &str) -> Result<(), String> {
        let id = contact.as_str().parse().map_err(|_not_a_number| "not an id of BMS".to_owned())?;
        let edited = self.0.edit_contact(id, |record| record["JobTitle"] = json!(text));
        if edited { Ok(()) } else { Err("there is no such contact".to_owned()) }
    }
}

fn given(sandbox: &Sandbox) -> PsaGiven {
    let access = sandbox.kaseyabms();
    let mut wrong = config(sandbox);
    wrong.password = "canary-wrong-password".to_owned().into();
    PsaGiven::new(CompanyId::new("100"))
        .ceiling(ceiling())
        .other_company(CompanyId::new("250"))
        .custom_fields(["Office365Id", "SupportPIN"])
        .company_custom_field("Tenant365Id")
        .company_website("https://www.contoso.example/about")
        .company_account_manager("aadams")
        .secret(access.password.clone())
        .secret("canary-wrong-password")
        .technician(Arc::new(Hand(sandbox.kaseyabms_data().clone())))
        .wrong_credentials(Arc::new(wrong.connect().unwrap()))
}

async fn passes(
    change: impl FnOnce(&mut Config, &Sandbox),
    given_too: impl FnOnce(PsaGiven) -> PsaGiven,
) -> Report {
    let sandbox = Sandbox::start(Options::sized(20, 15)).await.unwrap();
    let mut config = config(&sandbox);
    change(&mut config, &sandbox);
    let psa = config.connect().unwrap();
    let report = run_psa(&psa, &given_too(given(&sandbox))).await;
    sandbox.shutdown().await;
    assert!(report.is_conformant(), "{report}");
    report
}

#[tokio::test]
async fn with_every_type_named_and_custom_fields_of_companies() {
    let report = passes(
        |config, _| {
            config.email_type = Some(ItemType::Name("Work".into()));
            config.phone_type = Some(ItemType::Name("Office".into()));
            config.fax_type = Some(ItemType::Id(3));
            config.account_module_id = Some(13);
            config.company_custom_fields = true;
        },
        |given| given,
    )
    .await;
    for case in [
        "edits_by_others_are_seen",
        "company_custom_fields_are_written_alone",
        "company_details_are_told_as_claimed",
        "wrong_credentials_are_told",
    ] {
        assert_eq!(report.result(case), Some(&CaseResult::Passed), "{report}");
    }
    assert!(report.passed() >= 26, "{report}");
}

#[tokio::test]
async fn with_the_defaults_and_modules_that_must_be_found() {
    let report = passes(
        |config, _| {
            config.contact_module_id = None;
            config.mobile_type = None;
        },
        |given| given,
    )
    .await;
    assert!(report.passed() >= 25, "{report}");
}

#[tokio::test]
async fn without_custom_fields() {
    let report = passes(
        |config, _| {
            config.contact_module_id = None;
            config.probe_contact_fields.clear();
        },
        |given| given.custom_fields([]),
    )
    .await;
    assert!(report.passed() >= 24, "{report}");
}

#[tokio::test]
async fn on_a_server_that_spells_as_its_document_and_says_errors_by_status() {
    let report = passes(
        |_, sandbox| {
            let data = sandbox.kaseyabms_data();
            data.pascal_case(true);
            data.status_of_errors(true);
            data.enveloped_records(true);
            data.list_shows_inactive(true);
            data.product("Pulseway PSA");
        },
        |given| given,
    )
    .await;
    assert!(report.passed() >= 25, "{report}");
}

#[tokio::test]
async fn where_every_contact_needs_a_phone() {
    let report = passes(
        |config, sandbox| {
            config.phone_required = true;
            sandbox.kaseyabms_data().require_phone(true);
        },
        |given| given,
    )
    .await;
    assert_eq!(report.result("create_needs_its_required_fields"), Some(&CaseResult::Passed), "{report}");
}

#[tokio::test]
async fn where_the_codes_of_operations_are_in_another_order() {
    let report = passes(
        |config, sandbox| {
            sandbox.kaseyabms_data().operation_codes([2, 0, 1]);
            (config.item_operations.add, config.item_operations.update, config.item_operations.delete) =
                (2, 0, 1);
        },
        |given| given,
    )
    .await;
    assert!(report.passed() >= 25, "{report}");
}
