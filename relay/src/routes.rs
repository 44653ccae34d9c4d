//! Every URL on one screen, with the role that it needs. A URL that is not in this table does not exist, and one that
//! is cannot be reached without what its row names: the gate is put before each handler here, in one place.

use crate::app::App;
use crate::auth::gate;
use crate::web::{
    alerts, assets, concerns, devices, home, inbox, install, join, people, problems, reports, setup, sign_in,
};
use crate::watch::watch;
use crate::{api, health, openapi, security};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodFilter, MethodRouter, on};
use lapwing_core::wire::path;
use std::sync::Arc;

/// What a URL needs of whoever asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Needs {
    /// Nothing: anybody may ask.
    Nothing,
    /// A device's signature.
    Device,
    /// A signed-in person.
    AnyRole,
    /// Somebody who may log a concern: staff or DSL.
    Staff,
    /// A DSL.
    Dsl,
    /// An IT administrator.
    ItAdmin,
    /// An IT administrator or a DSL.
    ItOrDsl,
}

/// One row of the table.
pub struct Row {
    /// GET or POST.
    pub method: Method,
    /// The path, with `{names}` for what varies.
    pub path: &'static str,
    /// What it needs.
    pub needs: Needs,
    handler: MethodRouter<Arc<App>>,
}

/// The table. Objects named in a path are looked for in the school of the session or device alone; whoever asks for
/// another school's gets the same answer as for one that does not exist.
#[must_use]
#[rustfmt::skip]
pub fn table() -> Vec<Row> {
    use Needs::{AnyRole, Device, Dsl, ItAdmin, ItOrDsl, Nothing, Staff};
    vec![
        // Devices: JSON, signed
        post(path::ENROL,                   Nothing, api::enrol),
        post(path::CHECK_IN,                Device,  api::check_in),
        post(path::ALERTS,                  Device,  api::alerts),
        post(path::REPORTS,                 Device,  api::report),
        post(path::THREAD,                  Device,  api::thread),
        post(path::THREAD_REPLY,            Device,  api::reply),

        get ("/api/openapi.json",           Nothing, openapi::serve),

        // Browsers and load balancers, without signing in
        get ("/extension/update.xml",       Nothing, install::update_xml),
        get ("/extension/lapwing.crx",      Nothing, install::crx),
        get ("/static/{name}",              Nothing, assets::file),
        get ("/problems/{name}",            Nothing, problems::page),
        get ("/health",                     Nothing, health::health),
        get ("/ready",                      Nothing, health::ready),
        post("/csp-report",                 Nothing, security::csp_report),

        // Signing in
        get ("/setup/{token}",              Nothing, setup::form),
        post("/setup/{token}",              Nothing, setup::set_up),
        get ("/join/{token}",               Nothing, join::form),
        post("/join/{token}",               Nothing, join::join),
        get ("/sign-in",                    Nothing, sign_in::form),
        post("/sign-in",                    Nothing, sign_in::sign_in),
        post("/sign-out",                   AnyRole, sign_in::sign_out),
        get ("/",                           AnyRole, home::start),

        // IT: devices and accounts, nothing about any child
        get ("/devices",                    ItAdmin, devices::list),
        get ("/devices/{id}/revoke",        ItAdmin, devices::confirm),
        post("/devices/{id}/revoke",        ItAdmin, devices::revoke),
        get ("/install",                    ItAdmin, install::page),
        get ("/install/{file}",             ItAdmin, install::file),
        get ("/people",                     ItOrDsl, people::list),
        post("/people",                     ItOrDsl, people::add),
        get ("/people/{id}",                ItOrDsl, people::person),
        post("/people/{id}",                ItOrDsl, people::change),
        post("/people/{id}/link",           ItOrDsl, people::link),
        post("/people/{id}/close",          ItOrDsl, people::close),

        // What waits for the DSL
        get ("/inbox",                      Dsl,     inbox::show_inbox),
        get ("/inbox/done",                 Dsl,     inbox::show_done),
        get ("/inbox/events",               Dsl,     inbox::events),
        get ("/alerts/{id}",                Dsl,     alerts::show_alert),
        get ("/episodes/{id}",              Dsl,     alerts::show_episode),
        post("/episodes/{id}/claim",        Dsl,     alerts::claim),
        post("/episodes/{id}/dismiss",      Dsl,     alerts::dismiss),
        post("/episodes/{id}/reopen",       Dsl,     alerts::reopen),

        // Pupils' reports: for a DSL, and for the adult whom the pupil chose, who is never IT
        get ("/reports",                    Staff,   reports::list),
        get ("/reports/{id}",               Staff,   reports::show_report),
        post("/reports/{id}/reply",         Staff,   reports::reply),
        post("/reports/{id}/close",         Staff,   reports::close),

        // Concerns: all of them for a DSL, else one's own
        get ("/concerns",                   Staff,   concerns::list),
        get ("/concerns/new",               Staff,   concerns::record::new),
        post("/concerns/new",               Staff,   concerns::record::create),
        get ("/concerns/{id}",              Staff,   concerns::view::show_concern),
        get ("/concerns/{id}/recorded",     Staff,   concerns::record::recorded),
        post("/concerns/{id}/status",       Dsl,     concerns::view::set_status),
        post("/concerns/{id}/note",         Dsl,     concerns::view::add_note),
        post("/concerns/{id}/feedback",     Dsl,     concerns::view::add_feedback),
    ]
}

fn get<H: Handler<T, Arc<App>>, T: 'static>(path: &'static str, needs: Needs, handler: H) -> Row {
    Row { method: Method::GET, path, needs, handler: on(MethodFilter::GET, handler) }
}

fn post<H: Handler<T, Arc<App>>, T: 'static>(path: &'static str, needs: Needs, handler: H) -> Row {
    Row { method: Method::POST, path, needs, handler: on(MethodFilter::POST, handler) }
}

/// The whole relay as a service.
pub fn router(app: &Arc<App>) -> Router {
    let mut router = Router::new();
    for Row { path, needs, mut handler, .. } in table() {
        handler = handler.layer(from_fn_with_state((Arc::clone(app), needs), gate));
        // Browsers send reports of the content security policy by themselves, and devices sign what they send.
        if !security::is_for_devices(path) && path != "/csp-report" {
            handler = handler.layer(security::same_origin(app));
        }
        router = router.route(path, handler);
    }
    router
        .fallback(security::not_found)
        .method_not_allowed_fallback(security::wrong_method)
        .layer(DefaultBodyLimit::max(security::BODY))
        .layer(from_fn(security::guard))
        .layer(from_fn(watch))
        .with_state(Arc::clone(app))
}
