//! What `from` of a mapping takes. Input: the source; what stands after a line of `---` is the user's text in each
//! attribute.
#![no_main]

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use sync_core::{
    capability::Capabilities,
    model::{Attribute, CompanyId, ContactField, DirectoryUser, SourceAnchor, TenantName},
    plan::{NONE_ELSEWHERE, Plan, PlanInput, plan},
    policy::{MappingEntry, Policy, PolicyDocument, RunInput, Tenant},
    review::NO_REVIEWS,
    snapshot::{Completeness, ContactSnapshot, UserSnapshot},
    store::LinkSet,
};

fuzz_target!(|input: &str| {
    let (from, value) = input.split_once("\n---\n").unwrap_or((input, "Ada"));
    let mut document = PolicyDocument::defaults();
    document.mapping = vec![MappingEntry::new(ContactField::Title, from)];
    let policy = match Policy::new(document) {
        Ok(policy) => policy,
        Err(error) => {
            let shown = error.to_string();
            assert!(shown.len() < 2_000 + 10 * from.len(), "{shown}");
            return;
        }
    };
    let company = CompanyId::new("100");
    let tenant = Tenant::to_company(TenantName::new("Contoso"), "t", company);
    let mut builder = UserSnapshot::builder();
    let mut user = DirectoryUser::new(SourceAnchor::entra("t", "a"))
        .with(Attribute::UserPrincipalName, "ada@contoso.com")
        .with(Attribute::Mail, "ada@contoso.com")
        .with(Attribute::GivenName, value)
        .with(Attribute::Surname, "")
        .with(Attribute::City, value);
    user.enabled = Some(true);
    builder.push(&user);
    let users = builder.finish(DateTime::UNIX_EPOCH, Completeness::Complete).expect("one user fits");
    let contacts =
        ContactSnapshot::builder().finish(DateTime::UNIX_EPOCH, Completeness::Complete).expect("none fits");
    let made = plan(&PlanInput {
        tenant: &tenant,
        psa: "fuzz",
        users: &users,
        contacts: &contacts,
        companies: &[],
        links: &LinkSet::default(),
        linked_elsewhere: &NONE_ELSEWHERE,
        reviews: &NO_REVIEWS,
        policy: &policy,
        capabilities: &Capabilities::everything(),
        run: &RunInput::default(),
        as_of: DateTime::UNIX_EPOCH,
    })
    .expect("a policy that was taken can be planned with");
    let json = made.to_json().expect("a plan is a document");
    assert!(Plan::from_json(&json).is_ok_and(|read| read == made), "{json}");
    // Every part is written at most once.
    assert!(json.len() < 10_000 + 12 * (from.len() + 1) * (value.len() + 6));
});
