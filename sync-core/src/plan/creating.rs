//! Creating a contact, so that it is nobody's second one.

use super::{
    Change, Reason, decide::Verdict, decisions::ChangeParts, downgrade::Downgrades, fields::Initial,
    matching::Owner, planner::Planner, reviewed::Asked, routing::Routed,
};
use crate::{
    model::{CompanyId, ContactField, ContactId, FieldValue, email_key},
    policy::{MatchRule, RequiredFields},
    snapshot::{ContactView, UserView},
    store::{Intent, IntentState},
};
use std::collections::BTreeSet;

/// The addresses that a created contact has, and those that the user has beside them, in comparable form.
pub(crate) fn addresses_of(change: &Change) -> BTreeSet<String> {
    let Change::Create { fields, unless_email, .. } = change else { return BTreeSet::new() };
    let written = fields.iter().flat_map(|change| match (&change.field, &change.after) {
        (ContactField::Email, FieldValue::Text(text)) => vec![text.clone()],
        (ContactField::AlternateEmails, FieldValue::List(items)) => items.clone(),
        _ => Vec::new(),
    });
    written.filter_map(|text| email_key(&text)).chain(unless_email.iter().cloned()).collect()
}

impl<'a> Planner<'a> {
    /// A contact of the user's own, beside those that a person said are somebody else's.
    pub(super) fn create(
        &self,
        company: Option<&'a CompanyId>,
        user: UserView<'a>,
        beside: Option<&[ContactId]>,
        downgrades: &mut Downgrades,
    ) -> Verdict<'a> {
        if !self.lifecycle().create {
            return Verdict::nothing(company, Reason::Policy { rule: "create".to_owned() });
        }
        if user.main_email().is_none() {
            return Verdict::nothing(company, Reason::NoEmail);
        }
        let types = self.route_types(user);
        let Initial { fields, learned } = self.fields.initial(user, types, downgrades);
        let required = self.input.capabilities.fields.iter().find(|(field, rule)| {
            rule.required && !fields.iter().any(|c| c.field == **field && !c.after.is_blank())
        });
        // Only where every address was looked for does its absence belong to the decision.
        let rules = &self.input.policy.document().matching.rules;
        let unless_email = if MatchRule::BY_ADDRESS.iter().all(|rule| rules.contains(rule)) {
            user.email_keys().map(str::to_owned).collect()
        } else {
            Vec::new()
        };
        let reviewed = beside.is_some();
        let beside = beside.unwrap_or_default().to_vec();
        let proposed = Change::Create { fields, unless_email, beside };
        if !reviewed && let Some(reason) = self.namesakes_of(company, user, downgrades) {
            return Verdict::hold(company, Some(proposed), reason);
        }
        if let Some((field, _)) = required {
            if self.lifecycle().required_fields == RequiredFields::Warn {
                downgrades.lacking(field, user.principal_name());
                return Verdict::nothing(company, Reason::RequiredField { field: field.clone() });
            }
            return Verdict::hold(company, Some(proposed), Reason::RequiredField { field: field.clone() });
        }
        if let Some(reason) = self.unsettled_create(company, user, &proposed) {
            return Verdict::hold(company, Some(proposed), reason);
        }
        Verdict { company, change: ChangeParts::Other(proposed), learned, reason: Reason::NoMatch }
    }

    /// Why nothing may be created for a user: an earlier create is on its way, or waits for a person. It may be somebody
    /// else's: of another account of the same person, or of another tenant of the company.
    fn unsettled_create(
        &self,
        company: Option<&CompanyId>,
        user: UserView<'_>,
        proposed: &Change,
    ) -> Option<Reason> {
        let links = self.input.links;
        if links.open.is_empty() {
            return None;
        }
        match links.open_create(&user.anchor()).map(|intent| &intent.state) {
            Some(IntentState::Sent) => return Some(Reason::Grace),
            Some(IntentState::Indeterminate { contacts }) => {
                return Some(Reason::Indeterminate { contacts: contacts.clone() });
            }
            Some(IntentState::Lost | IntentState::Done { .. } | IntentState::Failed { .. }) | None => {}
        }
        let on_its_way = |intent: &Intent| intent.may_make(company, user.immutable_id(), proposed);
        links.open.iter().any(on_its_way).then_some(Reason::Grace)
    }

    fn route_types(&self, user: UserView<'a>) -> &'a [String] {
        match self.routes.routed(user) {
            Routed::By(route) => &route.route.contact_types,
            Routed::ByNone | Routed::Undecided => &[],
        }
    }

    /// Adds to what a create is made beside the contacts that have one of its addresses and are those of other users in the
    /// read. `Err` names one that has such an address and may be anybody's, or that holds the user's id: with it the create
    /// would never be carried out.
    pub(super) fn beside_others(&self, change: Change, me: Asked<'a>) -> Result<Change, String> {
        let addresses = addresses_of(&change);
        let Change::Create { fields, unless_email, mut beside } = change else { return Ok(change) };
        for (contact, owner) in self.input.contacts.iter().zip(&self.matches.owners) {
            let id = ContactId::new(contact.id());
            if beside.contains(&id) {
                continue;
            }
            if self.holds_id_of(contact, me.user) {
                return Err(format!("contact {id} holds the user's id as well"));
            }
            if !contact.email_keys().any(|key| addresses.contains(key)) {
                continue;
            }
            match owner {
                Owner::User(other) if *other != me.place => beside.push(id),
                Owner::User(_)
                | Owner::Free
                | Owner::Absent
                | Owner::Contested
                | Owner::Elsewhere
                | Owner::LetGo => {
                    return Err(format!("contact {id} has one of the user's addresses as well"));
                }
            }
        }
        Ok(Change::Create { fields, unless_email, beside })
    }

    /// Whether the object id of a user is stored on a contact.
    fn holds_id_of(&self, contact: ContactView<'_>, user: UserView<'_>) -> bool {
        let mut fields = self.input.policy.id_field.iter().chain([&ContactField::ExternalId]);
        fields.any(|field| contact.text(field).text().is_some_and(|id| user.is_known_as(id.trim())))
    }
}
