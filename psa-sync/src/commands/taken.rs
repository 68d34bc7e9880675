//! What other tenants did to a saved plan's people since it was made.

use super::refusal::new_plan;
use crate::{
    exit::{Exit, Failure},
    gather::{Elsewhere, elsewhere},
    job::Job,
};
use sync_core::{
    ErrorKind,
    model::ContactId,
    plan::{Change, Decision, LinkedElsewhere, Plan},
    store::LinkSet,
};

/// Refuses a plan for a contact that another tenant was linked to after it was made, or may be making, and for a person whom
/// another tenant has a contact for by now: such a plan would link it twice, or make it twice.
pub(super) async fn refuse_taken(job: &Job<'_>, plan: &Plan) -> Result<(), Failure> {
    let Elsewhere { linked, links } = elsewhere(job, LinkSet::new()).await?;
    let refused = |message: String| {
        let hint = format!("nothing was written; {}", new_plan(plan));
        Err(Failure::new(Exit::Stale, message).with_hint(hint))
    };
    for decision in plan.decisions.changes() {
        let Decision { company, immutable_id, change, .. } = &decision;
        if links.open.iter().any(|intent| intent.may_make(company.as_ref(), immutable_id.as_deref(), change))
        {
            return refused(
                "another tenant of the company may have a create for the same person on its way by now"
                    .to_owned(),
            );
        }
        if let Some(contact) = change.contact()
            && let Some(tenant) = linked.get(contact)
        {
            return refused(format!("contact {contact} is linked to a user of tenant {tenant} by now"));
        }
        if let Change::Create { beside, .. } = change
            && let Some(contact) = of_the_same_person(job, &decision, (&linked, beside)).await?
        {
            let whose =
                linked.get(&contact).map_or("another tenant".to_owned(), |name| format!("tenant {name}"));
            return refused(format!(
                "contact {contact} is linked to a user of {whose} by now, who is a person to be created here: both have the same \
                 immutable id"
            ));
        }
    }
    Ok(())
}

/// The contact that another tenant has for the person of a create in a company of this one, whatever its address. Not one of
/// which a person said that it is somebody else's.
async fn of_the_same_person(
    job: &Job<'_>,
    decision: &Decision,
    (linked, beside): (&LinkedElsewhere, &[ContactId]),
) -> Result<Option<ContactId>, Failure> {
    let Some(person) = &decision.immutable_id else { return Ok(None) };
    let ours = job.tenant.companies();
    for id in linked.of_person(person).filter(|id| !beside.contains(id)) {
        match job.psa().contact(id).await {
            Ok(contact) if contact.company.as_ref().is_some_and(|id| ours.contains(id)) => {
                return Ok(Some(id.clone()));
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}
