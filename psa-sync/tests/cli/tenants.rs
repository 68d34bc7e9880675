//! `psa-sync tenants` over a partner with customers: found, proposed, confirmed, taken up.

use crate::common::World;
use serde_json::Value;
use std::collections::BTreeMap;
use sync_core::{
    Psa as _,
    model::{CompanyId, FieldValue},
};
use sync_sandbox::{Customer, Options, Relationship, User, Vendor};

const FABRIKAM: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const TAILSPIN: &str = "aaaaaaaa-0000-4000-8000-000000000002";
const LITWARE: &str = "aaaaaaaa-0000-4000-8000-000000000003";

/// A partner whose customers are Fabrikam (company 250 has contacts in its domain), Tailspin (no company) and Litware
/// (which has consented to nothing).
fn partner() -> World {
    let world = World::start(Options::sized(12, 9));
    let customer = |id: &str, name: &str, domain: &str| {
        Customer::new(id, name, &[domain])
            .with_relationship(Relationship::active("2030-01-01T00:00:00Z").extending())
    };
    world
        .sandbox
        .add_customer(customer(FABRIKAM, "Fabrikam", "fabrikam.example").with_consent().with_contract());
    world.sandbox.add_customer(customer(TAILSPIN, "Tailspin", "tailspin.example").with_consent());
    world.sandbox.add_customer(customer(LITWARE, "Litware", "litware.example"));
    let mut user =
        User::new("bbbbbbbb-0000-4000-8000-000000000001", "fay.brandt@fabrikam.example", "Fay Brandt");
    user.mail = Some("fay.brandt@fabrikam.example".into());
    (user.given_name, user.surname) = (Some("Fay".into()), Some("Brandt".into()));
    assert!(world.sandbox.add_customer_user(FABRIKAM, user));
    world.write("psa-sync.toml", &config(&world, "# no switch"));
    world
}

fn config(world: &World, switch: &str) -> String {
    let graph = world.sandbox.graph();
    format!(
        "{}company_tenant_field = \"Tenant365Id\"\n\n[partner]\n{switch}\ndirectory = {{ kind = \"graph\", tenant_id = \"{}\", \
         client_id = \"{}\", client_secret = {{ file = \"client-secret\" }}, authority = \"{}\", base_url = \"{}\" }}\n",
        world.config(),
        graph.tenant_id,
        graph.client_id,
        graph.authority,
        graph.base_url
    )
}

fn of<'a>(list: &'a Value, id: &str) -> &'a Value {
    list["tenants"].as_array().unwrap().iter().find(|tenant| tenant["tenant_id"] == id).unwrap()
}

fn read(world: &World) -> String {
    std::fs::read_to_string(world.path("psa-sync.toml")).unwrap()
}

#[test]
fn customers_are_listed_with_a_company_and_why_and_nothing_is_written() {
    let world = partner();
    let before = read(&world);
    let list = world.run(&["tenants", "--format", "json"]).code(3).json();
    let fabrikam = &of(&list, FABRIKAM)["proposal"];
    assert_eq!((&fabrikam["company"]["id"], &fabrikam["ground"]), (&"250".into(), &"verified_domain".into()));
    assert_eq!((&fabrikam["sure"], &fabrikam["may_activate"]), (&"likely".into(), &false.into()));
    let tailspin = of(&list, TAILSPIN);
    assert!(tailspin["proposal"]["company"].is_null() && tailspin["problem"].is_null(), "{tailspin}");
    let litware = of(&list, LITWARE);
    assert!(
        litware["problem"].as_str().unwrap().contains("no administrator of the tenant has consented"),
        "{litware}"
    );
    let text = world.run(&["tenants"]).code(3);
    assert!(text.out.contains("250 (Fabrikam)") && text.out.contains("likely"), "{}", text.out);
    assert_eq!(read(&world), before);
    world.is_untouched();
}

#[test]
fn a_confirmed_customer_is_in_the_configuration_and_can_be_planned() {
    let world = partner();
    let said = world.run(&["tenants", "--confirm", "fabrikam=250"]).code(3);
    assert!(said.out.contains("Fabrikam is company 250 (Fabrikam) now"), "{}", said.out);
    let text = read(&world);
    assert!(text.starts_with(config(&world, "# no switch").trim_end()), "what was there stays as it was");
    assert!(
        text.contains("client_secret = { file = \"client-secret\" }") && text.contains("fabrikam.example"),
        "{text}"
    );
    world.is_untouched();
    let plan = world.run(&["plan", "--tenant", "Fabrikam", "--format", "json"]).code(0).json();
    assert_eq!(plan["summary"]["users_read"], 1, "{plan}");
    assert_eq!(plan["decisions"][0]["company"], "250");
    let list = world.run(&["tenants", "--format", "json"]).code(3).json();
    assert_eq!(of(&list, FABRIKAM)["configured"], "Fabrikam");
    let again = world.run(&["tenants", "--confirm", &format!("{FABRIKAM}=250")]).code(2);
    again.one_error(&["it is configured already, as Fabrikam"]);
}

#[test]
fn what_cannot_be_confirmed_is_refused_and_nothing_is_taken_up() {
    let world = partner();
    let before = read(&world);
    for (argument, code, says) in [
        ("Fabrikam", 2, "write TENANT=COMPANY"),
        ("Nobody=250", 2, "no customer is called Nobody"),
        ("Fabrikam=999999", 2, "the PSA has no company 999999"),
        ("Litware=250", 1, "it cannot be read yet"),
    ] {
        world.run(&["tenants", "--confirm", argument]).code(code).one_error(&[says]);
        // One that is right does not go through beside one that is wrong.
        world.run(&["tenants", "--confirm", "Tailspin=101", "--confirm", argument]).code(code);
        assert_eq!(read(&world), before, "{argument}");
    }
    world
        .run(&["tenants", "--confirm", "Tailspin=101", "--confirm", "tailspin=250"])
        .code(2)
        .one_error(&["named twice"]);
    assert_eq!(read(&world), before);
    world.is_untouched();
}

#[test]
fn a_customer_whose_company_holds_its_id_is_sure_and_taken_up_unasked_only_where_that_is_switched_on() {
    let world = partner();
    world.run(&["tenants", "--confirm", "Fabrikam=250"]).code(3);
    world.run(&["apply", "--auto", "--tenant", "Fabrikam"]).code(0);
    // As on another machine, or before anything was configured.
    world.write("psa-sync.toml", &config(&world, "# no switch"));
    let list = world.run(&["tenants", "--format", "json"]).code(3).json();
    let fabrikam = &of(&list, FABRIKAM)["proposal"];
    assert_eq!((&fabrikam["ground"], &fabrikam["sure"]), (&"stored_id".into(), &"sure".into()), "{fabrikam}");
    assert_eq!(fabrikam["may_activate"], true);
    let wrong = world.run(&["tenants", "--confirm", "Tailspin=250"]).code(2);
    wrong.one_error(&["holds the id of another tenant", FABRIKAM]);

    world.run(&["tenants", "--activate"]).code(2).one_error(&["not switched on", "auto_activate = true"]);
    assert_eq!(read(&world), config(&world, "# no switch"));
    world.write("psa-sync.toml", &config(&world, "auto_activate = true"));
    let taken = world.run(&["tenants", "--activate"]).code(3);
    assert_eq!(taken.out.trim(), "Fabrikam is company 250 (Fabrikam) now", "and nobody who is only likely");
    let text = read(&world);
    world.run(&["tenants", "--activate"]).code(3);
    assert_eq!(read(&world), text, "once");
}

/// A company holds a tenant's id, as after an earlier sync or by a technician's hand.
fn company_holds(world: &World, company: &str, tenant_id: &str) {
    let access = world.sandbox.connectwise();
    let config = psa_connectwise::Config::new(
        access.base_url.clone(),
        access.company.clone(),
        access.public_key.clone(),
        access.private_key.clone().into(),
        access.client_id.clone().into(),
    );
    let fields = BTreeMap::from([("Tenant365Id".to_owned(), FieldValue::text(tenant_id))]);
    let psa = config.connect().unwrap();
    world.runtime.block_on(psa.update_company(&CompanyId::new(company), &fields)).unwrap();
}

#[test]
fn a_customer_that_cannot_be_read_yet_is_not_taken_up_unasked_however_sure_its_company_is() {
    let world = partner();
    company_holds(&world, "250", LITWARE);
    let text = config(&world, "auto_activate = true");
    world.write("psa-sync.toml", &text);
    let list = world.run(&["tenants", "--format", "json"]).code(3).json();
    let litware = of(&list, LITWARE);
    assert_eq!((&litware["proposal"]["sure"], litware["problem"].is_null()), (&"sure".into(), false));
    let said = world.run(&["tenants", "--activate"]).code(3);
    assert!(!said.out.contains(" now"), "{}", said.out);
    assert_eq!(read(&world), text);
    assert!(world.sandbox.consent(LITWARE));
    let said = world.run(&["tenants", "--activate"]).code(3);
    assert_eq!(said.out.trim(), "Litware is company 250 (Fabrikam) now");
}

#[test]
fn a_list_that_may_not_be_read_is_said_and_without_any_there_is_an_error() {
    let world = partner();
    for permission in ["DelegatedAdminRelationship.Read.All", "DelegatedAdminRelationship.ReadWrite.All"] {
        world.sandbox.inject(format!("graph:missing-permission={permission}*always").parse().unwrap());
    }
    let some = world.run(&["tenants"]).code(3);
    assert!(some.err.contains("there may be more customers"), "{}", some.err);
    assert!(some.out.contains("Fabrikam") && !some.out.contains("Tailspin"), "{}", some.out);
    world.run(&["tenants", "--confirm", "Fabrikam=250"]).code(3);
    let rest = world.run(&["tenants"]).code(3);
    assert!(rest.err.contains("of the lists that could be read"), "{}", rest.err);
    world.sandbox.inject("graph:missing-permission=Directory.Read.All*always".parse().unwrap());
    world.run(&["tenants"]).code(1).one_error(&["the partner's tenant", "Directory.Read.All"]);
}

#[test]
fn contacts_that_were_not_read_to_their_end_are_no_ground_for_a_proposal() {
    let world = World::start(Options::sized(1_300, 1_200));
    world.sandbox.add_customer(
        Customer::new(FABRIKAM, "Fabrikam", &["fabrikam.example"]).with_contract().with_consent(),
    );
    world.write("psa-sync.toml", &config(&world, ""));
    world.sandbox.inject("connectwise:403[GET /company/contacts]@2*always".parse().unwrap());
    let refused = world.run(&["tenants"]).code(1);
    assert!(refused.err.contains("could not be read to their end"), "{}", refused.err);
    assert!(world.sandbox.calls().of(Vendor::ConnectWise) > 0);
}

#[test]
fn a_partner_that_cannot_be_one_is_refused_with_its_place() {
    let world = partner();
    world.write("psa-sync.toml", &world.config());
    world.run(&["tenants"]).code(2).one_error(&["no [partner]", "[partner] directory"]);
    for (table, says) in [
        ("directory = { kind = \"ldap\", host = \"dc\" }", "only a Microsoft partner"),
        ("auto_activate = true", "`directory = { kind"),
        (
            "directory = { kind = \"graph\", tenant_id = \"x\", managed_identity = \"system\" }",
            "signs in to its own tenant only",
        ),
        (
            "directory = { kind = \"graph\", tenant_id = \"x\", client_id = \"y\", client_secret = \"canary\" }",
            "plain text",
        ),
        (
            "directory = { kind = \"graph\", tenant_id = \"x\", client_id = \"y\" }\nautomatic = true",
            "unknown",
        ),
    ] {
        world.write("psa-sync.toml", &format!("{}\n[partner]\n{table}\n", world.config()));
        let refused = world.run(&["tenants"]).code(2).one_error(&["psa-sync.toml", says]);
        assert!(!refused.err.contains("canary"), "{}", refused.err);
    }
}

#[test]
fn a_company_that_any_configured_tenant_goes_to_is_given_to_nobody_unasked() {
    let world = partner();
    world.run(&["tenants", "--confirm", "Fabrikam=250"]).code(3);
    world.run(&["apply", "--auto", "--tenant", "Fabrikam"]).code(0);
    // The company holds Fabrikam's id. It is a domain controller's by now, as its company or by a route, and that has no id.
    let ldap = "directory = { kind = \"ldap\", host = \"127.0.0.1\", security = \"plain\", username = \"u\", \
                password = { file = \"client-secret\" } }";
    let route = "[[tenants.routes]]\norder = 1\nwhen = { department = \"Sales\" }\ncompany_id = \"250\"";
    for (company, route) in [("company_id = \"250\"", ""), ("company_id = \"101\"", route)] {
        let switched = config(&world, "auto_activate = true");
        let text = format!("{switched}\n[[tenants]]\nname = \"Domain\"\n{company}\n{ldap}\n{route}\n");
        world.write("psa-sync.toml", &text);
        let list = world.run(&["tenants", "--format", "json"]).code(3).json();
        let fabrikam = &of(&list, FABRIKAM)["proposal"];
        assert_eq!((&fabrikam["ground"], &fabrikam["contested"]), (&"stored_id".into(), &true.into()));
        world.run(&["tenants", "--activate"]).code(3);
        assert_eq!(read(&world), text, "nobody is taken up: {company}");
        let confirmed = world.run(&["tenants", "--confirm", "Fabrikam=250"]).code(3);
        assert!(confirmed.err.contains("company 250 is also one of Domain"), "{}", confirmed.err);
    }
}

#[test]
fn a_configured_tenant_that_is_no_customer_any_more_is_told_unless_a_list_may_have_it() {
    let world = partner();
    let graph = world.sandbox.graph();
    let tenant = |name: &str, client: &str, more: &str| {
        format!(
            "\n[[tenants]]\nname = \"{name}\"\ncompany_id = \"101\"\n{more}\ndirectory = {{ kind = \"graph\", tenant_id = \
             \"aaaaaaaa-0000-4000-8000-0000000000{client:.2}\", client_id = \"{}\", client_secret = {{ file = \
             \"client-secret\" }}, authority = \"{}\", base_url = \"{}\" }}\n",
            if client == "98" { "another-application" } else { graph.client_id.as_str() },
            graph.authority,
            graph.base_url
        )
    };
    let text = [
        config(&world, ""),
        tenant("Wingtip", "99", ""),
        tenant("Proseware", "98", ""),
        tenant("Adatum", "97", "enabled = false"),
    ];
    world.write("psa-sync.toml", &text.concat());
    let said = world.run(&["tenants"]).code(3);
    let warnings: Vec<&str> =
        said.err.lines().filter(|line| line.contains("none of the partner's")).collect();
    let [warning] = warnings.as_slice() else { panic!("{}", said.err) };
    assert!(
        warning.contains("Wingtip (aaaaaaaa-0000-4000-8000-000000000099)")
            && warning.contains("enabled = false"),
        "neither one with an application of its own, nor one that is off: {warning}"
    );
    let list = world.run(&["tenants", "--format", "json"]).code(3).json();
    assert_eq!(list["not_customers"][0]["name"], "Wingtip");
    world.sandbox.inject("graph:missing-permission=Directory.Read.All*always".parse().unwrap());
    let less = world.run(&["tenants"]).code(3);
    assert!(
        less.err.contains("there may be more") && !less.err.contains("none of the partner's"),
        "{}",
        less.err
    );
}
