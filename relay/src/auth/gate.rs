//! The gate before every URL: it finds the session, and lets through only the roles that the table in `routes` names.

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
    State((app, needs)): State<(Arc<App>, Needs)>,
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
    let scope = Scope::school(&session.account.school_id);
    request.extensions_mut().insert(session);
    Ok(scope::within(scope, next.run(request)).await)
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
        Needs::ItOrDsl => matches!(role, Role::ItAdmin | Role::Dsl),
    }
}
