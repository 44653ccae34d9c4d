//! Addresses of unlawful content, held as hashes: the slot for the lists that members of the Internet Watch Foundation and
//! providers under agreement with the Home Office receive. Whoever has a pack can ask whether an address that they know is in it,
//! and cannot read an address out of it.
//!
//! An address is brought into one form: host without `www.`, path as [`Entry`](super::Entry) spells it without a slash at its end,
//! and the parameters of the query, if the list names one: decoded, and in the order of their letters. A visit is asked for its own
//! form, with and without its query, for the query with parameters left out (whatever somebody adds to an address, the page is the
//! same; how far this goes is in `queries`), for each beginning of its path, for its host, and for each domain over it.
//!
//! The section's bytes: `LWU` and the version, 16 bytes of salt, then the hashes, in order: the first 16 bytes of SHA-256 over
//! salt and SHA-256 of the form.

use super::Address;
use super::layer::MOST_SEGMENTS;
use super::path::percent_decode;
use sha2::{Digest as _, Sha256};

const MAGIC: &[u8; 4] = b"LWU\x01";
const SALT: usize = 16;
const HASH: usize = 16;

/// Of so many parameters each choice is asked for, which takes some twenty microseconds.
const FEW: usize = 6;
/// Of so many each two are asked for, and all but one of them: some five hundred questions.
const SOME: usize = 32;
/// So many at most are asked for alone: as many as fit into the eight thousand letters that web servers take.
const MANY: usize = 4_096;

/// A hash as it lies in a pack.
type Stored = [u8; HASH];

/// SHA-256 of an address in the form of this module: what a list of hashes holds, one a line.
pub type FormHash = [u8; 32];

/// The hash of a line of a list: an address with or without its scheme. `None` when it is no address.
#[must_use]
pub fn hash_of_entry(line: &str) -> Option<FormHash> {
    let address = entry(line)?;
    let path = trimmed(&address.path);
    let host = bare(&address.host);
    let parameters = parameters(&address);
    Some(if parameters.is_empty() {
        hash(&[host, path])
    } else {
        hash(&[host, path, "?", &parameters.join("&")])
    })
}

/// The parameters of a query, decoded. Up to [`SOME`] each is there once, and in the order of its letters; of more nobody asks
/// for several together. (A sort would be six kilobytes of a module that is compiled while a page waits.)
fn parameters(address: &Address) -> Vec<String> {
    let query = address.query().unwrap_or_default();
    let parts = || query.split('&').filter(|part| !part.is_empty()).take(MANY);
    // A form writes a space as a plus.
    let decoded = parts().map(|part| percent_decode(&part.replace('+', " ")));
    if parts().count() > SOME {
        return decoded.collect();
    }
    let mut parameters: Vec<String> = Vec::new();
    for part in decoded {
        let at = parameters.partition_point(|other| *other < part);
        if parameters.get(at) != Some(&part) {
            parameters.insert(at, part);
        }
    }
    parameters
}

/// The queries that a list may name for an address with these parameters: each alone; of a few, each choice of them; of some, each
/// two, all but one, and all.
fn queries(parameters: &[String]) -> Vec<String> {
    let joined = |kept: &dyn Fn(usize) -> bool| {
        let kept = parameters.iter().enumerate().filter(|(at, _)| kept(*at)).map(|(_, part)| part.as_str());
        kept.collect::<Vec<_>>().join("&")
    };
    let many = parameters.len();
    if many <= FEW {
        return (1..1_usize << many).map(|choice| joined(&|at| choice >> at & 1 == 1)).collect();
    }
    let mut queries = parameters.to_vec();
    if many <= SOME {
        queries.push(joined(&|_| true));
        for one in 0..many {
            queries.push(joined(&|at| at != one));
            queries.extend((one + 1..many).map(|other| joined(&|at| at == one || at == other)));
        }
    }
    queries
}

/// The host of a line that names a whole domain; `None` for one with a path or a query.
#[must_use]
pub fn whole_domain(line: &str) -> Option<String> {
    let address = entry(line)?;
    let whole = trimmed(&address.path).is_empty() && address.query().is_none_or(str::is_empty);
    whole.then(|| bare(&address.host).to_owned())
}

fn entry(line: &str) -> Option<Address> {
    let line = line.trim();
    if line.contains("://") { Address::parse(line) } else { Address::parse(&format!("https://{line}")) }
}

/// Writes a section. The same hashes and salt make the same bytes.
#[must_use]
pub fn section(salt: [u8; SALT], hashes: &[FormHash]) -> Vec<u8> {
    let mut stored: Vec<Stored> = hashes.iter().map(|hash| salted(&salt, hash)).collect();
    stored.sort_unstable();
    stored.dedup();
    [MAGIC.as_slice(), &salt, stored.as_flattened()].concat()
}

/// A section of a pack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unlawful<'a> {
    salt: &'a [u8; SALT],
    hashes: &'a [Stored],
}

impl<'a> Unlawful<'a> {
    /// Reads a section.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let body = bytes.strip_prefix(MAGIC).ok_or("it is no list of hashes of this version")?;
        let (salt, body) = body.split_first_chunk::<SALT>().ok_or("it ends in its salt")?;
        let (hashes, rest) = body.as_chunks::<HASH>();
        if !rest.is_empty() {
            return Err("it ends in a hash".into());
        }
        Ok(Self { salt, hashes })
    }

    /// Whether the list holds this address, a beginning of its path, its host or a domain over it.
    pub(crate) fn holds(&self, address: &Address) -> bool {
        if self.hashes.is_empty() {
            return false;
        }
        let host = bare(&address.host);
        let path = trimmed(&address.path);
        let ends = path.char_indices().filter(|(_, c)| *c == '/').map(|(at, _)| at);
        let mut beginnings = ends.chain([path.len()]).filter_map(|end| path.get(..end)).take(MOST_SEGMENTS);
        // A path of more segments than that is still asked for as a whole.
        let parameters = parameters(address);
        let mut queries = if parameters.is_empty() { Vec::new() } else { queries(&parameters) }.into_iter();
        queries.any(|query| self.has(&hash(&[host, path, "?", &query])))
            || self.has(&hash(&[host, path]))
            || beginnings.any(|beginning| self.has(&hash(&[host, beginning])))
            || address.hosts().skip(1).any(|parent| self.has(&hash(&[parent])))
    }

    fn has(&self, hash: &FormHash) -> bool {
        self.hashes.binary_search(&salted(self.salt, hash)).is_ok()
    }
}

fn hash(parts: &[&str]) -> FormHash {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part.as_bytes()));
    hasher.finalize().into()
}

fn salted(salt: &[u8; SALT], hash: &FormHash) -> Stored {
    let whole: [u8; 32] = Sha256::new().chain_update(salt).chain_update(hash).finalize().into();
    let mut stored = [0; HASH];
    stored.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
    stored
}

/// What stands before a name for no reason.
fn bare(host: &str) -> &str {
    host.strip_prefix("www.").filter(|rest| rest.contains('.')).unwrap_or(host)
}

fn trimmed(path: &str) -> &str {
    path.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(list: &[&str], url: &str) -> bool {
        let hashes: Vec<FormHash> = list.iter().map(|line| hash_of_entry(line).unwrap()).collect();
        let bytes = section([7; SALT], &hashes);
        Unlawful::read(&bytes).unwrap().holds(&Address::parse(url).unwrap())
    }

    #[test]
    fn an_address_is_held_however_it_is_written_and_its_neighbours_are_not() {
        let list = [
            "http://www.bad.example/a/B%62.jpg",
            "images.example/view?id=5",
            "images.example/two?set=b&id=5",
            "images.example/said?q=a%20b",
            "worst.example",
        ];
        for url in [
            "https://bad.example/a/bb.jpg",
            "http://WWW.BAD.example:8080//a/./bb.jpg/?x=1#y",
            "https://user@bad.example/a/bb.jpg/more",
            "https://images.example/view?id=5",
            "https://www.images.example/VIEW/?id=5#top",
            // Whatever is added to it, in whatever order and spelling.
            "https://images.example/view?id=5&x=1",
            "https://images.example/view?x=1&id=%35&&y",
            "https://images.example/two?id=5&set=b",
            "https://images.example/two?a=1&id=5&b=2&set=b&z=3",
            "https://images.example/view?a&b&c&d&e&f&g&id=5&h",
            "https://images.example/two?a&id=5&set=b&zz",
            "https://images.example/two?a&b&c&d&e&f&g&h&id=5&i&j&k&set=b&zz",
            "https://images.example/said?q=a+b",
            "https://images.example/said?q=a%20b&x=c%2Bd",
            "https://worst.example/any/thing?at=all",
            "wss://cdn.worst.example./x",
        ] {
            assert!(holds(&list, url), "{url}");
        }
        for url in [
            "https://bad.example/",
            "https://bad.example/a/",
            "https://bad.example/a/bb.jpg2",
            "https://other.bad.example/a/bb.jpg",
            "https://images.example/view",
            "https://images.example/view?id=55",
            "https://images.example/view?x=id=5",
            "https://images.example/two?id=5",
            "https://notworst.example/",
            "https://example/",
        ] {
            assert!(!holds(&list, url), "{url}");
        }
        let many: String = (0..1_000).map(|one| format!("a{one}=b&")).collect();
        assert!(holds(&list, &format!("https://images.example/view?{many}id=5&{many}")));
    }

    #[test]
    fn nothing_of_an_address_can_be_read_in_the_section_and_the_salt_makes_it_another() {
        let hashes = [hash_of_entry("bad.example/picture").unwrap(), hash_of_entry("worst.example").unwrap()];
        let (one, two) = (section([1; SALT], &hashes), section([2; SALT], &hashes));
        assert_eq!(one.len(), 4 + SALT + 2 * HASH);
        assert!(!one.windows(HASH).any(|part| two.windows(HASH).any(|other| part == other)));
        let text = String::from_utf8_lossy(&one).into_owned();
        assert!(!text.contains("bad") && !text.contains("worst") && !text.contains("picture"));
        assert!(!one.windows(8).any(|part| hashes.iter().any(|hash| hash.starts_with(part))));
    }

    #[test]
    fn a_section_that_is_not_whole_is_refused() {
        let whole = section([1; SALT], &[hash_of_entry("worst.example").unwrap()]);
        assert!(Unlawful::read(&whole).is_ok());
        for cut in [0, 3, 10, whole.len() - 1] {
            assert!(Unlawful::read(&whole[..cut]).is_err(), "{cut}");
        }
        assert!(
            !Unlawful::read(&section([0; SALT], &[]))
                .unwrap()
                .holds(&Address::parse("https://a.example").unwrap())
        );
    }

    #[test]
    fn what_is_a_whole_domain_is_known_and_what_is_no_address_is_none() {
        assert_eq!(whole_domain("https://www.co.uk/"), Some("co.uk".into()));
        assert_eq!((whole_domain("a.example/x"), whole_domain("a.example?x")), (None, None));
        assert_eq!((hash_of_entry(""), hash_of_entry("not an address")), (None, None));
    }
}
