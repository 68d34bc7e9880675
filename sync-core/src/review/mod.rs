//! Reviews: what a person answered to decisions that were held, and what later plans may conclude from it.
//!
//! A held decision is a question. Its [`ReviewId`] comes from the tenant, the subject and what is asked, never from the
//! plan, so it is the same in every run. An answer keeps the situation it was given in; where a later situation differs,
//! the question is asked again and the plan says why.

mod answers;
mod question;
mod record;
mod situation;

pub use answers::{Answer, NO_REVIEWS, Review, Reviews};
pub(crate) use question::{NO_LONGER_FITS, beginning};
pub use question::{Question, disregarded, questions, why_not};
pub use record::{answered_meanwhile, record, spend};
pub use situation::Situation;

use crate::{
    model::{Fingerprinter, ReviewId, TenantName},
    plan::Subject,
};

/// How many hex digits of the digest make the id. 48 bits: among a million questions of one tenant two share an id with
/// a chance of about one in 560.
const DIGITS: usize = 12;

/// The id of the question that a topic is about one subject of one tenant.
pub(crate) fn review_id(tenant: &TenantName, subject: &Subject, topic: &str) -> ReviewId {
    let mut printer = Fingerprinter::new("review/v1");
    printer.text(tenant.as_str());
    match subject {
        Subject::User(anchor) => {
            printer.text("user");
            printer.text(anchor.as_str());
        }
        Subject::Contact(id) => {
            printer.text("contact");
            printer.text(id.as_str());
        }
    }
    printer.text(topic);
    let digest = printer.finish();
    ReviewId::new(digest.as_str().get(..DIGITS).unwrap_or_default())
}
