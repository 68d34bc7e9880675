//! Runs that were.

use super::{MemoryStore, TenantState};
use crate::{
    apply::Report,
    error::{Error, ErrorKind, Result},
    memory::lock,
    model::TenantName,
    plan::Plan,
    store::{FieldWrite, History, Intent, RunEnd, RunId, RunRecord, RunStart, WriteQuery, fields_written},
};
use async_trait::async_trait;

#[derive(Debug)]
pub(super) struct RunState {
    pub(super) record: RunRecord,
    pub(super) plan: Plan,
    pub(super) report: Option<Report>,
}

#[async_trait]
impl History for MemoryStore {
    async fn begin(&self, tenant: &TenantName, run: RunId, start: &RunStart<'_>) -> Result<()> {
        let mut state = lock(&self.state);
        let of = state.of(tenant);
        of.check("begin run", run)?;
        let holder = of.lease.as_ref().map(|lease| lease.holder.clone()).unwrap_or_default();
        let record = RunRecord::begun(run, tenant.clone(), holder, start);
        state.runs.insert(run, RunState { record, plan: start.plan.clone(), report: None });
        Ok(())
    }

    async fn finish(&self, tenant: &TenantName, by: RunId, of: RunId, end: &RunEnd<'_>) -> Result<()> {
        const OPERATION: &str = "finish run";
        let mut state = lock(&self.state);
        state.of(tenant).check(OPERATION, by)?;
        let Some(run) = state.runs.get_mut(&of) else {
            return Err(Error::new(ErrorKind::NotFound, OPERATION, format!("there is no run {of}")));
        };
        run.record.ended_at = Some(end.at);
        run.record.interrupted = end.interrupted;
        run.record.success = Some(end.report.success);
        run.record.statistics = Some(end.report.statistics);
        run.report = Some(end.report.clone());
        Ok(())
    }

    async fn runs(
        &self,
        tenant: Option<&TenantName>,
        below: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<RunRecord>> {
        let state = lock(&self.state);
        let wanted = |record: &&RunRecord| {
            tenant.is_none_or(|tenant| record.tenant == *tenant)
                && below.is_none_or(|below| record.run < below)
        };
        let all = state.runs.values().rev().map(|run| &run.record).filter(wanted);
        Ok(all.take(limit as usize).cloned().collect())
    }

    async fn run(&self, run: RunId) -> Result<Option<RunRecord>> {
        Ok(lock(&self.state).runs.get(&run).map(|run| run.record.clone()))
    }

    async fn plan(&self, run: RunId) -> Result<Option<Plan>> {
        Ok(lock(&self.state).runs.get(&run).map(|run| run.plan.clone()))
    }

    async fn report(&self, run: RunId) -> Result<Option<Report>> {
        Ok(lock(&self.state).runs.get(&run).and_then(|run| run.report.clone()))
    }

    async fn intents(&self, run: RunId) -> Result<Vec<Intent>> {
        let state = lock(&self.state);
        let of_run = |tenant: &TenantState| -> Vec<Intent> {
            tenant.journal.range((run, 0)..=(run, u32::MAX)).map(|(_, intent)| intent.clone()).collect()
        };
        Ok(state.tenants.values().map(of_run).find(|intents| !intents.is_empty()).unwrap_or_default())
    }

    async fn written(&self, tenant: &TenantName, query: &WriteQuery) -> Result<Vec<FieldWrite>> {
        let state = lock(&self.state);
        let journal = state.tenants.get(tenant).map(|state| state.journal.values());
        Ok(journal.into_iter().flatten().flat_map(fields_written).filter(|w| query.asks_for(w)).collect())
    }
}
