//! What nearly all decisions say, as small numbers.

use super::{CODE, clamp32};
use crate::{
    plan::{LinkState, Reason},
    policy::MatchRule,
};

pub(super) const LINKS: [LinkState; 4] =
    [LinkState::Existing, LinkState::New, LinkState::Relink, LinkState::None];

pub(super) fn link_code(link: LinkState) -> u32 {
    LINKS.iter().position(|l| *l == link).map_or(0, clamp32)
}

pub(super) fn link_of(code: u32) -> LinkState {
    LINKS.get((code & 0xff) as usize).copied().unwrap_or(LinkState::None)
}

/// The reasons that millions of decisions share; every other lies in the side table.
pub(super) const COMMON: [Reason; 8] = [
    Reason::InSync { rule: MatchRule::Link },
    Reason::InSync { rule: MatchRule::StoredId },
    Reason::InSync { rule: MatchRule::PrimaryEmail },
    Reason::InSync { rule: MatchRule::AlternateEmail },
    Reason::InSync { rule: MatchRule::PsaAlternateEmail },
    Reason::InSync { rule: MatchRule::ImmutableId },
    Reason::Disabled,
    Reason::NoEmail,
];

pub(super) fn reason_code(reason: &Reason) -> Option<u32> {
    COMMON.iter().position(|c| c == reason).map(|place| CODE | clamp32(place))
}

pub(super) fn reason_of(code: u32) -> Reason {
    COMMON.get((code & !CODE) as usize).cloned().unwrap_or(Reason::NoMatch)
}
