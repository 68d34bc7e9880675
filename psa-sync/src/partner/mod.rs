//! The customers of a partner: found, a company proposed for each, taken into the configuration when somebody confirms.

mod find;
mod take;

pub(crate) use find::{Found, FoundTenant, find};
pub(crate) use take::{Taken, take};

use sync_core::pairing::Ground;

/// How sure a ground makes, in a word.
pub(crate) const fn sureness(ground: Option<Ground>) -> &'static str {
    match ground {
        Some(Ground::StoredId) => "sure",
        Some(Ground::VerifiedDomain | Ground::Website) => "likely",
        Some(Ground::Name | _) => "suggestion",
        None => "none",
    }
}

/// Why, for people.
pub(crate) fn because(ground: Option<Ground>, id_field: &str) -> String {
    match ground {
        Some(Ground::StoredId) => format!("it holds the tenant's id in {id_field}"),
        Some(Ground::VerifiedDomain) => {
            "its contacts have addresses in a verified domain of the tenant".to_owned()
        }
        Some(Ground::Website) => "its website is in a verified domain of the tenant".to_owned(),
        Some(Ground::Name) => "it has the tenant's name, which proves nothing".to_owned(),
        Some(_) => "it looks like the tenant".to_owned(),
        None => "nothing speaks for any company".to_owned(),
    }
}
