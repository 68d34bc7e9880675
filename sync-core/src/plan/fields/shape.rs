//! Where the texts of a pair's fields lie, worked out once for all pairs that have values in the same places.
//!
//! Nearly everybody in a tenant has the same attributes, and nearly every contact of a company the same fields. What is
//! left for each of them is to compare bytes.

use super::{Fields, Prepared};
use crate::{
    model::ContactField,
    plan::compare::same_bytes,
    policy::{Flow, Source},
    snapshot::{ContactView, Masks, Slot, UserView},
};
use std::cell::Ref;

/// What the places of values alone say of each writable field.
#[derive(Default)]
pub(super) struct Shape {
    user: Masks,
    contact: Masks,
    /// As long as the writable fields, once it was made.
    quick: Vec<Quick>,
}

/// What is known of a field before its texts are looked at.
#[derive(Clone, Copy)]
pub(super) enum Quick {
    /// The field cannot be read, so nothing is done.
    Skip,
    /// Both have nothing.
    Held,
    /// Both have text: the same bytes are the same value.
    Texts { user: u8, contact: u8 },
    /// The contact has text where the object's id belongs.
    ObjectId { contact: u8 },
    /// It takes a longer look.
    Open,
}

impl Quick {
    fn of(prepared: &Prepared<'_>, user: Masks, contact: Masks) -> Self {
        let held = prepared.field.map_or(Slot::NotRead, |field| contact.slot(field));
        if held == Slot::NotRead {
            // A field that could not be read cannot be compared; writing it would repeat for ever.
            return Self::Skip;
        }
        if prepared.mapping.flow == Flow::OnSourceChange {
            return Self::Open;
        }
        match (prepared.attribute, &prepared.mapping.source, held) {
            (Some(attribute), _, held) => match (user.slot(attribute), held) {
                (Slot::Text(user), Slot::Text(contact)) => Self::Texts { user, contact },
                // Where there is no address, the sign-in name may be one.
                (Slot::Blank, Slot::Blank) if prepared.mapping.field != ContactField::Email => Self::Held,
                _ => Self::Open,
            },
            (None, Source::ObjectId, Slot::Text(contact)) => Self::ObjectId { contact },
            (None, _, _) => Self::Open,
        }
    }

    /// Whether the contact holds the source's text byte for byte, or both have nothing. Most fields of most people do,
    /// and no other comparison has to be made then.
    #[inline]
    pub(super) fn is_held(self, user: UserView<'_>, contact: ContactView<'_>) -> bool {
        match self {
            Self::Held => true,
            Self::Texts { user: wanted, contact: held } => {
                same_bytes(user.bytes_at(wanted), contact.bytes_at(held))
            }
            Self::ObjectId { contact: held } => {
                same_bytes(user.object_id().as_bytes(), contact.bytes_at(held))
            }
            Self::Skip | Self::Open => false,
        }
    }
}

impl Fields<'_> {
    /// What the places of a pair's values say of each writable field.
    pub(super) fn quick(&self, user: UserView<'_>, contact: ContactView<'_>) -> Ref<'_, [Quick]> {
        let (user, contact) = (user.masks(), contact.masks());
        let known = self.shape.borrow();
        let known =
            if known.user == user && known.contact == contact && known.quick.len() == self.writable.len() {
                known
            } else {
                drop(known);
                let quick = self.writable.iter().map(|prepared| Quick::of(prepared, user, contact)).collect();
                self.shape.replace(Shape { user, contact, quick });
                self.shape.borrow()
            };
        Ref::map(known, |shape| shape.quick.as_slice())
    }
}
