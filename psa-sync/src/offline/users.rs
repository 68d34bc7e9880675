//! Reading `users.json`, `deleted_users.json` and `skus.json`.

use super::{OfflineDirectory, OfflineError, groups, json::Source};
use crate::config::Named;
use graph_client::{
    DecodeError, ExportContext, SubscribedSku, decode_deleted_page, decode_skus, decode_users_page,
};
use serde_json::value::RawValue;
use std::path::Path;
use sync_core::policy::{Policy, Tenant};

/// Reads the directory side of a folder.
pub(super) fn read(
    folder: &Path,
    tenant: &Tenant,
    policy: &Policy,
    named: &Named,
) -> Result<OfflineDirectory, OfflineError> {
    let mut context = ExportContext::new(&tenant.directory_id)
        .with_extensions(&policy.extensions_needed(tenant))
        .map_err(|error| OfflineError::new(folder.join("policy.toml"), error.message()))?
        .with_skus(skus(folder)?);
    let mut described = Vec::new();
    if let Some(groups) = groups::read(folder, &policy.groups_needed(tenant), named)? {
        context = context.with_groups(&groups.members);
        described = groups.described;
    }
    let source = Source::required(
        folder,
        "users.json",
        "put a Microsoft Graph user list there: {\"value\":[…]}, or an array of its pages",
    )?;
    let mut directory = OfflineDirectory {
        users: Vec::new(),
        removed: removed(folder, tenant)?,
        groups: described,
        reported_count: None,
        partial: None,
    };
    let (mut has_next, mut stated) = (false, None);
    for page in pages(&source)? {
        let object = source.object_in(page, "a page")?;
        if let Some(complete) = object.get("complete") {
            let complete: bool = source.value(complete, "`complete`")?;
            stated = Some(stated.unwrap_or(true) && complete);
        }
        let offset = source.range(page.get()).start;
        let page = decode_users_page(page.get(), &context).map_err(|e| undecoded(&source, offset, &e))?;
        directory.reported_count = directory.reported_count.or(page.count);
        directory.users.extend(page.users);
        directory.removed.extend(page.removed);
        has_next = page.has_next;
    }
    directory.partial = match stated {
        Some(true) => None,
        Some(false) => Some("users.json says \"complete\": false"),
        None => has_next.then_some(
            "the last page in users.json says that another one follows (@odata.nextLink); add the other pages",
        ),
    };
    Ok(directory)
}

/// The pages of a listing: the file itself, or the items of the array that it is.
fn pages(source: &Source) -> Result<Vec<&RawValue>, OfflineError> {
    let root: &RawValue = source.decode_text(&source.text, "the file")?;
    if !root.get().starts_with('[') {
        return Ok(vec![root]);
    }
    let pages = source.list_in(root, "the file")?;
    if pages.is_empty() {
        return Err(source.wrong_in(root, "holds no page; an empty list is [{\"value\":[]}]"));
    }
    Ok(pages)
}

fn removed(folder: &Path, tenant: &Tenant) -> Result<Vec<sync_core::model::SourceAnchor>, OfflineError> {
    let Some(source) = Source::read(folder, "deleted_users.json")? else { return Ok(Vec::new()) };
    let mut removed = Vec::new();
    for page in pages(&source)? {
        let offset = source.range(page.get()).start;
        removed.extend(
            decode_deleted_page(page.get(), &tenant.directory_id)
                .map_err(|e| undecoded(&source, offset, &e))?,
        );
    }
    Ok(removed)
}

fn skus(folder: &Path) -> Result<Vec<SubscribedSku>, OfflineError> {
    let Some(source) = Source::read(folder, "skus.json")? else { return Ok(Vec::new()) };
    decode_skus(&source.text).map_err(|error| undecoded(&source, 0, &error))
}

fn undecoded(source: &Source, page: usize, error: &DecodeError) -> OfflineError {
    source.wrong(page + error.offset, error.to_string())
}
