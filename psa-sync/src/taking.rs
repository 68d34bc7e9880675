//! Taking a tenant for a run that writes.

use crate::{
    config::Config,
    exit::{Exit, Failure},
};
use std::sync::Arc;
use sync_core::{
    model::TenantName,
    policy::Tenant,
    store::{Leases, RunId, StateStore},
};

/// Takes the tenant, or says who has it.
pub(crate) async fn take(
    store: &Arc<dyn StateStore>,
    name: &TenantName,
    length: std::time::Duration,
) -> Result<sync_state::Held, Failure> {
    let leases: Arc<dyn StateStore> = Arc::clone(store);
    let leases: Arc<dyn Leases> = leases;
    sync_state::Held::take(leases, name, length).await?.map_err(|lease| {
        let message = format!(
            "another run of tenant {name} is under way: run {} of {} has held it since {}",
            lease.run,
            sync_state::holder_for_people(&lease.holder),
            lease.since.format("%Y-%m-%d %H:%M:%S UTC")
        );
        Failure::new(Exit::Failed, message).with_hint(format!(
            "wait for it to end; if it was killed on another machine, the tenant is free after {}",
            lease.until.format("%Y-%m-%d %H:%M:%S UTC")
        ))
    })
}

/// Refuses to write while a run of another tenant may write to the same company: neither sees the other's contacts when it
/// plans, so both could create the same one, or link the same one. Of two that begin at once the earlier one goes on.
pub(crate) async fn refuse_beside(
    store: &dyn StateStore,
    config: &Config,
    tenant: &Tenant,
    run: RunId,
) -> Result<(), Failure> {
    let ours = tenant.companies();
    for other in config.tenants.iter().map(|t| &t.tenant).filter(|other| other.name != tenant.name) {
        let theirs = other.companies();
        let Some(company) = theirs.intersection(&ours).next() else { continue };
        let Some(lease) = store.lease(&other.name).await? else { continue };
        if lease.run > run || sync_state::holder_is_dead(&lease.holder) {
            continue;
        }
        let message = format!(
            "a run of tenant {} is under way, which may write to company {company} as well: run {} of {} since {}; nothing was \
             written",
            other.name,
            lease.run,
            sync_state::holder_for_people(&lease.holder),
            lease.since.format("%Y-%m-%d %H:%M:%S UTC")
        );
        return Err(Failure::new(Exit::Failed, message).with_hint(
            "wait for it to end: two tenants that share a company are written one after the other",
        ));
    }
    Ok(())
}
