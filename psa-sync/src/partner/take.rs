//! Taking customers into the configuration: blocks at its end, and the file replaced as a whole or not at all.

use crate::{
    config::{self, PartnerConfig},
    context::Context,
    exit::{Exit, Failure},
    files::replace,
};
use std::collections::BTreeSet;
use sync_core::model::Company;
use toml::Value;

/// A tenant that is taken up.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) tenant_id: String,
    /// What the directory calls it.
    pub(crate) name: String,
    pub(crate) company: Company,
    /// Its verified domains.
    pub(crate) domains: BTreeSet<String>,
    /// Who decided, and on what ground.
    pub(crate) because: String,
}

/// Adds the tenants to the configuration file, and answers the names they were given. The file is read anew, and what comes
/// of it is checked as a configuration before it takes the old one's place.
pub(crate) fn take(
    context: &Context,
    partner: &PartnerConfig,
    tenants: &[Taken],
) -> Result<Vec<String>, Failure> {
    let path = &context.global.config;
    let cannot = |what: &str, error: std::io::Error| {
        Failure::new(Exit::Failed, format!("cannot {what} {}: {error}", path.display()))
    };
    let old = std::fs::read_to_string(path).map_err(|error| cannot("read", error))?;
    let config = config::load(path, &context.environment)?;
    let mut used: BTreeSet<String> =
        config.tenants.iter().map(|tenant| tenant.tenant.name.as_str().to_lowercase()).collect();
    let mut text = old.trim_end().to_owned();
    let (mut names, mut blocks) = (Vec::new(), String::new());
    let day = context.now().format("%Y-%m-%d").to_string();
    for tenant in tenants {
        let name = unused(tenant, &mut used);
        blocks.push_str(&block(partner, tenant, &name, &day));
        names.push(name);
    }
    text.push('\n');
    text.push_str(&blocks);
    config::check(path, &text, &context.environment).map_err(|failure| {
        Failure::new(Exit::Failed, format!("the tenants cannot be added to {}: {failure}", path.display()))
            .with_hint(format!("nothing was written; this is what would have been added:\n{blocks}"))
    })?;
    if std::fs::read_to_string(path).map_err(|error| cannot("read", error))? != old {
        return Err(Failure::new(
            Exit::Failed,
            format!("{} was changed meanwhile; try again", path.display()),
        ));
    }
    replace(path, &text).map_err(|error| cannot("write", error))?;
    Ok(names)
}

/// The directory's name, with the beginning of the id where that name is taken or blank.
fn unused(tenant: &Taken, used: &mut BTreeSet<String>) -> String {
    let printable: String = tenant.name.chars().filter(|c| !c.is_control()).collect();
    let plain = printable.trim();
    let short = tenant.tenant_id.get(..8).unwrap_or(&tenant.tenant_id);
    let choices = [plain.to_owned(), format!("{plain} {short}").trim().to_owned(), tenant.tenant_id.clone()];
    let free = |name: &&String| !name.is_empty() && !used.contains(&name.to_lowercase());
    let name = choices.iter().find(free).unwrap_or(&tenant.tenant_id).clone();
    used.insert(name.to_lowercase());
    name
}

fn block(partner: &PartnerConfig, tenant: &Taken, name: &str, day: &str) -> String {
    let text = |text: &str| Value::String(text.to_owned()).to_string();
    let comment: String = format!("company {}, {}", tenant.company.name, tenant.because)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut block = format!(
        "\n# Added by `psa-sync tenants` on {day}: {comment}\n[[tenants]]\nname = {}\ncompany_id = {}\n",
        text(name),
        text(tenant.company.id.as_str())
    );
    if !tenant.domains.is_empty() {
        let domains: Vec<String> = tenant.domains.iter().map(|domain| text(domain)).collect();
        block.push_str(&format!("verified_domains = [{}]\n", domains.join(", ")));
    }
    block.push_str(&format!("directory = {}\n", partner.directory_of(&tenant.tenant_id)));
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::model::CompanyId;

    fn taken(name: &str) -> Taken {
        Taken {
            tenant_id: "aaaaaaaa-0000-4000-8000-000000000001".into(),
            name: name.into(),
            company: Company::new(CompanyId::new("1"), "Fabrikam"),
            domains: BTreeSet::new(),
            because: String::new(),
        }
    }

    #[test]
    fn a_name_that_is_taken_or_blank_gets_the_beginning_of_the_id() {
        let mut used = BTreeSet::from(["fabrikam".to_owned()]);
        assert_eq!(unused(&taken("Fabrikam"), &mut used), "Fabrikam aaaaaaaa");
        assert_eq!(unused(&taken("Fabrikam"), &mut used), "aaaaaaaa-0000-4000-8000-000000000001");
        assert_eq!(unused(&taken(" \n"), &mut BTreeSet::new()), "aaaaaaaa");
        assert_eq!(unused(&taken("Tail\u{7}spin"), &mut BTreeSet::new()), "Tailspin");
    }
}
