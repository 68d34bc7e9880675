//! A whole folder: planned, applied, written back, planned again.

use super::*;

#[test]
fn microsofts_payload_shapes_become_a_plan() {
    let plan = planned(&Copy::of("published-shapes").load(), now()).unwrap();
    let page = to_text(&plan, &RenderOptions { all: true, ..RenderOptions::plain() });
    // The id covers the policy's digest, which changes with every key that policies gain.
    insta::assert_snapshot!("published_shapes", page.replace(plan.id.as_str(), "sha256:[id]"));
}

#[test]
fn what_is_applied_is_written_back_and_the_second_plan_writes_nothing() {
    let copy = Copy::of("published-shapes");
    let before = copy.read("contacts.json");
    let folder = copy.load();
    let first = planned(&folder, now()).unwrap();
    let report = applied(&folder, &first, now());
    assert!(report.success, "{:?}", report.errors.len());
    assert_eq!(copy.read("contacts.json"), before, "nothing is written before it is asked for");
    folder.write_back().unwrap();

    insta::assert_snapshot!("contacts_after", copy.read("contacts.json"));
    assert!(copy.read("companies.json").contains(r#""Tenant365Id": "11111111-2222-4333-8444-555555555555""#));
    let again = copy.load();
    let links = again.links().now();
    assert!(links.generation > 4 && links.links.values().any(|l| l.contact_id.as_str() == "new-1"));
    let second = planned(&again, now() + Duration::hours(1)).unwrap();
    assert_eq!(second.summary.changes(), 0, "{}", to_text(&second, &RenderOptions::plain()));

    // A run without a change still remembers who was seen, and leaves the other files alone.
    let contacts = copy.read("contacts.json");
    apply_well(&again, &second, now() + Duration::hours(1));
    again.write_back().unwrap();
    assert_eq!(copy.read("contacts.json"), contacts);
    assert!(copy.load().links().now().generation > links.generation);
}

#[test]
fn everything_not_changed_stays_as_its_owner_wrote_it() {
    let copy = Copy::of("published-shapes");
    let before = copy.read("contacts.json");
    let folder = copy.load();
    let plan = planned(&folder, now()).unwrap();
    apply_well(&folder, &plan, now());
    folder.write_back().unwrap();
    let after = copy.read("contacts.json");
    for kept in [
        "\"exported_by\": \"a script\"",
        "\"favourite_colour\": {\"b\": 1, \"a\": [1.1, 12345678901234567890]}",
        "{\"id\": 2, \"company_id\": 101, \"first_name\": \"Bruno\"",
    ] {
        assert!(before.contains(kept) && after.contains(kept), "{kept}");
    }
    let ids = |text: &str| text.matches("{\"id\": ").count();
    assert_eq!(ids(&after), ids(&before) + usize::try_from(plan.summary.create).unwrap());
    let unchanged = |text: &str| {
        text.lines().find(|l| l.contains("{\"id\": \"9\"")).map(|l| l.trim_end_matches(',').to_owned())
    };
    assert_eq!(unchanged(&before), unchanged(&after));
    assert_eq!(
        folder.remarks(),
        ["contacts.json: key `favourite_colour` of 1 contacts is kept and not read"]
    );
}

#[test]
fn a_new_contact_never_takes_an_id_that_a_contact_or_a_link_names() {
    let copy = Copy::of("published-shapes");
    copy.edit("links.json", "\"contact_id\": \"9\"", "\"contact_id\": \"new-7\"");
    let folder = copy.load();
    let plan = planned(&folder, now()).unwrap();
    assert!(plan.summary.create > 0);
    let report = applied(&folder, &plan, now());
    let ids: Vec<&str> = report.created_contacts.iter().map(|line| line.psa_contact_id.as_str()).collect();
    assert!(ids.contains(&"new-8") && !ids.contains(&"new-7"), "{ids:?}");
}

#[test]
fn an_empty_psa_is_filled_and_readable_afterwards() {
    let copy = Copy::of("published-shapes");
    for empty in ["{\"contacts\":[]}", "{\n  \"contacts\": [\n  ]\n}\n"] {
        copy.write("contacts.json", empty).write("links.json", "{}");
        let folder = copy.load();
        let plan = planned(&folder, now()).unwrap();
        assert!(plan.summary.create > 2);
        apply_well(&folder, &plan, now());
        folder.write_back().unwrap();
        let second = planned(&copy.load(), now() + Duration::hours(1)).unwrap();
        assert_eq!(second.summary.changes(), 0, "{}", to_text(&second, &RenderOptions::plain()));
    }
}

#[test]
fn a_partial_export_never_deactivates_by_absence() {
    // Each makes the read partial: said so, cut at a page that has a next one, or counted higher than listed.
    let ways: [fn(&Copy); 3] = [
        |copy| {
            let text = copy.read("users.json");
            copy.write("users.json", text.replacen("[\n  {", "[\n  {\n    \"complete\": false,", 1));
        },
        |copy| {
            let pages: Vec<serde_json::Value> = serde_json::from_str(&copy.read("users.json")).unwrap();
            copy.write("users.json", pages[0].to_string());
        },
        |copy| {
            copy.edit("users.json", "\"@odata.count\": 8", "\"@odata.count\": 900");
        },
    ];
    for make_partial in ways {
        let copy = Copy::of("published-shapes");
        copy.edit("policy.toml", "[scope]", "[lifecycle]\ngrace_reads = 1\ngrace_hours = 0\n\n[scope]");
        copy.edit("links.json", "\"last_complete_users\": 8", "\"last_complete_users\": 4");
        let subject = sync_core::plan::Subject::Contact(ContactId::new("9"));
        let action = |copy: &Copy| {
            planned(&copy.load(), now()).unwrap().decisions.find(&subject).unwrap().change.action()
        };
        assert_eq!(action(&copy), Action::Deactivate, "a complete read proves that this one is gone");
        make_partial(&copy);
        assert_ne!(action(&copy), Action::Deactivate);
    }
}

#[test]
fn a_partial_contact_list_is_not_planned_on() {
    let copy = Copy::of("published-shapes");
    copy.edit("contacts.json", "\"complete\": true", "\"complete\": false");
    let error = planned(&copy.load(), now()).unwrap_err();
    assert!(error.to_string().contains("contacts.json says"), "{error}");
}

#[test]
fn no_users_at_all_in_a_partial_export_is_a_plan_without_departures() {
    let copy = Copy::of("published-shapes");
    copy.write("users.json", r#"{"complete":false,"value":[]}"#);
    fs::remove_file(copy.path("deleted_users.json")).unwrap();
    let plan = planned(&copy.load(), now()).unwrap();
    assert!(!actions(&plan).contains(&Action::Deactivate));
}

#[test]
fn a_missing_key_is_not_a_blank_one() {
    let copy = Copy::of("published-shapes");
    // Bruno's contact has no `title`: the PSA cannot tell, so it is not a difference.
    let plan = planned(&copy.load(), now()).unwrap();
    let bruno = plan.decisions.iter().find(|d| d.display_name == "Bruno Field").unwrap();
    let fields: Vec<String> = bruno.change.fields().iter().map(|f| f.field.to_string()).collect();
    assert!(!fields.contains(&"title".to_owned()), "{fields:?}");
    assert!(
        fields.contains(&"custom:Office365Id".to_owned()),
        "named by no key of its object, so blank: {fields:?}"
    );

    copy.edit("contacts.json", "\"email\": \"bfield@", "\"title\": \"\", \"email\": \"bfield@");
    let plan = planned(&copy.load(), now()).unwrap();
    let bruno = plan.decisions.iter().find(|d| d.display_name == "Bruno Field").unwrap();
    assert!(bruno.change.fields().iter().any(|f| f.field.to_string() == "title"));
}

#[test]
fn a_file_changed_meanwhile_is_not_overwritten() {
    let copy = Copy::of("published-shapes");
    let folder = copy.load();
    apply_well(&folder, &planned(&folder, now()).unwrap(), now());
    copy.edit("contacts.json", "a script", "somebody else");
    let (contacts, links) = (copy.read("contacts.json"), copy.read("links.json"));
    let error = folder.write_back().unwrap_err();
    assert!(error.to_string().contains("contacts.json: was changed by somebody else"), "{error}");
    assert_eq!((copy.read("contacts.json"), copy.read("links.json")), (contacts, links));
}

#[test]
fn capabilities_of_the_folder_are_obeyed() {
    let copy = Copy::of("published-shapes");
    let mut less = sync_core::capability::Capabilities::everything();
    less.fields.remove(&sync_core::model::ContactField::Title);
    less.active_status = sync_core::capability::ActiveStatus::Readable;
    copy.write("capabilities.json", serde_json::to_string_pretty(&less).unwrap());
    let plan = planned(&copy.load(), now()).unwrap();
    assert!(!actions(&plan).contains(&Action::Deactivate));
    assert!(!plan.downgrades.is_empty());
    assert!(plan.decisions.iter().all(|d| d.change.fields().iter().all(|f| f.field.to_string() != "title")));
}

#[test]
fn a_folder_without_a_tenant_id_is_called_offline() {
    let copy = Copy::of("published-shapes");
    let policy = copy.read("policy.toml");
    copy.write("policy.toml", policy.split_once('\n').unwrap().1).write("links.json", "{}");
    let folder = copy.load();
    assert_eq!(folder.tenant().name.as_str(), "offline");
    let plan = planned(&folder, now()).unwrap();
    let first = plan.decisions.iter().next().unwrap();
    assert!(format!("{:?}", first.subject).contains("entra:offline:"), "{:?}", first.subject);
}

#[test]
fn a_write_is_read_back_whatever_the_row_looked_like() {
    use sync_core::model::{ContactField, FieldSet, FieldValue};
    let rows = [
        r#"{"id":"1"}"#,
        "{ \"id\" : 1 }",
        r#"{"id":"1","custom_fields":null,"protected":null}"#,
        r#"{"custom_fields":{},"id":"1"}"#,
        "{\"custom_fields\": {\n  \"VIP\": false\n },\n \"id\": \"1\"\n}",
        r#"{"id":"1","custom_fields":{"a \"b\" \\":"x","VIP":null,"other":[]}, "title":"{\"}],"}"#,
        r#"{"id":"1","title":"\u00e9\ud83d\ude00","alternate_emails":["a@b.example"],"active":null,"unknown":{"id":[{}]}}"#,
        "{\"active\":true,\"title\":\"\",\"alternate_emails\":null,\"id\":\"1\",\"note\":12.50}",
    ];
    let text = |text: &str| FieldValue::Text(text.to_owned());
    let fields = |title: &str| -> FieldSet {
        [
            (ContactField::Title, text(title)),
            (ContactField::Active, FieldValue::Flag(false)),
            (ContactField::AlternateEmails, FieldValue::List(vec!["x@y.example".into(), "\"".into()])),
            (ContactField::Note, FieldValue::Empty),
            (ContactField::Custom("VIP".into()), FieldValue::Flag(true)),
            (ContactField::Custom("a \"b\" \\".into()), text("\u{0}\n\u{202e}")),
            (ContactField::Custom("new".into()), text("v")),
        ]
        .into()
    };
    for list in ["[ROW]", "[\n  ROW\n]", "[ ROW , {\"id\":\"2\"}]", "[{\"id\":\"2\"},ROW]"] {
        for row in rows {
            let copy = Copy::of("published-shapes");
            copy.write("contacts.json", format!("{{\"contacts\":{},\"x\":1}}", list.replace("ROW", row)));
            let (one, first) = (ContactId::new("1"), fields("T \"quoted\" \u{1b}"));
            let folder = copy.load();
            let company = sync_core::model::CompanyId::new("100");
            let made = wait(folder.psa().create(&company, &first, "key")).unwrap();
            let written = wait(folder.psa().update(&one, &first, None)).unwrap();
            folder.write_back().unwrap();
            let again = copy.load();
            assert!(
                wait(again.psa().contact(&one)).unwrap() == written,
                "{list} {row}: {}",
                copy.read("contacts.json")
            );
            assert!(wait(again.psa().contact(&made.id)).unwrap() == made, "{}", copy.read("contacts.json"));
            assert!(copy.read("contacts.json").ends_with(",\"x\":1}"));
            // And once more over what was written, with other values.
            let written = wait(again.psa().update(&one, &fields("]}"), None)).unwrap();
            again.write_back().unwrap();
            assert!(
                wait(copy.load().psa().contact(&one)).unwrap() == written,
                "{}",
                copy.read("contacts.json")
            );
        }
    }
}
