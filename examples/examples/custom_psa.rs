//! A complete PSA of one's own over a list, a plan against it, and the conformance suite's word that it is right.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use async_trait::async_trait;
use chrono::Utc;
use futures::stream::{self, BoxStream, StreamExt as _};
use std::{collections::BTreeMap, sync::Mutex};
use sync_conformance::{PsaGiven, run_psa};
use sync_core::{
    CheckItem, CheckQuery, CheckStatus, ContactQuery, DirectoryExt as _, Error, ErrorKind, Page, PageEnd,
    Psa, PsaExt as _, Result, UserQuery,
    capability::{Access, ActiveStatus, Capabilities, Compare, FieldRule},
    memory::MemoryDirectory,
    model::{
        Attribute, Company, CompanyId, Contact, ContactField, ContactId, DirectoryUser, FieldSet, FieldValue,
        SourceAnchor, TenantName, VersionTag,
    },
    plan::{Action, NONE_ELSEWHERE, PlanInput, plan},
    policy::{Policy, PolicyDocument, RunInput, Tenant},
    review::NO_REVIEWS,
    store::LinkSet,
};

const COMPANY: &str = "1";

/// Contacts of one company with a name, an address, a title and an active status.
#[derive(Debug, Default)]
struct ListPsa(Mutex<Vec<Contact>>);

impl ListPsa {
    fn with<T>(&self, work: impl FnOnce(&mut Vec<Contact>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

fn can() -> Capabilities {
    let text = FieldRule::new(Access::ReadWrite);
    let mut can = Capabilities::none();
    can.fields.insert(ContactField::FirstName, text);
    can.fields.insert(ContactField::LastName, text.required());
    can.fields.insert(ContactField::Email, text.compare(Compare::IgnoreCase));
    can.fields.insert(ContactField::Title, text);
    can.fields.insert(ContactField::Active, text);
    can.active_status = ActiveStatus::Writable;
    can
}

/// What cannot be written is refused before anything is written, never dropped; so is a value that the plan left to be
/// made while applying and that nobody made.
fn check_fields(fields: &FieldSet) -> Result<()> {
    if let Some((field, _)) = fields.iter().find(|(_, value)| value.is_generated()) {
        return Err(Error::new(
            ErrorKind::Rejected,
            "write contact",
            format!("nobody made the value of {field}"),
        ));
    }
    match fields.keys().find(|field| can().rule(field).access < Access::ReadWrite) {
        Some(field) => {
            Err(Error::new(ErrorKind::Unsupported, "write contact", format!("there is no {field}")))
        }
        None => Ok(()),
    }
}

fn not_found(operation: &'static str) -> Error {
    Error::new(ErrorKind::NotFound, operation, "there is no such record")
}

#[async_trait]
impl Psa for ListPsa {
    fn name(&self) -> &'static str {
        "list"
    }
    async fn capabilities(&self) -> Result<Capabilities> {
        Ok(can())
    }
    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>> {
        let known = query.companies.iter().all(|id| id.as_str() == COMPANY);
        let status = if known { CheckStatus::Ok } else { CheckStatus::Missing };
        Ok(vec![CheckItem::new("companies", status, "there is one company")])
    }
    fn companies(&self) -> BoxStream<'_, Result<Page<Company>>> {
        let company = Company::new(CompanyId::new(COMPANY), "Contoso");
        stream::iter([Ok(Page::Items(vec![company])), Ok(Page::End(PageEnd::new()))]).boxed()
    }
    fn contacts<'a>(&'a self, query: &'a ContactQuery) -> BoxStream<'a, Result<Page<Contact>>> {
        let ours = query.companies.is_empty() || query.companies.iter().any(|id| id.as_str() == COMPANY);
        let contacts = self.with(|all| if ours { all.clone() } else { Vec::new() });
        // The end is said, so that a listing that broke off is told from one that is whole.
        stream::iter([Ok(Page::Items(contacts)), Ok(Page::End(PageEnd::new()))]).boxed()
    }
    async fn contact(&self, id: &ContactId) -> Result<Contact> {
        self.with(|all| all.iter().find(|c| c.id == *id).cloned()).ok_or_else(|| not_found("read contact"))
    }
    async fn create(&self, company: &CompanyId, fields: &FieldSet, _key: &str) -> Result<Contact> {
        check_fields(fields)?;
        if company.as_str() != COMPANY {
            return Err(not_found("create contact"));
        }
        if fields.get(&ContactField::LastName).is_none_or(FieldValue::is_blank) {
            return Err(Error::new(ErrorKind::Rejected, "create contact", "last_name is required"));
        }
        Ok(self.with(|all| {
            let mut contact = Contact::new(ContactId::new((all.len() + 1).to_string()), company.clone());
            // Every readable field is there: blank is a value, missing means that it cannot be read.
            contact.fields = can().fields.into_keys().map(|field| (field, FieldValue::Empty)).collect();
            contact.fields.insert(ContactField::Active, FieldValue::Flag(true));
            contact.fields.extend(fields.clone());
            all.push(contact.clone());
            contact
        }))
    }
    async fn update(
        &self,
        id: &ContactId,
        fields: &FieldSet,
        _expect: Option<&VersionTag>,
    ) -> Result<Contact> {
        check_fields(fields)?;
        self.with(|all| {
            let contact = all.iter_mut().find(|c| c.id == *id).ok_or_else(|| not_found("update contact"))?;
            contact.fields.extend(fields.clone());
            Ok(contact.clone())
        })
    }
    async fn update_company(
        &self,
        _id: &CompanyId,
        _fields: &BTreeMap<String, FieldValue>,
    ) -> Result<Company> {
        Err(Error::new(ErrorKind::Unsupported, "update company", "companies have no custom fields"))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    // Does it keep the promises of the trait? The suite asks.
    let report = run_psa(&ListPsa::default(), &PsaGiven::new(CompanyId::new(COMPANY)).ceiling(can())).await;
    println!("{}", report.into_result()?);

    // A plan against it: Ada has a contact with an old title, Bob has none.
    let psa = ListPsa::default();
    let ada =
        [(ContactField::LastName, "Lovelace".into()), (ContactField::Email, "ada@contoso.example".into())];
    psa.create(&CompanyId::new(COMPANY), &ada.into(), "key").await?;
    let person = |id: &str, first: &str, last: &str| {
        let address = format!("{}@contoso.example", first.to_lowercase());
        let mut user = DirectoryUser::new(SourceAnchor::entra("tenant", id))
            .with(Attribute::UserPrincipalName, &*address)
            .with(Attribute::Mail, &*address)
            .with(Attribute::DisplayName, format!("{first} {last}"))
            .with(Attribute::GivenName, first)
            .with(Attribute::Surname, last)
            .with(Attribute::JobTitle, "Engineer");
        user.enabled = Some(true);
        user
    };
    let directory = MemoryDirectory::new([person("1", "Ada", "Lovelace"), person("2", "Bob", "Newman")]);
    let now = chrono::DateTime::<Utc>::from(std::time::SystemTime::now());
    let tenant = Tenant::to_company(TenantName::new("Contoso"), "tenant", CompanyId::new(COMPANY));
    let plan = plan(&PlanInput {
        tenant: &tenant,
        psa: psa.name(),
        users: &directory.snapshot(&UserQuery::all(), now).await?,
        contacts: &psa.snapshot(&ContactQuery::of_companies(tenant.companies()), now).await?,
        companies: &psa.all_companies().await?,
        links: &LinkSet::new(),
        linked_elsewhere: &NONE_ELSEWHERE,
        reviews: &NO_REVIEWS,
        policy: &Policy::new(PolicyDocument::defaults())?,
        capabilities: &psa.capabilities().await?,
        run: &RunInput::default(),
        as_of: now,
    })?;
    for decision in plan.decisions.iter() {
        println!(
            "{:<12} {:<8} {}",
            decision.display_name,
            decision.change.action().as_str(),
            decision.reason
        );
    }
    let actions: Vec<Action> = plan.decisions.iter().map(|decision| decision.change.action()).collect();
    anyhow::ensure!(actions == [Action::Update, Action::Create], "Ada is updated and Bob is created");
    Ok(())
}
