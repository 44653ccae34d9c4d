//! The gate before every URL: it finds the session, and lets through only the roles that the table in `routes` names,
//! with the proof that it names.

use super::stepup::{self, Missing, Step};
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
    State((app, needs, step)): State<(Arc<App>, Needs, Step)>,
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
    match stepup::missing(step, &session.proof, app.now()) {
        Some(Missing::Factor) => return Err(Error::Enrol),
        Some(Missing::Proof) => {
            return Err(Error::Confirm { next: way_back(&request), again: is_change(&request) });
        }
        None => {}
    }
    request.extensions_mut().insert(session);
    Ok(next.run(request).await)
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
