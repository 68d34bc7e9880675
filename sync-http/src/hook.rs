//! What a vendor's answers tell beyond their status.

use crate::{Feedback, Headers};
use std::fmt;

/// How to class an answer that is not a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// As its status says.
    AsStatus,
    /// Final whatever the status: repeating it changes nothing. For vendors that answer 500 to invalid content; such
    /// an answer to a create is returned as it is, and the adapter decides whether its body proves a refusal.
    Final,
    /// As a 429: refused for the rate, before acting.
    RateLimited,
}

/// Vendor knowledge the transport needs: how to read rate headers, and which answers do not mean what their status
/// says. Both methods are pure and quick; they see every answer, successes included.
pub trait ResponseHook: fmt::Debug + Send + Sync + 'static {
    /// What the headers say of the remaining budget.
    fn feedback(&self, status: u16, headers: &Headers) -> Option<Feedback> {
        let _ = (status, headers);
        None
    }

    /// How to class an answer of 400 or above.
    fn verdict(&self, status: u16, headers: &Headers, body: &[u8]) -> Verdict {
        let _ = (status, headers, body);
        Verdict::AsStatus
    }
}
