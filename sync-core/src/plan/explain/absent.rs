//! The linked contact of a user who is not in the read: what the evidence is, and what is still missing.

use super::{Explanation, Outcome, Step, limits, steps::contact_text};
use crate::{
    model::{ContactId, email_key},
    plan::{
        Plan, Subject,
        planner::{Absence, Planner},
        warnings::shrunken,
    },
    policy::Departed,
    snapshot::{Completeness, split_anchor},
    store::Link,
};
use chrono::Duration;

/// Explains a link by the user's anchor or object id, or by an address of the linked contact.
pub(super) fn explain(planner: &Planner<'_>, plan: &Plan, name: &str) -> Option<Explanation> {
    let link = find(planner, name)?;
    let input = &planner.input;
    let mut steps = vec![read(planner, link)];
    let contact = input.contacts.place_of(link.contact_id.as_str()).and_then(|at| input.contacts.get(at));
    let linked = format!("linked since {}", link.first_linked_at.format("%Y-%m-%d %H:%M UTC"));
    let Some(contact) = contact else {
        let detail = format!(
            "contact {} was not read: deleted, or in a company that is not read here",
            link.contact_id
        );
        steps.push(Step::new(linked, Outcome::Stopped, detail));
        return Some(Explanation { steps, decision: None });
    };
    steps.push(Step::new(linked, Outcome::Noted, contact_text(contact)));
    if let Some(owner) = input.linked_elsewhere.get(&ContactId::new(contact.id())) {
        steps.push(Step::new("linked by another tenant", Outcome::Stopped, owner.to_string()));
    }
    steps.extend(evidence(planner, link));
    let decision = plan.decisions.find(&Subject::Contact(ContactId::new(contact.id())));
    if decision.is_none() {
        let detail = "the contact is paired with a user of the read; ask for that user";
        steps.push(Step::new("somebody else has the contact now", Outcome::Noted, detail));
    }
    steps.extend(limits::steps(plan, decision.as_ref()));
    Some(Explanation { steps, decision })
}

fn find<'a>(planner: &Planner<'a>, name: &str) -> Option<&'a Link> {
    let input = &planner.input;
    let by_id = input.links.links.values().find(|link| {
        let anchor = link.source_id.as_str();
        anchor == name || split_anchor(anchor).1.eq_ignore_ascii_case(name)
    });
    by_id.or_else(|| {
        let key = email_key(name)?;
        let mut absent = planner.matches.absent.iter();
        let place_and_link = absent.find(|(place, _)| {
            let contact = input.contacts.get(**place as usize);
            contact.and_then(|contact| contact.primary_email_key()) == Some(key.as_str())
        });
        place_and_link.map(|(_, link)| *link)
    })
}

fn read(planner: &Planner<'_>, link: &Link) -> Step {
    let users = planner.input.users;
    let detail = match users.completeness() {
        Completeness::Partial { because } => format!("the read is incomplete: {because}"),
        Completeness::Complete => "the read is complete".to_owned(),
    };
    let title = format!("read: {} is not among the {} users", link.source_id, users.len());
    Step::new(title, Outcome::Noted, detail)
}

/// Deleted by the directory's own word, or absent, for how long and how much longer.
fn evidence(planner: &Planner<'_>, link: &Link) -> Vec<Step> {
    let input = &planner.input;
    let lifecycle = &input.policy.document().lifecycle;
    let switch = |name: &str, departed: Departed| {
        let what = match departed {
            Departed::Deactivate => "deactivate",
            Departed::Hold => "hold",
            Departed::Ignore => "ignore",
        };
        let outcome = if departed == Departed::Ignore { Outcome::Stopped } else { Outcome::Passed };
        Step::new(format!("lifecycle.{name}"), outcome, format!("{name} = \"{what}\""))
    };
    if input.run.is_targeted() || !input.policy.principal_names.is_empty() {
        let detail = "a run over some users only concludes nothing from absence";
        return vec![Step::new("targeted run", Outcome::Stopped, detail)];
    }
    if input.users.removed().contains(&link.source_id) {
        let deleted =
            Step::new("deleted", Outcome::Passed, "the directory itself says that the user was deleted");
        return vec![deleted, switch("deleted", lifecycle.deleted)];
    }
    if !planner.directories.contains(link.source_id.directory()) {
        let detail = format!("{} was not read", link.source_id.directory().trim_end_matches(':'));
        return vec![Step::new("missing", Outcome::Stopped, detail)];
    }
    let mut steps = vec![match planner.absence {
        Absence::Proven => Step::new("missing", Outcome::Passed, "absent from a complete read"),
        Absence::Partial => {
            Step::new("missing", Outcome::Undecided, "the read is incomplete, so absence proves nothing")
        }
        Absence::Suspect => Step::new(
            "missing",
            Outcome::Undecided,
            format!("{}, so absence proves nothing", shrunken(planner)),
        ),
    }];
    if planner.absence == Absence::Proven {
        steps.push(switch("missing", lifecycle.missing));
        steps.push(grace(planner, link));
    }
    steps
}

fn grace(planner: &Planner<'_>, link: &Link) -> Step {
    let lifecycle = &planner.input.policy.document().lifecycle;
    let as_of = planner.input.as_of;
    let reads = link.missing_reads.saturating_add(1);
    let since = link.missing_since.unwrap_or(as_of);
    let until = since + Duration::hours(i64::from(lifecycle.grace_hours));
    let reads_left = lifecycle.grace_reads.saturating_sub(reads);
    let over = planner.grace_is_over(link);
    let left = (until - as_of).num_minutes();
    let mut detail = format!(
        "absent from {}, {} asked for, since {}",
        if reads == 1 { "1 complete read".to_owned() } else { format!("{reads} complete reads") },
        lifecycle.grace_reads,
        since.format("%Y-%m-%d %H:%M UTC"),
    );
    if reads_left > 0 {
        detail.push_str(&format!("; {reads_left} more to wait for"));
    }
    if left > 0 {
        detail.push_str(&format!("; {} h {} min of {} h left", left / 60, left % 60, lifecycle.grace_hours));
    }
    Step::new("grace", if over { Outcome::Passed } else { Outcome::Stopped }, detail)
}
