//! One run per tenant.

use super::{
    dialect::{self, Conn, Store, failed},
    rows::{column, count, length_micros, micros, moment, number, run_id},
};
use crate::boot::{Moment, age};
use async_trait::async_trait;
use std::time::Duration;
use sync_core::{
    Error, ErrorKind, Result,
    model::TenantName,
    store::{Acquired, Lease, Leases, RunId},
};

const ACQUIRE: &str = "take tenant";
const RENEW: &str = "renew lease";

#[async_trait]
impl Leases for Store {
    async fn acquire(&self, tenant: &TenantName, holder: &str, length: Duration) -> Result<Acquired> {
        let failed = |error| failed(ACQUIRE, error);
        let mut conn = self.quick(ACQUIRE).await?;
        let mut tx = dialect::begin(&mut conn).await.map_err(failed)?;
        let now = dialect::now(&mut tx).await.map_err(failed)?;
        sqlx::query("INSERT INTO tenants (tenant) VALUES ($1) ON CONFLICT DO NOTHING")
            .bind(tenant.as_str())
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        let length = length_micros(length);
        let boot = Moment::now();
        let mut ran_out = None;
        if let Some((mut lease, theirs)) = held(&mut tx, tenant).await.map_err(failed)? {
            let left = micros(lease.until) - now;
            if left > 0 {
                // More is left than was ever given: the clock was set back. The lease ends as if it were renewed now.
                let until = if left > theirs { now + theirs } else { micros(lease.until) };
                if left > theirs {
                    sqlx::query("UPDATE tenants SET until_at = $2 WHERE tenant = $1")
                        .bind(tenant.as_str())
                        .bind(until)
                        .execute(&mut *tx)
                        .await
                        .map_err(failed)?;
                    tx.commit().await.map_err(failed)?;
                }
                lease.until = moment(until);
                return Ok(Acquired::HeldBy(lease));
            }
            ran_out = Some(micros(lease.until));
        }
        let row = sqlx::query("UPDATE counters SET value = value + 1 WHERE name = 'run' RETURNING value")
            .fetch_one(&mut *tx)
            .await
            .map_err(failed)?;
        let run = column::<i64>(&row, 0).map_err(failed)?;
        let until = now.saturating_add(length);
        let row = sqlx::query(
            "UPDATE tenants SET fence = $2, holder = $3, since_at = $4, until_at = $5, length = $6,
               busy_boot = CASE WHEN busy_until IS NULL THEN until_boot ELSE busy_boot END,
               busy_until = COALESCE(busy_until, $7), until_boot = $8
             WHERE tenant = $1 RETURNING busy_until, busy_boot",
        )
        .bind(tenant.as_str())
        .bind(run)
        .bind(holder)
        .bind(now)
        .bind(until)
        .bind(length)
        .bind(ran_out)
        .bind(ends(boot.as_ref(), length))
        .fetch_one(&mut *tx)
        .await
        .map_err(failed)?;
        let busy_until = column::<Option<i64>>(&row, 0).map_err(failed)?;
        let busy_boot = column::<Option<String>>(&row, 1).map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        let (since, until) = (moment(now), moment(until));
        let mut lease = Lease::new(tenant.clone(), run_id(run), holder.to_owned(), since, until);
        lease.earlier_until = busy_until.map(moment);
        lease.earlier_age = busy_until.map(|until| {
            let by_clock = Duration::from_micros(u64::try_from(now.saturating_sub(until)).unwrap_or(0));
            age(busy_boot.as_deref(), by_clock, boot.as_ref())
        });
        Ok(Acquired::Ours(lease))
    }

    async fn renew(&self, tenant: &TenantName, run: RunId, length: Duration) -> Result<Lease> {
        let failed = |error| failed(RENEW, error);
        let mut conn = self.quick(RENEW).await?;
        let mut tx = dialect::begin(&mut conn).await.map_err(failed)?;
        let now = dialect::now(&mut tx).await.map_err(failed)?;
        let length = length_micros(length);
        let row = sqlx::query(
            "UPDATE tenants SET until_at = $3, length = $4, until_boot = $5
             WHERE tenant = $1 AND fence = $2 AND holder IS NOT NULL RETURNING holder, since_at",
        )
        .bind(tenant.as_str())
        .bind(number(run))
        .bind(now.saturating_add(length))
        .bind(length)
        .bind(ends(Moment::now().as_ref(), length))
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed)?;
        let Some(row) = row else {
            let message = format!("run {run} does not hold tenant {tenant} any more");
            return Err(Error::new(ErrorKind::PreconditionFailed, RENEW, message));
        };
        let holder = column::<String>(&row, 0).map_err(failed)?;
        let since = moment(column::<i64>(&row, 1).map_err(failed)?);
        tx.commit().await.map_err(failed)?;
        Ok(Lease::new(tenant.clone(), run, holder, since, moment(now.saturating_add(length))))
    }

    async fn release(&self, tenant: &TenantName, run: RunId) -> Result<()> {
        const OPERATION: &str = "give tenant back";
        let failed = |error| failed(OPERATION, error);
        let mut conn = self.quick(OPERATION).await?;
        let now = dialect::now(&mut conn).await.map_err(failed)?;
        sqlx::query(
            "UPDATE tenants SET holder = NULL, until_at = NULL,
               busy_boot = CASE WHEN busy_until IS NULL THEN $4 ELSE busy_boot END,
               busy_until = COALESCE(busy_until, $3)
             WHERE tenant = $1 AND fence = $2 AND holder IS NOT NULL",
        )
        .bind(tenant.as_str())
        .bind(number(run))
        .bind(now)
        .bind(Moment::now().map(|moment| moment.to_string()))
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn lease(&self, tenant: &TenantName) -> Result<Option<Lease>> {
        const OPERATION: &str = "look at lease";
        let failed = |error| failed(OPERATION, error);
        let mut conn = self.quick(OPERATION).await?;
        let now = dialect::now(&mut conn).await.map_err(failed)?;
        let held = held(&mut conn, tenant).await.map_err(failed)?;
        Ok(held.map(|(lease, _)| lease).filter(|lease| micros(lease.until) > now))
    }
}

/// When a lease that is taken or renewed now ends, by the time since the machine was started.
fn ends(now: Option<&Moment>, micros: i64) -> Option<String> {
    let length = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
    now.map(|now| now.clone().plus(length).to_string())
}

/// Who holds a tenant, run out or not, and for how long it was given.
pub(super) async fn held(conn: &mut Conn, tenant: &TenantName) -> sqlx::Result<Option<(Lease, i64)>> {
    const SQL: &str = concat!(
        "SELECT fence, holder, since_at, until_at, length FROM tenants WHERE tenant = $1",
        lock_row!()
    );
    let Some(row) = sqlx::query(SQL).bind(tenant.as_str()).fetch_optional(conn).await? else {
        return Ok(None);
    };
    let at = |index| column::<Option<i64>>(&row, index).map(Option::unwrap_or_default);
    let run = RunId::new(count(column::<i64>(&row, 0)?));
    // The row of a free tenant is locked as well: of two who find it free one has to wait and look again.
    let Some(holder) = column::<Option<String>>(&row, 1)? else { return Ok(None) };
    let lease = Lease::new(tenant.clone(), run, holder, moment(at(2)?), moment(at(3)?));
    Ok(Some((lease, at(4)?)))
}
