//! Files that are wrong: each is named, with the place and what to do, and nobody's data is shown.

use super::*;

/// Loading must fail with a message that holds all of these, and never `canary`.
fn says(copy: &Copy, parts: &[&str]) {
    let error = copy.refused();
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert!(!format!("{error:?} {text}").contains("canary"), "{text}");
}

#[test]
fn a_file_that_is_missing_is_named_with_what_to_put_there() {
    for (file, hint) in [
        ("users.json", "Microsoft Graph user list"),
        ("companies.json", "the company that policy.toml names"),
        ("contacts.json", "where the PSA has no contacts yet"),
        ("policy.toml", "company_id"),
        ("groups.json", "transitiveMembers"),
    ] {
        let copy = Copy::of("published-shapes");
        fs::remove_file(copy.path(file)).unwrap();
        says(&copy, &[file, hint]);
    }
    let copy = Copy::of("published-shapes");
    for file in ["deleted_users.json", "skus.json", "links.json"] {
        fs::remove_file(copy.path(file)).unwrap();
    }
    copy.load();
    assert!(OfflineFolder::load(&copy.path("nowhere")).is_err());
    assert!(OfflineFolder::load(&copy.path("users.json")).unwrap_err().to_string().contains("no folder"));
}

#[test]
fn every_json_file_cut_at_any_place_is_an_error_of_that_file() {
    for file in [
        "users.json",
        "deleted_users.json",
        "groups.json",
        "skus.json",
        "companies.json",
        "contacts.json",
        "links.json",
    ] {
        let copy = Copy::of("published-shapes");
        let whole = copy.read(file);
        let end = whole.trim_end().len();
        for cut in (0..end).step_by(end / 40 + 1) {
            copy.write(file, &whole.as_bytes()[..cut]);
            let error = copy.refused().to_string();
            assert!(error.contains(file), "{cut}: {error}");
        }
    }
}

#[test]
fn other_encodings_and_a_byte_order_mark_are_understood_or_named() {
    let copy = Copy::of("published-shapes");
    let users = copy.read("users.json");
    copy.write("users.json", [b"\xef\xbb\xbf", users.as_bytes()].concat());
    copy.load();
    let utf16: Vec<u8> =
        [0xfeff].into_iter().chain(users.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    copy.write("users.json", utf16);
    says(&copy, &["users.json", "UTF-16", "save it as UTF-8"]);
    copy.write("users.json", b"{\"value\":[{\"id\":\"\xff\"}]}");
    says(&copy, &["users.json", "not UTF-8", "from byte 17"]);
}

#[test]
fn a_wrong_value_is_named_by_file_place_and_key() {
    let cases: [(&str, &str, &[&str]); 22] = [
        (
            "users.json",
            "{\"value\":[\n{\"id\":\"a\",\"accountEnabled\":\"canary\"}]}",
            &["users.json:2:", "value[0]", "`accountEnabled`"],
        ),
        (
            "users.json",
            "{\"value\":[{\"mail\":\"canary@contoso.example\"}]}",
            &["users.json:1:", "missing field `id`"],
        ),
        ("users.json", "[{\"id\":\"canary\"}]", &["users.json:1:16", "missing field `value`"]),
        ("users.json", "[]", &["users.json:1:1", "no page"]),
        ("users.json", "{\"complete\":\"canary\",\"value\":[]}", &["`complete`", "must be a boolean"]),
        ("users.json", "\"canary\"", &["users.json:1:", "must be an object"]),
        ("groups.json", "{\"value\":[{\"transitiveMembers\":[]}]}", &["groups.json:1:11", "no `id`"]),
        (
            "groups.json",
            "{\"value\":[{\"id\":\"canary\"}]}",
            &["groups.json", "b0000000-0000-4000-8000-000000000001"],
        ),
        (
            "groups.json",
            "{\"value\":[{\"id\":\"x\",\"transitiveMembers\":[1]}]}",
            &["value[0], `transitiveMembers`", "must be a string"],
        ),
        (
            "skus.json",
            "{\"value\":[{\"skuPartNumber\":\"canary\"}]}",
            &["skus.json", "missing field `skuId`"],
        ),
        (
            "companies.json",
            "{\"companies\":[{\"name\":\"canary\"}]}",
            &["companies.json:1:15", "companies[0] has no `id`"],
        ),
        ("companies.json", "{\"companies\":[{\"id\":\"1\"},{\"id\":1}]}", &["companies[1]", "twice"]),
        (
            "companies.json",
            "{\"companies\":[{\"id\":\"1\",\"active\":\"canary\"}]}",
            &["companies[0], `active`"],
        ),
        ("contacts.json", "{\"contact\":[]}", &["contacts.json", "no list `contacts`"]),
        (
            "contacts.json",
            "{\"contacts\":[{\"id\":\" \",\"email\":\"canary\"}]}",
            &["contacts[0], `id`", "not blank"],
        ),
        (
            "contacts.json",
            "{\"contacts\":[\n {\"id\":\"1\"},\n {\"id\":\"1\",\"email\":\"canary\"}]}",
            &["contacts.json:3:2", "contacts[1]", "twice"],
        ),
        (
            "contacts.json",
            "{\"contacts\":[{\"id\":\"1\",\"title\":{\"canary\":1}}]}",
            &["contacts[0], `title`", "must be a text or null"],
        ),
        (
            "contacts.json",
            "{\"contacts\":[{\"id\":\"1\",\"active\":\"canary\"}]}",
            &["contacts[0], `active`", "must be a boolean"],
        ),
        (
            "contacts.json",
            "{\"contacts\":[{\"id\":\"1\",\"alternate_emails\":\"canary\"}]}",
            &["`alternate_emails`", "must be a sequence"],
        ),
        (
            "contacts.json",
            "{\"contacts\":[{\"id\":\"1\",\"title\":\"canary\",\"title\":null}]}",
            &["duplicate field `title`"],
        ),
        (
            "links.json",
            "{\"links\":[{\"lastSeen\":\"canary\"}]}",
            &["links.json", "unknown field `lastSeen`"],
        ),
        (
            "capabilities.json",
            "{\"connectwise\":{\"canary\":1}}",
            &["capabilities.json:1:", "--psa KIND", "unknown field `connectwise`"],
        ),
    ];
    for (file, content, parts) in cases {
        let copy = Copy::of("published-shapes");
        copy.write(file, content);
        says(&copy, parts);
    }
}

#[test]
fn a_wrong_policy_is_named_by_line_and_key() {
    let cases: [(&str, &[&str]); 18] = [
        (
            "company_id = \"100\"\n[scope]\nfilter = \"city containz 'x'\"\n",
            &["policy.toml:3:1: scope.filter: at character", "unknown comparison `containz`", "`contains`"],
        ),
        (
            "company_id = \"100\"\n[[mapping]]\nfield = \"title\"\nfrom = \"job_titel\"\n",
            &["policy.toml:4:1: mapping[0].from", "`job_title`"],
        ),
        (
            "company_id = \"100\"\n[scope]\nrequired_skus = [\"E3\"]\n",
            &["policy.toml:3:1: scope.required_skus", "require_license = true"],
        ),
        (
            "company_id = \"100\"\n[scope]\ngroups = [\"no-such-group\"]\n",
            &["groups.json", "no-such-group", "policy.toml line 3 names"],
        ),
        (
            "company_id = \"100\"\n[scop]\n",
            &["policy.toml:2:", "unknown key `scop`", "did you mean `scope`?"],
        ),
        (
            "company_id = \"100\"\n[scope]\ndepartmens = []\n",
            &["policy.toml:3:1", "did you mean `departments`?"],
        ),
        (
            "company_id = \"100\"\n[lifecycle]\ncreate = \"canary\"\n",
            &["policy.toml:3:10", "expected `true` or `false`"],
        ),
        (
            "company_id = \"100\"\n[limits]\ndeactivate = \"teired\"\n",
            &["policy.toml:3:14", "`deactivate` is \"tiered\" or { count = N, percent = N }"],
        ),
        (
            "company_id = \"100\"\n[limits]\ndeactivate = { count = 2, percnt = 3 }\n",
            &["policy.toml:3:14", "{ count = N, percent = N }"],
        ),
        (
            "company_id = \"100\"\n[lifecycle]\ndisabled = \"deactivat\"\n",
            &["policy.toml:3:12", "unknown value `deactivat`; did you mean `deactivate`?"],
        ),
        (
            "company_id = \"100\"\n[scope]\nuser_types = [\"members\"]\n",
            &["policy.toml:3:15", "did you mean `member`?"],
        ),
        (
            "company_id = \"100\"\n[lifecycle]\ngrace_reads = -1\n",
            &["policy.toml:3:15", "expected a whole number of 0 or more"],
        ),
        ("company_id = \"100\"\n[lifecycle\n", &["policy.toml:2:"]),
        ("verified_domains = []\n", &["policy.toml", "company_id"]),
        (
            "company_id = \"100\"\n[matching]\nrules = [\"primary_email\"]\n",
            &["policy.toml:3:1: matching.rules", "link"],
        ),
        ("tenant_id = \"entra:x\"\ncompany_id = \"100\"\n", &["`tenant_id`", "GUID"]),
        (
            "company_id = \"100\"\n[[routes]]\norder = 1\nwhen = {}\ncompany_id = \"1\"\n",
            &["policy.toml:4:1: routes[0].when: is empty"],
        ),
        (
            "company_id = \"100\"\n[[mapping]]\nfield = \"titel\"\nfrom = \"job_title\"\n",
            &["policy.toml:3:", "did you mean `title`?"],
        ),
    ];
    for (policy, parts) in cases {
        let copy = Copy::of("published-shapes");
        copy.write("policy.toml", policy);
        says(&copy, parts);
    }
}
