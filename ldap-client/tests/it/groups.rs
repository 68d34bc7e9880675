//! Groups in groups, circles, primary groups, and more members than a server gives at once.

use crate::{
    rigs::samba::Samba,
    support::{Read, asking_for, read, try_read},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ldap_client::{Config, NestedGroups};
use std::collections::BTreeSet;
use sync_core::ErrorKind;

fn dn(name: &str) -> String {
    format!("CN={name},OU=Groups,DC=corp,DC=example,DC=com")
}

/// What both ways of resolving groups must agree on.
fn expect_members(read: &Read, how: NestedGroups) {
    let members = |name: &str| read.members_of(&dn(name));
    assert_eq!(members("Outer"), BTreeSet::from(["alice", "dave"]), "{how:?}: two groups down");
    assert_eq!(members("Inner"), BTreeSet::from(["alice", "dave"]), "{how:?}: a circle ends");
    assert_eq!(members("Primary"), BTreeSet::from(["bob"]), "{how:?}: by the primary group alone");
    assert_eq!(members("Around"), BTreeSet::from(["bob"]), "{how:?}: a primary group in a group");
    assert_eq!(members("Big").len(), 1600, "{how:?}: more than 1,500 values");
    assert!(members("Empty").is_empty());
}

async fn both_ways(change: impl Fn(&mut Config)) {
    let Some(domain) = Samba::start_crowded() else { return };
    let names = ["Outer", "Inner", "Primary", "Around", "Big", "Empty"].map(dn);
    let asked: Vec<&str> = names.iter().map(String::as_str).collect();
    for how in [NestedGroups::Auto, NestedGroups::Walk] {
        let mut config = domain.reader();
        config.nested_groups = how;
        change(&mut config);
        let read = read(&config, &asking_for(&asked, &[])).await;
        expect_members(&read, how);
        assert_eq!(read.groups.len(), 6);
        let outer = read.groups.iter().find(|group| group.id == dn("Outer")).unwrap();
        assert_eq!(outer.display_name.as_deref(), Some("Outer group"));
        assert!(outer.created_at.is_some());
        assert!(read.named("carol").groups.as_ref().unwrap().is_empty(), "read, and in none of them");
    }
}

#[tokio::test]
async fn the_server_and_walking_find_the_same_members() {
    both_ways(|_| {}).await;
}

#[tokio::test]
async fn members_who_lie_elsewhere_do_not_hide_groups_that_do() {
    both_ways(|config| config.page_size = 100).await;
}

#[tokio::test]
async fn a_group_is_found_by_its_id_and_answered_as_it_was_asked_for() {
    let Some(domain) = Samba::start() else { return };
    let text = domain.search(&["(sAMAccountName=Inner)", "objectGUID"]);
    let guid = text.lines().find_map(|line| line.strip_prefix("objectGUID:: ")).unwrap();
    let mut order = STANDARD.decode(guid).unwrap();
    order[0..4].reverse();
    order[4..6].reverse();
    order[6..8].reverse();
    let hex: String = order.iter().map(|byte| format!("{byte:02X}")).collect();
    let asked = [&hex[0..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32]].join("-");
    let read = read(&domain.reader(), &asking_for(&[&asked], &[])).await;
    assert_eq!(read.members_of(&asked), BTreeSet::from(["alice", "dave"]));
    assert_eq!(read.groups[0].id, asked);
}

#[tokio::test]
async fn a_group_that_is_not_there_is_an_error_that_names_it() {
    let Some(domain) = Samba::start() else { return };
    let directory = domain.reader().connect().unwrap();
    for asked in [
        "CN=Nobody,OU=Groups,DC=corp,DC=example,DC=com",
        "CN=alice,OU=Nowhere,DC=corp,DC=example,DC=com",
        "c8fb6e2e-ee42-4257-a2a6-880c02b6f734",
        "Domain Users",
        "*)(objectClass=*",
    ] {
        let broken = try_read(&directory, &asking_for(&[asked], &[])).await.unwrap_err();
        assert_eq!((broken.error.kind(), broken.rows), (ErrorKind::NotFound, 0), "{asked}");
        assert!(broken.error.message().contains(asked), "{}", broken.error);
    }
}
