//! The gate before every URL: it finds the session, and lets through only the roles that the table in `routes` names,
//! with the proof that it names.

use super::stepup::{self, Missing, Step};
use super::{Account, Role, Session};
use crate::app::App;
use crate::db::scope::{self, Scope};
use crate::error::Error;
use crate::routes::Needs;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;

/// Lets a request through, with its [`Session`] among the extensions, or answers it.
pub(crate) async fn gate(
    State((app, needs, step)): State<(Arc<App>, Needs, Step)>,
    mut request: Request,
    next: Next,
) -> Result<Response, Error> {
    if matches!(needs, Needs::Nothing | Needs::Device) {
        // Pages before signing in find out who asks; a device's signature settles the scope (`api::signed`).
        return Ok(scope::within(Scope::Relay, next.run(request)).await);
    }
    let found = scope::within(Scope::Relay, Session::of(&app, request.headers())).await?;
    let Some(session) = found else {
        let reading = matches!(*request.method(), Method::GET | Method::HEAD);
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        return Err(Error::SignIn { next: reading.then(|| path.to_owned()) });
    };
    if !allows(needs, &session.account) {
        return Err(Error::Forbidden);
    }
    match stepup::missing(step, &session.proof, app.now()) {
        Some(Missing::Factor) => return Err(Error::Enrol { again: is_change(&request) }),
        Some(Missing::Proof) => {
            return Err(Error::Confirm { next: way_back(&request), again: is_change(&request) });
        }
        None => {}
    }
    let scope = Scope::school(&session.account.school_id);
    request.extensions_mut().insert(session);
    Ok(scope::within(scope, next.run(request)).await)
}

fn is_change(request: &Request) -> bool {
    !matches!(*request.method(), Method::GET | Method::HEAD)
}

/// The page to return to after a proof: the one that was asked for, or the one whose form was sent.
fn way_back(request: &Request) -> String {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if !is_change(request) {
        return path.to_owned();
    }
    // A form is sent to the page it stands on, or to an action below it: /people/{id}/close, /signing-in/staff.
    let path = request.uri().path();
    let pages = if path.starts_with("/people/") { 3 } else { 2 };
    path.split('/').take(pages).collect::<Vec<_>>().join("/")
}

/// Whether an account may do what `needs` describes.
pub(super) const fn allows(needs: Needs, account: &Account) -> bool {
    let role = account.role;
    match needs {
        Needs::Nothing | Needs::AnyRole => true,
        Needs::Device => false,
        Needs::Staff => role.is_school_staff(),
        Needs::Waiting => role.is_school_staff() && !matches!(role, Role::Staff),
        Needs::Lead => role.decides(),
        Needs::Dsl => matches!(role, Role::Dsl),
        Needs::Glass => matches!(role, Role::DeputyDsl | Role::Head),
        Needs::Numbers => matches!(role, Role::DeputyDsl | Role::Dsl | Role::Head | Role::Governor),
        Needs::TrustLead => matches!(role, Role::TrustLead),
        Needs::Trail => matches!(role, Role::Dsl | Role::Head | Role::Auditor),
        Needs::ItAdmin => matches!(role, Role::ItAdmin),
        Needs::Policy => role.decides() || matches!(role, Role::ItAdmin),
        Needs::Evidence => {
            matches!(role, Role::DeputyDsl | Role::Dsl | Role::Head | Role::Governor | Role::ItAdmin)
        }
        Needs::StaffOrIt => role.is_school_staff() || matches!(role, Role::ItAdmin),
        Needs::ItOrDsl => matches!(role, Role::ItAdmin | Role::Dsl),
    }
}
