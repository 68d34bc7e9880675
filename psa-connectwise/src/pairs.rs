//! The pairs that ConnectWise's own Microsoft 365 contact sync keeps.

use crate::{
    adapter::ConnectWise,
    listing::{Listing, all},
    wire,
};
use sync_core::{
    Result,
    model::{ContactId, SourceAnchor},
};

/// A contact and the Entra user that ConnectWise's own sync paired it with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct NativePair {
    /// The user.
    pub anchor: SourceAnchor,
    /// The contact.
    pub contact: ContactId,
}

impl ConnectWise {
    /// Reads the pairs of ConnectWise's own Microsoft 365 contact sync, sorted: a start for somebody who moves from it
    /// to this tool. One call per 1,000; rows that name no contact, tenant or user are left out.
    ///
    /// Who uses them as links decides so; they are that sync's word and were not checked here. Switch that sync off
    /// first, or both will overwrite each other.
    ///
    /// # Errors
    /// As for any read; an instance without that sync answers `NotFound` or `Unauthenticated` (404 for the path).
    pub async fn native_pairs(&self) -> Result<Vec<NativePair>> {
        let listing = Listing {
            path: "/company/m365contact",
            of: None,
            operation: "list the contacts of ConnectWise's own sync",
            fields: None,
            conditions: None,
        };
        let rows: Vec<wire::M365Contact> = all(&self.client, listing).await?;
        let mut pairs: Vec<NativePair> = rows.iter().filter_map(pair).collect();
        pairs.sort_unstable();
        pairs.dedup();
        Ok(pairs)
    }
}

fn pair(row: &wire::M365Contact) -> Option<NativePair> {
    let text = |text: &Option<String>| {
        text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_ascii_lowercase)
    };
    let (tenant, object) = (text(&row.tenant_id)?, text(&row.m365_contact_id)?);
    Some(NativePair {
        anchor: SourceAnchor::new(format!("entra:{tenant}:{object}")),
        contact: ContactId::new(row.contact_rec_id.filter(|id| *id > 0)?.to_string()),
    })
}
