//! Sending one change to the PSA.

use super::{
    brake::Brake,
    ours::{Called, WhileOurs},
};
use crate::{
    error::{Error, ErrorKind},
    model::{Contact, ContactField, FieldSet, FieldValue},
    plan::{Action, Decision},
    snapshot::{ContactSnapshot, ContactView},
    store::Hold,
    traits::Psa,
};
use futures::FutureExt as _;
use std::time::Duration;

/// The place of a decision, and what its write came to; `None` where it was not sent.
pub(super) type Sent = (usize, Option<Result<Contact, Error>>);

/// What writes are sent with.
#[derive(Clone, Copy)]
pub(super) struct Sender<'a> {
    pub(super) psa: &'a dyn Psa,
    pub(super) hold: &'a dyn Hold,
    pub(super) brake: &'a Brake,
    /// How long a request may be under way.
    pub(super) timeout: Duration,
    pub(super) fresh: &'a ContactSnapshot,
}

impl<'a> Sender<'a> {
    /// Sends one change, once.
    pub(super) async fn send(self, place: usize, decision: &Decision, key: Option<&str>) -> Sent {
        if self.brake.is_pulled() {
            return (place, None);
        }
        let call = self.call(decision, key).boxed();
        let result = match WhileOurs::new(self.hold, self.timeout, call).await {
            Called::Answered(result) => result,
            Called::NotBegun => {
                self.brake.pull();
                return (place, None);
            }
            Called::GivenUp => {
                self.brake.pull();
                let message = "it was given up when the lease of the tenant ran out; its result is unknown";
                Err(Error::new(ErrorKind::Indeterminate, operation(decision), message))
            }
        };
        if let Err(error) = &result {
            self.brake.note(error);
        }
        (place, Some(result))
    }

    async fn call(self, decision: &Decision, key: Option<&str>) -> Result<Contact, Error> {
        let mut fields: FieldSet =
            decision.change.fields().iter().map(|f| (f.field.clone(), f.after.clone())).collect();
        let refuse = |kind, why| Err(Error::new(kind, operation(decision), why));
        match decision.change.action() {
            Action::Create => {
                return match (&decision.company, key) {
                    (Some(company), Some(key)) => self.psa.create(company, &fields, key).await,
                    (None, _) => refuse(ErrorKind::NotFound, "the decision names no company"),
                    (_, None) => refuse(ErrorKind::Other, "the decision is about no user"),
                };
            }
            Action::Reactivate => {
                fields.insert(ContactField::Active, FieldValue::Flag(true));
            }
            Action::Deactivate => {
                fields.insert(ContactField::Active, FieldValue::Flag(false));
            }
            Action::Update => {}
            Action::Link | Action::Hold | Action::NoOp => {
                return refuse(ErrorKind::Other, "there is nothing to send");
            }
        }
        let Some(contact) = decision.change.contact() else {
            return refuse(ErrorKind::Other, "the decision names no contact");
        };
        let version = self.fresh.find(contact).and_then(ContactView::version);
        self.psa.update(contact, &fields, version.as_ref()).await
    }
}

fn operation(decision: &Decision) -> &'static str {
    match decision.change.action() {
        Action::Create => "create contact",
        Action::Update
        | Action::Link
        | Action::Reactivate
        | Action::Deactivate
        | Action::Hold
        | Action::NoOp => "update contact",
    }
}
