//! `MemoryPsa` keeps its promises under whatever capabilities.

use async_trait::async_trait;
use std::sync::Arc;
use sync_conformance::{CaseResult, PsaGiven, Report, Technician, psa::case_names, run_psa};
use sync_core::{
    capability::{
        Access, ActiveStatus, AlternateEmails, AnchorStorage, Capabilities, Concurrency, CustomFields,
        FieldRule,
    },
    memory::MemoryPsa,
    model::{Company, CompanyId, Contact, ContactField, ContactId, FieldValue},
};

pub(crate) const CUSTOM: [&str; 2] = ["Office365Id", "SupportPIN"];

pub(crate) fn company() -> CompanyId {
    CompanyId::new("100")
}

pub(crate) fn memory(capabilities: Capabilities) -> MemoryPsa {
    let mut contoso = Company::new(company(), "Contoso");
    contoso.website = Some("www.contoso.example".into());
    contoso.territory = Some("West".into());
    contoso.account_manager = Some("Alex Adams".into());
    let psa = MemoryPsa::new(capabilities, [contoso, Company::new(CompanyId::new("250"), "Fabrikam")]);
    psa.put(Contact::new(ContactId::new("1"), company()).with(ContactField::FirstName, "Ada"));
    psa.put(Contact::new(ContactId::new("2"), CompanyId::new("250")).with(ContactField::FirstName, "Fay"));
    psa
}

pub(crate) fn given() -> PsaGiven {
    PsaGiven::new(company())
        .other_company(CompanyId::new("250"))
        .custom_fields(CUSTOM)
        .company_custom_field("Tenant365Id")
        .company_website("www.contoso.example")
        .contact_types(["End User", "VIP"])
        .secret("canary-secret")
}

async fn passes(capabilities: Capabilities) -> Report {
    let given = given().ceiling(capabilities.clone());
    let report = run_psa(&memory(capabilities), &given).await;
    assert!(report.is_conformant(), "{report}");
    report
}

fn skipped(report: &Report) -> Vec<&'static str> {
    report
        .rows
        .iter()
        .filter(|row| matches!(row.result, CaseResult::Skipped(_)))
        .map(|row| row.case)
        .collect()
}

/// Everything, with lengths, required fields and versions.
pub(crate) fn strict() -> Capabilities {
    let mut strict = Capabilities::everything();
    strict.concurrency = Concurrency::VersionTag;
    strict.alternate_emails = AlternateEmails::Slots { max: 3 };
    strict.custom_fields = CustomFields::Text { max_len: 40 };
    let text = |max| FieldRule::new(Access::ReadWrite).max_len(max);
    strict.fields.insert(ContactField::FirstName, text(30).required());
    strict.fields.insert(ContactField::Title, text(50));
    strict
}

#[tokio::test]
async fn everything_works() {
    let report = passes(Capabilities::everything()).await;
    assert!(report.passed() >= 22, "{report}");
}

#[tokio::test]
async fn lengths_required_fields_versions_and_slots_are_honoured() {
    let report = passes(strict()).await;
    let skipped = skipped(&report);
    for case in [
        "too_long_values_are_refused",
        "create_needs_its_required_fields",
        "stale_version_is_refused",
        "too_many_alternate_emails_are_refused",
    ] {
        assert!(!skipped.contains(&case), "{report}");
    }
}

#[tokio::test]
async fn what_can_only_be_read_is_refused_for_writing() {
    let mut reads = Capabilities::everything();
    for rule in reads.fields.values_mut() {
        rule.access = Access::Read;
    }
    reads.active_status = ActiveStatus::Readable;
    reads.custom_fields = CustomFields::None;
    reads.anchor_storage = AnchorStorage::None;
    reads.company_custom_fields = false;
    let report = passes(reads).await;
    assert_eq!(report.result("unsupported_fields_are_refused_whole"), Some(&CaseResult::Passed), "{report}");
    assert_eq!(report.result("readable_fields_are_present"), Some(&CaseResult::Passed), "{report}");
    assert_eq!(
        report.result("company_custom_fields_are_written_alone"),
        Some(&CaseResult::Passed),
        "{report}"
    );
    assert!(skipped(&report).contains(&"create_reads_back"), "{report}");
}

#[tokio::test]
async fn a_psa_without_alternates_custom_fields_and_active_status_refuses_them() {
    let mut poor = Capabilities::everything();
    poor.alternate_emails = AlternateEmails::None;
    poor.fields.remove(&ContactField::AlternateEmails);
    poor.custom_fields = CustomFields::None;
    poor.anchor_storage = AnchorStorage::None;
    poor.active_status = ActiveStatus::Absent;
    poor.fields.remove(&ContactField::Active);
    let report = passes(poor).await;
    assert_eq!(report.result("deactivating_and_reactivating"), Some(&CaseResult::Passed), "{report}");
    assert_eq!(report.result("unsupported_fields_are_refused_whole"), Some(&CaseResult::Passed), "{report}");
}

#[tokio::test]
async fn nothing_at_all_is_still_refused_honestly() {
    let mut none = Capabilities::none();
    none.fields.insert(ContactField::LastName, FieldRule::new(Access::ReadWrite));
    let report = passes(none).await;
    assert!(report.skipped() > 5 && report.passed() > 5, "{report}");
}

#[derive(Debug)]
struct Hand(Arc<MemoryPsa>);

#[async_trait]
impl Technician for Hand {
    async fn edit(&self, contact: &ContactId, text: &str) -> Result<(), String> {
        let edited = self.0.edit(contact, |contact| {
            contact.fields.insert(ContactField::Title, FieldValue::from(text));
        });
        if edited { Ok(()) } else { Err("there is no such contact".to_owned()) }
    }
}

#[tokio::test]
async fn a_technician_makes_more_cases_run() {
    let psa = Arc::new(memory(strict()));
    let given = given().technician(Arc::new(Hand(Arc::clone(&psa))));
    let report = run_psa(&*psa, &given).await.into_result().unwrap();
    assert_eq!(report.result("edits_by_others_are_seen"), Some(&CaseResult::Passed), "{report}");
}

#[tokio::test]
async fn what_the_suite_made_is_inactive_afterwards() {
    let psa = memory(Capabilities::everything());
    let _ = run_psa(&psa, &given()).await;
    let ours: Vec<Contact> = psa.contacts_now().into_iter().filter(|c| c.id.as_str().len() > 1).collect();
    assert!(ours.len() > 10 && ours.iter().all(|contact| contact.active() == Some(false)));
}

#[test]
fn every_case_has_a_name_of_its_own() {
    let mut names: Vec<&str> = case_names().collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
    assert!(all >= 30);
}
