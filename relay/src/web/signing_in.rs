//! “How people sign in”: whether staff must have a second factor, and the school's own identity provider. IT sets the
//! provider up; a DSL decides what lets people off a proof, because IT must not be able to open what children write.

use super::form::{Errors, Posted};
use super::{Area, Chrome, show_as, trail};
use crate::app::App;
use crate::auth::sso::{Kind, Provider, checked_issuer, secret_place};
use crate::auth::{Account, Dsl, ItAdmin, ItOrDsl, Role};
use crate::db::{schools, sso};
use crate::error::Error;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

const KINDS: [(&str, &str); 3] = [
    ("google", "Google Workspace"),
    ("microsoft", "Microsoft Entra"),
    ("other", "Another provider that speaks OpenID Connect and serves this school alone"),
];

#[derive(Template)]
#[template(path = "sso/signing_in.html")]
struct Page<'a> {
    chrome: Chrome,
    fields: &'a Fields,
    provider: Option<&'a Provider>,
    kinds: &'a [(&'static str, &'static str)],
    back: String,
    staff_must: bool,
    is_dsl: bool,
    errors: Errors,
}

/// The provider as IT writes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    kind: String,
    tenant: String,
    issuer: String,
    client_id: String,
    client_secret: String,
}

/// A switch.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Switch {
    on: String,
}

/// `GET /signing-in`.
pub(crate) async fn page(State(app): State<Arc<App>>, ItOrDsl(me): ItOrDsl) -> Result<Response, Error> {
    let provider = sso::of_school(app.db.read(), &me.school_id).await?;
    let fields = provider.as_ref().map(|provider| Fields {
        kind: provider.kind.as_str().to_owned(),
        tenant: provider.tenant.clone(),
        issuer: provider.issuer.clone(),
        client_id: provider.client_id.clone(),
        client_secret: String::new(),
    });
    shown(&app, &me, &fields.unwrap_or_default(), provider.as_ref(), Errors::default()).await
}

async fn shown(
    app: &App,
    me: &Account,
    fields: &Fields,
    provider: Option<&Provider>,
    errors: Errors,
) -> Result<Response, Error> {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        chrome: Chrome::of(app, me, Area::People).await?,
        fields,
        provider,
        kinds: &KINDS,
        back: app.address("/sso/callback"),
        staff_must: schools::staff_factor(app.db.read(), &me.school_id).await?,
        is_dsl: me.role == Role::Dsl,
        errors,
    };
    show_as(status, &page)
}

/// `POST /signing-in/provider`: by IT. It starts without trust in the provider's second factor.
pub(crate) async fn set_provider(
    State(app): State<Arc<App>>,
    ItAdmin(me): ItAdmin,
    Posted(fields): Posted<Fields>,
) -> Result<Response, Error> {
    let before = sso::of_school(app.db.read(), &me.school_id).await?;
    let mut errors = Errors::default();
    let provider = checked(&app, &me, &fields, before.as_ref(), &mut errors)?;
    let Some(provider) = provider.filter(|_| errors.is_empty()) else {
        return shown(&app, &me, &fields, before.as_ref(), errors).await;
    };
    let mut tx = app.db.begin().await?;
    sso::set(&mut tx, &provider, app.now()).await?;
    let detail =
        json!({ "kind": provider.kind.as_str(), "issuer": provider.issuer, "tenant": provider.tenant });
    trail::note(&mut tx, &app, &me, "set_sso", ("sso_provider", &provider.id), detail).await?;
    tx.commit().await?;
    Ok(Redirect::to("/signing-in").into_response())
}

/// The provider that the form describes, and what is wrong with it. An empty secret leaves the one that is kept, as long
/// as it is for the same client.
fn checked(
    app: &App,
    me: &Account,
    fields: &Fields,
    before: Option<&Provider>,
    errors: &mut Errors,
) -> Result<Option<Provider>, Error> {
    let Some(kind) = Kind::read(&fields.kind) else {
        errors.add("kind", "Choose whose sign-in your school uses");
        return Ok(None);
    };
    let tenant = kind.checked_tenant(&fields.tenant).unwrap_or_else(|wrong| {
        errors.add("tenant", wrong);
        String::new()
    });
    let issuer = match kind.issuer(&tenant) {
        Some(issuer) => issuer,
        None => checked_issuer(&fields.issuer).unwrap_or_else(|wrong| {
            errors.add("issuer", wrong);
            String::new()
        }),
    };
    let client_id = errors.line("client_id", &fields.client_id, 300, "The client ID");
    if client_id.is_empty() {
        errors.add("client_id", "Write the client ID that the provider gave you");
    }
    let secret = fields.client_secret.trim();
    let same = before.filter(|before| before.issuer == issuer && before.client_id == client_id);
    let id = match before {
        Some(before) => before.id.clone(),
        None => app.new_id()?,
    };
    let client_secret = match (secret.is_empty(), same) {
        (true, Some(before)) => before.client_secret.clone(),
        (true, None) => {
            errors.add("client_secret", "Write the client secret that the provider gave you");
            Vec::new()
        }
        (false, _) => app.secrets.seal(app.random.as_ref(), &secret_place(&id), secret.as_bytes())?,
    };
    let school_id = me.school_id.clone();
    Ok(Some(Provider { id, school_id, kind, tenant, issuer, client_id, client_secret, trusts_factor: false }))
}

/// `POST /signing-in/provider/remove`: by IT.
pub(crate) async fn remove_provider(
    State(app): State<Arc<App>>,
    ItAdmin(me): ItAdmin,
) -> Result<Response, Error> {
    if let Some(provider) = sso::of_school(app.db.read(), &me.school_id).await? {
        let mut tx = app.db.begin().await?;
        sso::remove(&mut tx, &me.school_id).await?;
        trail::note(&mut tx, &app, &me, "remove_sso", ("sso_provider", &provider.id), json!({})).await?;
        tx.commit().await?;
    }
    Ok(Redirect::to("/signing-in").into_response())
}

/// `POST /signing-in/trust`: by a DSL, whether the provider's second factor counts.
pub(crate) async fn set_trust(
    State(app): State<Arc<App>>,
    Dsl(me): Dsl,
    Posted(switch): Posted<Switch>,
) -> Result<Response, Error> {
    let on = switch.on == "yes";
    let mut tx = app.db.begin().await?;
    sso::set_trust(&mut tx, &me.school_id, on).await?;
    trail::note(&mut tx, &app, &me, "trust_sso_factor", ("school", &me.school_id), json!({ "on": on }))
        .await?;
    tx.commit().await?;
    Ok(Redirect::to("/signing-in").into_response())
}

/// `POST /signing-in/staff`: by a DSL, whether staff must have a second factor. Nobody else can be let off.
pub(crate) async fn set_staff(
    State(app): State<Arc<App>>,
    Dsl(me): Dsl,
    Posted(switch): Posted<Switch>,
) -> Result<Response, Error> {
    let on = switch.on == "yes";
    let mut tx = app.db.begin().await?;
    schools::set_staff_factor(&mut tx, &me.school_id, on).await?;
    trail::note(&mut tx, &app, &me, "staff_factor", ("school", &me.school_id), json!({ "on": on })).await?;
    tx.commit().await?;
    Ok(Redirect::to("/signing-in").into_response())
}
