//! The suite notices: each kind of breakage makes the right case fail.

#![allow(clippy::wildcard_enum_match_arm, reason = "each method is broken in a few of many ways")]

use crate::memory_psa::{company, given, memory, strict};
use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt as _};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};
use sync_conformance::{CaseResult, run_psa};
use sync_core::{
    CheckItem, CheckQuery, CheckStatus, ContactQuery, Error, ErrorKind, Page, PageEnd, Psa, Result,
    capability::{Access, Capabilities, FieldRule},
    memory::MemoryPsa,
    model::{Company, CompanyId, Contact, ContactField, ContactId, FieldSet, FieldValue, VersionTag},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Breakage {
    NoEnd,
    TwoEnds,
    MoreAfterEnd,
    WrongCount,
    HidesInactive,
    IgnoresTheCompany,
    LeavesBlankFieldsOut,
    LeavesAskedCustomFieldsOut,
    ShowsUnclaimedFields,
    SingleReadsLack,
    UnknownIsRejected,
    UnknownUpdateSucceeds,
    ShortensTexts,
    WritesPlaceholders,
    KeepsNoUmlauts,
    CreatesBeforeRefusing,
    CreatesWithoutRequired,
    CreatesInAnyCompany,
    UpdateReplacesAll,
    UpdateClobbersOtherPhone,
    UpdateDropsCustomFields,
    AlternatesAreAppended,
    ClearingIsIgnored,
    DropsUnsupported,
    WritesPartBeforeRefusing,
    IgnoresActive,
    IgnoresVersions,
    DropsAlternatesBeyondRoom,
    AddressesInErrors,
    SecretInDebug,
    MoreThanTheCeiling,
    ContradictsItself,
    ClaimsModifiedSince,
    DropsByModifiedSince,
    ClaimsIdempotentCreate,
    CompanyFieldsReplaced,
    TellsNoWebsite,
    TellsBlankTerritories,
    TellsManagersUnclaimed,
    CheckSaysNothing,
    CheckFindsAnyCompany,
}

/// A PSA in memory that is broken in one way.
struct Broken(MemoryPsa, Breakage);

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is(Breakage::SecretInDebug) { "Broken { key: canary-secret }" } else { "Broken" })
    }
}

const PRETENDED: ContactField = ContactField::Photo;

impl Broken {
    fn is(&self, breakage: Breakage) -> bool {
        self.1 == breakage
    }

    /// Takes away what is not supported, without a word.
    async fn supported(&self, fields: &FieldSet) -> Result<FieldSet> {
        let claimed = self.0.capabilities().await?;
        let mut fields = fields.clone();
        if self.is(Breakage::DropsUnsupported) {
            fields.retain(|field, _| claimed.rule(field).access == Access::ReadWrite);
        }
        for (field, value) in &mut fields {
            if let (FieldValue::Text(text), Some(max)) = (&*value, claimed.rule(field).max_len)
                && self.is(Breakage::ShortensTexts)
            {
                *value = FieldValue::Text(text.chars().take(max as usize).collect());
            }
            if value.is_generated() && self.is(Breakage::WritesPlaceholders) {
                *value = FieldValue::from("a PIN");
            }
            if let (FieldValue::Text(text), true) = (&*value, self.is(Breakage::KeepsNoUmlauts)) {
                *value = FieldValue::Text(text.replace('\u{fc}', "?"));
            }
            if let (FieldValue::List(items), Some(room)) = (&mut *value, claimed.alternate_emails.room())
                && self.is(Breakage::DropsAlternatesBeyondRoom)
            {
                items.truncate(usize::from(room));
            }
        }
        if self.is(Breakage::IgnoresActive) {
            fields.remove(&ContactField::Active);
        }
        if self.is(Breakage::ClearingIsIgnored) {
            fields.retain(|_, value| !value.is_blank());
        }
        Ok(fields)
    }

    fn seen(&self, mut contact: Contact) -> Contact {
        if self.is(Breakage::LeavesBlankFieldsOut) {
            contact.fields.retain(|_, value| !value.is_blank());
        }
        if self.is(Breakage::LeavesAskedCustomFieldsOut) {
            contact.fields.retain(|field, value| field.open_name().is_none() || !value.is_blank());
        }
        if self.is(Breakage::ShowsUnclaimedFields) {
            contact.fields.insert(PRETENDED, FieldValue::Empty);
        }
        contact
    }
}

fn loud(error: &Error) -> Error {
    Error::new(error.kind(), error.operation(), "ada@contoso.example was refused")
}

#[async_trait]
impl Psa for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    async fn capabilities(&self) -> Result<Capabilities> {
        let mut claimed = self.0.capabilities().await?;
        match self.1 {
            Breakage::MoreThanTheCeiling => claimed.company_custom_fields = true,
            Breakage::ContradictsItself => {
                claimed.fields.insert(ContactField::Active, FieldRule::new(Access::Read));
            }
            Breakage::ClaimsModifiedSince => claimed.modified_since = true,
            Breakage::TellsManagersUnclaimed => claimed.company_details.account_manager = false,
            Breakage::ClaimsIdempotentCreate => claimed.idempotent_create = true,
            _ => {}
        }
        Ok(claimed)
    }

    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>> {
        match self.1 {
            Breakage::CheckSaysNothing => Ok(Vec::new()),
            Breakage::CheckFindsAnyCompany => Ok(vec![CheckItem::new("company", CheckStatus::Ok, "found")]),
            _ => self.0.check(query).await,
        }
    }

    fn companies(&self) -> BoxStream<'_, Result<Page<Company>>> {
        let change = |mut company: Company| {
            match self.1 {
                Breakage::TellsNoWebsite => company.website = None,
                Breakage::TellsBlankTerritories => company.territory = Some(" ".to_owned()),
                _ => {}
            }
            company
        };
        let page = move |page| match page {
            Ok(Page::Items(items)) => Ok(Page::Items(items.into_iter().map(change).collect())),
            other => other,
        };
        self.0.companies().map(page).boxed()
    }

    fn contacts<'a>(&'a self, query: &'a ContactQuery) -> BoxStream<'a, Result<Page<Contact>>> {
        let listed = async move {
            let mut query = query.clone();
            if self.is(Breakage::IgnoresTheCompany) {
                query.companies = BTreeSet::new();
            }
            let mut pages: Vec<Result<Page<Contact>>> = Vec::new();
            let mut inner = self.0.contacts(&query);
            while let Some(page) = inner.next().await {
                pages.push(match page {
                    Ok(Page::Items(items)) => {
                        let left_out = |c: &Contact| {
                            (self.is(Breakage::HidesInactive) && c.active() == Some(false))
                                || (self.is(Breakage::DropsByModifiedSince) && query.modified_since.is_some())
                        };
                        let kept = items.into_iter().filter(|c| !left_out(c));
                        Ok(Page::Items(kept.map(|contact| self.seen(contact)).collect()))
                    }
                    Ok(Page::End(_)) if self.is(Breakage::NoEnd) => continue,
                    Ok(Page::End(end)) if self.is(Breakage::WrongCount) => {
                        Ok(Page::End(end.with_reported_count(Some(77))))
                    }
                    other => other,
                });
            }
            match self.1 {
                Breakage::TwoEnds => pages.push(Ok(Page::End(PageEnd::new()))),
                Breakage::MoreAfterEnd => pages.push(Ok(Page::Items(Vec::new()))),
                _ => {}
            }
            stream::iter(pages)
        };
        stream::once(listed).flatten().boxed()
    }

    async fn contact(&self, id: &ContactId) -> Result<Contact> {
        let read = self.0.contact(id).await;
        match (self.1, read) {
            (Breakage::UnknownIsRejected, Err(e)) => {
                Err(Error::new(ErrorKind::Rejected, e.operation(), "no"))
            }
            (Breakage::AddressesInErrors, Err(e)) => Err(loud(&e)),
            (Breakage::SingleReadsLack, Ok(mut contact)) => {
                contact.fields.remove(&ContactField::Title);
                Ok(contact)
            }
            (_, read) => read.map(|contact| self.seen(contact)),
        }
    }

    async fn create(&self, company_id: &CompanyId, fields: &FieldSet, key: &str) -> Result<Contact> {
        let mut fields = self.supported(fields).await?;
        let mut company_id = company_id.clone();
        match self.1 {
            Breakage::CreatesInAnyCompany => company_id = company(),
            Breakage::CreatesWithoutRequired if !fields.contains_key(&ContactField::FirstName) => {
                fields.insert(ContactField::FirstName, "?".into());
            }
            Breakage::CreatesBeforeRefusing if !fields.contains_key(&ContactField::FirstName) => {
                let mut first = fields.clone();
                first.insert(ContactField::FirstName, "?".into());
                self.0.create(&company_id, &first, key).await?;
            }
            _ => {}
        }
        let created = self.0.create(&company_id, &fields, key).await;
        if self.is(Breakage::AddressesInErrors) { created.map_err(|e| loud(&e)) } else { created }
    }

    async fn update(
        &self,
        id: &ContactId,
        fields: &FieldSet,
        expect: Option<&VersionTag>,
    ) -> Result<Contact> {
        let mut fields = self.supported(fields).await?;
        let expect = expect.filter(|_| !self.is(Breakage::IgnoresVersions));
        match self.1 {
            Breakage::UnknownUpdateSucceeds if self.0.contact(id).await.is_err() => {
                return Ok(Contact::new(id.clone(), company()));
            }
            Breakage::UpdateReplacesAll => {
                for (field, _) in self.0.contact(id).await?.fields {
                    if !matches!(field, ContactField::Active | ContactField::FirstName) {
                        fields.entry(field).or_insert(FieldValue::Empty);
                    }
                }
            }
            Breakage::UpdateClobbersOtherPhone if fields.contains_key(&ContactField::PhoneMobile) => {
                fields.insert(ContactField::PhoneBusiness, FieldValue::Empty);
            }
            Breakage::UpdateDropsCustomFields if fields.keys().any(|f| f.open_name().is_some()) => {
                for (field, _) in self.0.contact(id).await?.fields {
                    if field.open_name().is_some() {
                        fields.entry(field).or_insert(FieldValue::Empty);
                    }
                }
            }
            Breakage::AlternatesAreAppended => {
                let now = self
                    .0
                    .contact(id)
                    .await
                    .ok()
                    .and_then(|c| c.fields.get(&ContactField::AlternateEmails).cloned());
                if let (Some(FieldValue::List(wanted)), Some(FieldValue::List(now))) =
                    (fields.get_mut(&ContactField::AlternateEmails), now)
                {
                    wanted.extend(now);
                    wanted.truncate(3);
                }
            }
            Breakage::WritesPartBeforeRefusing => {
                let claimed = self.0.capabilities().await?;
                let part: FieldSet = fields
                    .iter()
                    .filter(|(field, _)| claimed.rule(field).access == Access::ReadWrite)
                    .map(|(field, value)| (field.clone(), value.clone()))
                    .collect();
                if part.len() < fields.len() {
                    self.0.update(id, &part, None).await?;
                }
            }
            _ => {}
        }
        self.0.update(id, &fields, expect).await
    }

    async fn update_company(&self, id: &CompanyId, fields: &BTreeMap<String, FieldValue>) -> Result<Company> {
        let updated = self.0.update_company(id, fields).await?;
        if self.is(Breakage::CompanyFieldsReplaced) {
            let others = updated.custom_fields.keys().filter(|name| !fields.contains_key(*name));
            let cleared = others.map(|name| (name.clone(), FieldValue::Empty)).collect();
            return self.0.update_company(id, &cleared).await;
        }
        Ok(updated)
    }
}

/// Which case must notice, and under which capabilities.
fn noticed_by(breakage: Breakage) -> &'static [&'static str] {
    use Breakage as B;
    match breakage {
        B::NoEnd | B::TwoEnds | B::MoreAfterEnd | B::WrongCount => &["contacts_listing_ends_once"],
        B::HidesInactive => &["inactive_contacts_are_listed"],
        B::IgnoresTheCompany => &["company_query_restricts"],
        B::LeavesBlankFieldsOut | B::ShowsUnclaimedFields => &["readable_fields_are_present"],
        B::LeavesAskedCustomFieldsOut => &["custom_fields_asked_for_are_present"],
        B::SingleReadsLack => &["listing_agrees_with_single_reads"],
        B::UnknownIsRejected | B::UnknownUpdateSucceeds => &["unknown_contact_is_not_found"],
        B::WritesPlaceholders => &["values_that_nobody_made_are_refused"],
        B::ShortensTexts => &["too_long_values_are_refused"],
        B::KeepsNoUmlauts => &["create_reads_back"],
        B::CreatesBeforeRefusing | B::CreatesWithoutRequired => &["create_needs_its_required_fields"],
        B::CreatesInAnyCompany => &["create_in_an_unknown_company_is_refused"],
        B::UpdateReplacesAll | B::UpdateClobbersOtherPhone | B::UpdateDropsCustomFields => {
            &["update_leaves_other_fields_alone"]
        }
        B::AlternatesAreAppended => &["lists_can_be_changed_and_emptied"],
        B::ClearingIsIgnored => &["text_fields_can_be_cleared", "lists_can_be_changed_and_emptied"],
        B::DropsUnsupported | B::WritesPartBeforeRefusing => &["unsupported_fields_are_refused_whole"],
        B::IgnoresActive => &["deactivating_and_reactivating", "inactive_contacts_are_listed"],
        B::IgnoresVersions => &["stale_version_is_refused"],
        B::DropsAlternatesBeyondRoom => &["too_many_alternate_emails_are_refused"],
        B::AddressesInErrors => &["errors_hold_no_personal_data"],
        B::SecretInDebug => &["debug_shows_no_secret"],
        B::MoreThanTheCeiling | B::ContradictsItself => &["capabilities_are_consistent"],
        B::ClaimsModifiedSince | B::DropsByModifiedSince => &["modified_since_restricts"],
        B::ClaimsIdempotentCreate => &["creates_with_one_key_make_one_contact"],
        B::CompanyFieldsReplaced => &["company_custom_fields_are_written_alone"],
        B::TellsNoWebsite | B::TellsBlankTerritories | B::TellsManagersUnclaimed => {
            &["company_details_are_told_as_claimed"]
        }
        B::CheckSaysNothing | B::CheckFindsAnyCompany => &["check_says_how_things_stand"],
    }
}

const ALL: [Breakage; 41] = {
    use Breakage as B;
    [
        B::NoEnd,
        B::TwoEnds,
        B::MoreAfterEnd,
        B::WrongCount,
        B::HidesInactive,
        B::IgnoresTheCompany,
        B::LeavesBlankFieldsOut,
        B::LeavesAskedCustomFieldsOut,
        B::ShowsUnclaimedFields,
        B::SingleReadsLack,
        B::UnknownIsRejected,
        B::UnknownUpdateSucceeds,
        B::ShortensTexts,
        B::WritesPlaceholders,
        B::KeepsNoUmlauts,
        B::CreatesBeforeRefusing,
        B::CreatesWithoutRequired,
        B::CreatesInAnyCompany,
        B::UpdateReplacesAll,
        B::UpdateClobbersOtherPhone,
        B::UpdateDropsCustomFields,
        B::AlternatesAreAppended,
        B::ClearingIsIgnored,
        B::DropsUnsupported,
        B::WritesPartBeforeRefusing,
        B::IgnoresActive,
        B::IgnoresVersions,
        B::DropsAlternatesBeyondRoom,
        B::AddressesInErrors,
        B::SecretInDebug,
        B::MoreThanTheCeiling,
        B::ContradictsItself,
        B::ClaimsModifiedSince,
        B::DropsByModifiedSince,
        B::ClaimsIdempotentCreate,
        B::CompanyFieldsReplaced,
        B::TellsNoWebsite,
        B::TellsBlankTerritories,
        B::TellsManagersUnclaimed,
        B::CheckSaysNothing,
        B::CheckFindsAnyCompany,
    ]
};

/// Strict, without a picture, so that something is unsupported.
fn claimed() -> Capabilities {
    let mut claimed = strict();
    claimed.fields.remove(&PRETENDED);
    claimed
}

async fn psa(breakage: Breakage) -> Broken {
    let memory = memory(claimed());
    let others = BTreeMap::from([("Foreign".to_owned(), FieldValue::from("theirs"))]);
    assert!(memory.update_company(&company(), &others).await.is_ok());
    if breakage == Breakage::MoreThanTheCeiling {
        let mut less = claimed();
        less.company_custom_fields = false;
        memory.set_capabilities(less);
    }
    Broken(memory, breakage)
}

#[tokio::test]
async fn every_breakage_fails_the_case_that_is_about_it() {
    let mut unnoticed = Vec::new();
    for breakage in ALL {
        let mut ceiling = claimed();
        ceiling.company_custom_fields = breakage != Breakage::MoreThanTheCeiling;
        ceiling.modified_since = true;
        ceiling.idempotent_create = true;
        let given = given().ceiling(ceiling);
        let report = run_psa(&psa(breakage).await, &given).await;
        for case in noticed_by(breakage) {
            if !matches!(report.result(case), Some(CaseResult::Failed(_))) {
                unnoticed.push(format!("{breakage:?} by {case}"));
            }
        }
        assert!(!report.to_string().contains("contoso.example"), "a report holds an address:\n{report}");
    }
    assert!(unnoticed.is_empty(), "not noticed: {unnoticed:#?}");
}

#[tokio::test]
async fn without_a_breakage_nothing_fails() {
    let memory = memory(claimed());
    let report = run_psa(&memory, &given().ceiling(claimed())).await.into_result().unwrap();
    assert!(report.passed() >= 25, "{report}");
}

#[tokio::test]
async fn a_broken_case_that_is_known_does_not_fail_the_run() {
    let given = given().deviation("inactive_contacts_are_listed", "the vendor's issue 7");
    let report = run_psa(&psa(Breakage::HidesInactive).await, &given).await;
    assert!(report.is_conformant(), "{report}");
}

#[tokio::test]
async fn wrong_credentials_must_be_told() {
    // It accepts what it should refuse, or rather: it does not say why it refuses.
    let given = given().wrong_credentials(Arc::new(memory(claimed())));
    let report = run_psa(&memory(claimed()), &given).await;
    assert!(matches!(report.result("wrong_credentials_are_told"), Some(CaseResult::Failed(_))), "{report}");
}
