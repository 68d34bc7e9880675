//! Phone numbers as the people of a country write them.

use crate::world::{World, contact, user};
use sync_core::model::{Attribute, ContactField};

fn world(region: Attribute, place: &str, directory: &str, psa: &str) -> World {
    World::new()
        .user(user("a", "a@contoso.com").with(region, place).with(Attribute::BusinessPhone, directory))
        .contact(contact("1", "a", "a@contoso.com").with(ContactField::PhoneBusiness, psa))
        .link("a", "1")
}

#[test]
fn a_national_number_is_its_international_form_where_the_person_works() {
    let german = |region, place| world(region, place, "030 1234567", "+49 30 1234567").verdict("a");
    assert_eq!(german(Attribute::UsageLocation, "DE"), "no_op:in_sync");
    assert_eq!(german(Attribute::Country, "de"), "no_op:in_sync");
    assert_eq!(german(Attribute::UsageLocation, "AT"), "update:fields_differ");
    assert_eq!(german(Attribute::Country, "Germany"), "update:fields_differ");
}

#[test]
fn an_extension_is_part_of_the_number() {
    let extended = |psa| world(Attribute::UsageLocation, "DE", "030 1234567 ext. 12", psa).verdict("a");
    assert_eq!(extended("+49 30 1234567 x12"), "no_op:in_sync");
    assert_eq!(extended("+49 30 1234567"), "update:fields_differ");
    assert_eq!(extended("+49 30 1234567 x13"), "update:fields_differ");
}

#[test]
fn texts_without_digits_are_compared_as_texts() {
    let text = |directory, psa| world(Attribute::UsageLocation, "US", directory, psa).verdict("a");
    assert_eq!(text("ask reception", "none"), "update:fields_differ");
    assert_eq!(text("Ask reception", "ask  reception"), "no_op:in_sync");
}

#[test]
fn hostile_numbers_neither_panic_nor_take_long() {
    let long = "+4".repeat(2_000_000);
    for text in [long.as_str(), "+dwPAA;phone-context=AA", "\u{202e}+49", "\u{0}", "x", "#"] {
        let world = world(Attribute::UsageLocation, "DE", text, "+49 30 1234567");
        assert_eq!(world.plan().summary.users_read, 1);
    }
}
