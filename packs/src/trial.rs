//! The pack of a trial: what a new state of lists would add, and nothing else, so that devices can count what it would stop
//! before it stops anything. It stands by itself and takes nothing away; on a device no decision asks it.

use crate::map::{Map, Plan};
use crate::rules::{Rule, Rules, Says};
use crate::sources::{Collected, Spec};
use crate::{Before, BuildError, PackKey, build, write};
use lapwing_core::pack::{Kind, Pack};
use lapwing_core::{Category, CategorySet, Lists, Sites};
use std::collections::BTreeSet;

/// What to try.
#[derive(Debug, Clone, Copy)]
pub struct Trial<'a> {
    /// What holds until now.
    pub before: Before<'a>,
    /// The lists as they would be.
    pub new: &'a [Spec],
    /// The version of the pack.
    pub version: u64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The signed pack; empty when there is nothing to try.
    pub bytes: Vec<u8>,
    /// Sites in it.
    pub sites: u64,
    /// Rules for single paths that would come too. They are not tried: devices tell sites, and no more of an address.
    pub paths: u64,
}

impl Trial<'_> {
    /// Compares, makes the pack and signs it. Unlawful content is not among it: it is not a thing to be tried.
    ///
    /// # Errors
    /// [`BuildError`]: a list that cannot be read, or a map that cannot be made.
    pub fn run(&self, key: &PackKey) -> Result<Tried, BuildError> {
        let (new, collected) = read(self.new)?;
        let mut rules = Vec::new();
        let mut paths = 0;
        let old = match self.before {
            Before::Lists(specs) => read(specs)?.0,
            Before::Map(..) => Vec::new(),
        };
        for rule in &new {
            let was = match self.before {
                Before::Lists(_) => listed(&old, rule),
                Before::Map(sites, _) => mapped(sites, rule),
            };
            let gives = rule.says.gives.without(was);
            if gives.is_empty() || rule.says.gives.contains(Category::Illegal) {
                continue;
            }
            if rule.parts().1.is_empty() {
                let says = Says { gives, takes: CategorySet::NONE, ..rule.says };
                rules.push(Rule { says, ..rule.clone() });
            } else {
                paths += 1;
            }
        }
        if rules.is_empty() {
            return Ok(Tried { bytes: Vec::new(), sites: 0, paths });
        }
        let mut known_good = collected.known_good;
        known_good.extend(Lists::starter().iter().flat_map(Lists::never_read).map(str::to_owned));
        known_good.sort_unstable();
        known_good.dedup();
        let names = build::names(&collected.sources);
        let map = Map::new(Plan { rules: &rules, sources: &names, known_good: &known_good, on: None })?;
        let bytes = write::pack(key, self.version, None, &[(Kind::Sites, map.bytes.as_slice())]);
        let sites = Sites::new(Pack::open(bytes, &key.public(), self.version)?)?;
        let is_lost =
            |rule: &&Rule| sites.rule(rule.parts().0, "").is_none_or(|says| says.gives != rule.says.gives);
        if let Some(rule) = rules.iter().find(is_lost) {
            return Err(BuildError::Forgotten(rule.name.to_string()));
        }
        Ok(Tried { bytes: sites.into_bytes(), sites: rules.len() as u64, paths })
    }
}

fn read(specs: &[Spec]) -> Result<(Vec<Rule>, Collected), BuildError> {
    let mut collected = Collected { rules: Rules::new(BTreeSet::new()), ..Collected::default() };
    for spec in specs {
        collected.read(spec)?;
    }
    let rules = std::mem::take(&mut collected.rules).finish();
    Ok((rules, collected))
}

/// What lists gave the same site, which are in order.
fn listed(old: &[Rule], rule: &Rule) -> CategorySet {
    let at = old.binary_search_by(|other| (&other.name, other.host).cmp(&(&rule.name, rule.host)));
    at.ok().and_then(|at| old.get(at)).map_or(CategorySet::NONE, |rule| rule.says.gives)
}

/// What the packs in force give it.
fn mapped(sites: &Sites, rule: &Rule) -> CategorySet {
    let (host, path) = rule.parts();
    sites.rule(host, path).map_or(CategorySet::NONE, |says| says.gives)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Build;
    use lapwing_core::{Action, Audience, Engine, Policy};
    use std::path::Path;
    use std::sync::Arc;

    const OLD: &str = "kept.example,gambling\nboth.example,social\nfree.gone.example,gambling,yes\nlong.added.example,social\n";
    const NEW: &str = "kept.example,gambling\nboth.example,social;gambling\nadded.example,gambling\n\
                       news.test/casino,gambling\nlong.added.example,social\ngone.example,gambling\n\
                       free.gone.example,gambling,yes\nnice.example,shopping\n";

    fn list(folder: &Path, name: &str, lines: &str) -> Vec<Spec> {
        let lines: String = lines
            .lines()
            .map(|line| format!("{line}{}\n", if line.ends_with(",yes") { "" } else { "," }))
            .collect();
        std::fs::write(folder.join(name), format!("host,category,exception\n{lines}")).unwrap();
        vec![format!("csv={}", folder.join(name).display()).parse().unwrap()]
    }

    /// What is proposed. What is unlawful no table says, but a list at the command line may.
    fn news(folder: &Path) -> Vec<Spec> {
        let unlawful = folder.join("unlawful.txt");
        std::fs::write(&unlawful, "x.test\n").unwrap();
        let unlawful = format!("plain:illegal={}", unlawful.display()).parse().unwrap();
        list(folder, "new.csv", NEW).into_iter().chain([unlawful]).collect()
    }

    fn sites(bytes: Vec<u8>, key: &PackKey) -> Sites {
        Sites::new(Pack::open(bytes, &key.public(), 0).unwrap()).unwrap()
    }

    /// The trial, and an engine under the old lists as a pack.
    fn tried(folder: &Path) -> (Tried, Sites, Engine) {
        let (old, new) = (list(folder, "old.csv", OLD), news(folder));
        let key = PackKey::from_seed(&[3; 32]);
        let out = folder.join("old.pack");
        Build { sources: old.clone(), version: 5, out: out.clone(), ..Build::default() }.run(&key).unwrap();
        let in_force = sites(std::fs::read(out).unwrap(), &key);
        let made = Trial { before: Before::Lists(&old), new: &new, version: 7 }.run(&key).unwrap();
        let of_map = Trial { before: Before::Map(&in_force, 4), new: &new, version: 7 }.run(&key).unwrap();
        assert_eq!(made, of_map, "a map alone knows as much of what comes");
        let engine =
            Engine::new(Lists::from_sources(&[]).unwrap(), Policy::school_default(Audience::Year(9)));
        let trial = sites(made.bytes.clone(), &key);
        (made, trial, engine.unwrap().with_sites(Arc::new(in_force)))
    }

    #[test]
    fn only_what_would_come_is_in_it_and_nothing_unlawful_or_of_single_pages() {
        let folder = tempfile::tempdir().unwrap();
        let (made, trial, _) = tried(folder.path());
        assert_eq!((made.sites, made.paths), (4, 1));
        let gives = |host| trial.rule(host, "").map(|says| says.gives.iter().collect::<Vec<_>>());
        assert_eq!(gives("added.example"), Some(vec![Category::Gambling]));
        assert_eq!(gives("both.example"), Some(vec![Category::Gambling]), "only what is new of it");
        for host in ["kept.example", "x.test", "news.test", "free.gone.example", "pack-canary.lapwing.test"] {
            assert_eq!(gives(host), None, "{host}");
        }
        let same = list(folder.path(), "same.csv", OLD);
        let key = PackKey::from_seed(&[3; 32]);
        let none = Trial { before: Before::Lists(&same), new: &same, version: 7 }.run(&key).unwrap();
        assert_eq!(none, Tried { bytes: Vec::new(), sites: 0, paths: 0 });
    }

    #[test]
    fn what_it_would_stop_is_what_the_lists_would_that_are_made_of_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (_, trial, mut engine) = tried(folder.path());
        let key = PackKey::from_seed(&[3; 32]);
        let (sources, out) = (news(folder.path()), folder.path().join("new.pack"));
        Build { sources, version: 9, out: out.clone(), ..Build::default() }.run(&key).unwrap();
        let all = Engine::new(Lists::from_sources(&[]).unwrap(), Policy::school_default(Audience::Year(9)));
        let all = all.unwrap().with_sites(Arc::new(sites(std::fs::read(out).unwrap(), &key)));
        let stops = |engine: &Engine, url: &str| {
            let visit = lapwing_core::Visit { url, frame: lapwing_core::Frame::Main };
            engine.check_url(&visit).verdict.action >= Action::Block
        };
        for (url, site) in [
            ("https://www.added.example/a?q=casino#x", Some("added.example")),
            ("https://both.example/", Some("both.example")),
            ("https://a.gone.example/", Some("gone.example")),
            // Freed, of another kind by a longer rule, stopped already, of a kind that is not blocked, in no list.
            ("https://free.gone.example/", None),
            ("https://long.added.example/", None),
            ("https://kept.example/", None),
            ("https://nice.example/", None),
            ("https://other.example/", None),
            ("about:blank", None),
        ] {
            assert_eq!(engine.would_stop(&trial, url).as_deref(), site, "{url}");
            let news = stops(&all, url) && !stops(&engine, url);
            assert_eq!(news, site.is_some(), "{url}");
        }
        // What the school has decided otherwise.
        let mut policy = Policy::school_default(Audience::Year(9));
        policy.allowed_sites.push(lapwing_core::Entry::parse("added.example").unwrap());
        engine.govern(policy);
        assert_eq!(engine.would_stop(&trial, "https://added.example/"), None);
    }
}
