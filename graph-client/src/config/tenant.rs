//! The tenant, as it is configured.

use super::invalid;
use sync_core::Result;

/// The tenant as configured, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tenant {
    Id(String),
    Domain(String),
}

impl Tenant {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let text = text.trim().to_ascii_lowercase();
        if ["common", "organizations", "consumers"].contains(&text.as_str()) {
            return invalid(format!(
                "tenant_id is `{text}`, which names no tenant; give the tenant's GUID (Entra admin center, Overview)"
            ));
        }
        if is_guid(&text) {
            return Ok(Self::Id(text));
        }
        let domain = text.len() <= 253
            && text.contains('.')
            && text.split('.').all(|label| {
                !label.is_empty()
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            });
        if domain {
            return Ok(Self::Domain(text));
        }
        invalid("tenant_id is neither a GUID nor a domain name")
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Id(text) | Self::Domain(text) => text,
        }
    }
}

/// Whether a text is a GUID in its plain form, 8-4-4-4-12 hex digits.
pub(crate) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}
