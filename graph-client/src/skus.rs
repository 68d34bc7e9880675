//! The products a tenant subscribes to, which give licences their part numbers.

use crate::{client::Client, sku_names::sku_name, wire};
use std::collections::HashMap;
use sync_core::{ErrorKind, Result};

/// A product that the tenant subscribes to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubscribedSku {
    /// The product's id, a GUID in lower case.
    pub sku_id: String,
    /// The product's part number (`ENTERPRISEPACK`), where Graph names it.
    pub part_number: Option<String>,
    /// What people call it, where Microsoft's table of names has it.
    pub name: Option<&'static str>,
    /// Graph's word for its state: `Enabled`, `Warning`, `Suspended`, `Deleted`, `LockedOut`.
    pub status: Option<String>,
    /// Licences that were bought and can be assigned.
    pub enabled_units: Option<i64>,
    /// Licences that are assigned.
    pub consumed_units: Option<i64>,
    /// It is assigned to users; `false` for products of the whole tenant.
    pub assignable: bool,
}

impl From<wire::Sku> for SubscribedSku {
    fn from(sku: wire::Sku) -> Self {
        let wire::Sku {
            sku_id,
            sku_part_number,
            capability_status,
            applies_to,
            consumed_units,
            prepaid_units,
        } = sku;
        let by_part = || sku_name(sku_part_number.as_deref()?);
        Self {
            name: sku_name(&sku_id).or_else(by_part),
            sku_id: sku_id.to_ascii_lowercase(),
            part_number: sku_part_number.filter(|text| !text.trim().is_empty()),
            status: capability_status,
            enabled_units: prepaid_units.and_then(|units| units.enabled),
            consumed_units,
            assignable: !applies_to.is_some_and(|to| to.eq_ignore_ascii_case("company")),
        }
    }
}

/// Part numbers by product id; empty, with a warning in the log, where the permission is missing.
///
/// # Errors
/// As for any call, but for a missing permission.
pub(crate) async fn part_numbers(client: &Client) -> Result<HashMap<String, String>> {
    let skus = match client.skus().await {
        Ok(skus) => skus,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            tracing::warn!(
                request_id = error.request_id(),
                "licences have no part numbers: grant LicenseAssignment.Read.All"
            );
            return Ok(HashMap::new());
        }
        Err(error) => return Err(error),
    };
    Ok(skus
        .into_iter()
        .map(SubscribedSku::from)
        .filter_map(|sku| Some((sku.sku_id, sku.part_number?)))
        .collect())
}
