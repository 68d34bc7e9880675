//! The adapter keeps the promises of `Psa`, as far as an imitation of Autotask can tell.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use async_trait::async_trait;
use psa_autotask::{Config, ceiling};
use serde_json::json;
use std::sync::Arc;
use sync_conformance::{AgreementsGiven, CaseResult, PsaGiven, Report, Technician, run_agreements, run_psa};
use sync_core::model::{CompanyId, ContactField, ContactId, FieldValue, LineId};
use sync_sandbox::{Autotask as Data, Options, Sandbox};

fn config(sandbox: &Sandbox) -> Config {
    let access = sandbox.autotask();
    let secret = access.secret.clone().into();
    let mut config = Config::new(access.username.clone(), secret, access.integration_code.clone().into());
    config.base_url.clone_from(&access.base_url);
    config
}

#[derive(Debug)]
struct Hand(Data);

#[async_trait]
impl Technician for Hand {
    async fn edit(&self, contact: &ContactId, text: &str) -> Result<(), String> {
        let id = contact.as_str().parse().map_err(|_not_a_number| "not an id of Autotask".to_owned())?;
        let edited = self.0.edit_contact(id, |record| record["title"] = json!(text));
        if edited { Ok(()) } else { Err("there is no such contact".to_owned()) }
    }
}

fn given(sandbox: &Sandbox) -> PsaGiven {
    let access = sandbox.autotask();
    let mut wrong = config(sandbox);
    wrong.secret = "canary-wrong-key".to_owned().into();
    let custom = |name: &str| ContactField::Custom(name.to_owned());
    PsaGiven::new(CompanyId::new("29762100"))
        .ceiling(ceiling())
        .sample(custom("Badge Number"), "17".into(), "18.5".into())
        .sample(custom("Badge Expires"), "2027-01-01T00:00:00".into(), "2028-01-01T00:00:00".into())
        .sample(custom("Contact Type"), "End User".into(), "VIP".into())
        .other_company(CompanyId::new("29762250"))
        .custom_fields(["Office365Id", "SupportPIN"])
        .company_custom_field("Tenant365Id")
        .company_website("www.contoso.example")
        .company_territory("Headquarters")
        .company_account_manager("Terry Green")
        .secret(access.secret.clone())
        .secret(access.integration_code.clone())
        .secret("canary-wrong-key")
        .technician(Arc::new(Hand(sandbox.autotask_data().clone())))
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
async fn with_what_every_database_has() {
    let report = passes(|_, _| {}, |given| given).await;
    for case in [
        "edits_by_others_are_seen",
        "company_custom_fields_are_written_alone",
        "company_details_are_told_as_claimed",
        "wrong_credentials_are_told",
    ] {
        assert_eq!(report.result(case), Some(&CaseResult::Passed), "{report}");
    }
    assert!(report.passed() >= 27, "{report}");
}

#[tokio::test]
async fn in_a_zone_that_is_not_asked_for() {
    let report = passes(|config, _| config.fixed_zone = true, |given| given).await;
    assert!(report.passed() >= 27, "{report}");
}

#[tokio::test]
async fn where_contact_types_are_a_list_and_a_flag_is_one_too() {
    let report = passes(
        |_, sandbox| sandbox.autotask_data().add_contact_list_udf("Has Account", &["Yes", "No"]),
        |given| {
            given
                .custom_fields(["Contact Type", "Has Account", "Badge Number"])
                .contact_types(["End User", "VIP"])
                .sample(
                    ContactField::Custom("Has Account".into()),
                    FieldValue::Flag(true),
                    FieldValue::Flag(false),
                )
        },
    )
    .await;
    assert!(report.passed() >= 26, "{report}");
}

#[tokio::test]
async fn where_countries_may_not_be_read() {
    let report = passes(|_, sandbox| sandbox.autotask_data().deny("Countries"), |given| given).await;
    assert!(report.passed() >= 27, "{report}");
}

#[tokio::test]
async fn where_edits_of_user_defined_fields_move_the_date() {
    let report = passes(|_, sandbox| sandbox.autotask_data().udfs_touch_contact(true), |given| given).await;
    assert!(report.passed() >= 27, "{report}");
}

#[tokio::test]
async fn with_samples_that_carry_an_extension() {
    let first = FieldValue::from("+1 206 555 0101 x12");
    let report = passes(
        |_, _| {},
        |given| given.sample(ContactField::PhoneBusiness, first, FieldValue::from("+1 206 555 0111 x7")),
    )
    .await;
    assert!(report.passed() >= 27, "{report}");
}

#[tokio::test]
async fn agreement_lines_keep_their_promises() {
    let sandbox = Sandbox::start(Options::sized(20, 15)).await.unwrap();
    let psa = config(&sandbox).connect().unwrap();
    let line = LineId::new("29691001");
    let given = AgreementsGiven::new(CompanyId::new("29762100"), line, ceiling().quantities);
    let report = run_agreements(&psa, &given).await.into_result().unwrap();
    // Autotask keeps no quantity itself, and it can be written.
    assert_eq!((report.passed(), report.skipped()), (7, 2), "{report}");
}
