//! Companies.

use super::support::{capabilities, rows};
use crate::{
    CaseResult, PsaGiven,
    outcome::{Outcome, Stop, done, ensure, refused, skip, verdict},
    same::same_value,
};
use std::collections::BTreeMap;
use sync_core::{
    ErrorKind, Psa,
    capability::Compare,
    model::{Company, FieldValue},
};

async fn company(psa: &dyn Psa, given: &PsaGiven) -> Outcome<Company> {
    let (companies, _) = rows(psa.companies(), "list companies").await?;
    let ours = companies.into_iter().find(|company| company.id == given.company);
    ours.ok_or_else(|| Stop::Fail("the listing of companies lacks the company under test".to_owned()))
}

/// A listing of companies gives rows and then exactly one end, and holds the company under test, in use and with a name.
pub async fn companies_listing_ends_once(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let ours = company(psa, given).await?;
        ensure(ours.active, || "the company under test is listed as not in use".to_owned())?;
        ensure(!ours.name.trim().is_empty(), || "the company under test has no name".to_owned())
    })
    .await
}

/// A detail of a company: its name, whether it is claimed, what is expected, and how it is read.
type Detail<'g> = (&'static str, bool, &'g Option<String>, fn(&Company) -> Option<&str>);

/// Website, territory and account manager are told where that is claimed, blank ones as none; what is not claimed is
/// told of no company.
pub async fn company_details_are_told_as_claimed(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?.company_details;
        let (companies, _) = rows(psa.companies(), "list companies").await?;
        let details: [Detail<'_>; 3] = [
            ("website", claimed.website, &given.website, |c| c.website.as_deref()),
            ("territory", claimed.territory, &given.territory, |c| c.territory.as_deref()),
            ("account manager", claimed.account_manager, &given.account_manager, |c| {
                c.account_manager.as_deref()
            }),
        ];
        let mut unseen = Vec::new();
        for (name, is_claimed, expected, read) in details {
            let mut told = companies.iter().filter_map(read).peekable();
            if !is_claimed {
                ensure(told.peek().is_none(), || {
                    format!("the {name} of a company is told, but not claimed")
                })?;
                continue;
            }
            let ours = companies.iter().find(|company| company.id == given.company).and_then(read);
            match expected {
                Some(expected) => ensure(ours == Some(expected.as_str()), || {
                    format!("the {name} of the company under test is not told as it is")
                })?,
                None if told.peek().is_none() => unseen.push(name),
                None => {}
            }
            ensure(told.all(|text| !text.trim().is_empty()), || format!("a blank {name} is told as a text"))?;
        }
        if unseen.is_empty() { Ok(()) } else { skip(format!("no company has a {}", unseen.join(" or a "))) }
    })
    .await
}

/// A custom field of a company is written alone; where that is not claimed, it is `Unsupported`.
pub async fn company_custom_fields_are_written_alone(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        let name = given.company_custom_field.clone().unwrap_or_else(|| "Conformance".to_owned());
        let values = |text: &str| BTreeMap::from([(name.clone(), FieldValue::from(text))]);
        if !claimed.company_custom_fields {
            let result = psa.update_company(&given.company, &values("x")).await;
            return refused(
                result,
                &[ErrorKind::Unsupported],
                "write a company's custom field, which is not claimed",
            )
            .map(|_| ());
        }
        let result = psa.update_company(&given.unknown_company, &values("x")).await;
        refused(result, &[ErrorKind::NotFound], "write a custom field of a company that does not exist")?;
        if given.company_custom_field.is_none() {
            return skip("no custom field of companies was given");
        }
        let before = company(psa, given).await?;
        for text in ["first", "second", ""] {
            let wanted = FieldValue::text(text);
            let answered = done(
                psa.update_company(&given.company, &values(text)).await,
                "write a company's custom field",
            )?;
            let after = company(psa, given).await?;
            for seen in [&answered, &after] {
                let is = seen.custom_fields.get(&name).unwrap_or(&FieldValue::Empty);
                ensure(same_value(Compare::Exact, is, &wanted), || {
                    "a company's custom field does not read back as written".to_owned()
                })?;
            }
            let others = |company: &Company| {
                let rest = company
                    .custom_fields
                    .iter()
                    .filter(|(other, value)| **other != name && !value.is_blank());
                rest.map(|(other, value)| (other.clone(), value.clone())).collect::<BTreeMap<_, _>>()
            };
            ensure(others(&before) == others(&after) && before.name == after.name, || {
                "writing one custom field of a company changed something else".to_owned()
            })?;
        }
        Ok(())
    })
    .await
}
