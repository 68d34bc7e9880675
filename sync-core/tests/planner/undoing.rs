//! Taking back what a run did.

use crate::{
    applying::Lab,
    world::{World, contact, user},
};
use sync_core::{
    ContactQuery, Psa, PsaExt,
    apply::{ApplyOptions, Override, Report},
    model::{Attribute, ContactField, ContactId, FieldValue},
    plan::{Action, NONE_ELSEWHERE, Plan, UndoError, UndoInput, undo, undo_fields},
    policy::Departed,
    store::{Intent, IntentState, LinkStore, RunId},
};

async fn undo_of(lab: &Lab, done: &Plan, report: &Report) -> Result<Plan, UndoError> {
    undo_of_sent(lab, done, report, &[]).await
}

async fn undo_of_sent(
    lab: &Lab,
    done: &Plan,
    report: &Report,
    intents: &[Intent],
) -> Result<Plan, UndoError> {
    let mut query = ContactQuery::of_companies(lab.world.tenant.companies());
    query.custom_fields = undo_fields(done, &lab.policy);
    let contacts = PsaExt::snapshot(&lab.psa, &query, lab.now).await.unwrap();
    let links = lab.links.load(&lab.world.tenant.name).await.unwrap();
    let capabilities = lab.psa.capabilities().await.unwrap();
    undo(&UndoInput {
        run: "7",
        done,
        report,
        intents,
        tenant: &lab.world.tenant,
        psa: "memory",
        contacts: &contacts,
        links: &links,
        linked_elsewhere: &NONE_ELSEWHERE,
        policy: &lab.policy,
        capabilities: &capabilities,
        as_of: lab.now,
    })
}

async fn held_by(lab: &Lab, id: &str, field: ContactField) -> Option<FieldValue> {
    lab.psa.contact(&ContactId::new(id)).await.unwrap().fields.get(&field).cloned()
}

fn text(value: &str) -> Option<FieldValue> {
    Some(FieldValue::Text(value.to_owned()))
}

/// Somebody promoted, with a new telephone.
fn promoted() -> World {
    let promoted = user("a", "a@contoso.com")
        .with(Attribute::JobTitle, "Lead")
        .with(Attribute::BusinessPhone, "+1 555 0199");
    World::new().crowd(10).user(promoted).contact(contact("1", "a", "a@contoso.com")).link("a", "1")
}

async fn ran(lab: &Lab) -> (Plan, Report) {
    let plan = lab.plan().await;
    let report = lab.apply(&plan).await;
    assert!(report.success, "{report:?}");
    (plan, report)
}

#[tokio::test]
async fn an_update_is_put_back_and_there_is_nothing_to_put_back_twice() {
    let lab = Lab::new(promoted());
    let (plan, report) = ran(&lab).await;
    assert_eq!(held_by(&lab, "1", ContactField::Title).await, text("Lead"));
    let back = undo_of(&lab, &plan, &report).await.unwrap();
    assert_eq!((back.summary.update, back.decisions.len()), (1, 1));
    // Taking back is held to the limits of every other run.
    for limit in ["too_many_deactivations", "too_many_creates", "too_many_updates"] {
        assert!(back.limits.iter().any(|l| l.guard == limit), "{limit}: {:?}", back.limits);
    }
    assert_eq!(back.decisions.iter().next().unwrap().reason.code(), "undone");
    let undone = lab.apply(&back).await;
    assert_eq!(undone.statistics.contacts_updated, 1);
    assert_eq!(held_by(&lab, "1", ContactField::Title).await, text("Engineer"));
    assert_eq!(held_by(&lab, "1", ContactField::PhoneBusiness).await, text("+1 555 0100"));
    let again = undo_of(&lab, &plan, &report).await.unwrap();
    assert_eq!((again.decisions.len(), again.warnings.len()), (0, 0));
}

#[tokio::test]
async fn what_somebody_changed_since_stays_and_is_named_without_its_value() {
    let lab = Lab::new(promoted());
    let (plan, report) = ran(&lab).await;
    let mut edited = lab.psa.contact(&ContactId::new("1")).await.unwrap();
    edited.fields.insert(ContactField::Title, "Manager".into());
    lab.psa.put(edited);
    let back = undo_of(&lab, &plan, &report).await.unwrap();
    let fields: Vec<String> = back
        .decisions
        .iter()
        .flat_map(|d| d.change.fields().iter().map(|f| f.field.to_string()).collect::<Vec<_>>())
        .collect();
    assert_eq!(fields, ["phone_business"]);
    let [warning] = back.warnings.as_slice() else { panic!("{:?}", back.warnings) };
    assert!(warning.message.contains("title of contact 1 was changed since"), "{}", warning.message);
    assert!(!warning.message.contains("Manager"));
    let _ = lab.apply(&back).await;
    assert_eq!(held_by(&lab, "1", ContactField::Title).await, text("Manager"));
}

#[tokio::test]
async fn a_create_is_taken_back_by_deactivating_and_stays_so() {
    let lab = Lab::new(World::new().crowd(10).user(user("new", "new@contoso.com")));
    let (plan, report) = ran(&lab).await;
    let id = report.created_contacts[0].psa_contact_id.clone();
    let back = undo_of(&lab, &plan, &report).await.unwrap();
    assert_eq!(back.summary.deactivate, 1);
    let _ = lab.apply(&back).await;
    assert_eq!(held_by(&lab, &id, ContactField::Active).await, Some(FieldValue::Flag(false)));
    let next = lab.plan().await;
    assert_eq!(next.summary.changes(), 0, "reactivate = ours must not bring it back: {:?}", next.decisions);
}

/// A create of which the report says that nobody knows what became of it.
async fn answer_lost() -> (Lab, Plan, Report, Intent) {
    let lab = Lab::new(World::new().crowd(10).user(user("new", "new@contoso.com")));
    let (plan, mut report) = ran(&lab).await;
    let id = ContactId::new(&report.created_contacts.pop().unwrap().psa_contact_id);
    let (place, decision) =
        (0..).zip(plan.decisions.iter()).find(|(_, d)| d.change.action() == Action::Create).unwrap();
    let mut intent = Intent::new(RunId::new(7), place, decision, lab.now);
    intent.state = IntentState::Done { contact: id };
    (lab, plan, report, intent)
}

#[tokio::test]
async fn a_create_that_was_found_after_its_run_had_ended_is_taken_back_too() {
    let (lab, plan, report, intent) = answer_lost().await;
    let back = undo_of_sent(&lab, &plan, &report, &[intent]).await.unwrap();
    assert_eq!((back.summary.deactivate, back.warnings.len()), (1, 0));
}

#[tokio::test]
async fn a_write_whose_result_nobody_knows_is_named() {
    let (lab, plan, report, mut intent) = answer_lost().await;
    for state in [IntentState::Sent, IntentState::Indeterminate { contacts: Vec::new() }] {
        intent.state = state;
        let back = undo_of_sent(&lab, &plan, &report, std::slice::from_ref(&intent)).await.unwrap();
        assert_eq!((back.summary.changes(), back.warnings.len()), (0, 1));
        assert!(back.warnings[0].message.contains("nobody knows yet"), "{:?}", back.warnings);
    }
    intent.state = IntentState::Lost;
    let back = undo_of_sent(&lab, &plan, &report, &[intent]).await.unwrap();
    assert_eq!((back.summary.changes(), back.warnings.len()), (0, 0), "it never arrived");
}

#[tokio::test]
async fn a_created_contact_that_was_worked_on_waits_for_a_person() {
    let lab = Lab::new(World::new().crowd(10).user(user("new", "new@contoso.com")));
    let (plan, report) = ran(&lab).await;
    let mut edited =
        lab.psa.contact(&ContactId::new(&report.created_contacts[0].psa_contact_id)).await.unwrap();
    edited.fields.insert(ContactField::PhoneBusiness, "+1 555 0777".into());
    lab.psa.put(edited);
    let back = undo_of(&lab, &plan, &report).await.unwrap();
    assert_eq!((back.summary.hold, back.summary.deactivate, back.warnings.len()), (1, 0, 1));
}

#[tokio::test]
async fn a_deactivation_is_put_back() {
    let mut leaver = user("a", "a@contoso.com");
    leaver.enabled = Some(false);
    let world = World::new()
        .crowd(10)
        .policy(|p| {
            p.lifecycle.disabled = Departed::Deactivate;
            p.write_back.deactivation_field = "Left".into();
        })
        .user(leaver)
        .contact(contact("1", "a", "a@contoso.com").with(ContactField::Custom("Left".into()), ""))
        .link("a", "1");
    let lab = Lab::new(world);
    let (plan, report) = ran(&lab).await;
    assert_eq!(report.statistics.contacts_deactivated, 1);
    let back = undo_of(&lab, &plan, &report).await.unwrap();
    assert_eq!(back.summary.reactivate, 1);
    let _ = lab.apply(&back).await;
    assert_eq!(held_by(&lab, "1", ContactField::Active).await, Some(FieldValue::Flag(true)));
    assert_eq!(held_by(&lab, "1", ContactField::Custom("Left".into())).await, Some(FieldValue::Empty));
}

#[tokio::test]
async fn a_contact_that_is_gone_and_a_link_are_shown_as_not_put_back() {
    let world = promoted().user(user("b", "b@contoso.com")).contact(contact("2", "b", "b@contoso.com"));
    let lab = Lab::new(world);
    let (plan, report) = ran(&lab).await;
    assert_eq!(report.statistics.contacts_linked, 1);
    let mut moved = lab.psa.contact(&ContactId::new("1")).await.unwrap();
    moved.company = Some(sync_core::model::CompanyId::new("999"));
    lab.psa.put(moved);
    let back = undo_of(&lab, &plan, &report).await.unwrap();
    assert_eq!(back.decisions.len(), 0);
    let told: Vec<&str> = back.warnings.iter().map(|w| w.message.as_str()).collect();
    assert!(told.iter().any(|t| t.contains("contact 1 is gone")), "{told:?}");
    assert!(told.iter().any(|t| t.contains("link to contact 2 stays")), "{told:?}");
}

#[tokio::test]
async fn taking_back_a_landslide_is_guarded_like_any_landslide() {
    let mut world = World::new().crowd(10);
    for n in 0..8 {
        world = world.user(user(&format!("n{n}"), &format!("n{n}@contoso.com")));
    }
    world.policy.limits.create.percent = 100;
    let lab = Lab::new(world);
    let (plan, report) = ran(&lab).await;
    assert_eq!(report.statistics.contacts_created, 8);
    let back = undo_of(&lab, &plan, &report).await.unwrap();
    assert!(back.guards.iter().any(|g| g.name() == "too_many_deactivations"));
    let stopped = lab.apply(&back).await;
    assert_eq!(stopped.statistics.contacts_deactivated, 0);
    let mut options = ApplyOptions::at(lab.now);
    options.overrides = vec![Override::new(back.id.clone(), "too_many_deactivations", 8)];
    let let_pass = lab.apply_with(&back, &options).await.unwrap();
    assert_eq!(let_pass.statistics.contacts_deactivated, 8);
}

#[tokio::test]
async fn a_report_of_another_plan_and_a_dry_run_are_refused() {
    let lab = Lab::new(promoted());
    let (plan, report) = ran(&lab).await;
    let mut other = report.clone();
    other.plan = sync_core::model::PlanId::new("sha256:other");
    assert!(matches!(undo_of(&lab, &plan, &other).await, Err(UndoError::NotItsReport(_))));
    let mut dry = report.clone();
    dry.dry_run = true;
    assert!(matches!(undo_of(&lab, &plan, &dry).await, Err(UndoError::DryRun(_))));
    let mut foreign = plan.clone();
    foreign.tenant = sync_core::model::TenantName::new("Fabrikam");
    assert!(matches!(undo_of(&lab, &foreign, &report).await, Err(UndoError::OtherTenant { .. })));
}

#[tokio::test]
async fn an_undo_is_a_plan_document_like_any_other() {
    let lab = Lab::new(promoted());
    let (plan, report) = ran(&lab).await;
    let back = undo_of(&lab, &plan, &report).await.unwrap();
    let read = Plan::from_json(&back.to_json().unwrap()).unwrap();
    assert_eq!(read, back);
    assert!(back.decisions.iter().all(|d| d.change.action() == Action::Update));
}
