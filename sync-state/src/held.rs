//! A tenant that is ours, and kept ours while a run lasts.

use crate::{
    clock,
    holder::{holder_is_dead, this_process},
};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use sync_core::{
    ErrorKind, Result,
    model::TenantName,
    store::{Acquired, Hold, Lease, Leases, RunId},
};
use tokio::task::JoinHandle;

/// The lease of a tenant, renewed every third of its length until this is dropped.
///
/// Give it back with [`Held::release`]; where it is only dropped, the tenant is free when the lease has run out.
pub struct Held {
    leases: Arc<dyn Leases>,
    lease: Lease,
    times: Arc<Times>,
    renewing: JoinHandle<()>,
}

/// Until when the lease lasts, by both clocks: one does not jump, the other one goes on while the machine sleeps.
struct Times {
    began: Instant,
    /// Microseconds since `began`.
    until: AtomicU64,
    /// Microseconds since 1970.
    until_by_wall: AtomicI64,
}

impl Times {
    fn starting(began: Instant, wall: i64, length: Duration) -> Self {
        let times = Self { began, until: AtomicU64::new(0), until_by_wall: AtomicI64::new(0) };
        times.extend(began, wall, length);
        times
    }

    /// The lease was asked for at this moment, so it lasts from there at least.
    fn extend(&self, asked: Instant, wall: i64, length: Duration) {
        let micros = |length: Duration| u64::try_from(length.as_micros()).unwrap_or(u64::MAX / 4);
        let until = micros(asked.saturating_duration_since(self.began)).saturating_add(micros(length));
        self.until.store(until, Ordering::Release);
        let length = i64::try_from(length.as_micros()).unwrap_or(i64::MAX / 4);
        self.until_by_wall.store(wall.saturating_add(length), Ordering::Release);
    }

    fn end(&self) {
        self.until.store(0, Ordering::Release);
    }

    fn left(&self) -> Duration {
        let gone = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let left = self.until.load(Ordering::Acquire).saturating_sub(gone);
        let by_wall = self.until_by_wall.load(Ordering::Acquire).saturating_sub(clock::now_micros());
        Duration::from_micros(left.min(u64::try_from(by_wall).unwrap_or(0)))
    }
}

/// Takes a tenant for this process, without renewing its lease, or answers who has it.
///
/// A lease of a process of this machine that is certainly dead is not waited for: it is ended as the dead process would have
/// ended it, and whoever asks first has the tenant. What cannot be proved (another machine, another boot or container, a system
/// that does not say) is waited for.
///
/// # Errors
/// `Unavailable` when the store cannot be written.
pub async fn acquire(leases: &dyn Leases, tenant: &TenantName, length: Duration) -> Result<Acquired> {
    let us = this_process();
    let acquired = leases.acquire(tenant, &us, length).await?;
    let lease = match &acquired {
        Acquired::HeldBy(lease) if holder_is_dead(&lease.holder) => lease,
        Acquired::HeldBy(_) | Acquired::Ours(_) => return Ok(acquired),
    };
    tracing::info!(%tenant, run = %lease.run, holder = %lease.holder, "the holder of the tenant is dead");
    // Nothing happens where another one was faster: a lease is given back by the number of its run.
    leases.release(tenant, lease.run).await?;
    leases.acquire(tenant, &us, length).await
}

impl Held {
    /// Takes a tenant for this process as [`acquire`] does, or answers who has it. Needs a tokio runtime.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written.
    pub async fn take(
        leases: Arc<dyn Leases>,
        tenant: &TenantName,
        length: Duration,
    ) -> Result<Result<Self, Lease>> {
        let (asked, wall) = (Instant::now(), clock::now_micros());
        let lease = match acquire(leases.as_ref(), tenant, length).await? {
            Acquired::HeldBy(lease) => return Ok(Err(lease)),
            Acquired::Ours(lease) => lease,
        };
        let times = Arc::new(Times::starting(asked, wall, length));
        let renewing =
            tokio::spawn(renew(Arc::clone(&leases), tenant.clone(), lease.run, length, Arc::clone(&times)));
        Ok(Ok(Self { leases, lease, times, renewing }))
    }

    /// The lease as it was taken.
    #[must_use]
    pub const fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Gives the tenant back.
    ///
    /// # Errors
    /// `Unavailable`; the lease runs out by itself then.
    pub async fn release(self) -> Result<()> {
        self.renewing.abort();
        self.times.end();
        self.leases.release(&self.lease.tenant, self.lease.run).await
    }
}

impl Hold for Held {
    fn run(&self) -> RunId {
        self.lease.run
    }

    fn left(&self) -> Duration {
        self.times.left()
    }

    fn elapsed(&self) -> Duration {
        self.times.began.elapsed()
    }

    fn earlier_age(&self) -> Option<Duration> {
        self.lease.earlier_age
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("lease", &self.lease).finish_non_exhaustive()
    }
}

async fn renew(leases: Arc<dyn Leases>, tenant: TenantName, run: RunId, length: Duration, times: Arc<Times>) {
    let mut wait = length / 3;
    loop {
        tokio::time::sleep(wait).await;
        let (asked, wall) = (Instant::now(), clock::now_micros());
        match leases.renew(&tenant, run, length).await {
            Ok(_) => {
                times.extend(asked, wall, length);
                wait = length / 3;
            }
            Err(error) if error.kind() == ErrorKind::PreconditionFailed => {
                tracing::warn!(%tenant, %run, "the lease was lost: another run holds the tenant");
                times.end();
                return;
            }
            Err(error) => {
                // The lease goes on to its end; until then the store may be back.
                tracing::warn!(%tenant, %run, %error, "the lease could not be renewed");
                wait = length / 20;
            }
        }
    }
}
