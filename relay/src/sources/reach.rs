//! Which addresses lists may be fetched from. IT types them, and the relay stands inside the school's network, so it must
//! not be led to what only that network reaches: every step of a redirect is held to this, and names are looked up here and
//! nowhere else, so that an answer cannot change between the check and the connection.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use url::{Host, Url};

/// Where lists may come from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reach {
    /// Hosts inside the school's own network that whoever runs the relay allows, lower case.
    intranet: Arc<[String]>,
}

/// Why an address is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreachable {
    /// Not encrypted.
    #[error("an address for a list begins with https://")]
    Plain,
    /// It carries a user name or password.
    #[error("an address for a list has no user name or password in it")]
    Secret,
    /// It leads into a private network.
    #[error(
        "it leads into a private network or to this server; whoever runs the relay can allow a host of the school’s own with --intranet-lists"
    )]
    Private,
}

impl Reach {
    /// The public internet, and these hosts.
    pub(crate) fn new(intranet: &[String]) -> Self {
        Self { intranet: intranet.iter().map(|host| host.trim().to_lowercase()).collect() }
    }

    /// Whether this address may be asked, as far as it can be told without looking its name up.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn check(&self, url: &Url) -> Result<(), Unreachable> {
        let (allowed, number) = match url.host() {
            Some(Host::Domain(name)) => (self.allows(name), None),
            Some(Host::Ipv4(ip)) => (self.allows(&ip.to_string()), Some(IpAddr::V4(ip))),
            Some(Host::Ipv6(ip)) => (self.allows(&ip.to_string()), Some(IpAddr::V6(ip))),
            None => (false, None),
        };
        // Nothing in between can read or change what stays on this machine.
        let here = allowed && number.is_some_and(|ip| ip.is_loopback());
        if url.scheme() != "https" && !(here && url.scheme() == "http") {
            return Err(Unreachable::Plain);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Unreachable::Secret);
        }
        if number.is_some_and(|ip| !allowed && !is_public(ip)) {
            return Err(Unreachable::Private);
        }
        Ok(())
    }

    fn allows(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_lowercase();
        self.intranet.contains(&host)
    }
}

impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.allows(name.as_str());
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|found| allowed || is_public(found.ip())).collect();
            if public.is_empty() {
                return Err(Unreachable::Private.into());
            }
            let public: Addrs = Box::new(public.into_iter());
            Ok(public)
        })
    }
}

/// Whether an address is one of the public internet (IANA's registries of special-purpose addresses).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocols = (a, b, c) == (192, 0, 0);
    let benchmarks = a == 198 && (18..20).contains(&b);
    !(a == 0
        || a >= 224
        || ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_documentation()
        || shared
        || protocols
        || benchmarks)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b) {
        (0, 0) if [c, d, e] == [0; 3] && f == 0xffff => v4(g, h),
        // Translated by NAT64, and 6to4: an IPv4 address stands inside.
        (0x64, 0xff9b) if [c, d, e, f] == [0; 4] => v4(g, h),
        (0x2002, _) => v4(b, c),
        // Teredo, documentation, and what else IETF protocols keep for themselves.
        (0x2001, ..0x200 | 0xdb8) | (0x3fff, ..0x1000) => false,
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(reach: &Reach, url: &str) -> Result<(), Unreachable> {
        reach.check(&url.parse().unwrap())
    }

    #[test]
    fn only_the_public_internet_is_asked_and_only_encrypted() {
        let reach = Reach::default();
        for good in ["https://lists.example/a", "https://8.8.8.8/", "https://[2606:4700::1111]/"] {
            assert_eq!(check(&reach, good), Ok(()), "{good}");
        }
        for (url, why) in [
            ("http://lists.example/", Unreachable::Plain),
            ("ftp://lists.example/", Unreachable::Plain),
            ("file:///etc/passwd", Unreachable::Plain),
            ("https://me:secret@lists.example/", Unreachable::Secret),
            ("https://127.0.0.1/", Unreachable::Private),
            ("https://0x7f.1/", Unreachable::Private),
            ("https://2130706433/", Unreachable::Private),
            ("https://0.0.0.0/", Unreachable::Private),
            ("https://10.1.2.3/", Unreachable::Private),
            ("https://172.31.0.1/", Unreachable::Private),
            ("https://192.168.0.1/", Unreachable::Private),
            ("https://169.254.169.254/latest/meta-data", Unreachable::Private),
            ("https://100.64.0.1/", Unreachable::Private),
            ("https://198.19.0.1/", Unreachable::Private),
            ("https://239.0.0.1/", Unreachable::Private),
            ("https://[::1]/", Unreachable::Private),
            ("https://[::]/", Unreachable::Private),
            ("https://[::ffff:10.0.0.1]/", Unreachable::Private),
            ("https://[64:ff9b::10.0.0.1]/", Unreachable::Private),
            ("https://[2002:a00:1::]/", Unreachable::Private),
            ("https://[2001::1]/", Unreachable::Private),
            ("https://[fd00::1]/", Unreachable::Private),
            ("https://[fe80::1]/", Unreachable::Private),
        ] {
            assert_eq!(check(&reach, url), Err(why), "{url}");
        }
    }

    #[test]
    fn whoever_runs_the_relay_may_name_hosts_of_their_own() {
        let reach = Reach::new(&["Lists.intranet.example".into(), "127.0.0.1".into(), "10.0.0.9".into()]);
        assert_eq!(check(&reach, "https://10.0.0.9/a"), Ok(()));
        assert_eq!(check(&reach, "http://127.0.0.1:8080/a"), Ok(()));
        assert_eq!(check(&reach, "http://10.0.0.9/a"), Err(Unreachable::Plain));
        assert_eq!(check(&reach, "http://lists.intranet.example/a"), Err(Unreachable::Plain));
        assert_eq!(check(&reach, "https://10.0.0.8/a"), Err(Unreachable::Private));
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_followed() {
        let found = Reach::default().resolve("localhost".parse().unwrap()).await.map(Iterator::count);
        assert_eq!(found.unwrap_err().downcast_ref(), Some(&Unreachable::Private));
        let allowed = Reach::new(&["localhost".into()]).resolve("localhost".parse().unwrap()).await;
        assert!(allowed.unwrap().all(|found| found.ip().is_loopback()));
    }
}
