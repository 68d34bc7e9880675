//! Which handler answers which path. The service does not tell the case of a path; templates are in small letters, as
//! the layer in front makes every path.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};

use super::call::Call;
use super::data::Data;
use super::reply::{ApiError, Reply, respond};
use super::store::{Store, guard};
use super::{accounts, auth, contacts, custom, finance, items, patch, system, write};

type Route = MethodRouter<Arc<Store>>;

/// Every route, with the server's checks in front.
pub(crate) fn router(store: Arc<Store>) -> Router {
    let routes: [(&str, Route); 23] = [
        ("security/authenticate", post(auth::authenticate)),
        ("security/refreshtoken", post(auth::refresh)),
        ("security/userinfo", get(auth::user_info)),
        ("security/ssostatus", get(auth::sso_status)),
        ("crm/accounts/lookup", get(accounts::lookup)),
        ("crm/accounts/summary", get(accounts::list)),
        ("crm/accounts/summary/{id}", get(accounts::get)),
        ("crm/accounts/{account}/locations/lookup", get(accounts::locations)),
        ("crm/accounts/{account}/contacts/lookup", get(contacts::lookup)),
        ("crm/accounts/{account}/contacts/{id}/summaryinfo", get(contacts::info)),
        ("crm/contacts/summary", get(contacts::list).merge(post(write::create))),
        ("crm/contacts/summary/{id}", get(contacts::get)),
        ("crm/contacts/search", get(contacts::search)),
        (
            "crm/contacts/{id}",
            handle(MethodFilter::PATCH, patch::patch)
                .merge(handle(MethodFilter::PUT, write::put))
                .merge(handle(MethodFilter::DELETE, write::delete)),
        ),
        ("crm/contacts/{id}/emails", handle(MethodFilter::PATCH, items::emails)),
        ("crm/contacts/{id}/phones", handle(MethodFilter::PATCH, items::phones)),
        ("system/customfields/{module}", get(custom::definitions)),
        ("system/customfields/{module}/{record}", get(custom::values)),
        ("system/customfields/data/{module}/{record}/{field}", handle(MethodFilter::PUT, custom::put)),
        ("system/lookup/{table}", get(system::table)),
        ("system/tenantlookup/{table}", get(system::table)),
        ("hr/employees/searchselect", get(system::employees)),
        ("hr/employees/lookup", get(system::employee_names)),
    ];
    let money: [(&str, Route); 5] = [
        ("finance/contracts/lookup", get(finance::lookup)),
        ("finance/contracts/summary", get(finance::summary)),
        ("finance/contracts/recurringservices/{contract}/services", post(finance::add_services)),
        ("admin/finance/services/lookup", get(finance::services)),
        ("admin/finance/services/{service}/relatedservices/search", post(finance::related)),
    ];
    let router = routes
        .into_iter()
        .chain(money)
        .fold(Router::new(), |router, (path, route)| router.route(&format!("/v2/{path}"), route));
    let missing = |error: fn() -> ApiError| {
        move |State(store): State<Arc<Store>>| async move { respond(Err(error()), store.spelling()) }
    };
    router
        .fallback(missing(ApiError::no_route))
        .method_not_allowed_fallback(missing(ApiError::no_method))
        .layer(from_fn_with_state(Arc::clone(&store), guard))
        .with_state(store)
}

fn handle<F>(method: MethodFilter, work: F) -> Route
where
    F: Fn(&mut Data, &Call) -> Reply + Clone + Send + Sync + 'static,
{
    on(method, move |State(store): State<Arc<Store>>, call: Call| async move {
        let reply = store.with(|data| work(data, &call));
        respond(reply, store.spelling())
    })
}

fn get(work: impl Fn(&mut Data, &Call) -> Reply + Clone + Send + Sync + 'static) -> Route {
    handle(MethodFilter::GET, work)
}

fn post(work: impl Fn(&mut Data, &Call) -> Reply + Clone + Send + Sync + 'static) -> Route {
    handle(MethodFilter::POST, work)
}
