//! Table tests over records as Syncro shows them.

use super::*;
use proptest::prelude::*;
use serde_json::{from_value, json};
use sync_core::model::FieldValue as F;

struct Given {
    leavers: Leavers,
    marker: Option<&'static str>,
    checkboxes: BTreeSet<String>,
    answers: BTreeMap<String, BTreeMap<String, i64>>,
}

impl Given {
    fn new() -> Self {
        Self {
            leavers: Leavers::default(),
            marker: None,
            checkboxes: ["IsOffice365".to_owned()].into(),
            answers: BTreeMap::new(),
        }
    }

    fn rename() -> Self {
        Self { leavers: Leavers::Rename { suffix: " [Inactive]".into() }, ..Self::new() }
    }

    fn schema(&self) -> Schema<'_> {
        let kinds = Kinds { checkboxes: &self.checkboxes, answers: &self.answers };
        Schema { leavers: &self.leavers, note_marker: self.marker, kinds }
    }

    fn read(&self, record: &Value) -> Contact {
        contact(&wire(record), self.schema(), &["SupportPIN".to_owned()].into())
    }

    fn update(&self, record: &Value, pairs: &[(&str, F)]) -> Option<Value> {
        let write = Write::new(&fields(pairs), self.schema()).unwrap();
        write.update_body(&wire(record), self.schema()).unwrap().map(Value::Object)
    }

    fn create(&self, pairs: &[(&str, F)]) -> Value {
        let write = Write::new(&fields(pairs), self.schema()).unwrap();
        Value::Object(write.create_body(12, self.schema()).unwrap())
    }
}

fn wire(record: &Value) -> wire::Contact {
    from_value(record.clone()).unwrap()
}

fn fields(pairs: &[(&str, F)]) -> FieldSet {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.clone())).collect()
}

fn record() -> Value {
    json!({
        "id": 42, "customer_id": 12, "account_id": 1, "name": "Ada Byron", "email": "ada@contoso.example.com",
        "phone": "555 0100 x12", "mobile": null, "address1": "1 Test Road", "address2": "Back door", "city": "Redmond",
        "state": "WA", "zip": "98052", "notes": "Prefers a call.", "opt_out": true, "extension": "12",
        "updated_at": "2026-01-02T03:04:05.678Z",
        "properties": {
            "title": "Engineer", "notification_billing": "1", "Office365Id": "id-1", "IsOffice365": "1",
            "Sync365 Link": "s365:1",
        },
    })
}

#[test]
fn a_contact_is_read_field_by_field() {
    let read = Given::new().read(&record());
    let value = |name: &str| read.fields.get(&name.parse().unwrap()).cloned();
    for (name, expected) in [
        ("name", Some(F::from("Ada Byron"))),
        ("email", Some("ada@contoso.example.com".into())),
        ("phone_business", Some("555 0100 x12".into())),
        ("phone_mobile", Some(F::Empty)),
        ("title", Some("Engineer".into())),
        ("address_street", Some("1 Test Road".into())),
        ("address_postal_code", Some("98052".into())),
        ("active", Some(F::Flag(true))),
        ("custom:Office365Id", Some("id-1".into())),
        ("custom:IsOffice365", Some(F::Flag(true))),
        ("custom:SupportPIN", Some(F::Empty)),
        ("custom:title", None),
        ("custom:notification_billing", None),
        ("first_name", None),
        ("note", None),
    ] {
        assert!(value(name) == expected, "{name}");
    }
    assert_eq!(read.company, Some(CompanyId::new("12")));
    assert_eq!(read.version, Some(VersionTag::new("2026-01-02T03:04:05.678Z")));
}

#[test]
fn a_bare_record_is_read_as_empty() {
    let read = Given::new().read(&json!({"id": 1}));
    assert_eq!((read.company.clone(), read.version.clone(), read.active()), (None, None, Some(true)));
    assert!(read.fields.get(&ContactField::Name) == Some(&F::Empty));
}

#[test]
fn an_update_sends_what_differs_and_what_goes_with_every_write() {
    let given = Given::new();
    assert_eq!(
        given.update(
            &record(),
            &[("phone_mobile", "+1 555 0101".into()), ("email", "ada@contoso.example.com".into())]
        ),
        Some(json!({"mobile": "+1 555 0101", "name": "Ada Byron", "customer_id": 12, "opt_out": true}))
    );
    assert_eq!(
        given.update(&record(), &[("title", "Engineer".into()), ("custom:IsOffice365", "true".into())]),
        None
    );
    assert_eq!(
        given.update(&record(), &[("address_city", F::Empty)]).unwrap()["city"],
        json!(""),
        "an empty text clears"
    );
}

#[test]
fn properties_go_back_as_a_whole_with_the_entries_of_others() {
    let body = Given::new()
        .update(&record(), &[("title", "Head".into()), ("custom:Office365Id", F::Empty)])
        .unwrap();
    assert_eq!(
        body["properties"],
        json!({
            "title": "Head", "notification_billing": "1", "Office365Id": "", "IsOffice365": "1", "Sync365 Link": "s365:1",
        })
    );
}

#[test]
fn a_leaver_is_marked_in_a_custom_field_by_default() {
    let given = Given::new();
    let body = given.update(&record(), &[("active", false.into())]).unwrap();
    assert_eq!(body["properties"]["M365Status"], json!("Left"));
    let mut left = record();
    left["properties"]["M365Status"] = json!("LEFT ");
    assert_eq!(given.read(&left).active(), Some(false));
    assert_eq!(given.update(&left, &[("active", false.into())]), None);
    assert_eq!(
        given.update(&left, &[("active", true.into())]).unwrap()["properties"]["M365Status"],
        json!("Active")
    );
    assert_eq!(
        given.update(&record(), &[("active", true.into())]),
        None,
        "without a mark a contact is in use"
    );
    let custom = fields(&[("custom:M365Status", "Left".into())]);
    assert!(Write::new(&custom, given.schema()).is_err());
}

#[test]
fn a_check_box_can_hold_the_status() {
    let mut given = Given::new();
    given.leavers = Leavers::CustomField { name: "IsOffice365".into(), active: "1".into(), left: "0".into() };
    assert_eq!(given.read(&record()).active(), Some(true));
    let body = given.update(&record(), &[("active", false.into())]).unwrap();
    assert_eq!(body["properties"]["IsOffice365"], json!("0"));
    let mut left = record();
    left["properties"] = body["properties"].clone();
    assert_eq!(given.read(&left).active(), Some(false));
}

#[test]
fn a_leaver_can_be_marked_in_the_name_which_is_read_without_it() {
    let given = Given::rename();
    let body = given.update(&record(), &[("active", false.into())]).unwrap();
    assert_eq!(body, json!({"name": "Ada Byron [Inactive]", "customer_id": 12, "opt_out": true}));
    let mut left = record();
    left["name"] = body["name"].clone();
    let read = given.read(&left);
    assert_eq!((read.active(), read.fields[&ContactField::Name].as_text()), (Some(false), Some("Ada Byron")));
    assert_eq!(given.update(&left, &[("active", false.into())]), None);
    let renamed = given.update(&left, &[("name", "Ada Lovelace".into())]).unwrap();
    assert_eq!(renamed["name"], json!("Ada Lovelace [Inactive]"));
    assert_eq!(given.update(&left, &[("active", true.into())]).unwrap()["name"], json!("Ada Byron"));
    let marked = fields(&[("name", "Ada [Inactive]".into())]);
    assert!(Write::new(&marked, given.schema()).unwrap_err().is_content);
}

#[test]
fn without_a_place_for_the_status_there_is_none() {
    let given = Given { leavers: Leavers::Hold, ..Given::new() };
    assert_eq!(given.read(&record()).active(), None);
    assert!(Write::new(&fields(&[("active", false.into())]), given.schema()).is_err());
}

#[test]
fn a_create_holds_everything_and_nothing_empty() {
    let given = Given { marker: Some("Contact sync"), ..Given::new() };
    let body = given.create(&[
        ("name", " Ada Byron ".into()),
        ("email", "ada@contoso.example.com".into()),
        ("phone_mobile", F::Empty),
        ("title", "Engineer".into()),
        ("note", "PIN 1".into()),
        ("active", true.into()),
        ("custom:Office365Id", "id-1".into()),
        ("custom:IsOffice365", "true".into()),
        ("custom:SupportPIN", F::Empty),
    ]);
    assert_eq!(
        body,
        json!({
            "customer_id": 12, "name": "Ada Byron", "email": "ada@contoso.example.com", "notes": "Contact sync\nPIN 1",
            "properties": {"title": "Engineer", "Office365Id": "id-1", "IsOffice365": "1"},
        })
    );
    let inactive = given.create(&[("name", "Ada".into()), ("active", false.into())]);
    assert_eq!(inactive["properties"], json!({"M365Status": "Left"}));
    assert_eq!(
        Given::rename().create(&[("name", "A".into()), ("active", false.into())])["name"],
        json!("A [Inactive]")
    );
}

#[test]
fn what_syncro_cannot_take_is_refused_before_anything_is_sent() {
    let given = Given::new();
    for (name, value) in [
        ("first_name", F::from("Ada")),
        ("department", "Sales".into()),
        ("alternate_emails", F::List(vec!["a@contoso.example.com".into()])),
        ("contact_types", F::List(vec!["VIP".into()])),
        ("note", "x".into()),
        ("custom:type", "x".into()),
        ("title", F::Flag(true)),
        ("active", "x".into()),
        ("photo", "x".into()),
    ] {
        let refused = Write::new(&fields(&[(name, value)]), given.schema()).unwrap_err();
        assert!(refused.field == name && !refused.is_content, "{name}");
    }
    let nameless = Write::new(&fields(&[("email", "a@contoso.example.com".into())]), given.schema()).unwrap();
    assert!(nameless.create_body(1, given.schema()).unwrap_err().is_content);
    assert!(Write::new(&fields(&[("name", F::Empty)]), given.schema()).unwrap_err().is_content);
    for name in ["name", "title", "email", "custom:Office365Id"] {
        let long = |length| fields(&[(name, F::from("x".repeat(length)))]);
        assert!(Write::new(&long(256), given.schema()).unwrap_err().is_content, "{name}");
        assert!(Write::new(&long(255), given.schema()).is_ok(), "{name}");
    }
}

#[test]
fn our_paragraph_of_the_notes_is_read_and_written_and_the_rest_stays() {
    let given = Given { marker: Some("Contact sync"), ..Given::new() };
    let body = given.update(&record(), &[("note", "PIN 1".into())]).unwrap();
    assert_eq!(body["notes"], json!("Prefers a call.\n\nContact sync\nPIN 1"));
    let mut noted = record();
    noted["notes"] = body["notes"].clone();
    assert_eq!(given.read(&noted).fields[&ContactField::Note].as_text(), Some("PIN 1"));
    assert_eq!(given.update(&noted, &[("note", "PIN 1".into())]), None);
    assert_eq!(given.update(&noted, &[("note", F::Empty)]).unwrap()["notes"], json!("Prefers a call."));
}

#[test]
fn a_company_is_called_by_its_business_or_by_its_person() {
    let read = |record: Value| company(&from_value(record).unwrap());
    let business =
        read(json!({"id": 1, "business_name": "Contoso", "business_then_name": "x", "disabled": false,
        "properties": {"Tenant365Id": "t", "type": "x"}}));
    assert_eq!((business.name.as_str(), business.active), ("Contoso", true));
    assert_eq!(business.custom_fields.keys().collect::<Vec<_>>(), ["Tenant365Id"]);
    let person = read(
        json!({"id": 2, "business_name": null, "business_then_name": "Walkin Customer", "disabled": true}),
    );
    assert_eq!((person.name.as_str(), person.active), ("Walkin Customer", false));
}

/// What Syncro would hold after a PUT of this body, if it merges top-level fields and replaces the properties.
fn applied(mut record: Value, body: &Value) -> Value {
    for (name, value) in body.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

proptest! {
    #[test]
    fn what_is_written_reads_back_and_nothing_else_changes(
        name in "[A-Z][a-z]{1,9}( [A-Z][a-z'-]{1,12}){0,2}", title in "[ -~]{0,20}", city in "[a-z ]{0,12}", active: bool,
        id in "[a-z0-9-]{0,20}", flag: bool, phone in "\\+?[0-9 ]{0,14}", rename: bool,
    ) {
        let given = if rename { Given::rename() } else { Given::new() };
        let wanted = [
            ("name", F::from(name.as_str())), ("title", F::text(title.trim())), ("address_city", F::text(city.trim())),
            ("active", active.into()), ("custom:Office365Id", F::text(id)), ("custom:IsOffice365", flag.into()),
            ("phone_mobile", F::text(phone.trim())),
        ];
        let after = given.update(&record(), &wanted).map_or_else(record, |body| applied(record(), &body));
        let read = given.read(&after);
        for (field, value) in &wanted {
            prop_assert!(read.fields.get(&field.parse().unwrap()) == Some(value), "{}", field);
        }
        for untouched in ["address2", "extension", "notes", "opt_out", "email", "customer_id"] {
            prop_assert_eq!(&after[untouched], &record()[untouched]);
        }
        for foreign in ["notification_billing", "Sync365 Link"] {
            prop_assert_eq!(&after["properties"][foreign], &record()["properties"][foreign]);
        }
        prop_assert!(given.update(&after, &wanted).is_none());
    }
}
