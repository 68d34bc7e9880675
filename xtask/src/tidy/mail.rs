//! Every e-mail address in the project is at a domain that cannot belong to a person.

use super::{Finding, source::numbered, tree::Tree};

/// Domains set aside for documentation, and their subdomains: RFC 2606, and the names Microsoft uses in examples.
const DOMAINS: [&str; 6] =
    ["example.com", "example.org", "example.net", "contoso.com", "fabrikam.com", "onmicrosoft.com"];
/// Endings that no registry gives out (RFC 2606).
const ENDINGS: [&str; 3] = ["example", "test", "invalid"];
/// Other domains, each with the reason. Keep it short.
const OTHERS: [(&str, &str); 1] =
    [("github.com", "the user part of a repository address, as in a clone command")];

/// Finds addresses at other domains.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in tree.texts() {
        for (line, content) in numbered(text).filter(|(_, content)| content.contains('@')) {
            for domain in domains(content).into_iter().filter(|domain| !is_allowed(domain)) {
                found.push(Finding::new(
                    path,
                    line,
                    format!("an address at {domain}; use example.com, contoso.com or fabrikam.com"),
                ));
            }
        }
    }
    found
}

/// The domains of all addresses in a line, in lower case.
fn domains(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices('@') {
        let (before, after) = (line.get(..at).unwrap_or_default(), line.get(at + 1..).unwrap_or_default());
        let has_local =
            before.chars().next_back().is_some_and(|c| c.is_alphanumeric() || "._%+-".contains(c));
        let end = after.find(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-')).unwrap_or(after.len());
        let domain = after.get(..end).unwrap_or_default().trim_end_matches(['.', '-']).to_lowercase();
        // A last label of letters only: `tool@1.2.3` is a version, not an address.
        let is_domain = domain.rsplit_once('.').is_some_and(|(name, last)| {
            !name.is_empty() && last.len() > 1 && last.chars().all(char::is_alphabetic)
        });
        if has_local && is_domain {
            found.push(domain);
        }
    }
    found
}

fn is_allowed(domain: &str) -> bool {
    let is_or_under = |name: &str| {
        domain == name || domain.strip_suffix(name).is_some_and(|subdomain| subdomain.ends_with('.'))
    };
    DOMAINS.iter().any(|name| is_or_under(name))
        || ENDINGS.iter().any(|ending| is_or_under(ending))
        || OTHERS.iter().any(|(name, _)| domain == *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> usize {
        check(&Tree::of(&[("a/users.json", line)])).len()
    }

    #[test]
    fn an_address_that_may_belong_to_someone_is_found() {
        assert_eq!(found(concat!("eve@", "gmail.com")), 1);
        assert_eq!(found(concat!("a <eve@", "mycontoso.com>, \"bob@", "example.co\"")), 2);
        assert_eq!(found(concat!("x@", "example.com.evil.org")), 1);
    }

    #[test]
    fn documentation_domains_pass() {
        for line in [
            "eve@example.com",
            "eve@mail.contoso.com.",
            "Eve.Adams@CONTOSO.com",
            "bob_fabrikam.com#EXT#@contoso.onmicrosoft.com",
            "eve@bücher.example",
            "eve@a.test and eve@b.invalid",
            "git clone git@github.com:example/psa-contact-sync.git",
        ] {
            assert_eq!(found(line), 0, "{line}");
        }
    }

    #[test]
    fn what_is_no_address_passes() {
        for line in [
            "*@*.org",
            "uses: actions/checkout@v4.2",
            "cargo install tool@1.2.3",
            "a @ b",
            "user@host",
            "@x.com",
        ] {
            assert_eq!(found(line), 0, "{line}");
        }
    }
}
