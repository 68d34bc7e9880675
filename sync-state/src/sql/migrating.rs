//! The steps of the schema, tried on either database.

use super::{
    dialect::{self, Conn},
    schema::{STEPS, Step, bring_forward},
};
use sqlx::Row as _;
use sync_core::ErrorKind;

/// From version 1 to a version 2 that never was: a column, filled from what is there.
const COLUMN: Step = &[
    "ALTER TABLE tenants ADD COLUMN motto TEXT",
    "UPDATE tenants SET motto = tenant || ' first'",
    "INSERT INTO counters (name, value) VALUES ('motto', 7)",
];

/// The same, with a mistake at its end.
const BROKEN: Step = &[COLUMN[0], COLUMN[1], COLUMN[2], "UPDATE nothing SET x = 1"];

pub(in super::super) const FIRST: &[Step] = &[STEPS[0]];
pub(in super::super) const WITH_COLUMN: &[Step] = &[STEPS[0], COLUMN];
const WITH_BROKEN: &[Step] = &[STEPS[0], BROKEN];

pub(in super::super) async fn version(conn: &mut Conn) -> usize {
    let mut tx = dialect::begin(conn).await.unwrap();
    dialect::version(&mut tx, "test").await.unwrap()
}

async fn texts(conn: &mut Conn, query: &'static str) -> Vec<String> {
    let rows = sqlx::query(query).fetch_all(conn).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Over a database that is empty so far.
pub(in super::super) async fn steps_are_done_in_order_whole_or_not_at_all(conn: &mut Conn) {
    assert_eq!(version(conn).await, 0);
    bring_forward(conn, "test", FIRST).await.unwrap();
    assert_eq!(version(conn).await, 1);
    sqlx::query("INSERT INTO tenants (tenant) VALUES ('Contoso')").execute(&mut *conn).await.unwrap();

    let error = bring_forward(conn, "test", WITH_BROKEN).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert_eq!(version(conn).await, 1, "a step that fails leaves the version before");
    assert_eq!(texts(conn, "SELECT name FROM counters").await, ["run"], "and nothing of itself");

    bring_forward(conn, "test", WITH_COLUMN).await.unwrap();
    assert_eq!(version(conn).await, 2);
    assert_eq!(texts(conn, "SELECT motto FROM tenants").await, ["Contoso first"]);
    bring_forward(conn, "test", WITH_COLUMN).await.unwrap();
    assert_eq!(
        texts(conn, "SELECT name FROM counters ORDER BY name").await,
        ["motto", "run"],
        "once is enough"
    );

    let error = bring_forward(conn, "test", FIRST).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
    assert!(error.message().contains("version 2, and this program understands up to 1"), "{error}");
    assert_eq!(version(conn).await, 2, "a newer version stays as it is");
}
