//! What one match rule finds for one user.

use super::place;
use crate::{
    capability::AnchorStorage,
    model::ContactField,
    plan::{
        index::{AddressIndex, StoredIds},
        input::PlanInput,
    },
    policy::MatchRule,
    snapshot::{Address, UserSnapshot, UserView},
    store::Link,
};

/// Contacts of any company that a rule finds for one user, whoever has them; for explanations.
pub(crate) fn candidates(input: &PlanInput<'_>, user: UserView<'_>, rule: MatchRule) -> Vec<u32> {
    let contacts = input.contacts;
    let of_link = |link: &Link| contacts.place_of(link.contact_id.as_str()).map(place);
    let mut found: Vec<u32> = match rule {
        MatchRule::Link => input.links.links.get(&user.anchor()).and_then(of_link).into_iter().collect(),
        MatchRule::StoredId => {
            let mut found = Vec::new();
            StoredIds::new(contacts, &id_fields(input), |_| true).find(user, &mut found);
            found
        }
        MatchRule::ImmutableId => {
            let same =
                |l: &&Link| l.immutable_id.is_some() && l.immutable_id.as_deref() == user.immutable_id();
            let theirs = user.immutable_id().into_iter().flat_map(|id| input.linked_elsewhere.of_person(id));
            let theirs = theirs.filter_map(|id| contacts.place_of(id.as_str())).map(place);
            input.links.links.values().filter(same).filter_map(of_link).chain(theirs).collect()
        }
        MatchRule::PrimaryEmail | MatchRule::AlternateEmail | MatchRule::PsaAlternateEmail => {
            hits(input.users, &AddressIndex::new(contacts, addresses(input.users, user)), user, rule)
        }
    };
    found.sort_unstable();
    found.dedup();
    found
}

/// The fields of a contact that may hold the user's object id: the one that the policy names, and the vendor's own field
/// for foreign ids where this PSA keeps anchors there.
pub(super) fn id_fields(input: &PlanInput<'_>) -> Vec<ContactField> {
    let external =
        (input.capabilities.anchor_storage == AnchorStorage::ExternalId).then_some(ContactField::ExternalId);
    let named = input.policy.id_field.clone();
    let external = external.filter(|field| named.as_ref() != Some(field));
    named.into_iter().chain(external).collect()
}

/// Every address of a user, the primary one first.
pub(super) fn addresses<'a>(users: &'a UserSnapshot, user: UserView<'a>) -> &'a [Address] {
    users.table.body.addresses.get(user.row().addresses()).unwrap_or(&[])
}

/// Contacts of any company that an address rule finds for a user, in ascending order.
pub(super) fn hits(
    users: &UserSnapshot,
    index: &AddressIndex<'_>,
    user: UserView<'_>,
    rule: MatchRule,
) -> Vec<u32> {
    let addresses = addresses(users, user);
    let split = usize::from(user.row().has_primary());
    let (wanted, primary): (&[Address], bool) = match rule {
        MatchRule::PrimaryEmail => (addresses.get(..split).unwrap_or(&[]), true),
        MatchRule::AlternateEmail => (addresses.get(split..).unwrap_or(&[]), true),
        MatchRule::PsaAlternateEmail => (addresses, false),
        MatchRule::Link | MatchRule::StoredId | MatchRule::ImmutableId => (&[], false),
    };
    let mut hits = Vec::new();
    for address in wanted {
        index.find((&users.table.body.arena, address), &mut hits);
    }
    let mut found: Vec<u32> =
        hits.iter().filter(|(_, p)| *p == primary).map(|(contact, _)| *contact).collect();
    found.sort_unstable();
    found.dedup();
    found
}
