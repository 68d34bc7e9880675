//! The adapter keeps the promises of `Psa`, as far as an imitation of ConnectWise can tell.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use async_trait::async_trait;
use psa_connectwise::{Config, ceiling};
use serde_json::json;
use std::sync::Arc;
use sync_conformance::{
    AgreementsGiven, CaseResult, CompanyNotesGiven, PsaGiven, Report, Technician, run_agreements,
    run_company_notes, run_psa,
};
use sync_core::model::{CompanyId, ContactField, ContactId, FieldValue, LineId};
use sync_sandbox::{ConnectWise as Data, Options, Sandbox};

fn config(sandbox: &Sandbox) -> Config {
    let access = sandbox.connectwise();
    let mut config = Config::new(
        access.base_url.clone(),
        access.company.clone(),
        access.public_key.clone(),
        access.private_key.clone().into(),
        access.client_id.clone().into(),
    );
    config.requests_per_minute = 1_000_000;
    config
}

#[derive(Debug)]
struct Hand(Data);

#[async_trait]
impl Technician for Hand {
    async fn edit(&self, contact: &ContactId, text: &str) -> Result<(), String> {
        let id = contact.as_str().parse().map_err(|_not_a_number| "not an id of ConnectWise".to_owned())?;
        let edited = self.0.edit_contact(id, |record| record["title"] = json!(text));
        if edited { Ok(()) } else { Err("there is no such contact".to_owned()) }
    }
}

fn given(sandbox: &Sandbox) -> PsaGiven {
    let access = sandbox.connectwise();
    let mut wrong = config(sandbox);
    wrong.private_key = "canary-wrong-key".to_owned().into();
    PsaGiven::new(CompanyId::new("100"))
        .ceiling(ceiling())
        .other_company(CompanyId::new("250"))
        .custom_fields(["Office365Id", "SupportPIN"])
        .company_custom_field("Tenant365Id")
        .company_website("www.contoso.example")
        .company_territory("Headquarters")
        .company_account_manager("Alex Adams")
        .contact_types(["End User", "VIP"])
        .secret(access.public_key.clone())
        .secret(access.private_key.clone())
        .secret(access.client_id.clone())
        .secret("canary-wrong-key")
        .technician(Arc::new(Hand(sandbox.connectwise_data().clone())))
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
async fn with_every_communication_type_named() {
    let report = passes(
        |config, _| {
            config.email_type = Some("Email".into());
            config.alternate_email_type = Some("Email 2".into());
            config.phone_type = Some("Direct".into());
            config.mobile_type = Some("Mobile".into());
            config.fax_type = Some("Fax".into());
            config.account_managers = true;
        },
        |given| given,
    )
    .await;
    for case in [
        "edits_by_others_are_seen",
        "modified_since_restricts",
        "company_custom_fields_are_written_alone",
        "company_details_are_told_as_claimed",
    ] {
        assert_eq!(report.result(case), Some(&CaseResult::Passed), "{report}");
    }
    assert!(report.passed() >= 26, "{report}");
}

#[tokio::test]
async fn with_the_defaults_of_the_instance_and_no_mobile_phone() {
    let report = passes(|_, _| {}, |given| given).await;
    assert!(report.passed() >= 26, "{report}");
}

#[tokio::test]
async fn with_fixed_user_defined_fields_only() {
    // The role may not read the table of custom fields, and no contact of the company shows any.
    let report = passes(
        |_, sandbox| sandbox.connectwise_data().deny("system/userDefinedFields"),
        |given| given.custom_fields(["userDefinedField1", "userDefinedField10"]),
    )
    .await;
    assert!(report.passed() >= 25, "{report}");
}

#[tokio::test]
async fn on_an_instance_that_wants_custom_fields_in_each_patch() {
    let report =
        passes(|_, sandbox| sandbox.connectwise_data().require_custom_fields_in_patch(true), |given| given)
            .await;
    assert!(report.passed() >= 26, "{report}");
}

#[tokio::test]
async fn in_the_cloud_which_answers_404_to_wrong_keys() {
    let report = passes(|_, sandbox| sandbox.connectwise_data().hide_bad_keys(true), |given| given).await;
    assert_eq!(report.result("wrong_credentials_are_told"), Some(&CaseResult::Passed), "{report}");
}

#[tokio::test]
async fn with_samples_that_carry_an_extension() {
    let report = passes(
        |_, _| {},
        |given| {
            given.sample(
                ContactField::PhoneBusiness,
                FieldValue::from("+1 206 555 0101 x12"),
                FieldValue::from("+1 206 555 0111 x7"),
            )
        },
    )
    .await;
    assert!(report.passed() >= 26, "{report}");
}

#[tokio::test]
async fn with_a_note_which_is_written_and_never_read() {
    const WHY: &str = "notes are records of their own: reading them would cost a call per contact";
    let report = passes(
        |config, _| config.note_marker = Some("Contact sync".into()),
        |given| {
            let blind = [
                "readable_fields_are_present",
                "create_reads_back",
                "update_leaves_other_fields_alone",
                "update_can_be_repeated",
                "text_fields_can_be_cleared",
            ];
            blind.into_iter().fold(given, |given, case| given.deviation(case, WHY))
        },
    )
    .await;
    assert!(report.passed() >= 22, "{report}");
}

#[tokio::test]
async fn agreement_lines_keep_their_promises() {
    let sandbox = Sandbox::start(Options::sized(20, 15)).await.unwrap();
    let psa = config(&sandbox).connect().unwrap();
    let given = AgreementsGiven::new(CompanyId::new("100"), LineId::new("700/800"), ceiling().quantities)
        .unknown(LineId::new("700/999999999"));
    let report = run_agreements(&psa, &given).await.into_result().unwrap();
    // ConnectWise keeps no quantity itself, and it can be written.
    assert_eq!((report.passed(), report.skipped()), (7, 2), "{report}");
}

#[tokio::test]
async fn notes_of_companies_keep_their_promises() {
    let sandbox = Sandbox::start(Options::sized(20, 15)).await.unwrap();
    let psa = config(&sandbox).connect().unwrap();
    let given = CompanyNotesGiven::new(CompanyId::new("100"), ceiling().company_notes)
        .other_company(CompanyId::new("250"));
    let report = run_company_notes(&psa, &given).await.into_result().unwrap();
    // The one that is left out is for instances without notes.
    assert_eq!((report.passed(), report.skipped()), (6, 1), "{report}");
}
