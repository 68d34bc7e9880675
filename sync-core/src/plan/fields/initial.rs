//! What a new contact gets.

use super::{Desired, Fields, Prepared, TypesTarget, diff::seen, lists::joined, stored::fitting};
use crate::{
    model::{ContactField, FieldValue},
    plan::{
        FieldChange, Learned,
        document::{Instead, Wanted},
        downgrade::Downgrades,
    },
    policy::Flow,
    snapshot::UserView,
};
use std::borrow::Cow;

/// Everything written on create, and what is recorded beside it.
pub(crate) struct Initial {
    pub(crate) fields: Vec<FieldChange>,
    pub(crate) learned: Learned,
}

impl<'a> Fields<'a> {
    /// Everything written on create.
    pub(crate) fn initial(
        &self,
        user: UserView<'a>,
        contact_types: &[String],
        downgrades: &mut Downgrades,
    ) -> Initial {
        let (mut fields, mut learned) = (Vec::new(), Learned::default());
        for prepared in &self.writable {
            if self.clashes_for(prepared, user) {
                continue;
            }
            let desired = self.desired(prepared, user);
            if prepared.mapping.flow == Flow::OnSourceChange {
                learned.sources.extend(seen(&desired).map(|source| (prepared.target.clone(), source)));
            }
            if let Some(after) = self.first_value(prepared, user, desired, downgrades) {
                fields.push(FieldChange { field: prepared.target.clone(), before: FieldValue::Empty, after });
            }
        }
        self.add_types(&mut fields, contact_types, downgrades);
        fields.extend(self.pin(None));
        fields.sort_by(|a, b| a.field.cmp(&b.field));
        Initial { fields, learned }
    }

    fn first_value(
        &self,
        prepared: &Prepared<'a>,
        user: UserView<'a>,
        desired: Desired<'a>,
        downgrades: &mut Downgrades,
    ) -> Option<FieldValue> {
        let text = match desired {
            Desired::Text(text) => text,
            Desired::List(items) if !items.is_empty() => {
                return self.first_list(prepared, &items, downgrades);
            }
            Desired::NotRead | Desired::Blank | Desired::List(_) => {
                let name = match desired {
                    Desired::Blank => self.name_from_display_name(prepared, user),
                    Desired::NotRead | Desired::Text(_) | Desired::List(_) => None,
                };
                let default = || prepared.mapping.default.as_deref();
                name.map(Cow::Owned).or_else(|| default().map(Cow::Borrowed))?
            }
        };
        fitting(prepared, text, downgrades).map(|t| FieldValue::Text(t.into_owned()))
    }

    /// Adds the contact types of the user's route, unless a mapping rules them.
    fn add_types(&self, fields: &mut Vec<FieldChange>, types: &[String], downgrades: &mut Downgrades) {
        if types.is_empty() {
            return;
        }
        let (field, after) = match self.types {
            TypesTarget::List => (&ContactField::ContactTypes, Some(FieldValue::List(types.to_vec()))),
            TypesTarget::Joined(field, rule) => (field, joined(field, rule, types, downgrades)),
            TypesTarget::Nowhere => {
                let field = ContactField::ContactTypes;
                downgrades.note(Wanted::WriteField { field }, Instead::FieldLeftAlone);
                return;
            }
        };
        let Some(after) = after.filter(|_| fields.iter().all(|f| f.field != *field)) else { return };
        fields.push(FieldChange { field: field.clone(), before: FieldValue::Empty, after });
        fields.sort_by(|a, b| a.field.cmp(&b.field));
    }
}
