//! How many calls writing takes, and what becomes of contacts that are not there.

use crate::support::{CONTACT, CONTACTS, World, active, company, fields, new_person, text};
use psa_syncro::Config;
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};
use sync_core::{
    ErrorKind, Psa as _,
    model::{CompanyId, ContactField, ContactId, FieldValue},
};

#[tokio::test]
async fn a_create_is_one_call() {
    let world = World::of(32).await;
    let psa = world.psa();
    for n in 0..10_u64 {
        let created =
            psa.create(&company(), &new_person(&format!("nina{n}@contoso.example")), "key").await.unwrap();
        assert_eq!(text(&created, &ContactField::PhoneMobile), "+1 206 555 0155");
        assert_eq!((world.calls("POST", CONTACTS), world.all_calls()), (n + 1, n + 1));
    }
}

#[tokio::test]
async fn an_update_is_one_read_and_one_write_whatever_it_names() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = world.somebody();
    let mut many = fields(&[
        ("name", "Ada King"),
        ("title", "Head of Counting"),
        ("phone_business", "+1 206 555 0177 x4"),
        ("email", "counted@contoso.example"),
        ("custom:Office365Id", "id-1"),
        ("custom:IsOffice365", "true"),
    ]);
    many.extend(active(false));
    psa.update(&id, &many, None).await.unwrap();
    assert_eq!((world.calls("GET", CONTACT), world.calls("PUT", CONTACT), world.all_calls()), (1, 1, 2));

    let same = psa.update(&id, &many, None).await.unwrap();
    assert_eq!(text(&same, &ContactField::Title), "Head of Counting");
    assert_eq!(world.calls("PUT", CONTACT), 1, "nothing differs, so nothing is written");
}

#[tokio::test]
async fn a_contact_deleted_before_the_update_is_not_found_and_nothing_is_written() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = world.somebody();
    world.data().delete_contact(id.as_str().parse().unwrap());
    for id in [id, ContactId::new("not-a-number")] {
        let error = psa.update(&id, &fields(&[("title", "Gone")]), None).await.unwrap_err();
        assert_eq!((error.kind(), world.writes()), (ErrorKind::NotFound, 0));
    }
}

#[tokio::test]
async fn a_contact_changed_since_it_was_read_is_not_written() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = world.somebody();
    let seen = psa.contact(&id).await.unwrap().version;
    world.sandbox.advance_clock(Duration::from_secs(60));
    world.data().edit_contact(id.as_str().parse().unwrap(), |record| record["city"] = json!("By hand"));
    let error = psa.update(&id, &fields(&[("address_city", "By tool")]), seen.as_ref()).await.unwrap_err();
    assert_eq!((error.kind(), world.writes()), (ErrorKind::PreconditionFailed, 0));
    assert_eq!(world.record(&id)["city"], "By hand");
}

#[tokio::test]
async fn a_company_that_is_gone_takes_no_contact() {
    let world = World::of(32).await;
    let psa = world.psa();
    world.data().delete_customer(250);
    let person = new_person("nina@contoso.example");
    let error = psa.create(&CompanyId::new("250"), &person, "key").await.unwrap_err();
    assert_eq!((error.kind(), world.having("nina@contoso.example")), (ErrorKind::NotFound, 0));
    let error = psa.create(&CompanyId::new("x"), &person, "key").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
}

#[tokio::test]
async fn a_duplicate_is_not_refused_by_syncro_and_so_not_by_the_adapter() {
    let world = World::of(32).await;
    let psa = world.psa();
    let person = new_person("twice@contoso.example");
    let one = psa.create(&company(), &person, "key").await.unwrap();
    let two = psa.create(&company(), &person, "key").await.unwrap();
    assert_ne!(one.id, two.id);
    assert_eq!(world.having("twice@contoso.example"), 2);
}

#[tokio::test]
async fn a_custom_field_that_does_not_exist_is_told_by_name_and_the_rest_is_written() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = world.somebody();
    let error = psa
        .update(&id, &fields(&[("custom:Office365ID", "x"), ("address_city", "Oslo")]), None)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.message().contains("`Office365ID`"), "{error}");
    assert_eq!(world.record(&id)["city"], "Oslo");
    let mut person = new_person("nina@contoso.example");
    person.extend(fields(&[("custom:Office365ID", "x")]));
    let created = psa.create(&company(), &person, "key").await.unwrap();
    let kept = created.fields.get(&ContactField::Custom("Office365ID".into()));
    assert!(kept == Some(&FieldValue::Empty), "the answer shows that it was not kept");
}

#[tokio::test]
async fn a_renamed_field_is_told_when_it_is_written_and_no_value_is_lost() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = world.somebody();
    psa.update(&id, &fields(&[("custom:SupportPIN", "1234")]), None).await.unwrap();
    assert!(world.data().rename_contact_field("SupportPIN", "Support PIN"));
    let error = psa.update(&id, &fields(&[("custom:SupportPIN", "5678")]), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(world.record(&id)["properties"]["Support PIN"], "1234");
}

#[tokio::test]
async fn a_field_that_the_account_requires_is_named() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = world.somebody();
    let before = world.record(&id);
    world.data().require_contact_field("Cost Center");
    world.data().edit_contact(id.as_str().parse().unwrap(), |record| {
        record["properties"].as_object_mut().unwrap().remove("Cost Center");
    });
    for error in [
        psa.update(&id, &fields(&[("address_city", "Oslo")]), None).await.unwrap_err(),
        psa.create(&company(), &new_person("nina@contoso.example"), "key").await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Rejected);
        assert!(error.message().contains("cost center can't be blank"), "{error}");
    }
    assert_eq!((&world.record(&id)["city"], world.having("nina@contoso.example")), (&before["city"], 0));
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_without_being_repeated() {
    let world = World::of(32).await;
    let psa = world.psa();
    let error = psa.create(&company(), &new_person("canary at nowhere"), "key").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.message().contains("email is not an email"), "{error}");
    assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
}

#[tokio::test]
async fn a_companys_tenant_id_is_one_read_and_one_write_and_its_other_fields_stay() {
    let world = World::of(32).await;
    let psa = world.psa();
    let fabrikam = CompanyId::new("250");
    let level = world.data().customer(250).unwrap()["properties"]["Service Level"].clone();
    let wanted = |text: &str| BTreeMap::from([("Tenant365Id".to_owned(), FieldValue::from(text))]);
    let company = psa.update_company(&fabrikam, &wanted("t-1")).await.unwrap();
    assert_eq!((company.name.as_str(), world.all_calls(), world.writes()), ("Fabrikam", 2, 1));
    assert_eq!(
        world.data().customer(250).unwrap()["properties"],
        json!({"Service Level": level, "Tenant365Id": "t-1"})
    );
    psa.update_company(&fabrikam, &wanted("t-1")).await.unwrap();
    assert_eq!(world.writes(), 1);
    let unknown = BTreeMap::from([("TenantId".to_owned(), FieldValue::from("t"))]);
    let error = psa.update_company(&fabrikam, &unknown).await.unwrap_err();
    assert!(error.message().contains("`TenantId`") && error.kind() == ErrorKind::Rejected, "{error}");
}

#[tokio::test]
async fn the_answers_of_a_list_are_read_and_written_by_label() {
    let world = World::of(32).await;
    let vip = world.data().answer("TypeMapping", "VIP").unwrap();
    let user = world.data().answer("TypeMapping", "End User").unwrap();
    let answers = [("VIP".to_owned(), vip), ("End User".to_owned(), user)];
    let mut config: Config = world.config();
    config.answers.insert("TypeMapping".to_owned(), answers.into());
    let psa = config.connect().unwrap();
    let id = world.somebody();
    let contact = psa.update(&id, &fields(&[("custom:TypeMapping", "vip")]), None).await.unwrap();
    assert_eq!(text(&contact, &ContactField::Custom("TypeMapping".into())), "VIP");
    assert_eq!(world.record(&id)["properties"]["TypeMapping"], vip);
    let writes = world.writes();
    let error = psa.update(&id, &fields(&[("custom:TypeMapping", "Owner")]), None).await.unwrap_err();
    assert_eq!((error.kind(), world.writes()), (ErrorKind::Unsupported, writes));
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
