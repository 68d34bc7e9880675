//! Agreement lines in memory.

use super::lock;
use crate::{
    error::{Error, ErrorKind, Result},
    model::{CompanyId, LineId},
    quantity::{Agreements, QuantityLine},
    traits::{Page, PageEnd},
};
use async_trait::async_trait;
use chrono::NaiveDate;
use futures::stream::{self, BoxStream, StreamExt};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

/// [`Agreements`] over a list of lines.
#[derive(Debug, Default)]
pub struct MemoryAgreements {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    lines: BTreeMap<LineId, QuantityLine>,
    /// Every quantity that was set, in order.
    set: Vec<(LineId, u64)>,
    /// The next write fails like this.
    fail: Option<ErrorKind>,
}

impl MemoryAgreements {
    /// These lines; the last one of an id counts.
    pub fn new(lines: impl IntoIterator<Item = QuantityLine>) -> Self {
        let agreements = Self::default();
        lock(&agreements.state).lines.extend(lines.into_iter().map(|line| (line.id.clone(), line)));
        agreements
    }

    /// Every quantity that was set, in order.
    #[must_use]
    pub fn written(&self) -> Vec<(LineId, u64)> {
        lock(&self.state).set.clone()
    }

    /// Lets the next write fail.
    pub fn fail_next(&self, kind: ErrorKind) {
        lock(&self.state).fail = Some(kind);
    }

    /// Changes a line behind everybody's back.
    pub fn put(&self, line: QuantityLine) {
        lock(&self.state).lines.insert(line.id.clone(), line);
    }
}

#[async_trait]
impl Agreements for MemoryAgreements {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn lines<'a>(&'a self, companies: &'a BTreeSet<CompanyId>) -> BoxStream<'a, Result<Page<QuantityLine>>> {
        let lines: Vec<QuantityLine> = lock(&self.state)
            .lines
            .values()
            .filter(|line| companies.contains(&line.company))
            .cloned()
            .collect();
        let end = PageEnd::new().with_reported_count(Some(lines.len() as u64));
        stream::iter([Ok(Page::Items(lines)), Ok(Page::End(end))]).boxed()
    }

    async fn set_quantity(
        &self,
        line: &LineId,
        from: u64,
        to: u64,
        _effective: NaiveDate,
    ) -> Result<QuantityLine> {
        let refuse =
            |kind, message: &str| Error::new(kind, "set quantity", format!("line {line}: {message}"));
        let mut state = lock(&self.state);
        if let Some(kind) = state.fail.take() {
            return Err(refuse(kind, "as it was told to"));
        }
        let Some(held) = state.lines.get_mut(line) else {
            return Err(refuse(ErrorKind::NotFound, "there is none of that id"));
        };
        if held.dynamic || held.quantity != Some(from) {
            return Err(refuse(ErrorKind::PreconditionFailed, "it does not have that quantity any more"));
        }
        held.quantity = Some(to);
        let stored = held.clone();
        state.set.push((line.clone(), to));
        Ok(stored)
    }
}
