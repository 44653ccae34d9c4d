//! Every URL with the role that it needs, in one table. A URL that is not in this table does not exist, and one that
//! is cannot be reached without what its row names: the gate is put before each handler here, in one place.

use crate::app::App;
use crate::auth::{Step, gate};
use crate::watch::watch;
use crate::web::{
    account, alerts, assets, audit_trail, children, concerns, confirm, devices, evidence, glass, home, inbox,
    install, join, lessons, lists, numbers, people, policy, problems, reports, requests, scopes, search,
    setup, sharing, sign_in, signing_in, sources, sso, trust,
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
    /// Somebody who may see the school's policy: safeguarding leads, the head, IT.
    Policy,
    /// Anybody of the school's staff, or IT.
    StaffOrIt,
    /// Somebody who answers for filtering and monitoring: safeguarding leads, the head, a governor, IT.
    Evidence,
}

/// One row of the table.
pub struct Row {
    /// GET or POST.
    pub method: Method,
    /// The path, with `{names}` for what varies.
    pub path: &'static str,
    /// What it needs.
    pub needs: Needs,
    /// How much proof it wants that it is them, where it needs a signed-in person.
    pub step: Step,
    handler: MethodRouter<Arc<App>>,
}

/// The table. Objects named in a path are looked for in the school of the session or device alone; whoever asks for
/// another school's gets the same answer as for one that does not exist. Every page for people wants a complete sign-in
/// (`Step::Full`) unless its row says otherwise.
#[must_use]
#[rustfmt::skip]
pub fn table() -> Vec<Row> {
    use Needs::{AnyRole, Device, Dsl, Evidence, Glass, ItAdmin, ItOrDsl, Lead, Nothing, Numbers, Policy, Staff, StaffOrIt, Trail, TrustLead, Waiting};
    use Step::{First, Own, OwnRecent, Recent};
    vec![
        // Devices: JSON, signed
        post(path::ENROL,                   Nothing, api::enrol),
        post(path::CHECK_IN,                Device,  api::check_in),
        post(path::ALERTS,                  Device,  api::alerts),
        post(path::REPORTS,                 Device,  api::report),
        post(path::ACCESS,                  Device,  api::access),
        post(path::THREAD,                  Device,  api::thread),
        post(path::THREAD_REPLY,            Device,  api::reply),
        get (path::LISTS,                   Nothing, api::pack),

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
        get ("/sso/{name}",                 Nothing, sso::start),
        get ("/sso/callback",               Nothing, sso::back),
        post("/join/{token}/sso",           Nothing, sso::join),
        post("/sign-out",                   AnyRole, sign_in::sign_out).with(First),
        get ("/confirm",                    AnyRole, confirm::form).with(First),
        post("/confirm",                    AnyRole, confirm::confirm).with(First),
        get ("/",                           AnyRole, home::start),

        // One's own account: open without a second factor, since that is where it is set up
        get ("/account",                    AnyRole, account::show_account).with(Own),
        get ("/account/password",           AnyRole, account::password::form).with(Own),
        post("/account/password",           AnyRole, account::password::change).with(Own),
        get ("/account/app",                AnyRole, account::app::form).with(OwnRecent),
        post("/account/app",                AnyRole, account::app::set_up).with(OwnRecent),
        post("/account/app/remove",         AnyRole, account::app::remove).with(OwnRecent),
        get ("/account/passkey",            AnyRole, account::passkeys::form).with(OwnRecent),
        post("/account/passkey",            AnyRole, account::passkeys::add).with(OwnRecent),
        post("/account/passkey/{name}/remove", AnyRole, account::passkeys::remove).with(OwnRecent),
        post("/account/codes",              AnyRole, account::codes).with(OwnRecent),
        post("/account/sso",                AnyRole, sso::tie).with(OwnRecent),
        post("/account/sso/untie",          AnyRole, sso::untie).with(OwnRecent),
        post("/account/sessions/{name}/end", AnyRole, account::end_session).with(Own),
        post("/account/sessions/end-others", AnyRole, account::end_other_sessions).with(Own),

        // IT: devices and accounts, nothing about any child
        get ("/devices",                    ItAdmin, devices::list),
        get ("/devices/{id}/revoke",        ItAdmin, devices::confirm),
        post("/devices/{id}/revoke",        ItAdmin, devices::revoke),
        get ("/install",                    ItAdmin, install::page),
        get ("/install/{file}",             ItAdmin, install::file),

        // Lists of sites: IT keeps their sources, a DSL sees them, either approves what would change
        get ("/lists",                      ItOrDsl, lists::page),
        post("/lists/roll-back",            ItAdmin, lists::roll_back).with(Recent),
        get ("/lists/sources",              ItOrDsl, sources::page),
        post("/lists/sources",              ItAdmin, sources::add).with(Recent),
        get ("/lists/sources/{id}",         ItOrDsl, sources::one::page),
        post("/lists/sources/{id}",         ItAdmin, sources::one::change).with(Recent),
        post("/lists/sources/{id}/file",    ItAdmin, sources::one::upload).with(Recent),
        post("/lists/sources/{id}/fetch",   ItAdmin, sources::one::fetch).with(Recent),
        post("/lists/sources/{id}/remove",  ItAdmin, sources::one::remove).with(Recent),
        post("/lists/propose",              ItAdmin, sources::proposal::make).with(Recent),
        get ("/lists/proposal",             ItOrDsl, sources::proposal::page),
        post("/lists/proposals/{id}/approve", ItOrDsl, sources::proposal::approve).with(Recent),
        post("/lists/proposals/{id}/refuse", ItOrDsl, sources::proposal::refuse).with(Recent),
        post("/lists/proposals/{id}/try",   ItOrDsl, sources::trial::begin).with(Recent),
        post("/lists/trial/stop",           ItOrDsl, sources::trial::stop).with(Recent),

        // Accounts, and how people sign in
        get ("/people",                     ItOrDsl, people::list).with(Recent),
        post("/people",                     ItOrDsl, people::add).with(Recent),
        get ("/people/{id}",                ItOrDsl, people::person).with(Recent),
        post("/people/{id}",                ItOrDsl, people::change).with(Recent),
        post("/people/{id}/link",           ItOrDsl, people::link).with(Recent),
        post("/people/{id}/sign-out",       ItOrDsl, people::sign_out).with(Recent),
        post("/people/{id}/close",          ItOrDsl, people::close).with(Recent),
        get ("/signing-in",                 ItOrDsl, signing_in::page).with(Recent),
        post("/signing-in/provider",        ItAdmin, signing_in::set_provider).with(Recent),
        post("/signing-in/provider/remove", ItAdmin, signing_in::remove_provider).with(Recent),
        post("/signing-in/trust",           Dsl,     signing_in::set_trust).with(Recent),
        post("/signing-in/staff",           Dsl,     signing_in::set_staff).with(Recent),
        post("/people/{id}/role",           ItOrDsl, people::role).with(Recent),
        post("/people/{id}/scope",          Dsl,     scopes::grant).with(Recent),
        post("/people/{id}/scope/end",      Dsl,     scopes::end).with(Recent),
        post("/people/{id}/limit",          Dsl,     scopes::limit).with(Recent),

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

        // Lessons that staff announce, during which devices lower what they find about their topics
        get ("/lessons",                    Staff,   lessons::page),
        post("/lessons",                    Staff,   lessons::announce),
        post("/lessons/{id}/end",           Staff,   lessons::end),

        // The school's policy: safeguarding leads and IT see it, a DSL decides it (DfE: the DSL leads on filtering and
        // monitoring), IT may add and end technical exceptions, and a lead is the second person where the school wants one
        get ("/policy",                     Policy,  policy::page),
        post("/policy/two-person",          Dsl,     policy::set_two_person),
        post("/policy/proposals/{id}/approve", Lead, policy::approve),
        post("/policy/proposals/{id}/refuse", Lead,  policy::refuse),
        post("/policy/proposals/{id}/withdraw", ItOrDsl, policy::withdraw),
        get ("/policy/groups",              Policy,  policy::groups::page),
        post("/policy/groups",              Dsl,     policy::groups::put),
        post("/policy/groups/remove",       Dsl,     policy::groups::remove),
        get ("/policy/hours",               Policy,  policy::hours::page),
        post("/policy/hours",               Dsl,     policy::hours::set),
        post("/policy/dates",               Dsl,     policy::dates::add),
        post("/policy/dates/remove",        Dsl,     policy::dates::remove),
        get ("/policy/actions",             Policy,  policy::actions::page),
        post("/policy/actions",             Dsl,     policy::actions::set),
        get ("/policy/exceptions",          Policy,  policy::exceptions::page),
        post("/policy/exceptions",          ItOrDsl, policy::exceptions::add),
        post("/policy/exceptions/end",      ItOrDsl, policy::exceptions::end),
        get ("/policy/versions",            Policy,  policy::versions::page),
        post("/policy/restore",             Dsl,     policy::versions::restore),
        get ("/policy/ask",                 StaffOrIt, policy::ask::page),

        // Proof that filtering and monitoring work, in numbers of devices
        get ("/evidence",                   Evidence, evidence::page),
        get ("/evidence/devices.csv",       Evidence, evidence::csv),
        get ("/evidence/standards",         Evidence, evidence::standards::page),

        // Pupils who need a blocked site for school work
        get ("/requests",                   Lead,    requests::page),
        post("/requests/{id}/answer",       Lead,    requests::answer),
        post("/requests/{id}/end",          Lead,    requests::end),

        get ("/search",                     Waiting, search::page),
        get ("/pupils/{id}",                Lead,    children::page),

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

impl Row {
    /// The same URL with another proof than a complete sign-in.
    fn with(self, step: Step) -> Self {
        Self { step, ..self }
    }
}

fn get<H: Handler<T, Arc<App>>, T: 'static>(path: &'static str, needs: Needs, handler: H) -> Row {
    Row { method: Method::GET, path, needs, step: Step::Full, handler: on(MethodFilter::GET, handler) }
}

fn post<H: Handler<T, Arc<App>>, T: 'static>(path: &'static str, needs: Needs, handler: H) -> Row {
    Row { method: Method::POST, path, needs, step: Step::Full, handler: on(MethodFilter::POST, handler) }
}

/// The whole relay as a service.
pub fn router(app: &Arc<App>) -> Router {
    let mut router = Router::new();
    for Row { path, needs, step, mut handler, .. } in table() {
        handler = handler.layer(from_fn_with_state((Arc::clone(app), needs, step), gate));
        // Browsers send reports of the content security policy by themselves, and devices sign what they send.
        if !security::is_for_devices(path) && path != "/csp-report" {
            handler = handler.layer(security::same_origin(app)).layer(from_fn(security::says_origin));
        }
        if security::most(path) > security::BODY {
            handler = handler.layer(DefaultBodyLimit::max(security::most(path)));
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
