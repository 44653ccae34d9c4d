//! The start page, which is another page for each role.

use crate::auth::AnyRole;
use axum::response::Redirect;

/// `GET /`.
pub(crate) async fn start(AnyRole(me): AnyRole) -> Redirect {
    Redirect::to(me.role.home())
}
