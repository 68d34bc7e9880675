//! The planner's matching agrees with a second, slow and obvious implementation, in very many small random worlds.
//!
//! `MATCHING_WORLDS` says in how many.

mod reference;

use crate::world::{World, anchor, user as full_user};
use reference::{Case, Contact, Found, Link, User, pair};
use std::collections::BTreeMap;
use sync_core::{
    model::{Attribute, CompanyId, ContactField, ContactId, SourceAnchor, TenantName},
    plan::{Action, Change, Decision, Reason, Subject},
    policy::{Departed, MatchRule, Reactivate, Route, RouteCondition},
};

/// `SplitMix64`: a few lines, the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_in(&mut self, odds: u64) -> bool {
        self.below(odds) == 0
    }

    fn mail(&mut self) -> String {
        format!("m{}@contoso.com", self.below(7))
    }

    fn mails(&mut self) -> Vec<String> {
        (0..self.below(3).saturating_sub(u64::from(self.0 & 8 == 0))).map(|_| self.mail()).collect()
    }
}

fn case(random: &mut Random) -> Case {
    let mut case = Case::default();
    let mut users = BTreeMap::new();
    for _ in 0..random.below(6) {
        let id = format!("u{}", random.below(8));
        let sign_in = if random.one_in(4) { "x@contoso.onmicrosoft.com".to_owned() } else { random.mail() };
        let user = User {
            id: id.clone(),
            mail: (!random.one_in(4)).then(|| random.mail()),
            sign_in,
            aliases: random.mails(),
            immutable: random.one_in(3).then(|| format!("i{}", random.below(2))),
            company: if random.one_in(5) { "200" } else { "100" }.to_owned(),
            disabled: random.one_in(7),
        };
        users.insert(id, user);
    }
    case.users = users.into_values().collect();
    for i in 0..random.below(6) {
        case.contacts.push(Contact {
            id: format!("c{i}"),
            company: ["100", "100", "100", "100", "200", "300"][usize::try_from(random.below(6)).unwrap()]
                .to_owned(),
            mail: (!random.one_in(5)).then(|| random.mail()),
            alternates: random.mails(),
            inactive: random.one_in(4),
            holds: if random.one_in(4) { format!("u{}", random.below(9)) } else { String::new() },
            of_other_tenant: random.one_in(12),
        });
    }
    let mut links = BTreeMap::new();
    for _ in 0..random.below(4) {
        let user = format!("u{}", random.below(10));
        let link = Link {
            user: user.clone(),
            contact: format!("c{}", random.below(7)),
            immutable: random.one_in(2).then(|| format!("i{}", random.below(2))),
            missing_reads: u32::try_from(random.below(2)).unwrap(),
        };
        links.insert(user, link);
    }
    case.links = links.into_values().collect();
    // `link` comes first; the rest in any order, with some left out.
    let mut rest: Vec<MatchRule> = MatchRule::ALL[1..].to_vec();
    if random.one_in(2) {
        for i in (1..rest.len()).rev() {
            rest.swap(i, usize::try_from(random.below(i as u64 + 1)).unwrap());
        }
        rest.truncate(usize::try_from(random.below(6)).unwrap());
    }
    case.rules = [MatchRule::Link].into_iter().chain(rest).collect();
    case
}

fn stored_id() -> ContactField {
    ContactField::Custom("Id".into())
}

/// The same case for the planner. Nothing is overwritten, so that pairing alone decides.
fn world(case: &Case) -> World {
    let mut world = World::new().policy(|p| {
        p.write_back.contact_id_field = "Id".into();
        p.matching.rules.clone_from(&case.rules);
        p.matching.update_existing = false;
        p.lifecycle.reactivate = Reactivate::Any;
        p.lifecycle.disabled = Departed::Ignore;
    });
    let mut when = RouteCondition::default();
    when.department = Some("Elsewhere".into());
    world.tenant.routes.push(Route::new(1, when, CompanyId::new("200")));
    for user in &case.users {
        let mut row = full_user(&user.id, user.mail.as_deref().unwrap_or(""))
            .with(Attribute::UserPrincipalName, user.sign_in.to_uppercase())
            .with(Attribute::Department, if user.company == "200" { "Elsewhere" } else { "Here" });
        row.alternate_emails = Some(user.aliases.clone());
        row.immutable_id.clone_from(&user.immutable);
        row.enabled = Some(!user.disabled);
        world.users.push(row);
    }
    for contact in &case.contacts {
        let mut row =
            sync_core::model::Contact::new(ContactId::new(&contact.id), CompanyId::new(&contact.company))
                .with(ContactField::Email, contact.mail.as_deref().unwrap_or(""))
                .with(ContactField::AlternateEmails, contact.alternates.clone())
                .with(stored_id(), contact.holds.to_uppercase());
        row = row.with(ContactField::Active, !contact.inactive);
        world.contacts.push(row);
        if contact.of_other_tenant {
            world.linked_elsewhere.insert(ContactId::new(&contact.id), TenantName::new("Fabrikam"));
        }
    }
    for link in &case.links {
        world = world.link_as(&link.user, &link.contact, |l| {
            l.immutable_id.clone_from(&link.immutable);
            l.missing_reads = link.missing_reads;
        });
    }
    world
}

/// Whether the pair is found, and making the contact active waits for a person.
fn waits_to_return(decision: &Decision) -> bool {
    matches!(&decision.change, Change::Hold { proposed: Some(proposed) } if proposed.action() == Action::Reactivate)
}

/// Whether the pair is found, and another user's id on the contact keeps it from being written.
fn holds_anothers_id(decision: &Decision) -> bool {
    matches!(&decision.change, Change::Hold { proposed: Some(_) })
        && matches!(decision.reason, Reason::ClaimedTwice { .. })
}

/// What the planner's decision says of the pairing.
fn said(decision: &Decision) -> Found {
    let names = |ids: &[ContactId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    let people = |ids: &[SourceAnchor]| {
        ids.iter().map(|a| a.as_str().rsplit(':').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "every other reason is about a pair")]
    match &decision.reason {
        // Paired with an inactive contact, beside an active one of the same address.
        Reason::Ambiguous { .. } | Reason::ClaimedTwice { .. }
            if waits_to_return(decision) || holds_anothers_id(decision) =>
        {
            let Change::Hold { proposed: Some(proposed) } = &decision.change else { return Found::Nobody };
            proposed.contact().map_or(Found::Nobody, |c| Found::Contact(c.to_string()))
        }
        Reason::NoMatch | Reason::NoEmail => Found::Nobody,
        Reason::Ambiguous { contacts } => Found::Several(names(contacts)),
        Reason::ClaimedTwice { contacts, .. } => Found::ClaimedTwice(names(contacts)),
        Reason::SourceDuplicate { users } => Found::SameAddress(people(users)),
        Reason::RelinkDecision { contacts, .. } => Found::OfSomebodyGone(names(contacts)),
        Reason::ForeignOwner { .. } => Found::OfAnotherTenant,
        Reason::OtherCompany { contacts, .. } => Found::ElsewhereOrGone(names(contacts)),
        _ => decision.change.contact().map_or(Found::Nobody, |c| Found::Contact(c.to_string())),
    }
}

fn check(case: &Case, seed: u64) {
    let world = world(case);
    let plan = world.plan();
    let expected = pair(case);
    for user in case.users.iter().filter(|u| !u.disabled) {
        let subject = Subject::User(anchor(&user.id));
        let decision = plan.decisions.iter().find(|d| d.subject == subject).unwrap();
        let found = said(&decision);
        assert_eq!(
            found,
            expected[user.id.as_str()],
            "planner left, reference right: {} in world {seed}: {case:?}",
            user.id
        );
        let paired = matches!(found, Found::Contact(_));
        let acts = matches!(decision.change.action(), Action::Link | Action::NoOp | Action::Reactivate)
            || waits_to_return(&decision)
            || holds_anothers_id(&decision);
        assert_eq!(paired, acts && found != Found::Nobody, "{decision:?}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a longer run is asked for from outside")]
fn a_second_slow_implementation_of_matching_finds_the_same() {
    let worlds = std::env::var("MATCHING_WORLDS").ok().map_or(4_000, |n| n.parse().unwrap());
    for seed in 0..worlds {
        check(&case(&mut Random(seed)), seed);
    }
}
