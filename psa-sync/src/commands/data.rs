//! `psa-sync data`: what is kept about one person, and its end.

use crate::{
    cli::{DataAction, DataArgs},
    context::Context,
    exit::{Exit, Failure},
    people::is_id,
    render::json,
    state::{open_store, retention},
};
use std::collections::BTreeSet;
use sync_core::{
    model::{Attribute, ContactId, DirectoryUser, TenantName, email_key},
    plan::{Decision, Subject},
    store::{Person, StateStore},
};

pub(crate) async fn run(context: &mut Context, arguments: DataArgs) -> Result<Exit, Failure> {
    let store = open_store(context).await?;
    if let DataAction::Prune = arguments.action {
        return prune(context, store.as_ref()).await;
    }
    let mut people: Vec<(TenantName, Person)> = Vec::new();
    let named = arguments.action.user();
    for name in &kept_tenants(store.as_ref(), arguments.tenant.tenant.as_deref()).await? {
        people.extend(
            find(store.as_ref(), name, named).await?.into_iter().map(|person| (name.clone(), person)),
        );
    }
    if people.is_empty() {
        let hint = "name a person by sign-in name, e-mail address, object id, or `contact:ID` for a contact of the PSA";
        return Err(Failure::new(Exit::Failed, "nothing is kept about anybody called that").with_hint(hint));
    }
    match arguments.action {
        DataAction::Export { .. } => export(context, store.as_ref(), &people).await,
        DataAction::Forget { .. } => forget(context, store.as_ref(), &people).await,
        DataAction::Prune => Ok(Exit::Done),
    }
}

/// The tenants of which something is kept: a customer who left is in no configuration, and still has rights.
async fn kept_tenants(store: &dyn StateStore, asked: Option<&str>) -> Result<Vec<TenantName>, Failure> {
    let kept = store.tenants().await?;
    let Some(asked) = asked else { return Ok(kept) };
    if let Some(name) = kept.iter().find(|name| name.as_str() == asked) {
        return Ok(vec![name.clone()]);
    }
    let kept: Vec<&str> = kept.iter().map(TenantName::as_str).collect();
    let message = format!("nothing is kept of a tenant {asked}; something is of: {}", kept.join(", "));
    Err(Failure::usage(message))
}

/// Everybody of a tenant whom a name may mean: by id in the links, by sign-in name and address in what was read last, by all
/// of these but other addresses in the plans of past runs.
async fn find(store: &dyn StateStore, tenant: &TenantName, name: &str) -> Result<Vec<Person>, Failure> {
    let name = name.trim();
    let links = store.load(tenant).await?;
    if let Some(id) = name.strip_prefix("contact:") {
        let contact = ContactId::new(id.trim());
        let source_id = links.links.of_contact(&contact).next().map(|link| link.source_id.clone());
        let known = source_id.is_some()
            || store.base_contacts(tenant).await?.iter().any(|read| read.id == contact)
            || !in_past_runs(store, tenant, |decision| is_contact(&decision, &contact)).await?.is_empty();
        return Ok(known.then_some(Person { source_id, contact: Some(contact) }).into_iter().collect());
    }
    let key = email_key(name);
    let users = store.base_users(tenant).await?.users;
    let called = |user: &&DirectoryUser| {
        let text = |attribute: &Attribute| {
            user.attributes.get(attribute).and_then(Option::as_deref).unwrap_or_default()
        };
        let principal = text(&Attribute::UserPrincipalName);
        let mail = text(&Attribute::Mail);
        let others = user.alternate_emails.iter().flatten().map(String::as_str);
        principal.eq_ignore_ascii_case(name)
            || (key.is_some()
                && [principal, mail].into_iter().chain(others).any(|known| email_key(known) == key))
    };
    let of_directory = users.iter().filter(called).map(|user| user.anchor.clone());
    let of_links = links.links.keys().filter(|anchor| is_id(anchor, name)).cloned();
    let mut anchors: Vec<_> = of_directory.chain(of_links).collect();
    anchors.extend(users.iter().map(|user| &user.anchor).filter(|anchor| is_id(anchor, name)).cloned());
    let past = in_past_runs(store, tenant, |decision| {
        let named = decision.user_principal_name.eq_ignore_ascii_case(name);
        let is = matches!(&decision.subject, Subject::User(anchor) if is_id(anchor, name));
        (named || is).then_some(decision.subject)
    });
    let mut contacts = Vec::new();
    for subject in past.await? {
        match subject {
            Subject::User(anchor) => anchors.push(anchor),
            Subject::Contact(contact) => contacts.push(contact),
        }
    }
    anchors.sort();
    anchors.dedup();
    let person = |anchor| {
        let contact = links.links.get(&anchor).map(|link| link.contact_id.clone());
        Person { source_id: Some(anchor), contact }
    };
    let mut people: Vec<Person> = anchors.into_iter().map(person).collect();
    for contact in contacts {
        let source_id = links.links.of_contact(&contact).next().map(|link| link.source_id.clone());
        let person = Person { source_id, contact: Some(contact) };
        // Somebody who left the directory was a user in one plan and a contact in another.
        if let [only] = people.as_mut_slice()
            && only.contact.is_none()
        {
            only.contact = person.contact;
        } else if !people.iter().any(|known| known.contact == person.contact) {
            people.push(person);
        }
    }
    Ok(people)
}

/// What is chosen of the decisions of past runs, each once: somebody who is gone, or never was linked, is still in their plans.
async fn in_past_runs(
    store: &dyn StateStore,
    tenant: &TenantName,
    choose: impl Fn(Decision) -> Option<Subject>,
) -> Result<BTreeSet<Subject>, Failure> {
    let mut found = BTreeSet::new();
    for record in store.runs(Some(tenant), None, u32::MAX).await? {
        if let Some(plan) = store.plan(record.run).await? {
            found.extend(plan.decisions.iter().filter_map(&choose));
        }
    }
    Ok(found)
}

fn is_contact(decision: &Decision, contact: &ContactId) -> Option<Subject> {
    matches!(&decision.subject, Subject::Contact(id) if id == contact).then(|| decision.subject.clone())
}

async fn export(
    context: &mut Context,
    store: &dyn StateStore,
    people: &[(TenantName, Person)],
) -> Result<Exit, Failure> {
    let mut all = Vec::new();
    for (tenant, person) in people {
        let data = store.about(tenant, person).await?;
        all.push(serde_json::json!({
            "tenant": tenant,
            "source_id": person.source_id,
            "contact": person.contact,
            "data": data,
        }));
    }
    context.print(&json(&all)?)?;
    Ok(Exit::Done)
}

async fn forget(
    context: &mut Context,
    store: &dyn StateStore,
    people: &[(TenantName, Person)],
) -> Result<Exit, Failure> {
    if people.len() > 1 {
        let named: Vec<String> = people
            .iter()
            .map(|(tenant, person)| {
                let id = person.source_id.as_ref().map_or("", |anchor| anchor.object_id());
                format!("{id} of {tenant}")
            })
            .collect();
        let message = format!("several people are called that ({}); name one by object id", named.join(", "));
        return Err(Failure::usage(message));
    }
    if !context.global.yes {
        if !context.console.can_ask {
            return Err(Failure::usage("forgetting cannot be taken back; say --yes to mean it"));
        }
        if !context.ask("Everything that is kept about this person will be gone. Go on?")? {
            return Err(Failure::new(Exit::Failed, "nothing was removed"));
        }
    }
    for (tenant, person) in people {
        let forgotten = store.forget(tenant, person).await?;
        context.print(&format!(
            "removed: {} links, {} rows that were read, {} entries of the journal, {} answers, {} support PINs; taken out of \
             {} plans and reports",
            forgotten.links,
            forgotten.rows,
            forgotten.intents,
            forgotten.reviews,
            forgotten.pins,
            forgotten.documents
        ))?;
    }
    context.tell(
        "the contact in the PSA is as it was; as long as the user is in the directory and in scope, the next run reads the \
         user again",
    );
    Ok(Exit::Done)
}

/// Removes what is older than the configuration keeps it.
async fn prune(context: &mut Context, store: &dyn StateStore) -> Result<Exit, Failure> {
    let length = retention(context)?;
    let pruned = store.prune(context.now() - length).await?;
    let days = length.num_days();
    context.print(&format!(
        "removed what is older than {days} days: {} runs, {} entries of the journal, {} events",
        pruned.runs, pruned.intents, pruned.events
    ))?;
    Ok(Exit::Done)
}
