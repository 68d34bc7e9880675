//! Colleagues are no contacts.

use crate::support::{World, company, fields, new_person, value};
use sync_core::{ErrorKind, Psa as _};

#[tokio::test]
async fn an_employees_address_makes_no_contact_and_goes_on_none() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    for address in ["Alex.Adams@msp.example", "alex.adams@MSP.example"] {
        let error = psa.create(&company(), &new_person(address), "key").await.unwrap_err();
        assert_eq!((error.kind(), world.having(address)), (ErrorKind::Rejected, 0));
        assert!(error.message().contains("employee") && !error.to_string().contains('@'), "{error}");
    }
    let id = world.somebody();
    let error = psa.update(&id, &fields(&[("email", "alex.adams@msp.example")]), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(world.sandbox.calls().writes(), 0);
    assert_eq!(world.calls("GET", "/v2/hr/employees/searchselect"), 1, "they are read once");
}

#[tokio::test]
async fn an_archived_employees_address_is_free() {
    let world = World::of(32).await;
    world.data().add_employee("casey@msp.example_Archived", "casey_Archived", false);
    let psa = world.warm().await;
    psa.create(&company(), &new_person("casey@msp.example"), "key").await.unwrap();
    assert_eq!(world.having("casey@msp.example"), 1);
}

#[tokio::test]
async fn an_address_that_a_contact_has_already_does_not_stop_its_update() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    let now = psa.contact(&id).await.unwrap();
    let address = value(&now, "email").and_then(sync_core::model::FieldValue::as_text).unwrap().to_owned();
    world.data().add_employee(&address, "kim", true);
    psa.update(&id, &fields(&[("title", "Chief"), ("email", &address)]), None).await.unwrap();
    assert_eq!(world.calls("GET", "/v2/hr/employees/searchselect"), 0, "nothing new needs no look");
}

#[tokio::test]
async fn a_role_that_may_not_read_employees_still_makes_contacts() {
    let world = World::of(32).await;
    world.data().deny("hr");
    let psa = world.warm().await;
    psa.create(&company(), &new_person("nina@contoso.example"), "key").await.unwrap();
    let mut config = world.config();
    config.check_employees = false;
    world.sandbox.reset_calls();
    config.connect().unwrap().create(&company(), &new_person("alex.adams@msp.example"), "key").await.unwrap();
    assert_eq!(world.calls("GET", "/v2/hr/employees/searchselect"), 0, "off is off");
}
