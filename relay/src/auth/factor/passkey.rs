//! Passkeys (WebAuthn, by `webauthn-rs`): a key in the phone, the computer or a stick, which proves by fingerprint, face
//! or PIN that it is its owner, and never to another site than this relay's own. The challenge of a page is kept in the
//! database until the answer comes; it is used once. The page's part is `static/passkey.js`.
//!
//! `webauthn-rs` takes its challenges from the operating system's generator itself.

use super::PENDING;
use crate::app::App;
use crate::auth::Session;
use crate::db::{Tx, factors, passkeys};
use crate::error::Error;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Host;
use uuid::Uuid;
use webauthn_rs::prelude::{
    Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

const NEW: &str = "passkey_new";
const PROOF: &str = "passkey_proof";

/// The rules for this relay's name; none when people reach it by a number (WebAuthn wants a domain).
fn rules(app: &App) -> Option<Webauthn> {
    let Some(Host::Domain(name)) = app.public_url.host() else { return None };
    let builder = WebauthnBuilder::new(name, &app.public_url).ok()?;
    builder.rp_name("Lapwing").build().ok()
}

/// Whether this relay can have passkeys at all.
pub(crate) fn possible(app: &App) -> bool {
    rules(app).is_some()
}

/// What a browser needs to make a passkey, as JSON; none when this relay can have none.
pub(crate) async fn begin_new(app: &App, session: &Session) -> Result<Option<String>, Error> {
    let Some(rules) = rules(app) else { return Ok(None) };
    let me = &session.account;
    let known = load(app, &me.id).await?.iter().map(|key| key.cred_id().clone()).collect();
    let user = Uuid::try_parse(&me.id).map_err(Error::internal)?;
    let (options, state) =
        rules.start_passkey_registration(user, &me.email, &me.name, Some(known)).map_err(Error::internal)?;
    keep(app, session, NEW, &state).await?;
    Ok(Some(serde_json::to_string(&options).map_err(Error::internal)?))
}

/// Adds the passkey that a browser made, as part of `tx`. Answers `false` when it does not fit the question.
pub(crate) async fn finish_new(
    tx: &mut Tx,
    app: &App,
    session: &Session,
    answer: &str,
    name: &str,
) -> Result<bool, Error> {
    let (Some(rules), Some(state)) = (rules(app), take::<PasskeyRegistration>(tx, app, session, NEW).await?)
    else {
        return Ok(false);
    };
    let Ok(answer) = serde_json::from_str::<RegisterPublicKeyCredential>(answer) else { return Ok(false) };
    let key = match rules.finish_passkey_registration(&answer, &state) {
        Ok(key) => key,
        Err(error) => {
            tracing::info!(%error, "a passkey was refused");
            return Ok(false);
        }
    };
    let id = URL_SAFE_NO_PAD.encode(key.cred_id().as_slice());
    let credential = serde_json::to_string(&key).map_err(Error::internal)?;
    passkeys::insert(tx, &session.account.id, (&id, name), &credential, app.now()).await
}

/// What a browser needs to prove itself with one of the account's passkeys, as JSON; none when it has none.
pub(crate) async fn begin_proof(app: &App, session: &Session) -> Result<Option<String>, Error> {
    let Some(rules) = rules(app) else { return Ok(None) };
    let keys = load(app, &session.account.id).await?;
    if keys.is_empty() {
        return Ok(None);
    }
    let (options, state) = rules.start_passkey_authentication(&keys).map_err(Error::internal)?;
    keep(app, session, PROOF, &state).await?;
    Ok(Some(serde_json::to_string(&options).map_err(Error::internal)?))
}

/// Whether the browser's answer proves one of the account's passkeys, with the person's fingerprint, face or PIN.
pub(crate) async fn verify(tx: &mut Tx, app: &App, session: &Session, answer: &str) -> Result<bool, Error> {
    let (Some(rules), Some(state)) =
        (rules(app), take::<PasskeyAuthentication>(tx, app, session, PROOF).await?)
    else {
        return Ok(false);
    };
    let Ok(answer) = serde_json::from_str::<PublicKeyCredential>(answer) else { return Ok(false) };
    let result = match rules.finish_passkey_authentication(&answer, &state) {
        Ok(result) if result.user_verified() => result,
        Ok(_) => return Ok(false),
        Err(error) => {
            tracing::info!(%error, "the proof of a passkey was refused");
            return Ok(false);
        }
    };
    for stored in passkeys::list(&mut **tx, &session.account.id).await? {
        let mut key: Passkey = serde_json::from_str(&stored.credential).map_err(Error::internal)?;
        if key.cred_id() == result.cred_id() {
            key.update_credential(&result);
            let credential = serde_json::to_string(&key).map_err(Error::internal)?;
            passkeys::used(tx, &session.account.id, &stored.id, &credential, app.now()).await?;
            return Ok(true);
        }
    }
    // Taken away while the page was open.
    Ok(false)
}

async fn load(app: &App, account: &str) -> Result<Vec<Passkey>, Error> {
    let stored = passkeys::list(app.db.read(), account).await?;
    stored.iter().map(|key| serde_json::from_str(&key.credential).map_err(Error::internal)).collect()
}

async fn keep(
    app: &App,
    session: &Session,
    kind: &'static str,
    state: &impl serde::Serialize,
) -> Result<(), Error> {
    let state = serde_json::to_vec(state).map_err(Error::internal)?;
    let now = app.now();
    let mut tx = app.db.begin().await?;
    factors::keep_pending(&mut tx, &session.token_hash, kind, &session.account.id, state, now, now + PENDING)
        .await?;
    tx.commit().await?;
    Ok(())
}

async fn take<T: serde::de::DeserializeOwned>(
    tx: &mut Tx,
    app: &App,
    session: &Session,
    kind: &'static str,
) -> Result<Option<T>, Error> {
    let Some(state) = factors::pending(&mut **tx, &session.token_hash, kind, app.now()).await? else {
        return Ok(None);
    };
    if !factors::drop_pending(tx, &session.token_hash, kind).await? {
        return Ok(None);
    }
    serde_json::from_slice(&state).map(Some).map_err(Error::internal)
}
