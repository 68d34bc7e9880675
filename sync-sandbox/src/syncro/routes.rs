//! Which handler answers which path, and which permission it takes.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, MethodRouter, on};

use super::call::Call;
use super::data::Data;
use super::reply::{ApiError, Reply};
use super::store::Store;
use super::{account, contacts, customers, portal, schedules};

type Route = MethodRouter<Arc<Store>>;

/// What the permission to use anything is called here: every token has it.
const ANY: &str = "";
const LIST_CUSTOMERS: &str = "Customers - List/Search";
const VIEW_CUSTOMERS: &str = "Customers - View Detail";
const EDIT_CUSTOMERS: &str = "Customers - Edit";
const LIST_INVOICES: &str = "Recurring Invoices - List";
const EDIT_INVOICES: &str = "Recurring Invoices - Edit";
const ADMIN: &str = "Global Admin";

/// Every route below `/api/v1`.
pub(crate) fn router(store: Arc<Store>) -> Router {
    let routes: Vec<(&str, Route)> = vec![
        ("/me", get(ANY, account::me)),
        ("/settings", get(ANY, account::settings)),
        ("/callerid", get(ANY, account::caller_id)),
        ("/contacts", get(VIEW_CUSTOMERS, contacts::list).merge(post(EDIT_CUSTOMERS, contacts::create))),
        (
            "/contacts/{id}",
            get(VIEW_CUSTOMERS, contacts::get)
                .merge(put(EDIT_CUSTOMERS, contacts::update))
                .merge(delete(EDIT_CUSTOMERS, contacts::delete)),
        ),
        (
            "/customers",
            get(LIST_CUSTOMERS, customers::list).merge(post("Customers - Create", customers::create)),
        ),
        ("/customers/autocomplete", get(ANY, customers::autocomplete)),
        ("/customers/latest", get(EDIT_CUSTOMERS, customers::latest)),
        (
            "/customers/{id}",
            get(VIEW_CUSTOMERS, customers::get)
                .merge(put(EDIT_CUSTOMERS, customers::update))
                .merge(delete("Customers - Delete", customers::delete)),
        ),
        (
            "/customers/{id}/phones",
            get(VIEW_CUSTOMERS, customers::phones).merge(post(EDIT_CUSTOMERS, customers::add_phone)),
        ),
        (
            "/customers/{id}/phones/{phone}",
            put(EDIT_CUSTOMERS, customers::update_phone)
                .merge(delete(EDIT_CUSTOMERS, customers::delete_phone)),
        ),
        ("/contracts", get("Contracts - List/Search", account::contracts)),
        ("/contracts/{id}", get("Contracts - Edit", account::contract)),
        ("/portal_users", get(ADMIN, portal::list).merge(post(ADMIN, portal::create))),
        ("/portal_users/{id}", put(ADMIN, portal::update).merge(delete(ADMIN, portal::delete))),
        ("/schedules", get(LIST_INVOICES, schedules::list)),
        ("/schedules/{id}", get(LIST_INVOICES, schedules::get).merge(put(EDIT_INVOICES, schedules::update))),
        ("/schedules/{id}/add_line_item", post(EDIT_INVOICES, schedules::add_line)),
        ("/schedules/{id}/remove_line_item", post(EDIT_INVOICES, schedules::remove_line)),
        ("/schedules/{id}/line_items/{line}", put(EDIT_INVOICES, schedules::update_line)),
    ];
    let api = |router: Router<Arc<Store>>, (path, route): (&str, Route)| {
        router.route(&format!("/api/v1{path}"), route)
    };
    routes
        .into_iter()
        .fold(Router::new(), api)
        .fallback(async || ApiError::NoRoute)
        .method_not_allowed_fallback(async || ApiError::NoRoute)
        .with_state(store)
}

fn handle<F>(method: MethodFilter, permission: &'static str, work: F) -> Route
where
    F: Fn(&mut Data, &Call) -> Reply + Clone + Send + Sync + 'static,
{
    on(method, move |State(store): State<Arc<Store>>, call: Call| async move {
        let reply = store.with(|data| {
            call.admit(&data.settings, permission)?;
            work(data, &call)
        });
        reply.into_response()
    })
}

fn get(
    permission: &'static str,
    work: impl Fn(&mut Data, &Call) -> Reply + Clone + Send + Sync + 'static,
) -> Route {
    handle(MethodFilter::GET, permission, work)
}

fn post(
    permission: &'static str,
    work: impl Fn(&mut Data, &Call) -> Reply + Clone + Send + Sync + 'static,
) -> Route {
    handle(MethodFilter::POST, permission, work)
}

fn put(
    permission: &'static str,
    work: impl Fn(&mut Data, &Call) -> Reply + Clone + Send + Sync + 'static,
) -> Route {
    handle(MethodFilter::PUT, permission, work)
}

fn delete(
    permission: &'static str,
    work: impl Fn(&mut Data, &Call) -> Reply + Clone + Send + Sync + 'static,
) -> Route {
    handle(MethodFilter::DELETE, permission, work)
}
