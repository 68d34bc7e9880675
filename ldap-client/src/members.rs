//! Who belongs to which of the groups that were asked for.

use std::collections::{BTreeSet, HashMap};

/// Members of groups, each by whatever the server tells of them: an id, a name, or a primary group.
#[derive(Debug, Default)]
pub(crate) struct Membership {
    /// Groups as they were asked for; the maps hold their places.
    asked: Vec<String>,
    by_id: HashMap<String, BTreeSet<usize>>,
    by_name: HashMap<String, BTreeSet<usize>>,
    by_primary: HashMap<u32, BTreeSet<usize>>,
}

impl Membership {
    /// A further group, as it was asked for; answers its place.
    pub(crate) fn add_group(&mut self, asked: &str) -> usize {
        self.asked.push(asked.to_owned());
        self.asked.len() - 1
    }

    /// A member by its own id.
    pub(crate) fn add_id(&mut self, id: String, group: usize) {
        self.by_id.entry(id).or_default().insert(group);
    }

    /// A member by the comparable form of its name.
    pub(crate) fn add_name(&mut self, name: String, group: usize) {
        self.by_name.entry(name).or_default().insert(group);
    }

    /// Everybody whose primary group has this number: members whom neither `member` nor `memberOf` tells.
    pub(crate) fn add_primary(&mut self, number: u32, group: usize) {
        self.by_primary.entry(number).or_default().insert(group);
    }

    /// The groups of somebody, as they were asked for.
    pub(crate) fn of(&self, id: &str, name: Option<&str>, primary: Option<u32>) -> BTreeSet<String> {
        let by_name = name.and_then(|name| self.by_name.get(name));
        let by_primary = primary.and_then(|number| self.by_primary.get(&number));
        let places = [self.by_id.get(id), by_name, by_primary].into_iter().flatten().flatten();
        places.filter_map(|place| self.asked.get(*place)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_found_by_whatever_is_known_of_it() {
        let mut members = Membership::default();
        let (a, b) = (members.add_group("A"), members.add_group("B"));
        members.add_id("1".to_owned(), a);
        members.add_name("cn=x".to_owned(), b);
        members.add_primary(513, b);
        let of =
            |id: &str, name, primary| members.of(id, name, primary).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(of("1", Some("cn=x"), None), "A B");
        assert_eq!(of("2", None, Some(513)), "B");
        assert_eq!(of("2", Some("cn=y"), Some(512)), "");
    }
}
