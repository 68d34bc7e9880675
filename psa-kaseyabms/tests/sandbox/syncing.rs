//! Whole runs of the planner over the imitation: what is lost between the parts of a create is found again.

use crate::support::{CONTACT, CONTACTS, World, company, ours};
use chrono::{DateTime, TimeDelta, Utc};
use psa_kaseyabms::KaseyaBms;
use serde_json::json;
use sync_core::{
    DirectoryExt as _, Psa, PsaExt as _, UserQuery,
    apply::{ApplyContext, ApplyOptions, Report, SettleOptions, apply, settle},
    memory::{MemoryDirectory, MemoryStore},
    model::{Attribute, DirectoryUser, SourceAnchor, TenantName},
    plan::{NONE_ELSEWHERE, Plan, PlanInput, plan},
    policy::{Policy, PolicyDocument, RunInput, Tenant},
    review::NO_REVIEWS,
    store::LinkStore as _,
};

const MARK: &str = "Office365Id";

/// A company of one newcomer, and what is remembered between runs.
struct Office {
    world: World,
    directory: MemoryDirectory,
    links: MemoryStore,
    policy: Policy,
    tenant: Tenant,
    now: DateTime<Utc>,
}

impl Office {
    async fn new(mail: &str) -> Self {
        let world = World::of(0).await;
        let mut user = DirectoryUser::new(SourceAnchor::entra("t", "o-1"))
            .with(Attribute::UserPrincipalName, "nina@contoso.example")
            .with(Attribute::GivenName, "Nina")
            .with(Attribute::Surname, "Newcomer")
            .with(Attribute::JobTitle, "Engineer")
            .with(Attribute::Mail, mail);
        user.enabled = Some(true);
        let mut document = PolicyDocument::defaults();
        document.write_back.contact_id_field = MARK.to_owned();
        Self {
            world,
            directory: MemoryDirectory::new([user]),
            links: MemoryStore::new(),
            policy: Policy::new(document).unwrap(),
            tenant: Tenant::to_company(TenantName::new("Contoso"), "t", company()),
            now: DateTime::parse_from_rfc3339("2026-01-06T10:30:00Z").unwrap().to_utc(),
        }
    }

    async fn plan(&self, psa: &KaseyaBms) -> Plan {
        let users = self.directory.snapshot(&UserQuery::all(), self.now).await.unwrap();
        let contacts = psa.snapshot(&ours(), self.now).await.unwrap();
        let companies = psa.all_companies().await.unwrap();
        let links = self.links.load(&self.tenant.name).await.unwrap();
        plan(&PlanInput {
            tenant: &self.tenant,
            psa: "kaseyabms",
            users: &users,
            contacts: &contacts,
            companies: &companies,
            links: &links,
            linked_elsewhere: &NONE_ELSEWHERE,
            reviews: &NO_REVIEWS,
            policy: &self.policy,
            capabilities: &psa.capabilities().await.unwrap(),
            run: &RunInput::default(),
            as_of: self.now,
        })
        .unwrap()
    }

    /// One run, with an adapter as a program makes it when it starts.
    async fn sync(&mut self) -> (Plan, Report) {
        let psa = self.world.psa();
        let capabilities = psa.capabilities().await.unwrap();
        let open = SettleOptions {
            tenant: &self.tenant,
            policy: &self.policy,
            capabilities: &capabilities,
            psa: &psa as &dyn Psa,
            links: &self.links,
            linked_elsewhere: &NONE_ELSEWHERE,
            hold: &self.links.hold(),
            now: self.now,
            waited: std::time::Duration::ZERO,
        };
        settle(&open).await.unwrap();
        let plan = self.plan(&psa).await;
        let context = ApplyContext {
            tenant: &self.tenant,
            policy: &self.policy,
            capabilities: &capabilities,
            run: &RunInput::default(),
            psa: &psa as &dyn Psa,
            links: &self.links,
            hold: &self.links.hold(),
        };
        let report = apply(&plan, &context, &ApplyOptions::at(self.now)).await.unwrap();
        self.now += TimeDelta::minutes(1);
        (plan, report)
    }

    fn contacts(&self) -> usize {
        self.world.data().contacts().iter().filter(|contact| contact["AccountId"] == 100).count()
    }
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_found_by_its_mark_finished_and_never_made_twice() {
    for fault in ["reset-after-commit[POST /v2/crm]", "truncated-body[POST /v2/crm]"] {
        let mut office = Office::new("nina@contoso.example").await;
        office.world.fault(&format!("kaseyabms:{fault}"));
        let (plan, report) = office.sync().await;
        assert_eq!(
            (plan.summary.create, report.statistics.indeterminate, office.contacts()),
            (1, 1, 1),
            "{fault}"
        );

        // The address changes meanwhile: only the mark that came with the create can tell who it is.
        let id = office.world.data().contacts().iter().find(|c| c["AccountId"] == 100).unwrap()["Id"]
            .as_i64()
            .unwrap();
        office.world.data().edit_contact(id, |record| record["Emails"] = json!([]));
        // While what was sent may still be on its way, nothing is written over it, and nothing is made anew.
        let (plan, report) = office.sync().await;
        assert_eq!((plan.summary.create, plan.summary.hold, report.statistics.held), (0, 1, 1), "{fault}");
        // The next run that finds it old enough links it, and writes what the create did not bring: BMS takes a title only
        // with a second call, which the lost answer of the first one kept from being sent.
        office.now += TimeDelta::minutes(20);
        let (plan, report) = office.sync().await;
        assert_eq!(
            (plan.summary.create, plan.summary.update, report.statistics.errors),
            (0, 1, 0),
            "{fault}"
        );
        let record = office.world.data().contact(id).unwrap();
        assert_eq!((&record["JobTitle"], office.contacts()), (&json!("Engineer"), 1), "{fault}");
        assert_eq!(record["Emails"][0]["EmailAddress"], "nina@contoso.example", "{fault}");
        assert_eq!(record["CustomFields"][MARK], "o-1", "{fault}");
        assert_eq!(office.sync().await.0.summary.changes(), 0, "{fault}");
    }
}

#[tokio::test]
async fn a_create_that_ended_between_its_two_calls_is_linked_and_finished_without_a_second_contact() {
    let mut office = Office::new("nina@contoso.example").await;
    office.world.fault("kaseyabms:403[PATCH]");
    let (plan, report) = office.sync().await;
    assert_eq!((plan.summary.create, report.statistics.contacts_created, office.contacts()), (1, 1, 1));
    assert_eq!(office.links.load(&office.tenant.name).await.unwrap().links.len(), 1, "its id is kept");
    let (plan, _) = office.sync().await;
    assert_eq!((plan.summary.create, plan.summary.update, office.contacts()), (0, 1, 1));
    assert_eq!((office.world.calls("POST", CONTACTS), office.world.calls("PATCH", CONTACT)), (1, 2));
    assert_eq!(office.sync().await.0.summary.changes(), 0);
}

#[tokio::test]
async fn a_colleague_is_a_failure_of_that_one_and_makes_no_contact() {
    let mut office = Office::new("alex.adams@msp.example").await;
    let (plan, report) = office.sync().await;
    assert_eq!((plan.summary.create, report.statistics.errors, office.contacts()), (1, 1, 0));
    assert!(
        report.errors.iter().any(|error| (error.message.clone() + &error.psa_error).contains("employee")),
        "{:?}",
        report.errors
    );
}
