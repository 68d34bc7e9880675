//! One figure, and the table of all.

use psa_sync_tests::Product;

/// A figure beside what it must be.
pub(crate) struct Row {
    pub(crate) product: Product,
    pub(crate) what: String,
    pub(crate) figure: String,
    pub(crate) bound: String,
    pub(crate) holds: bool,
}

impl Row {
    pub(crate) fn new(
        product: Product,
        what: impl Into<String>,
        figure: impl Into<String>,
        bound: impl Into<String>,
        holds: bool,
    ) -> Self {
        Self { product, what: what.into(), figure: figure.into(), bound: bound.into(), holds }
    }
}

/// The figures as Markdown.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = String::from("| PSA | What | Figure | Bound | |\n| --- | --- | --- | --- | --- |\n");
    for Row { product, what, figure, bound, holds } in rows {
        let verdict = if *holds { "holds" } else { "MISSED" };
        text.push_str(&format!("| {} | {what} | {figure} | {bound} | {verdict} |\n", product.name()));
    }
    text
}
