//! Whole files: what is taken, what is refused, and on which line.

use super::*;
use sync_core::policy::{Departed, Flow};

const FILE: &str = r#"
[psa]
kind = "connectwise"
base_url = "https://api-na.myconnectwise.net"
company = "contoso"
public_key = "public"
private_key = { env = "KEY" }
client_id = { file = "client-id" }

[[tenants]]
name = "Contoso"
company_id = "100"
directory = { kind = "graph", tenant_id = "11111111-2222-4333-8444-555555555555", client_id = "x", client_secret = { env = "S" } }

[tenants.policy.lifecycle]
grace_hours = 48

[policy.lifecycle]
grace_hours = 12
grace_reads = 3
"#;

fn environment(pairs: &[(&str, &str)]) -> Environment {
    Environment::new(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())))
}

fn load_text(text: &str, pairs: &[(&str, &str)]) -> Result<Config, String> {
    read("psa-sync.toml", PathBuf::new(), text, &environment(pairs)).map_err(|e| e.to_string())
}

fn refused(text: &str) -> String {
    load_text(text, &[]).map(|_| ()).unwrap_err()
}

#[test]
fn the_later_layer_wins() {
    let config = load_text(FILE, &[]).unwrap();
    let policy = config.tenants[0].policy.document();
    assert_eq!((policy.lifecycle.grace_hours, policy.lifecycle.grace_reads), (48, 3));
    assert_eq!(policy.lifecycle.disabled, Departed::Deactivate, "what nobody says is the default");
    let over = [
        ("PSA_SYNC__POLICY__LIFECYCLE__GRACE_HOURS", "96"),
        ("PSA_SYNC__STATE__DIR", "/var/lib/psa-sync"),
        ("PSA_SYNC__PSA__COMPANY", "fabrikam"),
        ("PSA_SYNC__PSA__PRIVATE_KEY", "{ env = \"OTHER\" }"),
    ];
    let config = load_text(FILE, &over).unwrap();
    assert_eq!(config.tenants[0].policy.document().lifecycle.grace_hours, 96);
    assert_eq!(config.state.place.file(), Some(PathBuf::from("/var/lib/psa-sync/state.sqlite")));
    assert_eq!(config.psa.text("company"), Some("fabrikam"));
}

#[test]
fn a_tenant_is_what_its_table_says() {
    let text = FILE.replace("company_id = \"100\"", "verified_domains = [\"contoso.example\"]")
        + "[[policy.mapping]]\nfield = \"title\"\nfrom = \"employee_type\"\nflow = \"on_create\"\n";
    let routed = text.replace(
        "[tenants.policy.lifecycle]",
        "[[tenants.routes]]\norder = 10\nwhen = { department = \"Sales\" }\ncompany_id = \"101\"\n\n[tenants.policy.lifecycle]",
    );
    let config = load_text(&routed, &[]).unwrap();
    let TenantConfig { tenant, policy, enabled, .. } = &config.tenants[0];
    assert!(*enabled && tenant.company.is_none() && tenant.verified_domains.contains("contoso.example"));
    assert_eq!(tenant.directory_id, "11111111-2222-4333-8444-555555555555");
    assert_eq!(tenant.routes[0].company_id, CompanyId::new("101"));
    assert_eq!(policy.document().mapping[0].flow, Flow::OnCreate);
    assert!(refused(&text).contains("needs `company_id` or routes"), "a tenant must lead somewhere");
}

#[test]
fn a_domain_is_not_taken_for_the_tenants_id() {
    let text = FILE.replace("11111111-2222-4333-8444-555555555555", "contoso.example");
    assert_eq!(load_text(&text, &[]).unwrap().tenants[0].tenant.directory_id, "");
}

#[test]
fn slips_are_named_with_their_line_and_the_nearest_key() {
    for (right, wrong, says) in [
        (
            "grace_reads = 3",
            "grace_raeds = 3",
            "line 20: unknown key `grace_raeds`; did you mean `grace_reads`?",
        ),
        (
            "grace_hours = 48",
            "grace_hour = 48",
            "line 16: unknown key `grace_hour`; did you mean `grace_hours`?",
        ),
        (
            "company_id = \"100\"",
            "compani_id = \"100\"",
            "line 12: unknown key `compani_id`; did you mean `company_id`?",
        ),
        ("company = ", "compny = ", "line 5 [psa]: unknown key `compny`; did you mean `company`?"),
        ("tenant_id = ", "tenantid = ", "line 13 tenant Contoso, directory: unknown key `tenantid`"),
        (
            "kind = \"connectwise\"",
            "kind = \"conectwise\"",
            "line 3: [psa]: unknown kind `conectwise`; did you mean",
        ),
        ("kind = \"connectwise\"", "kind = \"kaseyabms\"", "unknown key `client_id`"),
        ("kind = \"graph\"", "kind = \"ldap\"", "directory: unknown key `client_id`"),
        ("kind = \"graph\"", "kind = \"ldaps\"", "unknown kind `ldaps`; did you mean `ldap`?"),
        ("[psa]", "[pas]", "the table [psa] is missing"),
        ("grace_reads = 3", "grace_reads = \"often\"", "line 20: invalid type: a text"),
        (
            "company_id = \"100\"",
            "company_id = 100",
            "line 12: invalid type: integer `100`, expected a text in quotes",
        ),
        ("name = \"Contoso\"", "name = \"\"", "line 11: a tenant has a blank `name`"),
        (
            "grace_reads = 3",
            "grace_reads = 3\n[policy.limits]\ndeactivate = \"teired\"",
            "`deactivate` is \"tiered\" or {",
        ),
        (
            "[policy.lifecycle]",
            "[policy.scope]\nrequired_skus = [\"E3\"]\n[policy.lifecycle]",
            "without `require_license = true`",
        ),
        ("[psa]", "[psa", "psa-sync.toml line 2"),
    ] {
        assert!(FILE.contains(right), "{right}");
        let said = refused(&FILE.replacen(right, wrong, 1));
        assert!(said.contains(says), "{wrong}: {said}");
    }
}

#[test]
fn a_literal_secret_is_refused_wherever_it_stands_and_never_shown() {
    for (right, wrong) in [
        ("private_key = { env = \"KEY\" }", "private_key = \"canary-secret\""),
        ("client_id = { file = \"client-id\" }", "client_id = \"canary-secret\""),
        ("client_secret = { env = \"S\" }", "client_secret = \"canary-secret\""),
        ("private_key = { env = \"KEY\" }", "private_key = { valt = \"canary-secret\" }"),
        ("private_key = { env = \"KEY\" }", "private_key = \"canary-secret"),
        ("private_key = { env = \"KEY\" }", "private_kye = \"canary-secret\""),
        ("private_key = { env = \"KEY\" }", "requests_per_minute = \"canary-secret\""),
    ] {
        let said = refused(&FILE.replacen(right, wrong, 1));
        assert!(said.contains("line"), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
    let literal = refused(&FILE.replacen("{ env = \"KEY\" }", "\"canary-secret\"", 1));
    assert!(
        literal.starts_with("psa-sync.toml line 7 [psa]: `private_key` holds a secret in plain text"),
        "{literal}"
    );
    let said = load_text(FILE, &[("PSA_SYNC__PSA__PRIVATE_KEY", "canary-secret")]).unwrap_err();
    assert!(said.contains("PSA_SYNC__PSA__PRIVATE_KEY") && !said.contains("canary"), "{said}");
}

#[test]
fn secrets_reach_the_adapter_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("client-id"), "canary-client\n").unwrap();
    let config = load_text(FILE, &[]).unwrap();
    assert!(!format!("{config:?}").contains("canary"));
    let unset = config.psa.settings(&environment(&[]), folder.path()).err().unwrap().to_string();
    assert!(unset.contains("environment variable KEY is not set"), "{unset}");
    let set = environment(&[("KEY", "canary-private")]);
    let read: psa_connectwise::Config = config.psa.settings(&set, folder.path()).unwrap().read().unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(&read.private_key), "canary-private");
    assert_eq!(secrecy::ExposeSecret::expose_secret(&read.client_id), "canary-client");
    assert_eq!(read.requests_per_minute, 900);
    let adapter = adapters::connect_psa(&config.psa, &set, folder.path()).unwrap();
    assert!(!format!("{adapter:?}").contains("canary"));
}

#[test]
fn an_ldap_directory_is_chosen_with_its_secret_and_its_authority_from_places_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let section = "{ kind = \"ldap\", host = \"dc1.example.com\", username = 'CORP\\svc', password = { env = \"P\" }, \
                   ca_pem = { file = \"ca.pem\" }, schema = { attributes = { department = \"ou\" } } }";
    let start = FILE.find("{ kind = \"graph\"").unwrap();
    let end = FILE[start..].find('\n').unwrap() + start;
    let text = [&FILE[..start], section, &FILE[end..]].concat();
    let config = load_text(&text, &[]).unwrap();
    let TenantConfig { directory, .. } = &config.tenants[0];
    let set = environment(&[("P", "canary-password")]);
    std::fs::write(folder.path().join("ca.pem"), "no certificate").unwrap();
    let refused = adapters::connect_directory(directory, &set, folder.path()).unwrap_err().to_string();
    assert!(refused.contains("ca_pem holds no certificate"), "{refused}");
    let plain = text.replacen(", ca_pem = { file = \"ca.pem\" }", "", 1);
    let config = load_text(&plain, &[]).unwrap();
    let adapter = adapters::connect_directory(&config.tenants[0].directory, &set, folder.path()).unwrap();
    assert_eq!(adapter.name(), "ldap:dc1.example.com");
    assert!(!format!("{adapter:?}").contains("canary"));
    let literal =
        load_text(&plain.replacen("{ env = \"P\" }", "\"canary\"", 1), &[]).map(|_| ()).unwrap_err();
    assert!(literal.contains("holds a secret in plain text") && !literal.contains("canary"), "{literal}");
    let unknown =
        load_text(&plain.replacen("department = ", "departement = ", 1), &[]).map(|_| ()).unwrap_err();
    assert!(unknown.contains("department"), "{unknown}");
}

#[test]
fn tenants_are_chosen_by_name_and_two_of_one_name_are_refused() {
    let second = "\n[[tenants]]\nname = \"Fabrikam\"\nenabled = false\ncompany_id = \"250\"\ndirectory = { kind = \"graph\", tenant_id = \"x.example\", client_id = \"x\", client_secret = { env = \"S\" } }\n";
    let config = load_text(&format!("{FILE}{second}"), &[]).unwrap();
    assert_eq!(config.chosen(None).unwrap().len(), 1);
    assert!(config.chosen(Some("Fabrikam")).unwrap_err().to_string().contains("not enabled"));
    assert!(config.chosen(Some("Contosso")).unwrap_err().to_string().contains("did you mean Contoso?"));
    let twice = format!("{FILE}{}", second.replace("Fabrikam", "contoso"));
    let line = FILE.lines().count() + 3;
    let told = refused(&twice);
    assert!(told.contains(&format!("line {line}: two tenants are called contoso")), "{told}");
}

#[test]
fn what_contradicts_or_is_unknown_is_named_with_the_line_of_its_layer() {
    let route = |when: &str, company: &str| {
        format!("[[tenants.routes]]\norder = 1\nwhen = {{ {when} }}\ncompany_id = \"{company}\"\n")
    };
    let routes = |list: &[String]| {
        FILE.replace("[tenants.policy.lifecycle]", &(list.concat() + "[tenants.policy.lifecycle]"))
    };
    let more = |text: &str| format!("{FILE}{text}");
    for (text, says) in [
        (
            more("[policy.scope]\nrequired_skus = [\"E3\"]\n"),
            "psa-sync.toml line 22: tenant Contoso: policy.scope.required_skus: has no effect without",
        ),
        (
            FILE.replace(
                "[tenants.policy.lifecycle]",
                "[tenants.policy.scope]\nfilter = \"citi is_blank\"\n[tenants.policy.lifecycle]",
            ),
            "psa-sync.toml line 16: tenant Contoso: policy.scope.filter: at character 1: unknown user attribute `citi`; did you mean `city`?",
        ),
        (
            more(
                "[[policy.mapping]]\nfield = \"note\"\nfrom = \"city\"\n[[policy.mapping]]\nfield = \"title\"\nfrom = \"job_titel\"\n",
            ),
            "psa-sync.toml line 26: tenant Contoso: policy.mapping[1].from:",
        ),
        (
            routes(&[route("department = \"Sales\"", "1"), route("department = \"sales\"", "2")]),
            "psa-sync.toml line 21: tenant Contoso: routes[1].when: says the same as routes[0]",
        ),
        (
            routes(&[route("department = \" \"", "1")]),
            "psa-sync.toml line 17: tenant Contoso: routes[0].when.department: compares",
        ),
        (
            routes(&[route("departmant = \"x\"", "1")]),
            "line 17: unknown key `departmant`; did you mean `department`?",
        ),
        (routes(&[route("filter = \"city = 1\"", "1")]), "line 17: at character 6"),
        (
            more("[policy.matching]\nrules = [\"lnik\"]\n"),
            "line 22: unknown value `lnik`; did you mean `link`?",
        ),
        (
            more("[[policy.mapping]]\nfield = \"titel\"\nfrom = \"city\"\n"),
            "line 22: unknown contact field `titel`; did you mean `title`?",
        ),
    ] {
        let said = refused(&text);
        assert!(said.contains(says), "{says}\n{said}");
    }
    let said = load_text(FILE, &[("PSA_SYNC__POLICY__SCOPE__REQUIRED_SKUS", "[\"E3\"]")]).unwrap_err();
    assert!(
        said.starts_with("environment variable PSA_SYNC__POLICY__SCOPE__REQUIRED_SKUS: tenant Contoso"),
        "{said}"
    );
}
