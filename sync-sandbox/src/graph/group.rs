//! Groups as Graph shows them, and the seeded ones.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::entity::Entity;
use super::user::User;
use crate::rng::Rng;

/// A group. Its members are ids of users and of other groups.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) display_name: String,
    pub(super) description: Option<String>,
    pub(super) mail: Option<String>,
    /// A Microsoft 365 group rather than a security group.
    pub(super) unified: bool,
    pub(super) created_date_time: String,
    pub(super) members: BTreeSet<String>,
}

impl Group {
    /// A security group without members.
    pub(super) fn security(id: &str, display_name: &str) -> Self {
        Self {
            id: id.to_owned(),
            display_name: display_name.to_owned(),
            description: None,
            mail: None,
            unified: false,
            created_date_time: "2024-01-01T00:00:00Z".to_owned(),
            members: BTreeSet::new(),
        }
    }
}

const PROPERTIES: [&str; 13] = [
    "id",
    "createdDateTime",
    "deletedDateTime",
    "description",
    "displayName",
    "groupTypes",
    "mail",
    "mailEnabled",
    "mailNickname",
    "onPremisesSyncEnabled",
    "proxyAddresses",
    "securityEnabled",
    "visibility",
];

impl Entity for Group {
    const TYPE: &'static str = "group";
    const SET: &'static str = "groups";

    fn id(&self) -> &str {
        &self.id
    }

    fn known(name: &str) -> Option<&'static str> {
        PROPERTIES.into_iter().find(|known| known.eq_ignore_ascii_case(name))
    }

    fn properties() -> Vec<&'static str> {
        PROPERTIES.to_vec()
    }

    fn defaults() -> &'static [&'static str] {
        &PROPERTIES
    }

    fn single_only(_: &str) -> bool {
        false
    }

    fn filters(name: &str) -> &'static str {
        match name {
            "displayName" => "daadddda",
            "mail" | "mailNickname" => "da-dddda",
            "id" | "securityEnabled" | "mailEnabled" => "daa--d--",
            "groupTypes" => "d-a-----",
            "createdDateTime" => "daadda--",
            _ => "--------",
        }
    }

    fn sorts(name: &str, _: bool) -> bool {
        name == "displayName"
    }

    fn searches(name: &str) -> bool {
        matches!(name, "displayName" | "description" | "mail")
    }

    fn property(&self, name: &str) -> Value {
        match name {
            "id" => json!(self.id),
            "createdDateTime" => json!(self.created_date_time),
            "description" => json!(self.description),
            "displayName" => json!(self.display_name),
            "groupTypes" if self.unified => json!(["Unified"]),
            "groupTypes" => json!([]),
            "mail" => json!(self.mail),
            "mailEnabled" => json!(self.mail.is_some()),
            "mailNickname" => json!(self.display_name.replace(' ', "").to_lowercase()),
            "proxyAddresses" => self.mail.iter().map(|mail| json!(format!("SMTP:{mail}"))).collect(),
            "securityEnabled" => json!(!self.unified),
            "visibility" if self.unified => json!("Private"),
            _ => Value::Null,
        }
    }
}

/// One group for each department, all of them nested in one for the whole staff, and a Microsoft 365 group.
pub(super) fn seeded_groups(users: &BTreeMap<String, User>, rng: &mut Rng) -> Vec<Group> {
    let mut departments: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut leaders = BTreeSet::new();
    for user in users.values() {
        if let Some(department) = &user.department {
            departments.entry(department).or_default().insert(user.id.clone());
        }
        if user.job_title.as_deref().is_some_and(|title| title.contains("Manager") || title.contains("Head"))
        {
            leaders.insert(user.id.clone());
        }
    }
    let mut make = |name: String, unified: bool, members: BTreeSet<String>| Group {
        id: rng.uuid(),
        description: Some(format!("{name} (made by the sandbox)")),
        mail: unified.then(|| format!("{}@contoso.example", name.replace(' ', "").to_lowercase())),
        display_name: name,
        unified,
        created_date_time: "2021-03-01T08:00:00Z".to_owned(),
        members,
    };
    let mut groups: Vec<Group> = departments
        .into_iter()
        .map(|(name, members)| make(format!("Department {name}"), false, members))
        .collect();
    let nested = groups.iter().map(|group| group.id.clone()).collect();
    groups.push(make("All Staff".to_owned(), false, nested));
    groups.push(make("Leadership Team".to_owned(), true, leaders));
    groups
}
