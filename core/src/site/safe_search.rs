//! Safe search: what the address of a search has to have in it for the engine to leave out what is not for children.
//!
//! One table, used twice. A single address is put right here, whatever has been written into it; and the table is given
//! to the browser as rules that hold while nothing of Lapwing runs. YouTube asks for a header instead, which only the
//! browser's rules can set. Engines that cannot be held to a safe mode by their address are a category of sites
//! (`search_unsafe`).

use super::Address;
use super::engines::GOOGLE;
use super::hosts::At;
use super::search::on_path;

/// The request header by which YouTube is told to restrict itself.
pub const RESTRICT_HEADER: &str = "YouTube-Restrict";

/// The domains, each with its subdomains, that heed it.
pub const RESTRICT_HOSTS: &[&str] = &[
    "youtube.com",
    "youtube-nocookie.com",
    "youtubei.googleapis.com",
    "youtube.googleapis.com",
    "youtubekids.com",
];

/// Addresses of one engine that need parameters.
struct Engine {
    at: At,
    /// The paths with everything under them; empty for every path.
    paths: &'static [&'static str],
    /// One of these parameters makes it a search; when there are none it always is.
    when: &'static [&'static str],
    /// The parameters, each of which has to be there once, with this value.
    needs: &'static [(&'static str, &'static str)],
}

const ENGINES: &[Engine] = &[
    Engine {
        at: GOOGLE,
        paths: &["/search", "/images", "/webhp", "/imghp", "/m", "/custom", "/cse"],
        when: &[],
        needs: &[("safe", "active"), ("ssui", "on")],
    },
    Engine { at: GOOGLE, paths: &[], when: &["q", "as_q"], needs: &[("safe", "active"), ("ssui", "on")] },
    Engine { at: At::Domain("bing.com"), paths: &[], when: &["q"], needs: &[("adlt", "strict")] },
    // Its pages fetch results from addresses of their own, which spell it in another way.
    Engine {
        at: At::Domain("duckduckgo.com"),
        paths: &["/d.js", "/i.js", "/v.js", "/news.js", "/m.js"],
        when: &[],
        needs: &[("p", "1"), ("kp", "1")],
    },
    Engine { at: At::Domain("duckduckgo.com"), paths: &["/html", "/lite"], when: &[], needs: &[("kp", "1")] },
    Engine { at: At::Domain("duckduckgo.com"), paths: &[], when: &["q"], needs: &[("kp", "1")] },
    Engine { at: At::Domain("search.yahoo.com"), paths: &[], when: &["p"], needs: &[("vm", "r")] },
    Engine { at: At::Domain("ecosia.org"), paths: &[], when: &["q"], needs: &[("safesearch", "2")] },
    Engine {
        at: At::Domain("search.brave.com"),
        paths: &[],
        when: &["q"],
        needs: &[("safesearch", "strict")],
    },
    Engine {
        at: At::Domain("startpage.com"),
        paths: &["/sp/search", "/do/search", "/do/dsearch", "/do/metasearch.pl"],
        when: &[],
        needs: &[("qadf", "heavy")],
    },
    Engine { at: At::Domain("qwant.com"), paths: &[], when: &["q"], needs: &[("safesearch", "2")] },
    Engine { at: At::Domain("mojeek.com"), paths: &["/search"], when: &["q"], needs: &[("safe", "1")] },
    Engine { at: At::Domain("flickr.com"), paths: &["/search"], when: &[], needs: &[("safe_search", "1")] },
    // Moving pictures, which messages and comments on other sites fetch from here.
    Engine { at: At::Domain("api.giphy.com"), paths: &[], when: &["q"], needs: &[("rating", "g")] },
    Engine {
        at: At::Domain("tenor.googleapis.com"),
        paths: &[],
        when: &["q"],
        needs: &[("contentfilter", "high")],
    },
    Engine { at: At::Domain("g.tenor.com"), paths: &[], when: &["q"], needs: &[("contentfilter", "high")] },
];

/// The address with safe search in it; `None` when nothing has to be changed.
pub(crate) fn safe_address(address: &Address) -> Option<String> {
    let engine = ENGINES.iter().find(|engine| {
        engine.at.covers(address)
            && on_path(engine.paths, &address.path)
            && (engine.when.is_empty() || engine.when.iter().any(|name| address.has_parameter(name)))
    })?;
    address.with_parameters(engine.needs)
}

/// One row of the table as the browser's own rules need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeRule {
    /// Which addresses, as an expression that RE2 reads; letters of either case are the same.
    pub expression: String,
    /// The parameters to put in, in place of others of the same name.
    pub needs: &'static [(&'static str, &'static str)],
}

/// The table as rules, first come first.
pub fn safe_rules() -> impl Iterator<Item = SafeRule> {
    ENGINES.iter().flat_map(|engine| {
        let paths = match engine.paths {
            [] => "/".to_owned(),
            paths => format!("({})([/?;]|$)", paths.join("|").replace('.', r"\.")),
        };
        let when = match engine.when {
            [] => String::new(),
            names => format!("([^#]*[?&;])?({})=", names.join("|")),
        };
        engine.at.expressions().into_iter().map(move |host| SafeRule {
            expression: format!(r"^https?://{host}(:[0-9]+)?{paths}{when}"),
            needs: engine.needs,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn safe(url: &str) -> Option<String> {
        safe_address(&Address::parse(url).expect("an address"))
    }

    #[test]
    fn every_engine_gets_its_parameter_and_is_then_left_alone() {
        for (url, wanted) in [
            ("https://www.google.com/search?q=a", "https://www.google.com/search?q=a&safe=active&ssui=on"),
            (
                "https://google.co.uk/search?q=a&safe=off",
                "https://google.co.uk/search?q=a&safe=active&ssui=on",
            ),
            ("https://images.google.de/?q=a", "https://images.google.de/?q=a&safe=active&ssui=on"),
            (
                "https://www.bing.com/images/search?q=a&adlt=off",
                "https://www.bing.com/images/search?q=a&adlt=strict",
            ),
            ("https://duckduckgo.com/?q=a&ia=web", "https://duckduckgo.com/?q=a&ia=web&kp=1"),
            ("https://html.duckduckgo.com/html/", "https://html.duckduckgo.com/html/?kp=1"),
            ("https://duckduckgo.com/i.js?q=a&p=-1", "https://duckduckgo.com/i.js?q=a&p=1&kp=1"),
            (
                "https://uk.search.yahoo.com/search;_ylt=A?p=a",
                "https://uk.search.yahoo.com/search;_ylt=A?p=a&vm=r",
            ),
            ("https://www.ecosia.org/images?q=a", "https://www.ecosia.org/images?q=a&safesearch=2"),
            (
                "https://search.brave.com/search?q=a#x",
                "https://search.brave.com/search?q=a&safesearch=strict#x",
            ),
            (
                "https://www.startpage.com/sp/search?query=a",
                "https://www.startpage.com/sp/search?query=a&qadf=heavy",
            ),
        ] {
            assert_eq!(safe(url).as_deref(), Some(wanted), "{url}");
            assert_eq!(safe(wanted), None, "{wanted}");
        }
    }

    #[test]
    fn what_a_pupil_writes_into_the_address_is_taken_out() {
        let wanted = Some("https://www.google.com/search?q=a&safe=active&ssui=on");
        for rest in [
            "q=a&safe=off&safe=off",
            "safe=off&q=a",
            "q=a&%73afe=off&ssui=off",
            "q=a&SAFE=images&safe=active",
        ] {
            let answer = safe(&format!("https://www.google.com/search?{rest}"));
            assert_eq!(answer.as_deref(), wanted, "{rest}");
        }
    }

    #[test]
    fn what_is_no_search_is_left_alone() {
        for url in [
            "https://www.google.com/",
            "https://docs.google.com/search?q=a",
            "https://www.google.com/maps/search/a",
            "https://www.bing.com/",
            "https://duckduckgo.com/about",
            "https://shop.example/search?q=a",
        ] {
            assert_eq!(safe(url), None, "{url}");
        }
    }
}
