//! Single sign-on with OpenID Connect: Google Workspace, Microsoft Entra, or any other provider of the school's own.
//!
//! An account is found by what the provider promises never to give to anybody else: `iss` and `sub`, for Microsoft `tid`
//! and `oid`. Never by an e-mail address: those change hands. The code flow with PKCE (RFC 7636), `state` and `nonce`;
//! `hd` or `tid` in the signed ID token must be the school's. A second factor at the provider counts only when a DSL has
//! said so, because whoever administers the provider can sign in there as anybody.
//!
//! `provider` is what a school has set up, `client` the talk with the provider, `journey` the way there and back. The
//! pages are in `web::sso`, the rows in `db::sso`.

mod client;
mod http;
mod journey;
mod provider;

pub(crate) use client::{Providers, secret_place};
pub(crate) use journey::{Journey, Purpose, begin, finish};
pub(crate) use provider::{Kind, Provider, checked_issuer};
