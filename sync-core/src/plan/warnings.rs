//! What a person should know, although nothing is held for it.

use super::{
    Warning,
    downgrade::Findings,
    fields::Clash,
    overlap::overlaps,
    ownership::{Mark, mark},
    planner::{Absence, Planner},
    scope::Standing,
};
use crate::{
    model::{Attribute, ContactField},
    policy::MatchRule,
    review::NO_LONGER_FITS,
    snapshot::{Completeness, ReadText, UserView},
};
use std::collections::BTreeSet;

/// At most this many warnings of one code name their user; the rest is one line.
const NAMED: usize = 50;

pub(super) fn warnings(planner: &Planner<'_>, findings: &Findings) -> Vec<Warning> {
    let mut warnings = Vec::new();
    match (planner.absence, planner.input.users.completeness()) {
        (Absence::Proven, _) => {}
        (Absence::Partial, Completeness::Partial { because }) => {
            warnings
                .push(general("SourceIncomplete", format!("the directory read is incomplete: {because}")));
        }
        (Absence::Partial | Absence::Suspect, _) => {
            warnings.push(general(
                "SourceIncomplete",
                format!(
                    "{}; nothing is concluded from absence unless a person accepts it (suspect_snapshot={})",
                    shrunken(planner),
                    planner.input.users.len()
                ),
            ));
        }
    }
    let phones = planner.managed.contains(&ContactField::PhoneBusiness)
        || planner.managed.contains(&ContactField::PhoneMobile);
    let (mut no_phone, mut no_mail, mut bad_address, mut left_out) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut served = 0u64;
    for (user, standing) in planner.input.users.iter().zip(&planner.standings) {
        if !matches!(standing, Standing::InScope) {
            continue;
        }
        served += 1;
        let blank = |attribute| matches!(user.known(&attribute), ReadText::Blank);
        if phones && blank(Attribute::BusinessPhone) && blank(Attribute::MobilePhone) {
            no_phone.push(user);
        }
        if user.row().main_address().is_none() {
            no_mail.push(user);
        }
        if user.has_bad_address() {
            bad_address.push(user);
        }
        if user.has_addresses_left_out() {
            left_out.push(user);
        }
    }
    if served == 0 && !planner.input.users.is_empty() {
        let read = planner.input.users.len();
        let users = if read == 1 { "the only user".to_owned() } else { format!("any of the {read} users") };
        // Whom the run leaves out the policy might serve.
        let narrowed =
            |standing: &Standing| matches!(standing, Standing::Excluded(rule) if rule.is_of_the_run());
        let who = if planner.standings.iter().any(narrowed) {
            "this run, narrowed as it is,"
        } else {
            "the policy"
        };
        warnings.push(general(
            "NobodyInScope",
            format!("{who} does not serve {users} in the read; an explanation of one says by which rule"),
        ));
    }
    warnings.extend(unmarked(planner));
    warnings.extend(left_behind(planner));
    about(&mut warnings, "MissingPhoneNumber", "has neither a business nor a mobile phone", &no_phone);
    about(
        &mut warnings,
        "UserDataIncomplete",
        "has no usable e-mail address, so no contact is created",
        &no_mail,
    );
    about(&mut warnings, "UserDataIncomplete", "has an address that is no e-mail address", &bad_address);
    about(
        &mut warnings,
        "UserDataIncomplete",
        "has more than 65,534 addresses; those beyond are not looked at",
        &left_out,
    );
    warnings.extend(overlaps(planner));
    for clash in planner.fields.clashes.iter().take(NAMED) {
        warnings.push(shared_name(clash));
    }
    if planner.fields.clashes.len() > NAMED {
        let more = planner.fields.clashes.len() - NAMED;
        warnings.push(general("UsernameCollision", format!("{more} more user names are shared")));
    }
    found(&mut warnings, findings);
    warnings
}

/// How small a suspect read is.
pub(super) fn shrunken(planner: &Planner<'_>) -> String {
    let now = planner.input.users.len();
    let users = if now == 1 { "user" } else { "users" };
    match planner.input.links.last_complete_users {
        Some(last) => format!("the directory read has {now} {users}, the last complete one had {last}"),
        None => format!("the directory read has {now} {users}"),
    }
}

fn shared_name(clash: &Clash<'_>) -> Warning {
    let names: Vec<&str> = clash.users.iter().take(5).map(|user| user.principal_name()).collect();
    let more = clash.users.len() - names.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let message = format!(
        "{}{more} would share the user name `{}`; it is left alone for all of them",
        names.join(", "),
        clash.name
    );
    general("UsernameCollision", message)
}

/// What turned out while deciding.
fn found(warnings: &mut Vec<Warning>, findings: &Findings) {
    let Findings { in_vain, lacking, outdated } = findings;
    for (field, contacts) in in_vain {
        let contacts = if *contacts == 1 { "1 contact".to_owned() } else { format!("{contacts} contacts") };
        warnings.push(general(
            "NonConverging",
            format!(
                "{field} of {contacts} reads back differently each time it is written, so it is written no more: does the PSA or another tool change it?"
            ),
        ));
    }
    for (name, message) in outdated {
        warnings.push(Warning {
            code: NO_LONGER_FITS.to_owned(),
            user_principal_name: (!name.is_empty()).then(|| name.clone()),
            message: message.clone(),
        });
    }
    for (field, names) in lacking {
        for name in names.iter().take(NAMED) {
            warnings.push(Warning {
                code: "UserDataIncomplete".to_owned(),
                user_principal_name: Some(name.clone()),
                message: format!("the PSA requires {field}, so no contact is created"),
            });
        }
        if names.len() > NAMED {
            let more = names.len() - NAMED;
            let message = format!("{more} more users: the PSA requires {field}, so no contact is created");
            warnings.push(general("UserDataIncomplete", message));
        }
    }
}

/// How many contacts this tool keeps without its mark on them.
fn unmarked(planner: &Planner<'_>) -> Option<Warning> {
    let input = &planner.input;
    let field = input.policy.ownership.field.as_ref()?;
    let linked = planner.matches.pairings.iter().filter_map(|pairing| match pairing.paired() {
        Some((contact, MatchRule::Link)) => input.contacts.get(contact as usize),
        Some(_) | None => None,
    });
    let count = linked.filter(|contact| mark(input.policy, *contact) == Mark::Blank).count();
    let what = if planner.managed.contains(field) && planner.update_existing {
        "it is written where a contact is updated"
    } else {
        "it is not written: the field or the contact is not to be overwritten"
    };
    (count > 0).then(|| {
        general(
            "OwnershipConflict",
            format!("{count} contacts linked by this tool do not bear its mark; {what}"),
        )
    })
}

/// Contacts linked from a directory that the tenant is not read from any more, after a move: nobody of them is ever missing.
fn left_behind(planner: &Planner<'_>) -> Option<Warning> {
    let input = &planner.input;
    if input.users.is_empty() || input.run.migrate_from.is_some() {
        return None;
    }
    let contacts = &input.contacts.rows;
    let active = |place: u32| contacts.get(place as usize).is_some_and(|c| c.active != Some(false));
    let (mut count, mut directories) = (0_u64, BTreeSet::new());
    for (place, link) in &planner.matches.absent {
        let directory = link.source_id.directory();
        if active(*place) && !planner.directories.contains(directory) {
            count += 1;
            directories.insert(directory.trim_end_matches(':'));
        }
    }
    let (contacts, they) = if count == 1 {
        ("1 active contact is".to_owned(), "it stays")
    } else {
        (format!("{count} active contacts are"), "they stay")
    };
    let directories = directories.into_iter().collect::<Vec<_>>().join(", ");
    (count > 0).then(|| {
        general(
            "DirectoryNotRead",
            format!(
                "{contacts} linked from {directories}, which is not read here, to people who were not found again, and {they} \
                 active: make inactive in the PSA who has left"
            ),
        )
    })
}

fn general(code: &str, message: String) -> Warning {
    Warning { code: code.to_owned(), user_principal_name: None, message }
}

fn about(warnings: &mut Vec<Warning>, code: &str, message: &str, users: &[UserView<'_>]) {
    for user in users.iter().take(NAMED) {
        warnings.push(Warning {
            code: code.to_owned(),
            user_principal_name: Some(user.principal_name().to_owned()),
            message: message.to_owned(),
        });
    }
    if users.len() > NAMED {
        warnings.push(general(code, format!("{} more users: {message}", users.len() - NAMED)));
    }
}
