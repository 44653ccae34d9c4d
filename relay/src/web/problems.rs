//! What each kind of problem means that devices are answered with: the page behind the `type` of a problem, for whoever
//! reads it in a log. The problems themselves are in `api::problem`.

use super::message;
use crate::api::problem::Kind;
use crate::error::Error;
use crate::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /problems/{name}`.
pub(crate) async fn page(Path(name): Path<String>) -> Result<Response, Error> {
    let kind = Kind::ALL.iter().find(|kind| kind.name == name).ok_or(Error::NotFound)?;
    Ok(message(StatusCode::OK, kind.title, kind.advice))
}
