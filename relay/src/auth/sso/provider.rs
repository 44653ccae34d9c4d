//! What a school has set up: whose provider it is, which of its tenants, and the client that the relay is there.

use url::Url;

/// Whose provider it is: each says in another claim which organisation somebody belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Google Workspace: `hd` is the organisation's domain.
    Google,
    /// Microsoft Entra: `tid` is the organisation, `oid` the person.
    Microsoft,
    /// Another one, which serves this school alone.
    Other,
}

/// A school's provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Provider {
    /// The row's id.
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) school_id: String,
    /// Of what kind.
    pub(crate) kind: Kind,
    /// `hd` for Google, `tid` for Microsoft, else empty.
    pub(crate) tenant: String,
    /// The issuer's address, exactly as its tokens name it.
    pub(crate) issuer: String,
    /// The relay's name there.
    pub(crate) client_id: String,
    /// The relay's secret there, sealed.
    pub(crate) client_secret: Vec<u8>,
    /// Whether a second factor there counts here.
    pub(crate) trusts_factor: bool,
}

impl Kind {
    /// As stored and as forms send it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Microsoft => "microsoft",
            Self::Other => "other",
        }
    }

    /// Reads what [`Kind::as_str`] wrote.
    pub(crate) fn read(text: &str) -> Option<Self> {
        [Self::Google, Self::Microsoft, Self::Other].into_iter().find(|kind| kind.as_str() == text)
    }

    /// As people know it.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Google => "Google",
            Self::Microsoft => "Microsoft",
            Self::Other => "single sign-on",
        }
    }

    /// The issuer that follows from the tenant; none for another provider, which says its own.
    pub(crate) fn issuer(self, tenant: &str) -> Option<String> {
        match self {
            Self::Google => Some("https://accounts.google.com".to_owned()),
            // The tenant's own issuer, never `common`: that one lets every organisation in.
            Self::Microsoft => Some(format!("https://login.microsoftonline.com/{tenant}/v2.0")),
            Self::Other => None,
        }
    }

    /// The tenant as tokens name it, or what to write instead.
    pub(crate) fn checked_tenant(self, raw: &str) -> Result<String, &'static str> {
        let tenant = raw.trim().to_lowercase();
        match self {
            Self::Google if tenant.contains('.') && tenant.chars().all(is_of_a_domain) => Ok(tenant),
            Self::Google => Err("Write the domain of your Google Workspace, such as oakpark.sch.uk"),
            Self::Microsoft => uuid::Uuid::try_parse(&tenant)
                .map(|id| id.hyphenated().to_string())
                .map_err(|_| "Write the Directory (tenant) ID of Microsoft Entra, such as 72f988bf-86f1-41af-91ab-2d7cd011db47"),
            Self::Other => Ok(String::new()),
        }
    }
}

fn is_of_a_domain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '-' || letter == '.'
}

/// An issuer's address: https, or plain http on this very machine, where nothing can listen in between.
pub(crate) fn checked_issuer(raw: &str) -> Result<String, &'static str> {
    const WRITE: &str = "Write the issuer’s address, which begins with https:// and has no “?” or “#”";
    let url: Url = raw.trim().parse().map_err(|_| WRITE)?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    let private = url.scheme() == "https" || (url.scheme() == "http" && is_this_machine(&url));
    // As written: the issuer in a token is compared letter by letter.
    if plain && private && url.has_host() { Ok(raw.trim().to_owned()) } else { Err(WRITE) }
}

/// Whether an address leads to this machine and nowhere else (RFC 8252, 8.3: by number, never by name).
pub(super) fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_https() {
        for good in
            ["https://id.school.example", "https://id.school.example/realms/staff", "http://127.0.0.1:4000"]
        {
            assert_eq!(checked_issuer(good), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "id.school.example",
            "http://id.school.example",
            "https://a@id.example",
            "https://id.example?a=b",
            "https://id.example#a",
            "ftp://id.example",
            "http://localhost:4000",
            "javascript:alert(1)",
        ] {
            assert!(checked_issuer(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_tenant_is_one_organisation() {
        let id = "72F988BF-86f1-41af-91ab-2d7cd011db47";
        let tenant = Kind::Microsoft.checked_tenant(id).unwrap();
        let issuer = Kind::Microsoft.issuer(&tenant).unwrap();
        assert_eq!(issuer, "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0");
        for bad in ["common", "organizations", "consumers", "", "oak.onmicrosoft.com"] {
            assert!(Kind::Microsoft.checked_tenant(bad).is_err(), "{bad}");
        }
        assert_eq!(Kind::Google.checked_tenant(" OakPark.sch.uk "), Ok("oakpark.sch.uk".into()));
        for bad in ["", "*", "oakpark", "a b.c"] {
            assert!(Kind::Google.checked_tenant(bad).is_err(), "{bad}");
        }
    }
}
