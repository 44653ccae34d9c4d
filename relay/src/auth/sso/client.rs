//! The talk with a provider (`openidconnect`): where it sends people, and who it says they are. The ID token's
//! signature, issuer, audience, end and nonce are checked by the crate; that it is a token for this school, and which
//! person it means, is checked here.

use super::http::Calls;
use super::provider::{Kind, Provider};
use crate::app::App;
use crate::error::Error;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreResponseType,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, Client, ClientId,
    ClientSecret, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IdTokenClaims, IdTokenFields, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    StandardErrorResponse, StandardTokenResponse,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// How long what a provider says of itself (endpoints, keys) is believed: ten minutes.
const FRESH: i64 = 10 * 60 * 1_000;

/// Claims beyond the standard's: which organisation somebody belongs to.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
struct Organisation {
    /// Google: the Workspace's domain.
    hd: Option<String>,
    /// Microsoft: the tenant.
    tid: Option<String>,
    /// Microsoft: the person, the same for every client.
    oid: Option<String>,
}

impl AdditionalClaims for Organisation {}

type Fields = IdTokenFields<
    Organisation,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

type Ready = Client<
    Organisation,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Who somebody is, as the provider's signed token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The issuer.
    pub(crate) issuer: String,
    /// The person there: `sub`, for Microsoft `tid/oid`.
    pub(crate) subject: String,
    /// Whether a second factor was used there that counts here.
    pub(crate) factor: bool,
}

/// Why nobody was identified. The words are for the log; people get a page of their own.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// The provider could not be asked, or its answer made no sense.
    #[error("{0}")]
    Provider(String),
    /// The token is not a sound one for this relay.
    #[error("the ID token is not sound: {0}")]
    Token(#[from] ClaimsVerificationError),
    /// A sound token for somebody outside the school.
    #[error("the ID token is of another organisation")]
    Organisation,
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        tracing::warn!(error = %refused, "single sign-on did not identify anybody");
        match refused {
            Refused::Provider(_) => Self::Busy("the identity provider did not answer as it should".into()),
            Refused::Token(_) => Self::BadRequest(
                "What came back from your school’s sign-in could not be trusted, so nobody was signed in. Start again \
                 from the sign-in page."
                    .into(),
            ),
            Refused::Organisation => Self::BadRequest(
                "The account that you chose is not one of your school’s organisation. Sign out of it there, or choose \
                 your school account, and start again."
                    .into(),
            ),
        }
    }
}

/// What providers said of themselves a moment ago.
#[derive(Debug, Default)]
pub(crate) struct Providers(Mutex<HashMap<String, (i64, Arc<CoreProviderMetadata>)>>);

impl Providers {
    async fn about(&self, issuer: &str, now: i64, anew: bool) -> Result<Arc<CoreProviderMetadata>, Refused> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(issuer).cloned();
        if let Some((_, metadata)) = known.filter(|(at, _)| !anew && now - at < FRESH) {
            return Ok(metadata);
        }
        let url = IssuerUrl::new(issuer.to_owned()).map_err(say)?;
        let calls = Calls::new().map_err(say)?;
        let metadata = CoreProviderMetadata::discover_async(url, &calls).await.map_err(say)?;
        let metadata = Arc::new(metadata);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(issuer.to_owned(), (now, Arc::clone(&metadata)));
        Ok(metadata)
    }
}

fn say(error: impl std::error::Error) -> Refused {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    Refused::Provider(text)
}

/// Where to send somebody's browser.
pub(super) async fn way_there(
    app: &App,
    provider: &Provider,
    state: &str,
    nonce: &str,
    verifier: &str,
) -> Result<Url, Refused> {
    let client = ready(app, provider, false).await?;
    let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
    let (state, nonce) = (state.to_owned(), nonce.to_owned());
    let verifier = PkceCodeVerifier::new(verifier.to_owned());
    let mut request = client
        .authorize_url(flow, move || CsrfToken::new(state), move || Nonce::new(nonce))
        .add_scope(Scope::new("profile".to_owned()))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    if provider.kind != Kind::Other {
        // Whoever shares a browser chooses whose account it is. Not every provider knows this wish.
        request = request.add_prompt(CoreAuthPrompt::SelectAccount);
    }
    if provider.kind == Kind::Google {
        // A hint for the list of accounts; what counts is the claim in the token.
        request = request.add_extra_param("hd", provider.tenant.clone());
    }
    Ok(request.url().0)
}

/// Who came back with `code`.
pub(super) async fn who(
    app: &App,
    provider: &Provider,
    code: &str,
    nonce: &str,
    verifier: &str,
) -> Result<Identity, Refused> {
    let client = ready(app, provider, false).await?;
    let calls = Calls::new().map_err(say)?;
    let answer = client
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .map_err(say)?
        .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()))
        .request_async(&calls)
        .await
        .map_err(say)?;
    let Some(token) = answer.extra_fields().id_token() else {
        return Err(Refused::Provider("the answer holds no ID token".into()));
    };
    let nonce = Nonce::new(nonce.to_owned());
    let now = app.now();
    let claims = |client: &Ready| {
        let clock = || chrono::DateTime::from_timestamp_millis(now).unwrap_or_default();
        token.claims(&client.id_token_verifier().set_time_fn(clock), &nonce).cloned()
    };
    let claims = match claims(&client) {
        // The provider may have changed its keys since they were fetched.
        Err(ClaimsVerificationError::SignatureVerification(_)) => claims(&ready(app, provider, true).await?)?,
        other => other?,
    };
    identify(provider, &claims)
}

async fn ready(app: &App, provider: &Provider, anew: bool) -> Result<Ready, Refused> {
    let metadata = app.sso.about(&provider.issuer, app.now(), anew).await?;
    let secret = app
        .secrets
        .unseal(&secret_place(&provider.id), &provider.client_secret)
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| {
            Refused::Provider("the client secret cannot be opened: IT must enter it again".into())
        })?;
    let back = RedirectUrl::new(app.address("/sso/callback")).map_err(say)?;
    let client = Client::from_provider_metadata(
        metadata.as_ref().clone(),
        ClientId::new(provider.client_id.clone()),
        Some(ClientSecret::new(secret)),
    );
    Ok(client.set_redirect_uri(back))
}

/// The row to which a client secret is sealed.
pub(crate) fn secret_place(provider: &str) -> String {
    format!("sso_provider/{provider}")
}

/// Whom a sound token means, if it is somebody of the school's organisation.
fn identify(
    provider: &Provider,
    claims: &IdTokenClaims<Organisation, CoreGenderClaim>,
) -> Result<Identity, Refused> {
    let organisation = claims.additional_claims();
    let same = |claim: &Option<String>| {
        claim
            .as_deref()
            .is_some_and(|claim| claim.eq_ignore_ascii_case(&provider.tenant) && !claim.is_empty())
    };
    let subject = match provider.kind {
        Kind::Google if same(&organisation.hd) => claims.subject().to_string(),
        Kind::Microsoft if same(&organisation.tid) => match &organisation.oid {
            Some(oid) if !oid.is_empty() => format!("{}/{oid}", provider.tenant),
            _ => return Err(Refused::Organisation),
        },
        Kind::Other => claims.subject().to_string(),
        Kind::Google | Kind::Microsoft => return Err(Refused::Organisation),
    };
    // RFC 8176: “mfa” alone says that more than one factor was used.
    let methods = claims.auth_method_refs().map(Vec::as_slice).unwrap_or_default();
    let factor = provider.trusts_factor && methods.iter().any(|method| method.as_str() == "mfa");
    Ok(Identity { issuer: provider.issuer.clone(), subject, factor })
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
