//! Calls: reading everything, changing nothing, changing one thing.

use crate::row::Row;
use psa_sync_tests::{Pace, Product};
use sync_core::{
    ContactQuery, Psa, PsaExt as _,
    capability::Access,
    model::{ContactField, FieldSet, FieldValue},
    snapshot::Completeness,
};
use sync_sandbox::{Options, Sandbox};

/// Contacts of the large world, and of the small one that shows which calls do not grow.
const CONTACTS: usize = 2_400;
const FEW: usize = 240;

/// What one read of all contacts costs: its first one, and one more.
struct Reads {
    first: u64,
    again: u64,
}

async fn reads(product: Product, contacts: usize) -> (Sandbox, std::sync::Arc<dyn Psa>, Reads) {
    let options = Options::sized(contacts + contacts / 10 + 20, contacts).vendors(&[product.vendor()]);
    let sandbox = Sandbox::start(options).await.unwrap();
    let psa = product.connect(&sandbox, Pace::Free);
    let mut counts = [0; 2];
    for count in &mut counts {
        sandbox.reset_calls();
        let read = psa.snapshot(&query(product), chrono::DateTime::UNIX_EPOCH).await.unwrap();
        assert!(matches!(read.completeness(), Completeness::Complete), "{:?}", read.completeness());
        assert_eq!(read.len(), contacts);
        *count = sandbox.calls().of(product.vendor());
    }
    let [first, again] = counts;
    (sandbox, psa, Reads { first, again })
}

fn query(product: Product) -> ContactQuery {
    ContactQuery::of_companies([product.company()])
}

pub(crate) async fn figures(product: Product) -> Vec<Row> {
    let (_, _, few) = reads(product, FEW).await;
    let (sandbox, psa, many) = reads(product, CONTACTS).await;
    let pages = CONTACTS.div_ceil(product.page_size()) as u64;
    // Autotask counts once to prove the read; BMS lists the active and the inactive apart.
    let apart = u64::from(matches!(product, Product::Autotask | Product::KaseyaBms));
    let (look_ups, of_few) = (many.first - many.again, few.first - few.again);
    let mut rows = vec![
        Row::new(
            product,
            format!("full read of {CONTACTS} contacts"),
            format!("{} calls", many.again),
            format!("{pages} pages of {}{}", product.page_size(), if apart > 0 { " and one" } else { "" }),
            many.again <= pages + apart,
        ),
        Row::new(
            product,
            "look-ups of the first read",
            format!("{look_ups} calls"),
            format!("{of_few}, as with {FEW} contacts"),
            look_ups == of_few,
        ),
    ];
    let writes = |sandbox: &Sandbox| sandbox.calls().writes();
    let contacts = psa.snapshot(&query(product), chrono::DateTime::UNIX_EPOCH).await.unwrap();
    let somebody = contacts.iter().find(|c| c.active() == Some(true)).unwrap();
    let id = sync_core::model::ContactId::new(somebody.id());
    let now = psa.contact(&id).await.unwrap();
    let capabilities = psa.capabilities().await.unwrap();
    let same: FieldSet = now
        .fields
        .into_iter()
        .filter(|(field, value)| !value.is_blank() && capabilities.rule(field).access == Access::ReadWrite)
        .collect();
    let title = FieldSet::from([(ContactField::Title, FieldValue::from("Head of Figures"))]);
    for (what, fields, bound) in
        [("a contact that does not differ", same, 0), ("one changed contact", title, 1)]
    {
        sandbox.reset_calls();
        psa.update(&id, &fields, None).await.unwrap();
        let written = writes(&sandbox);
        rows.push(Row::new(product, what, format!("{written} writes"), format!("{bound}"), written == bound));
    }
    sandbox.reset_calls();
    psa.create(&product.company(), &crate::creates::person(&capabilities, 0, true), "key").await.unwrap();
    // BMS takes no title with a new contact.
    let bound = if product == Product::KaseyaBms { 2 } else { 1 };
    let written = writes(&sandbox);
    rows.push(Row::new(
        product,
        "a new contact with a title",
        format!("{written} writes"),
        format!("{bound}"),
        written == bound,
    ));
    sandbox.shutdown().await;
    rows
}
