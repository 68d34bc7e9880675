//! Links in memory: sorted, and ready to be joined with both sides of a plan.

use crate::{
    model::{ContactId, SourceAnchor},
    snapshot::{Keys, KeysBuilder, split_anchor},
    store::Link,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{collections::BTreeMap, fmt, ops::Index, ops::Range};

/// The links of one tenant by user, in ascending order of directory and object id.
///
/// Reads like a map. Beside the links it keeps their ids as sorted numbers, so that a planner pairs a million of them
/// with users and contacts in one walk over each side.
#[derive(Clone, Default)]
pub struct Links {
    rows: Vec<Link>,
    /// The rows of each directory.
    runs: Vec<(String, Range<usize>)>,
    /// The object id of each row.
    objects: Option<Keys>,
    /// The contact ids of all rows in ascending order, and the row of each.
    contacts: Option<(Keys, Vec<u32>)>,
}

impl Links {
    /// No links.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many links there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The link of a user.
    #[must_use]
    pub fn get(&self, anchor: &SourceAnchor) -> Option<&Link> {
        self.rows.get(self.place_of(anchor)?)
    }

    /// Whether a user has a link.
    #[must_use]
    pub fn contains_key(&self, anchor: &SourceAnchor) -> bool {
        self.place_of(anchor).is_some()
    }

    /// Every user with a link, in order.
    #[must_use]
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &SourceAnchor> {
        self.rows.iter().map(|link| &link.source_id)
    }

    /// Every link, in order of user.
    #[must_use]
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Link> {
        self.rows.iter()
    }

    /// Every link beside its user, in order of user.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&SourceAnchor, &Link)> {
        self.rows.iter().map(|link| (&link.source_id, link))
    }

    /// Adds a link; replaces that of the same user. For many at once use [`Links::changed`].
    pub fn insert(&mut self, link: Link) {
        let links = std::mem::take(self);
        *self = links.changed(BTreeMap::from([(link.source_id.clone(), Some(link))]));
    }

    /// The links after some were set and some (`None`) were forgotten. Costs one walk over all of them.
    #[must_use]
    pub fn changed(self, changes: BTreeMap<SourceAnchor, Option<Link>>) -> Self {
        if changes.is_empty() {
            return self;
        }
        let kept = self.rows.into_iter().filter(|link| !changes.contains_key(&link.source_id));
        let mut rows: Vec<Link> = kept.collect();
        rows.extend(changes.into_iter().filter_map(|(anchor, link)| {
            // The key is the user's; a link that says otherwise is filed under its key.
            link.map(|mut link| {
                link.source_id = anchor;
                link
            })
        }));
        rows.into_iter().collect()
    }

    pub(crate) fn into_rows(self) -> impl Iterator<Item = Link> {
        self.rows.into_iter()
    }

    fn place_of(&self, anchor: &SourceAnchor) -> Option<usize> {
        let (directory, object) = split_anchor(anchor.as_str());
        let (_, run) = self.runs.iter().find(|(name, _)| name == directory)?;
        self.objects.as_ref()?.find(run.clone(), object, |place| self.object_at(place))
    }

    pub(crate) fn object_at(&self, place: usize) -> &str {
        self.rows.get(place).map_or("", |link| link.source_id.object_id())
    }

    pub(crate) fn at(&self, place: usize) -> Option<&Link> {
        self.rows.get(place)
    }

    /// The object ids of each directory, with the rows they stand for.
    pub(crate) fn by_directory(&self) -> impl Iterator<Item = (&str, (&Keys, Range<usize>))> {
        let objects = self.objects.as_ref();
        self.runs.iter().filter_map(move |(name, run)| Some((name.as_str(), (objects?, run.clone()))))
    }

    /// The contact ids in ascending order, and the row of each.
    pub(crate) fn by_contact(&self) -> Option<(&Keys, &[u32])> {
        self.contacts.as_ref().map(|(keys, rows)| (keys, rows.as_slice()))
    }

    /// The links of one contact.
    pub fn of_contact<'a>(&'a self, contact: &'a ContactId) -> impl Iterator<Item = &'a Link> {
        let (keys, rows) = self.by_contact().unzip();
        let rows = rows.unwrap_or(&[]);
        let id = |at: usize| {
            let row = rows.get(at).and_then(|row| self.rows.get(*row as usize));
            row.map_or("", |link| link.contact_id.as_str())
        };
        let first = keys.and_then(|keys| keys.find(0..rows.len(), contact.as_str(), id));
        let around = first.map_or(&[][..], |at| {
            let start = rows.get(..at).unwrap_or(&[]).iter().rev();
            let same = |row: &&u32| self.at(**row as usize).is_some_and(|l| l.contact_id == *contact);
            let start = at - start.take_while(same).count();
            rows.get(start..).unwrap_or(&[])
        });
        let links = around.iter().filter_map(|row| self.rows.get(*row as usize));
        links.take_while(move |link| link.contact_id == *contact)
    }
}

impl FromIterator<Link> for Links {
    /// Of two links of one user the last one counts.
    fn from_iter<I: IntoIterator<Item = Link>>(links: I) -> Self {
        let mut rows: Vec<Link> = links.into_iter().collect();
        let parts = |link: &Link| -> (String, String) {
            let (directory, object) = split_anchor(link.source_id.as_str());
            (directory.to_owned(), object.to_owned())
        };
        let sorted =
            rows.is_sorted_by(|a, b| split_anchor(a.source_id.as_str()) < split_anchor(b.source_id.as_str()));
        if !sorted {
            rows.sort_by_cached_key(parts);
            rows.reverse();
            rows.dedup_by(|a, b| a.source_id == b.source_id);
            rows.reverse();
        }
        let mut runs: Vec<(String, Range<usize>)> = Vec::new();
        let (mut objects, mut contacts) = (KeysBuilder::default(), KeysBuilder::default());
        for (place, link) in rows.iter().enumerate() {
            let (directory, object) = split_anchor(link.source_id.as_str());
            objects.push(object);
            contacts.push(link.contact_id.as_str());
            match runs.last_mut() {
                Some((name, run)) if name == directory => run.end = place + 1,
                _ => runs.push((directory.to_owned(), place..place + 1)),
            }
        }
        let contact = |row: u32| rows.get(row as usize).map_or("", |link| link.contact_id.as_str());
        let (order, contact_keys) = contacts.sorted(|_| 0, contact, false).all();
        let objects = objects.in_order(|row| rows.get(row).map_or("", |link| link.source_id.object_id()));
        Self { runs, objects: Some(objects), contacts: Some((contact_keys, order)), rows }
    }
}

impl PartialEq for Links {
    fn eq(&self, other: &Self) -> bool {
        self.rows == other.rows
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.rows).finish()
    }
}

impl Index<&SourceAnchor> for Links {
    type Output = Link;

    /// The link of a user.
    ///
    /// # Panics
    /// Where the user has none, as a map does; [`Links::get`] does not.
    #[allow(clippy::expect_used, reason = "the contract of Index")]
    fn index(&self, anchor: &SourceAnchor) -> &Link {
        self.get(anchor).expect("a link of this user")
    }
}

/// A map from user to link.
impl Serialize for Links {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Links {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = BTreeMap::<SourceAnchor, Link>::deserialize(deserializer)?;
        match map.iter().find(|(anchor, link)| **anchor != link.source_id) {
            Some((anchor, _)) => Err(de::Error::custom(format!("the link of {anchor} names another user"))),
            None => Ok(map.into_values().collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn link(anchor: &str, contact: &str) -> Link {
        Link::new(SourceAnchor::new(anchor), ContactId::new(contact), DateTime::UNIX_EPOCH)
    }

    #[test]
    fn links_are_found_by_user_and_by_contact_whatever_their_order() {
        let all = [
            ("entra:t:c", "10"),
            ("entra:t:a", "9"),
            ("entra:a:z", "10"),
            ("plain", "x"),
            ("ad:d:0f000000-0000-4000-8000-000000000001", "8"),
        ];
        let links: Links = all.iter().map(|(anchor, contact)| link(anchor, contact)).collect();
        assert_eq!(links.len(), all.len());
        for (anchor, contact) in all {
            let anchor = SourceAnchor::new(anchor);
            assert_eq!(links[&anchor].contact_id.as_str(), contact);
            let id = ContactId::new(contact);
            let of: Vec<&str> = links.of_contact(&id).map(|link| link.source_id.as_str()).collect();
            let wanted = all.iter().filter(|(_, c)| *c == contact).count();
            assert!(of.contains(&anchor.as_str()) && of.len() == wanted, "{of:?}");
        }
        assert!(links.get(&SourceAnchor::new("entra:t:b")).is_none());
        assert_eq!(links.of_contact(&ContactId::new("11")).count(), 0);
    }

    #[test]
    fn of_two_links_of_one_user_the_last_one_counts() {
        let links: Links = [link("e:t:b", "1"), link("e:t:a", "2"), link("e:t:b", "3")].into_iter().collect();
        assert_eq!((links.len(), links[&SourceAnchor::new("e:t:b")].contact_id.as_str()), (2, "3"));
    }

    #[test]
    fn changes_set_replace_and_forget() {
        let links: Links = [link("e:t:a", "1"), link("e:t:b", "2")].into_iter().collect();
        let key = |text: &str| SourceAnchor::new(text);
        let links = links.changed(BTreeMap::from([
            (key("e:t:a"), None),
            (key("e:t:b"), Some(link("e:t:b", "5"))),
            (key("e:t:c"), Some(link("e:t:c", "6"))),
        ]));
        let now: Vec<_> = links.values().map(|l| (l.source_id.as_str(), l.contact_id.as_str())).collect();
        assert_eq!(now, [("e:t:b", "5"), ("e:t:c", "6")]);
    }

    #[test]
    fn json_is_a_map_by_user() {
        let links: Links = [link("e:t:a", "1")].into_iter().collect();
        let json = serde_json::to_string(&links).unwrap();
        assert!(json.starts_with(r#"{"e:t:a":{"source_id":"e:t:a""#), "{json}");
        assert_eq!(serde_json::from_str::<Links>(&json).unwrap(), links);
        assert!(serde_json::from_str::<Links>(&json.replacen("e:t:a", "e:t:b", 1)).is_err());
    }
}
