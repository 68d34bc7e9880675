//! Users with far more addresses than anybody has.

use crate::world::*;
use sync_core::{
    model::{Attribute, DirectoryUser},
    plan::{Action, Reason, Subject},
    snapshot::{UserSnapshot, UserView},
};

/// How many addresses of one user a snapshot keeps, the sign-in name not counted.
const MOST: usize = 65_534;

fn with_aliases(object: &str, aliases: impl IntoIterator<Item = String>) -> DirectoryUser {
    let mut user = user(object, &format!("{object}@contoso.com"));
    user.alternate_emails = Some(aliases.into_iter().collect());
    user
}

fn numbered(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|n| format!("a{n}@contoso.com"))
}

fn seen<T>(users: &[DirectoryUser], object: &str, look: impl FnOnce(UserView<'_>) -> T) -> T {
    let mut builder = UserSnapshot::builder();
    for user in users {
        builder.push(user);
    }
    let users = builder.finish(now(), sync_core::snapshot::Completeness::Complete).unwrap();
    look(users.find(&anchor(object)).unwrap())
}

#[test]
fn an_address_stands_once_however_many_there_are() {
    for count in [1, 30, 31, 32, 33, 34, 70, 3_000] {
        // Each twice, the second time in another case; the primary one and the sign-in name once more.
        let twice = numbered(count)
            .chain(numbered(count).map(|a| a.to_uppercase()))
            .chain(["X@Contoso.com".to_owned()]);
        // The users around it have the same addresses: one row's are not taken for another's.
        let users =
            [with_aliases("w", numbered(count)), with_aliases("x", twice), with_aliases("y", numbered(2))];
        let keys = seen(&users, "x", |user| user.email_keys().map(str::to_owned).collect::<Vec<_>>());
        let expected: Vec<String> = ["x@contoso.com".to_owned()].into_iter().chain(numbered(count)).collect();
        assert_eq!(keys, expected);
        assert_eq!(seen(&users, "w", |user| user.email_keys().count()), count + 1);
        assert_eq!(seen(&users, "y", |user| user.email_keys().count()), 3);
    }
}

#[test]
fn addresses_beyond_the_limit_are_left_out_and_said_to_be() {
    for (count, left_out) in [(MOST - 1, false), (MOST, true)] {
        let mut user = with_aliases("x", numbered(count));
        user = user.with(Attribute::UserPrincipalName, "signs.in@contoso.com");
        let (kept, said, sign_in) = seen(&[user], "x", |user| {
            let last = user.email_keys().last().map(str::to_owned);
            (user.email_keys().count(), user.has_addresses_left_out(), last)
        });
        assert_eq!((kept, said), (MOST + 1, left_out));
        assert_eq!(sign_in.as_deref(), Some("signs.in@contoso.com"), "the sign-in name has its own place");
    }
    // The same one again and again takes no room.
    let same = with_aliases("x", std::iter::repeat_n("b@contoso.com".to_owned(), 2 * MOST));
    assert!(!seen(&[same], "x", |user| user.has_addresses_left_out()));
}

#[test]
fn a_user_with_addresses_left_out_is_planned_with_a_warning() {
    let world = World::new().crowd(3).user(with_aliases("x", numbered(MOST + 10))).contact(contact(
        "1",
        "other",
        "a65000@contoso.com",
    ));
    let plan = world.plan();
    let warned = |w: &&sync_core::plan::Warning| w.message.contains("65,534");
    assert_eq!(plan.warnings.iter().filter(warned).count(), 1);
    assert_ne!(
        world.about("x").change.action(),
        Action::Create,
        "the contact of an alias is found: {}",
        world.verdict("x")
    );
}

/// Three thousand people, each with an address of their own if they have any, and one that all share.
fn sharing(own: bool) -> World {
    let mut world = World::new().contact(contact("1", "box", "info@contoso.com"));
    for at in 0..3_000 {
        let object = format!("u{at:04}");
        let mut person = user(&object, &format!("{object}@contoso.com"));
        if own {
            person.alternate_emails = Some(vec!["info@contoso.com".to_owned()]);
        } else {
            person = person.with(Attribute::Mail, "info@contoso.com");
        }
        world = world.user(person);
    }
    world
}

#[test]
fn where_thousands_share_an_address_each_decision_names_some_of_them_and_itself() {
    for own in [false, true] {
        let plan = sharing(own).plan();
        assert_eq!(plan.summary.hold, 3_000, "{:?}", plan.summary);
        for decision in plan.decisions.iter() {
            let Subject::User(me) = &decision.subject else { continue };
            let (Reason::SourceDuplicate { users } | Reason::ClaimedTwice { users, .. }) = &decision.reason
            else {
                panic!("{:?}", decision.reason)
            };
            assert!((50..=51).contains(&users.len()) && users.contains(me) && users.is_sorted());
            assert!(decision.reason.to_string().contains(" and at least 4"), "{}", decision.reason);
        }
    }
}
