//! Creating, updating and what must stay alone.

use crate::support::{
    CONTACT, CONTACTS, EMAILS, PHONES, VALUE, VALUES, World, company, fields, flag, new_person, number, value,
};
use serde_json::json;
use std::time::Duration;
use sync_core::{
    ErrorKind, Psa as _,
    model::{CompanyId, ContactField, ContactId, FieldSet, FieldValue},
};

#[tokio::test]
async fn a_create_goes_to_the_main_location_with_its_mark_and_is_finished_by_one_patch() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let contact = psa.create(&company(), &new_person("nina@contoso.example"), "key").await.unwrap();
    let record = world.record(&contact.id);
    assert_eq!((&record["LocationId"], &record["LocationName"]), (&json!(1002), &json!("Head Office")));
    assert_eq!(
        (&record["JobTitle"], &record["CustomFields"]["Office365Id"]),
        (&json!("Engineer"), &json!("id-1"))
    );
    assert_eq!((world.calls("POST", CONTACTS), world.calls("PATCH", CONTACT)), (1, 1));
    assert_eq!(world.sandbox.calls().writes(), 2);
    for (name, text) in
        [("title", "Engineer"), ("phone_mobile", "+1 206 555 0155"), ("custom:Office365Id", "id-1")]
    {
        assert_eq!(value(&contact, name), Some(&FieldValue::from(text)), "{name}");
    }
    let again = psa.contact(&contact.id).await.unwrap();
    assert_eq!(again.fields, contact.fields, "the answer is what is stored");
}

#[tokio::test]
async fn a_create_without_a_title_is_one_write() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let mut person = new_person("nina@contoso.example");
    person.remove(&ContactField::Title);
    psa.create(&company(), &person, "key").await.unwrap();
    assert_eq!(world.sandbox.calls().writes(), 1);
}

#[tokio::test]
async fn a_create_that_cannot_be_finished_still_tells_its_id() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    for (n, fault) in
        ["kaseyabms:403[PATCH]", "kaseyabms:500[PATCH]*9", "kaseyabms:reset[PATCH]*9"].into_iter().enumerate()
    {
        world.sandbox.clear_faults();
        world.fault(fault);
        let address = format!("half{n}@contoso.example");
        let contact = psa.create(&company(), &new_person(&address), "key").await.unwrap();
        assert_eq!(value(&contact, "title"), Some(&FieldValue::Empty), "{fault}: as stored");
        assert_eq!((contact.active(), world.having(&address)), (Some(true), 1), "{fault}");
        world.sandbox.clear_faults();
        psa.update(&contact.id, &fields(&[("title", "Engineer")]), None).await.unwrap();
        assert_eq!(world.record(&contact.id)["JobTitle"], "Engineer", "the next run finishes it");
    }
}

#[tokio::test]
async fn one_changed_field_is_one_write_and_no_change_is_none() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    for (n, (name, text, route)) in [
        ("title", "Chief", CONTACT),
        ("email", "new@contoso.example", EMAILS),
        ("phone_business", "+1 206 555 0177", PHONES),
        ("custom:SupportPIN", "1234", VALUE),
    ]
    .into_iter()
    .enumerate()
    {
        let wanted = fields(&[(name, text)]);
        for _ in 0..2 {
            let contact = psa.update(&id, &wanted, None).await.unwrap();
            assert_eq!(value(&contact, name), Some(&FieldValue::from(text)), "{name}");
        }
        let method = if route == VALUE { "PUT" } else { "PATCH" };
        assert_eq!((world.calls(method, route), world.sandbox.calls().writes()), (1, n as u64 + 1), "{name}");
    }
    assert_eq!(world.calls("GET", VALUES), 2, "custom values are read only where one is written");
}

#[tokio::test]
async fn deactivating_is_one_write_and_the_contact_stays() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    for active in [false, true] {
        let contact = psa.update(&id, &flag(active), None).await.unwrap();
        assert_eq!((contact.active(), &world.record(&id)["IsActive"]), (Some(active), &json!(active)));
    }
    assert_eq!((world.calls("PATCH", CONTACT), world.sandbox.calls().writes()), (2, 2));
}

#[tokio::test]
async fn a_contact_deleted_between_plan_and_apply_is_not_found_and_nothing_is_written() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    world.data().delete_contact(number(&id));
    for id in [id, ContactId::new("not-a-number")] {
        let error = psa.update(&id, &fields(&[("title", "Gone")]), None).await.unwrap_err();
        assert_eq!((error.kind(), world.sandbox.calls().writes()), (ErrorKind::NotFound, 0));
    }
}

#[tokio::test]
async fn a_contact_changed_since_it_was_read_is_not_written() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    let seen = psa.contact(&id).await.unwrap().version;
    world.sandbox.advance_clock(Duration::from_secs(60));
    world.data().edit_contact(number(&id), |record| record["JobTitle"] = json!("By hand"));
    let error = psa.update(&id, &fields(&[("title", "By tool")]), seen.as_ref()).await.unwrap_err();
    assert_eq!((error.kind(), world.sandbox.calls().writes()), (ErrorKind::PreconditionFailed, 0));
    assert_eq!(world.record(&id)["JobTitle"], "By hand");
}

#[tokio::test]
async fn a_company_deleted_in_the_middle_gets_no_contact() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    psa.create(&company(), &new_person("first@contoso.example"), "key").await.unwrap();
    world.data().delete_account(100);
    // Its location is known already, and one that never was must be looked up.
    for company in [company(), CompanyId::new("999999")] {
        let error = psa.create(&company, &new_person("second@contoso.example"), "key").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
    assert_eq!(world.having("second@contoso.example"), 0);
}

#[tokio::test]
async fn a_company_without_a_main_location_gets_no_contact_and_is_told() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let account = world.data().add_account("Tailspin");
    let id = CompanyId::new(account.to_string());
    let error = psa.create(&id, &new_person("tails@contoso.example"), "key").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.message().contains("no location"), "{error}");
    world.data().add_location(account, "Only one", false);
    psa.create(&id, &new_person("tails@contoso.example"), "key").await.unwrap();
    assert_eq!(world.having("tails@contoso.example"), 1, "a failed look-up is not remembered");
}

#[tokio::test]
async fn a_required_field_that_the_vendor_adds_is_a_refusal_of_each_create() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    world.data().add_field("Cost Centre", true);
    world.data().require_phone(true);
    let mut person = new_person("nina@contoso.example");
    let error = psa.create(&company(), &person, "key").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.message().contains("required") && !format!("{error:?}").contains('@'), "{error}");
    assert_eq!(world.having("nina@contoso.example"), 0);
    let rule = world.psa().capabilities().await.unwrap().rule(&"custom:Cost Centre".parse().unwrap());
    assert!(rule.required, "the next run knows, and holds who has none");
    person.extend(fields(&[("custom:Cost Centre", "42")]));
    world.psa().create(&company(), &person, "key").await.unwrap();
}

#[tokio::test]
async fn a_renamed_custom_field_is_refused_before_anything_is_sent() {
    let world = World::of(32).await;
    world.data().rename_field("Office365Id", "O365 Id");
    let psa = world.warm().await;
    let error = psa.create(&company(), &new_person("nina@contoso.example"), "key").await.unwrap_err();
    assert_eq!((error.kind(), world.sandbox.calls().writes()), (ErrorKind::Unsupported, 0));
    assert!(error.message().contains("custom:Office365Id"), "{error}");
}

#[tokio::test]
async fn a_value_of_a_list_goes_by_its_option_and_another_is_refused() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    psa.update(&id, &fields(&[("custom:TypeMapping", "VIP")]), None).await.unwrap();
    assert_eq!(world.data().value(number(&id), "TypeMapping").as_deref(), Some("VIP"));
    let error = psa.update(&id, &fields(&[("custom:TypeMapping", "Nobody")]), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let mut person = new_person("nina@contoso.example");
    person.extend(fields(&[("custom:TypeMapping", "End User")]));
    let made = psa.create(&company(), &person, "key").await.unwrap();
    assert_eq!(world.data().value(number(&made.id), "TypeMapping").as_deref(), Some("End User"));
    let flag: FieldSet = [("custom:IsOffice365".parse().unwrap(), FieldValue::Flag(true))].into();
    let shown = psa.update(&made.id, &flag, None).await.unwrap();
    assert_eq!(value(&shown, "custom:IsOffice365"), Some(&FieldValue::Flag(true)));
    let writes = world.sandbox.calls().writes();
    psa.update(&made.id, &flag, None).await.unwrap();
    assert_eq!(world.sandbox.calls().writes(), writes, "True and true are one value");
}

#[tokio::test]
async fn an_address_that_another_portal_contact_has_is_a_refusal_of_that_one() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let taken = psa.create(&company(), &new_person("taken@contoso.example"), "key").await.unwrap();
    let id = world.somebody();
    for id in [number(&taken.id), number(&id)] {
        world.data().edit_contact(id, |record| record["HasClientPortalAccess"] = json!(true));
    }
    let error = psa.update(&id, &fields(&[("email", "taken@contoso.example")]), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.message().contains("taken already"), "{error}");
    assert_eq!(world.having("taken@contoso.example"), 1);
}

#[tokio::test]
async fn codes_that_mean_something_else_are_noticed() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    world.data().operation_codes([1, 0, 2]);
    // Taken for an addition: the old address stays beside the new one.
    let error = psa.update(&id, &fields(&[("email", "new@contoso.example")]), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
    assert!(error.message().contains("item_operations"), "{error}");
}

#[tokio::test]
async fn the_tenants_id_goes_to_its_company_and_nothing_else_of_it_changes() {
    let world = World::of(10).await;
    let mut config = world.config();
    config.company_custom_fields = true;
    config.account_module_id = Some(13);
    let psa = config.connect().unwrap();
    psa.capabilities().await.unwrap();
    world.sandbox.reset_calls();
    let wanted = [("Tenant365Id".to_owned(), FieldValue::from("t-1"))].into();
    for _ in 0..2 {
        let company = psa.update_company(&company(), &wanted).await.unwrap();
        assert_eq!(company.custom_fields.get("Tenant365Id"), Some(&FieldValue::from("t-1")));
    }
    assert_eq!(world.sandbox.calls().writes(), 1);
    assert_eq!(world.data().account_value(100, "Service Region").as_deref(), Some("North"));
    let off = world.psa().update_company(&company(), &wanted).await.unwrap_err();
    assert_eq!(off.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_looked_up_after_our_own_timeout_and_the_careful_rest() {
    let world = World::of(8).await;
    let mut config = world.config();
    config.timeout_seconds = 90;
    let settling = config.connect().unwrap().capabilities().await.unwrap().settling;
    assert_eq!(settling.timeout(), Duration::from_secs(90), "a lease must outlast a request");
    assert_eq!(settling.grace(), Duration::from_secs(90 + 840));
}
