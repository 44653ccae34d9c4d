//! Every URL with the role that it needs, in one table. A URL that is not in this table does not exist, and one that
//! is cannot be reached without what its row names: the gate is put before each handler here, in one place.

use crate::app::App;
use crate::auth::gate;
use crate::watch::watch;
use crate::web::{
    alerts, assets, audit_trail, concerns, devices, glass, home, inbox, install, join, numbers, people,
    problems, reports, scopes, setup, sharing, sign_in, trust,
};
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
    /// Somebody who may log a concern: staff, pastoral staff, safeguarding leads, the head.
    Staff,
    /// Somebody for whom something can wait: pastoral staff, safeguarding leads, the head.
    Waiting,
    /// Somebody who may decide about some record: safeguarding leads, the head.
    Lead,
    /// A DSL.
    Dsl,
    /// Somebody of the school who may break the glass over a record: a deputy, the head.
    Glass,
    /// Somebody who may see the school's numbers: safeguarding leads, the head, a governor.
    Numbers,
    /// The safeguarding lead of a trust.
    TrustLead,
    /// Somebody who may see who did and read what: a DSL, the head, an auditor.
    Trail,
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
    use Needs::{AnyRole, Device, Dsl, Glass, ItAdmin, ItOrDsl, Lead, Nothing, Numbers, Staff, Trail, TrustLead, Waiting};
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

        post("/people/{id}/role",           ItOrDsl, people::role),
        post("/people/{id}/scope",          Dsl,     scopes::grant),
        post("/people/{id}/scope/end",      Dsl,     scopes::end),
        post("/people/{id}/limit",          Dsl,     scopes::limit),

        // What waits; `walls` says what of it for whom
        get ("/inbox",                      Waiting, inbox::show_inbox),
        get ("/inbox/done",                 Waiting, inbox::show_done),
        get ("/inbox/events",               Waiting, inbox::events),
        post("/inbox/notices/{id}",         Lead,    glass::acknowledge),
        get ("/alerts/{id}",                Staff,   alerts::show_alert),
        get ("/episodes/{id}",              Staff,   alerts::show_episode),
        post("/episodes/{id}/claim",        Lead,    alerts::claim),
        post("/episodes/{id}/dismiss",      Lead,    alerts::dismiss),
        post("/episodes/{id}/reopen",       Lead,    alerts::reopen),

        // Pupils' reports: for safeguarding leads, for the adult whom the pupil chose, and where shared; never for IT
        get ("/reports",                    Staff,   reports::list),
        get ("/reports/{id}",               Staff,   reports::show_report),
        post("/reports/{id}/reply",         Staff,   reports::reply),
        post("/reports/{id}/close",         Staff,   reports::close),

        // Concerns: one's own, and those that `walls` opens
        get ("/concerns",                   Staff,   concerns::list),
        get ("/concerns/new",               Staff,   concerns::record::new),
        post("/concerns/new",               Staff,   concerns::record::create),
        get ("/concerns/{id}",              Staff,   concerns::view::show_concern),
        get ("/concerns/{id}/recorded",     Staff,   concerns::record::recorded),
        post("/concerns/{id}/status",       Lead,    concerns::change::set_status),
        post("/concerns/{id}/note",         Staff,   concerns::change::add_note),
        post("/concerns/{id}/feedback",     Lead,    concerns::change::add_feedback),
        post("/concerns/{id}/category",     Lead,    concerns::change::set_category),
        post("/concerns/{id}/named",        Lead,    concerns::named::name),
        post("/concerns/{id}/named/lift",   Lead,    concerns::named::lift),

        // One record for one colleague until a date; a record opened in need
        get ("/sharing/{kind}/{id}",        Lead,    sharing::page),
        post("/sharing/{kind}/{id}",        Lead,    sharing::share),
        post("/sharing/{kind}/{id}/revoke", Lead,    sharing::revoke),
        get ("/break-glass",                Glass,   glass::page),
        post("/break-glass",                Glass,   glass::open),

        // Numbers without names, and the trail without words
        get ("/numbers",                    Numbers, numbers::page),
        get ("/trust",                      TrustLead, trust::page),
        get ("/trust/{school}/break-glass", TrustLead, trust::glass_page),
        post("/trust/{school}/break-glass", TrustLead, trust::open),
        get ("/trust/{school}/concerns/{id}", TrustLead, trust::concern),
        get ("/trail",                      Trail,   audit_trail::page),
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
            handler = handler.layer(security::same_origin(app)).layer(from_fn(security::says_origin));
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
