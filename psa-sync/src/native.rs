//! Pairs that the PSA's own contact sync keeps, taken by one plan because a person asked for them.

use async_trait::async_trait;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};
use sync_core::{
    Result,
    model::{ContactId, SourceAnchor},
};

/// A PSA that pairs users and contacts itself.
#[async_trait]
pub(crate) trait NativePairs: fmt::Debug + Send + Sync {
    /// Its pairs.
    ///
    /// # Errors
    /// As for any read.
    async fn pairs(&self) -> Result<Vec<(SourceAnchor, ContactId)>>;
}

#[async_trait]
impl NativePairs for psa_connectwise::ConnectWise {
    async fn pairs(&self) -> Result<Vec<(SourceAnchor, ContactId)>> {
        Ok(self.native_pairs().await?.into_iter().map(|pair| (pair.anchor, pair.contact)).collect())
    }
}

/// The pairs of which each side is in no other one, by user. Of two that name one contact nobody knows which is right.
pub(crate) fn one_to_one(pairs: &[(SourceAnchor, ContactId)]) -> BTreeMap<&SourceAnchor, &ContactId> {
    let distinct: BTreeSet<(&SourceAnchor, &ContactId)> = pairs.iter().map(|(a, c)| (a, c)).collect();
    let (mut of_user, mut of_contact) = (BTreeMap::new(), BTreeMap::new());
    for (anchor, contact) in &distinct {
        *of_user.entry(*anchor).or_insert(0_u32) += 1;
        *of_contact.entry(*contact).or_insert(0_u32) += 1;
    }
    let alone = |(anchor, contact): &(&SourceAnchor, &ContactId)| {
        of_user.get(anchor) == Some(&1) && of_contact.get(contact) == Some(&1)
    };
    distinct.into_iter().filter(alone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_or_a_user_in_two_pairs_is_in_none() {
        let pair = |user: &str, contact: &str| (SourceAnchor::entra("t", user), ContactId::new(contact));
        let pairs =
            [pair("a", "1"), pair("a", "1"), pair("b", "2"), pair("c", "2"), pair("d", "3"), pair("d", "4")];
        let kept = one_to_one(&pairs);
        let kept: Vec<_> = kept.into_iter().map(|(a, c)| (a.object_id(), c.as_str())).collect();
        assert_eq!(kept, [("a", "1")]);
    }
}
