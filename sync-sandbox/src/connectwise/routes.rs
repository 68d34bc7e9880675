//! Which handler answers which path.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, MethodRouter, on};
use axum::{Json, Router};

use super::call::Call;
use super::data::Data;
use super::reply::{ApiError, Reply, ok};
use super::shapes::Table;
use super::store::{Store, guard};
use super::{callbacks, communications, companies, company_notes, contacts, system, tables};

type Route = MethodRouter<Arc<Store>>;

/// Every route, with the server's checks in front.
pub(crate) fn router(store: Arc<Store>) -> Router {
    let api = |router: Router<Arc<Store>>, (path, route): (String, Route)| {
        router.route(&format!("/{{codebase}}/apis/3.0/{path}"), route)
    };
    let company_info = |State(store): State<Arc<Store>>, Path(company): Path<String>| async move {
        Json(store.with(|data| system::company_info(data, &company)))
    };
    let signing_key =
        |State(store): State<Arc<Store>>| async move { Json(store.with(callbacks::signing_key)) };
    let fixed =
        contact_routes().into_iter().chain(other_routes()).map(|(path, route)| (path.to_owned(), route));
    fixed
        .chain(table_routes())
        .fold(Router::new(), api)
        .route("/login/companyinfo/{company}", axum::routing::get(company_info))
        .route(callbacks::KEY_PATH, axum::routing::get(signing_key))
        .fallback(async || ApiError::no_endpoint())
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(from_fn_with_state(Arc::clone(&store), guard))
        .with_state(store)
}

fn handle<F>(method: MethodFilter, work: F) -> Route
where
    F: Fn(&mut Data, &Call) -> Reply + Clone + Send + Sync + 'static,
{
    on(method, move |State(store): State<Arc<Store>>, call: Call| async move {
        store.with(|data| work(data, &call)).into_response()
    })
}

fn get(work: impl Fn(&mut Data, &Call) -> Reply + Clone + Send + Sync + 'static) -> Route {
    handle(MethodFilter::GET, work)
}

fn post(work: impl Fn(&mut Data, &Call) -> Reply + Clone + Send + Sync + 'static) -> Route {
    handle(MethodFilter::POST, work)
}

fn patch(work: impl Fn(&mut Data, &Call) -> Reply + Clone + Send + Sync + 'static) -> Route {
    handle(MethodFilter::PATCH, work)
}

fn put(work: impl Fn(&mut Data, &Call) -> Reply + Clone + Send + Sync + 'static) -> Route {
    handle(MethodFilter::PUT, work)
}

fn delete(work: impl Fn(&mut Data, &Call) -> Reply + Clone + Send + Sync + 'static) -> Route {
    handle(MethodFilter::DELETE, work)
}

/// The list, the count and the records of a table.
fn table(path: &'static str, table: Table) -> [(String, Route); 3] {
    [
        (path.to_owned(), get(move |data, call| tables::list(data, call, table))),
        (format!("{path}/count"), get(move |data, call| tables::count(data, call, table))),
        (format!("{path}/{{id}}"), get(move |data, call| tables::get(data, call, table))),
    ]
}

fn contact_routes() -> Vec<(&'static str, Route)> {
    vec![
        ("company/contacts", get(contacts::list).merge(post(contacts::create))),
        ("company/contacts/count", get(contacts::count)),
        (
            "company/contacts/{id}",
            get(contacts::get)
                .merge(patch(contacts::patch))
                .merge(put(contacts::put))
                .merge(delete(contacts::delete)),
        ),
        ("company/contacts/{id}/image", get(contacts::image)),
        ("company/contacts/{id}/usages", get(contacts::usages)),
        ("company/contacts/{id}/usages/list", get(contacts::usages)),
        (
            "company/contacts/{id}/communications",
            get(communications::list).merge(post(communications::create)),
        ),
        ("company/contacts/{id}/communications/count", get(communications::count)),
        (
            "company/contacts/{id}/communications/{item}",
            get(communications::get)
                .merge(patch(communications::patch))
                .merge(delete(communications::delete)),
        ),
        (
            "company/contacts/{id}/typeAssociations",
            get(tables::list_type_links).merge(post(tables::create_type_link)),
        ),
        (
            "company/contacts/{id}/typeAssociations/{link}",
            get(tables::get_type_link).merge(delete(tables::delete_type_link)),
        ),
        ("company/contacts/{id}/notes", get(tables::list_notes).merge(post(tables::create_note))),
        ("company/contacts/{id}/notes/count", get(tables::count_notes)),
        (
            "company/contacts/{id}/notes/{note}",
            get(tables::get_note).merge(patch(tables::patch_note)).merge(delete(tables::delete_note)),
        ),
    ]
}

fn other_routes() -> Vec<(&'static str, Route)> {
    let of_company =
        |table, field| get(move |data, call| tables::children(data, call, Table::Companies, table, field));
    let additions = |data: &mut Data, call: &Call| {
        tables::children(data, call, Table::Agreements, Table::Additions, "agreementId")
    };
    let count_additions = |data: &mut Data, call: &Call| {
        tables::count_children(data, call, Table::Agreements, Table::Additions, "agreementId")
    };
    let none = || get(|_, _| Ok(ok(serde_json::json!([]))));
    vec![
        ("company/companies", get(companies::list)),
        ("company/companies/count", get(companies::count)),
        ("company/companies/{id}", get(companies::get).merge(patch(companies::patch))),
        ("company/companies/{id}/notes", get(company_notes::list).merge(post(company_notes::create))),
        ("company/companies/{id}/notes/count", get(company_notes::count)),
        (
            "company/companies/{id}/notes/{note}",
            get(company_notes::get)
                .merge(patch(company_notes::patch))
                .merge(put(company_notes::put))
                .merge(delete(company_notes::delete)),
        ),
        ("company/companies/{id}/sites", of_company(Table::Sites, "company")),
        ("company/companies/{id}/teams", of_company(Table::Teams, "company")),
        ("company/companies/{id}/typeAssociations", of_company(Table::CompanyTypeLinks, "company")),
        ("company/m365contactsync/property/included", none()),
        ("company/m365contactsync/property/excluded", none()),
        ("system/m365contactsync/info", none()),
        ("finance/agreements/{id}/additions", get(additions).merge(post(companies::create_addition))),
        ("finance/agreements/{id}/additions/count", get(count_additions)),
        (
            "finance/agreements/{id}/additions/{addition}",
            get(companies::get_addition).merge(patch(companies::patch_addition)),
        ),
        ("system/info", get(system::info)),
    ]
}

fn table_routes() -> Vec<(String, Route)> {
    let plain = [
        table("company/communicationTypes", Table::CommunicationTypes),
        table("company/noteTypes", Table::NoteTypes),
        table("company/contacts/types", Table::ContactTypes),
        table("company/contacts/relationships", Table::Relationships),
        table("company/companies/statuses", Table::CompanyStatuses),
        table("company/companies/types", Table::CompanyTypes),
        table("company/countries", Table::Countries),
        table("company/teamRoles", Table::TeamRoles),
        table("company/m365contact", Table::M365Contacts),
        table("finance/agreements", Table::Agreements),
        table("system/locations", Table::Locations),
        table("system/members", Table::Members),
        table("system/userDefinedFields", Table::UserDefinedFields),
    ];
    let [departments, count, department] = table("company/contacts/departments", Table::Departments);
    let [callbacks, count_callbacks, callback] = table("system/callbacks", Table::Callbacks);
    let written = [
        (departments.0, departments.1.merge(post(system::create_department))),
        count,
        department,
        (callbacks.0, callbacks.1.merge(post(callbacks::create))),
        count_callbacks,
        (callback.0, callback.1.merge(patch(callbacks::patch)).merge(delete(callbacks::delete))),
    ];
    plain.into_iter().flatten().chain(written).collect()
}
