//! Looking for what must not be shown.

use crate::outcome::{Outcome, ensure};
use std::error::Error as _;
use sync_core::{CheckItem, Error};

/// Fails where a text holds one of the secrets.
pub(crate) fn hides(secrets: &[String], text: &str, what: &str) -> Outcome {
    ensure(!secrets.iter().any(|secret| text.contains(secret.as_str())), || format!("{what} shows a secret"))
}

/// Fails where an error or one of its causes holds a secret or an e-mail address, in either of its two forms.
pub(crate) fn error_is_discreet(secrets: &[String], error: &Error, what: &str) -> Outcome {
    let mut texts = vec![error.to_string(), format!("{error:?}")];
    let mut cause = error.source();
    while let Some(source) = cause {
        texts.extend([source.to_string(), format!("{source:?}")]);
        cause = source.source();
    }
    for text in texts {
        hides(secrets, &text, what)?;
        ensure(!text.contains('@'), || format!("{what} holds an `@`, so probably an e-mail address"))?;
    }
    Ok(())
}

/// Fails where there are no findings, or one of them says nothing or too much.
pub(crate) fn findings_are_fit(secrets: &[String], findings: &[CheckItem]) -> Outcome {
    ensure(!findings.is_empty(), || {
        "check() found nothing at all; it must say how each thing stands".to_owned()
    })?;
    for finding in findings {
        ensure(!finding.subject.trim().is_empty(), || "a finding of check() has no subject".to_owned())?;
        let text = format!("{} {}", finding.subject, finding.detail);
        hides(secrets, &text, "a finding of check()")?;
        ensure(!text.contains('@'), || "a finding of check() holds an `@`".to_owned())?;
    }
    Ok(())
}
