//! Notes of companies in memory.

use super::lock;
use crate::{
    error::{Error, ErrorKind, Result},
    model::CompanyId,
    notes::{CompanyNotes, NoteTitle, check_text},
};
use async_trait::async_trait;
use std::{collections::BTreeMap, sync::Mutex};

/// [`CompanyNotes`] over some companies.
#[derive(Debug)]
pub struct MemoryCompanyNotes {
    supported: bool,
    companies: Mutex<BTreeMap<CompanyId, Vec<(NoteTitle, String)>>>,
}

impl MemoryCompanyNotes {
    /// These companies, without notes.
    pub fn new(companies: impl IntoIterator<Item = CompanyId>) -> Self {
        let companies = companies.into_iter().map(|company| (company, Vec::new())).collect();
        Self { supported: true, companies: Mutex::new(companies) }
    }

    /// An instance that has no such notes.
    #[must_use]
    pub fn unsupported() -> Self {
        Self { supported: false, companies: Mutex::default() }
    }

    /// Adds a note past everybody, even where there is one with its title.
    pub fn add(&self, company: CompanyId, title: NoteTitle, text: impl Into<String>) {
        lock(&self.companies).entry(company).or_default().push((title, text.into()));
    }

    fn with<T>(
        &self,
        company: &CompanyId,
        title: &NoteTitle,
        work: impl FnOnce(&mut Vec<(NoteTitle, String)>, Option<usize>) -> T,
    ) -> Result<T> {
        let refuse = |kind, message: &str| Err(Error::new(kind, "company note", message));
        if !self.supported {
            return refuse(
                ErrorKind::Unsupported,
                "this instance has no notes of companies; nothing was sent",
            );
        }
        let mut companies = lock(&self.companies);
        let Some(notes) = companies.get_mut(company) else {
            return refuse(ErrorKind::NotFound, "there is no such company");
        };
        let mut ours = notes.iter().enumerate().filter(|(_, (held, _))| held == title).map(|(at, _)| at);
        match (ours.next(), ours.next()) {
            (_, Some(_)) => refuse(ErrorKind::PreconditionFailed, "several notes carry the title"),
            (at, None) => Ok(work(notes, at)),
        }
    }
}

#[async_trait]
impl CompanyNotes for MemoryCompanyNotes {
    fn name(&self) -> &'static str {
        "memory"
    }

    async fn note(&self, company: &CompanyId, title: &NoteTitle) -> Result<Option<String>> {
        self.with(company, title, |notes, at| at.and_then(|at| notes.get(at)).map(|(_, text)| text.clone()))
    }

    async fn put_note(&self, company: &CompanyId, title: &NoteTitle, text: &str) -> Result<String> {
        if self.supported {
            check_text(text, "company note")?;
        }
        self.with(company, title, |notes, at| {
            match at.and_then(|at| notes.get_mut(at)) {
                Some((_, held)) => text.clone_into(held),
                None => notes.push((title.clone(), text.to_owned())),
            }
            text.to_owned()
        })
    }
}
