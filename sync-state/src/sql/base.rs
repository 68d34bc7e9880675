//! What both sides looked like when they were last read.

use super::{
    dialect::{self, Conn, Store, failed},
    rows::{column, count, fenced, json, read},
};
use async_trait::async_trait;
use serde::Serialize;
use sync_core::{
    Result,
    model::{Contact, TenantName},
    store::{Base, BaseChange, BaseStore, BaseUsers, Rows, RunId},
};

const LOAD: &str = "load what was read";
const KEEP: &str = "keep what was read";

#[derive(Serialize)]
struct Kept<'a> {
    kind: &'static str,
    id: &'a str,
    body: String,
}

#[async_trait]
impl BaseStore for Store {
    async fn base(&self, tenant: &TenantName) -> Result<Base> {
        let failed = |error| failed(LOAD, error);
        let mut conn = self.quick(LOAD).await?;
        let row = sqlx::query(
            "SELECT generation, answers, directory, contacts, quiet,
               (SELECT COUNT(*) FROM journal
                WHERE journal.tenant = tenants.tenant AND state IN ('sent', 'lost', 'indeterminate'))
             FROM tenants WHERE tenant = $1",
        )
        .bind(tenant.as_str())
        .fetch_optional(&mut *conn)
        .await
        .map_err(failed)?;
        let mut base = Base::default();
        let Some(row) = row else { return Ok(base) };
        let number = |index| column::<i64>(&row, index).map(count).map_err(failed);
        let text = |index| column::<Option<String>>(&row, index).map_err(failed);
        (base.generation, base.answers, base.open) = (number(0)?, number(1)?, number(5)?);
        base.directory = text(2)?.map(|text| read(LOAD, "a mark", &text)).transpose()?;
        base.contacts = text(3)?.map(|text| read(LOAD, "a mark", &text)).transpose()?;
        base.quiet = text(4)?.map(|text| read(LOAD, "a mark", &text)).transpose()?;
        Ok(base)
    }

    async fn base_users(&self, tenant: &TenantName) -> Result<BaseUsers> {
        let failed = |error| failed(LOAD, error);
        let mut conn = self.quick(LOAD).await?;
        let rows = sqlx::query("SELECT kind, body FROM base_users WHERE tenant = $1 ORDER BY kind, id")
            .bind(tenant.as_str())
            .fetch_all(&mut *conn)
            .await
            .map_err(failed)?;
        let mut base = BaseUsers::default();
        for row in &rows {
            let body: &str = column(row, 1).map_err(failed)?;
            match column::<&str>(row, 0).map_err(failed)? {
                "user" => base.users.push(read(LOAD, "a user", body)?),
                "removed" => base.removed.push(read(LOAD, "a user's id", body)?),
                _ => base.groups.push(read(LOAD, "a group", body)?),
            }
        }
        Ok(base)
    }

    async fn base_contacts(&self, tenant: &TenantName) -> Result<Vec<Contact>> {
        let failed = |error| failed(LOAD, error);
        let mut conn = self.quick(LOAD).await?;
        let rows = sqlx::query("SELECT body FROM base_contacts WHERE tenant = $1 ORDER BY id")
            .bind(tenant.as_str())
            .fetch_all(&mut *conn)
            .await
            .map_err(failed)?;
        rows.iter().map(|row| read(LOAD, "a contact", column(row, 0).map_err(failed)?)).collect()
    }

    async fn keep(&self, tenant: &TenantName, run: RunId, change: &BaseChange) -> Result<()> {
        let failed = |error| failed(KEEP, error);
        let mut conn = self.quick(KEEP).await?;
        let mut tx = dialect::begin_relaxed(&mut conn).await.map_err(failed)?;
        fenced(&mut tx, KEEP, tenant, run).await?;
        let BaseChange { directory, users, contacts, rows, gone, quiet } = change;
        keep_users(&mut tx, tenant, users).await.map_err(failed)?;
        keep_contacts(&mut tx, tenant, rows, gone).await.map_err(failed)?;
        for (sql, mark) in [
            ("UPDATE tenants SET directory = $2 WHERE tenant = $1", directory.as_ref().map(json)),
            ("UPDATE tenants SET contacts = $2 WHERE tenant = $1", contacts.as_ref().map(json)),
        ] {
            if let Some(mark) = mark {
                let query = sqlx::query(sql).bind(tenant.as_str()).bind(mark);
                query.execute(&mut *tx).await.map_err(failed)?;
            }
        }
        if let Some(quiet) = quiet {
            sqlx::query("UPDATE tenants SET quiet = $2 WHERE tenant = $1")
                .bind(tenant.as_str())
                .bind(quiet.as_ref().map(json))
                .execute(&mut *tx)
                .await
                .map_err(failed)?;
        }
        tx.commit().await.map_err(failed)
    }
}

async fn keep_users(conn: &mut Conn, tenant: &TenantName, users: &Rows<BaseUsers>) -> sqlx::Result<()> {
    const PUT: &str = concat!(
        "INSERT INTO base_users (tenant, kind, id, body)
         SELECT $2, t.value->>'kind', t.value->>'id', t.value->>'body' FROM ",
        rows!(),
        " WHERE true ON CONFLICT (tenant, kind, id) DO UPDATE SET body = excluded.body"
    );
    const OTHER_KIND: &str = concat!(
        "DELETE FROM base_users WHERE tenant = $2 AND kind = $3 AND id IN (SELECT t.value FROM ",
        texts!(),
        ")"
    );
    let (replaces, users) = match users {
        Rows::Keep => return Ok(()),
        Rows::Replace(users) => (true, users),
        Rows::Fold(users) => (false, users),
    };
    if replaces {
        sqlx::query("DELETE FROM base_users WHERE tenant = $1")
            .bind(tenant.as_str())
            .execute(&mut *conn)
            .await?;
    }
    let BaseUsers { users, removed, groups } = users;
    let mut kept = Vec::with_capacity(users.len() + removed.len() + groups.len());
    kept.extend(users.iter().map(|u| Kept { kind: "user", id: u.anchor.as_str(), body: json(u) }));
    kept.extend(removed.iter().map(|a| Kept { kind: "removed", id: a.as_str(), body: json(a) }));
    let ids: Vec<String> = groups.iter().map(|group| group.id.to_ascii_lowercase()).collect();
    kept.extend(groups.iter().zip(&ids).map(|(g, id)| Kept { kind: "group", id, body: json(g) }));
    if !replaces {
        // Who is there is not removed any more, and who was removed is not there any more.
        let here: Vec<&str> = users.iter().map(|user| user.anchor.as_str()).collect();
        let gone: Vec<&str> = removed.iter().map(sync_core::model::SourceAnchor::as_str).collect();
        for (kind, ids) in [("removed", here), ("user", gone)] {
            if !ids.is_empty() {
                let query = sqlx::query(OTHER_KIND).bind(json(&ids)).bind(tenant.as_str()).bind(kind);
                query.execute(&mut *conn).await?;
            }
        }
    }
    if !kept.is_empty() {
        sqlx::query(PUT).bind(json(&kept)).bind(tenant.as_str()).execute(conn).await?;
    }
    Ok(())
}

async fn keep_contacts(
    conn: &mut Conn,
    tenant: &TenantName,
    rows: &Rows<Vec<Contact>>,
    gone: &[sync_core::model::ContactId],
) -> sqlx::Result<()> {
    const PUT: &str = concat!(
        "INSERT INTO base_contacts (tenant, id, body) SELECT $2, t.value->>'id', t.value->>'body' FROM ",
        rows!(),
        " WHERE true ON CONFLICT (tenant, id) DO UPDATE SET body = excluded.body"
    );
    const GONE: &str =
        concat!("DELETE FROM base_contacts WHERE tenant = $2 AND id IN (SELECT t.value FROM ", texts!(), ")");
    let (replaces, rows) = match rows {
        Rows::Keep => (false, None),
        Rows::Replace(rows) => (true, Some(rows)),
        Rows::Fold(rows) => (false, Some(rows)),
    };
    if replaces {
        sqlx::query("DELETE FROM base_contacts WHERE tenant = $1")
            .bind(tenant.as_str())
            .execute(&mut *conn)
            .await?;
    }
    let kept: Vec<Kept<'_>> = rows
        .into_iter()
        .flatten()
        .map(|contact| Kept { kind: "contact", id: contact.id.as_str(), body: json(contact) })
        .collect();
    if !kept.is_empty() {
        sqlx::query(PUT).bind(json(&kept)).bind(tenant.as_str()).execute(&mut *conn).await?;
    }
    if !gone.is_empty() {
        let ids: Vec<&str> = gone.iter().map(sync_core::model::ContactId::as_str).collect();
        sqlx::query(GONE).bind(json(&ids)).bind(tenant.as_str()).execute(conn).await?;
    }
    Ok(())
}
