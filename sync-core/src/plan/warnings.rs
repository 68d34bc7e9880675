//! What a person should know, although nothing is held for it.

use super::{
    Warning,
    overlap::overlaps,
    planner::{Absence, Planner},
    scope::Standing,
};
use crate::{
    model::{Attribute, ContactField},
    snapshot::{Completeness, ReadText, UserView},
};

/// At most this many warnings of one code name their user; the rest is one line.
const NAMED: usize = 50;

pub(super) fn warnings(planner: &Planner<'_>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    match (planner.absence, planner.input.users.completeness()) {
        (Absence::Proven, _) => {}
        (Absence::Partial, Completeness::Partial { because }) => {
            warnings
                .push(general("SourceIncomplete", format!("the directory read is incomplete: {because}")));
        }
        (Absence::Partial | Absence::Suspect, _) => {
            let now = planner.input.users.len();
            let last = planner.input.links.last_complete_users.unwrap_or(0);
            warnings.push(general(
                "SourceIncomplete",
                format!("the directory read has {now} users, the last complete one had {last}; nothing is concluded from absence unless a person accepts it (suspect_snapshot={now})"),
            ));
        }
    }
    let phones = planner.managed.contains(&ContactField::PhoneBusiness)
        || planner.managed.contains(&ContactField::PhoneMobile);
    let (mut no_phone, mut no_mail, mut bad_address) = (Vec::new(), Vec::new(), Vec::new());
    for (user, standing) in planner.input.users.iter().zip(&planner.standings) {
        if !matches!(standing, Standing::InScope) {
            continue;
        }
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
    }
    about(&mut warnings, "MissingPhoneNumber", "has neither a business nor a mobile phone", &no_phone);
    about(
        &mut warnings,
        "UserDataIncomplete",
        "has no usable e-mail address, so no contact is created",
        &no_mail,
    );
    about(&mut warnings, "UserDataIncomplete", "has an address that is no e-mail address", &bad_address);
    warnings.extend(overlaps(planner));
    warnings
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
