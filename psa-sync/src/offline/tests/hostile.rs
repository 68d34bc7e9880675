//! Data that means harm, or was made by something broken.

use super::*;

/// A folder of one user and one contact of the same address, whose name, title and so on are given as JSON.
fn folder(user: &str, contact: &str) -> Copy {
    let copy = Copy::of("published-shapes");
    copy.write("policy.toml", "company_id = \"100\"\n").write("links.json", "{}");
    copy.write(
        "users.json",
        format!(
            r#"{{"value":[{{"id":"a","accountEnabled":true,"userType":"Member","userPrincipalName":"a@contoso.example","mail":"a@contoso.example","givenName":"A","surname":"B",{user}}}]}}"#
        ),
    );
    copy.write(
        "contacts.json",
        format!(
            r#"{{"contacts":[{{"id":"1","company_id":"100","first_name":"A","last_name":"B","email":"a@contoso.example","title":null,"active":true,{contact}}}]}}"#
        ),
    );
    fs::remove_file(copy.path("deleted_users.json")).unwrap();
    copy
}

fn page(copy: &Copy) -> String {
    let folder = copy.load();
    let plan = planned(&folder, now()).unwrap();
    let page = to_text(&plan, &RenderOptions { all: true, ..RenderOptions::plain() });
    for c in page.chars() {
        let hidden = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!hidden && (c == '\n' || !c.is_control()), "{c:?}");
    }
    // What is applied is read again as it was written.
    apply_well(&folder, &plan, now());
    folder.write_back().unwrap();
    let second = planned(&copy.load(), now() + Duration::hours(1)).unwrap();
    assert_eq!(second.summary.changes(), 0, "{}", to_text(&second, &RenderOptions::plain()));
    page
}

#[test]
fn escapes_marks_and_line_ends_in_names_are_written_out_and_survive_the_files() {
    let name = r#""displayName":"\u0000\u001b[31mred\r\n\u202eevil\u2066","jobTitle":"x\u0000\n\u202ey \"quoted\" \\","department":null"#;
    let page = page(&folder(name, r#""department":"\u0007bell\u202e""#));
    assert!(page.contains("\\u{0}\\u{1b}[31mred\\u{d}\\n\\u{202e}evil"), "{page}");
}

#[test]
fn a_name_of_ten_megabytes_is_planned_and_printed_short() {
    let name = format!(r#""displayName":"{}","jobTitle":"Boss""#, "x".repeat(10_000_000));
    let page = page(&folder(&name, r#""department":"Sales""#));
    assert!(page.len() < 10_000, "{}", page.len());
}

#[test]
fn half_a_character_is_an_error_with_its_place_where_it_would_be_read() {
    let copy = folder(r#""jobTitle":"canary \ud800""#, r#""department":null"#);
    let error = copy.refused().to_string();
    assert!(error.contains("users.json:1:") && error.contains("not JSON"), "{error}");
    let copy = folder(r#""jobTitle":"x""#, r#""department":"canary \udc00""#);
    let error = copy.refused().to_string();
    assert!(error.contains("contacts.json:1:") && error.contains("half of a character"), "{error}");
    assert!(error.contains("`department`") && !error.contains("canary"), "{error}");
    // In what is only kept, it is kept.
    let copy = folder(r#""jobTitle":"x""#, r#""hobby":"\udc00""#);
    page(&copy);
    assert!(copy.read("contacts.json").contains(r#""hobby":"\udc00""#));
}

#[test]
fn an_address_with_a_line_end_is_no_address() {
    let copy = folder(r#""jobTitle":"x""#, r#""department":null"#);
    copy.edit(
        "users.json",
        r#""mail":"a@contoso.example""#,
        r#""mail":"a@contoso.example\r\nBcc: b@evil.example""#,
    );
    copy.edit(
        "users.json",
        r#""userPrincipalName":"a@contoso.example""#,
        r#""userPrincipalName":"a\n@contoso.example""#,
    );
    let plan = planned(&copy.load(), now()).unwrap();
    assert_eq!((plan.summary.create, plan.summary.update, plan.summary.link), (0, 0, 0));
    let page = to_text(&plan, &RenderOptions::plain());
    assert!(!page.lines().any(|line| line.starts_with("Bcc")), "{page}");
}

#[test]
fn deep_nesting_ends_in_an_error() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for file in ["users.json", "contacts.json", "links.json", "capabilities.json"] {
        let copy = Copy::of("published-shapes");
        copy.write(file, &deep);
        assert!(copy.refused().to_string().contains(file));
    }
    let copy = folder(r#""jobTitle":"x""#, &format!(r#""department":{deep}"#));
    assert!(copy.refused().to_string().contains("contacts.json"));
}

#[test]
fn explanations_of_hostile_data_write_it_out_and_end() {
    let hostile = r#""displayName":"\u0000\u001b[31mred\r\n\u202eevil","jobTitle":"x\u0000\u202ey","department":"D\u2066""#;
    let long =
        format!(r#""displayName":"{}","jobTitle":"{}""#, "x".repeat(10_000_000), "y".repeat(10_000_000));
    for user in [hostile, &long] {
        let copy = folder(user, r#""department":"\u0007bell\u202e""#);
        copy.write("policy.toml", "company_id = \"100\"\n[scope]\ndepartments = [\"Sales\"]\n");
        let told = explained(&copy.load(), "a").to_string();
        for c in told.chars() {
            let hidden = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            assert!(!hidden && (c == '\n' || !c.is_control()), "{c:?}");
        }
        assert!(told.len() < 50_000, "{}", told.len());
    }
}

#[test]
fn a_user_with_very_many_aliases_is_planned_once_and_stays_in_step() {
    // More than a snapshot keeps of one user, so that the limit is met on the way.
    let aliases: Vec<String> = (0..70_000).map(|n| format!("\"smtp:{n}@contoso.example\"")).collect();
    let copy = folder(
        &format!(r#""jobTitle":"Boss","proxyAddresses":[{}]"#, aliases.join(",")),
        r#""department":null,"alternate_emails":["60000@contoso.example"]"#,
    );
    let page = page(&copy);
    assert!(page.contains("more than 65,534 addresses") && page.len() < 10_000, "{}", page.len());
}
