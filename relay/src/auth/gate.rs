//! The gate before every URL: it finds the session, and lets through only the roles that the table in `routes` names.

use super::{Account, Role, Session};
use crate::app::App;
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
        return Ok(next.run(request).await);
    }
    let Some(session) = Session::of(&app, request.headers()).await? else {
        let reading = matches!(*request.method(), Method::GET | Method::HEAD);
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        return Err(Error::SignIn { next: reading.then(|| path.to_owned()) });
    };
    if !allows(needs, &session.account) {
        return Err(Error::Forbidden);
    }
    request.extensions_mut().insert(session);
    Ok(next.run(request).await)
}

/// Whether an account may do what `needs` describes.
pub(super) const fn allows(needs: Needs, account: &Account) -> bool {
    match needs {
        Needs::Nothing => true,
        Needs::Device => false,
        Needs::AnyRole => true,
        Needs::Staff => matches!(account.role, Role::Staff | Role::Dsl),
        Needs::Dsl => matches!(account.role, Role::Dsl),
        Needs::ItAdmin => matches!(account.role, Role::ItAdmin),
        Needs::ItOrDsl => matches!(account.role, Role::ItAdmin | Role::Dsl),
    }
}
