//! The licences of the seeded tenant: public SKU ids and part numbers, made-up usage.

/// One subscribed SKU.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sku {
    /// Microsoft's public id of the product.
    pub(crate) id: &'static str,
    /// Microsoft's part number (`String_Id`).
    pub(crate) part_number: &'static str,
    /// Id and name of one service plan in it.
    pub(crate) plan: (&'static str, &'static str),
    /// Whether the product includes a mailbox.
    pub(crate) mailbox: bool,
}

const EXCHANGE_ENTERPRISE: (&str, &str) = ("efb87545-963c-4e0d-99df-69c6916d9eb0", "EXCHANGE_S_ENTERPRISE");
const EXCHANGE_STANDARD: (&str, &str) = ("9aaf7827-d63c-4b61-89c3-182f06f82e5c", "EXCHANGE_S_STANDARD");
const EXCHANGE_FOUNDATION: (&str, &str) = ("113feb6c-3fe4-4440-bddc-54d774bf0318", "EXCHANGE_S_FOUNDATION");

/// What the tenant subscribes to. Ids and part numbers: Microsoft's table "Product names and service plan identifiers
/// for licensing", copy of 2026-08-08.
pub(crate) const SKUS: [Sku; 6] = [
    Sku {
        id: "05e9a617-0261-4cee-bb44-138d3ef5d965",
        part_number: "SPE_E3",
        plan: EXCHANGE_ENTERPRISE,
        mailbox: true,
    },
    Sku {
        id: "6fd2c87f-b296-42f0-b197-1e91e994b900",
        part_number: "ENTERPRISEPACK",
        plan: EXCHANGE_ENTERPRISE,
        mailbox: true,
    },
    Sku {
        id: "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46",
        part_number: "SPB",
        plan: EXCHANGE_STANDARD,
        mailbox: true,
    },
    Sku {
        id: "4b9405b0-7788-4568-add1-99614e613b69",
        part_number: "EXCHANGESTANDARD",
        plan: EXCHANGE_STANDARD,
        mailbox: true,
    },
    Sku {
        id: "f30db892-07e9-47e9-837c-80727f46fd3d",
        part_number: "FLOW_FREE",
        plan: EXCHANGE_FOUNDATION,
        mailbox: false,
    },
    Sku {
        id: "a403ebcc-fae0-4ca2-8c8c-7a907fd6c235",
        part_number: "POWER_BI_STANDARD",
        plan: EXCHANGE_FOUNDATION,
        mailbox: false,
    },
];
