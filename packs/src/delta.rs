//! `lists delta`: what changed between two states of the same lists, as a small signed pack that lies on the first.
//!
//! A map holds no names, so what was removed cannot be read from the old pack: the lists as they were are read again, and
//! must be those that the old pack was built of. How a device lays one pack on another is in core (`Sites::lay`).

use crate::build::{about, into_place, names, unlawful};
use crate::map::{Base, Map, Plan};
use crate::rules::{Rule, Rules, Says};
use crate::sources::{Collected, Spec};
use crate::{BuildError, PackKey, write};
use lapwing_core::pack::{Kind, Pack, PackError};
use lapwing_core::{Sites, canary};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What to compare.
#[derive(Debug, Clone, Default)]
pub struct Delta {
    /// The whole pack that devices have.
    pub from: PathBuf,
    /// The lists of which it was built.
    pub old: Vec<Spec>,
    /// The lists as they are now.
    pub new: Vec<Spec>,
    /// Public suffixes that are meant when a list names them.
    pub suffixes: BTreeSet<String>,
    /// The version of the change.
    pub version: u64,
    /// Where the change goes.
    pub out: PathBuf,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// Rules that were added, that say something else, and that are gone.
    pub rules: (usize, usize, usize),
    /// Bytes of the change.
    pub bytes: u64,
}

impl Delta {
    /// Compares, signs and writes.
    ///
    /// # Errors
    /// [`BuildError`]; nothing has been written then.
    pub fn run(&self, key: &PackKey) -> Result<Changed, BuildError> {
        let bytes = std::fs::read(&self.from)
            .map_err(|source| BuildError::Write { path: self.from.clone(), source })?;
        let base = Pack::open(bytes, &key.public(), 0)?;
        let version = base.version();
        if self.version <= version {
            return Err(PackError::Old { version: self.version, minimum: version.saturating_add(1) }.into());
        }
        let digest = *base.digest();
        let mut sites = Sites::new(base)?;
        // A pack of before the daily test lacks its address, and gets it with the change.
        let had = sites.rule(canary::PACK_HOST, "").is_some();
        let (old, _) = self.collected(&self.old, had)?;
        let (new, collected) = self.collected(&self.new, true)?;
        let differs = old.iter().find(|rule| {
            let (host, path) = rule.parts();
            let says = sites.rule(host, path).map(|says| (says.gives, says.takes));
            says.is_some_and(|says| says != (rule.says.gives, rule.says.takes))
                || says.is_none() && rule.says != Says::default()
        });
        if let Some(rule) = differs {
            return Err(BuildError::Section(format!(
                "the old lists say something else of “{}” than {} does; give the lists of which it was built",
                rule.name,
                self.from.display()
            )));
        }
        let (changes, rules) = changes(&old, &new);
        let names = names(&collected.sources);
        let on = Some(Base { basis: sites.basis(), all: &new });
        let map = Map::new(Plan { rules: &changes, sources: &names, known_good: &collected.known_good, on })?;
        let about = about(&collected.sources, &new);
        let unlawful = unlawful(&collected, self.version);
        let mut sections = vec![(Kind::About, about.as_bytes()), (Kind::Sites, map.bytes.as_slice())];
        sections.extend(unlawful.as_deref().map(|bytes| (Kind::Unlawful, bytes)));
        let bytes = write::pack(key, self.version, Some(digest), &sections);
        sites.lay(Pack::open(bytes.clone(), &key.public(), self.version)?)?;
        prove(&sites, &old, &new)?;
        into_place(&self.out, &bytes)?;
        Ok(Changed { rules, bytes: bytes.len() as u64 })
    }

    fn collected(&self, specs: &[Spec], canary: bool) -> Result<(Vec<Rule>, Collected), BuildError> {
        let mut collected = Collected { rules: Rules::new(self.suffixes.clone()), ..Collected::default() };
        for spec in specs {
            collected.read(spec)?;
        }
        if canary {
            collected.add_canary();
        }
        let rules = std::mem::take(&mut collected.rules).finish();
        Ok((rules, collected))
    }
}

/// The rules that bring one state to the other, in order, and how many were added, changed and removed.
fn changes(old: &[Rule], new: &[Rule]) -> (Vec<Rule>, (usize, usize, usize)) {
    let place = |rule: &Rule| (rule.name.clone(), rule.host);
    let find = |rules: &[Rule], rule: &Rule| {
        let at = rules.binary_search_by(|other| (&other.name, other.host).cmp(&(&rule.name, rule.host)));
        at.ok().and_then(|at| rules.get(at)).map(|rule| (rule.says.gives, rule.says.takes))
    };
    let mut changes = Vec::new();
    let (mut added, mut changed, mut removed) = (0, 0, 0);
    for rule in new {
        match find(old, rule) {
            Some(said) if said == (rule.says.gives, rule.says.takes) => continue,
            Some(_) => changed += 1,
            None => added += 1,
        }
        changes.push(rule.clone());
    }
    for rule in old.iter().filter(|rule| find(new, rule).is_none()) {
        removed += 1;
        changes.push(Rule { says: Says::default(), ..rule.clone() });
    }
    changes.sort_by_key(place);
    (changes, (added, changed, removed))
}

/// Asks the map with the change on it for everything, as a device would.
fn prove(sites: &Sites, old: &[Rule], new: &[Rule]) -> Result<(), BuildError> {
    let is_known = |rule: &&Rule| {
        new.binary_search_by(|other| (&other.name, other.host).cmp(&(&rule.name, rule.host))).is_ok()
    };
    let gone = old.iter().filter(|rule| !is_known(rule)).map(|rule| (rule, None));
    let there = new.iter().map(|rule| (rule, Some((rule.says.gives, rule.says.takes))));
    for (rule, expected) in there.chain(gone) {
        let (host, path) = rule.parts();
        if sites.rule(host, path).map(|says| (says.gives, says.takes)) != expected {
            return Err(BuildError::Forgotten(rule.name.to_string()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Build;
    use lapwing_core::{Audience, Category, Engine, Frame, Lists, Policy, Visit};
    use std::sync::Arc;

    #[test]
    fn a_change_adds_changes_and_takes_away_and_is_small() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let many =
            |skip: usize| (skip..skip + 20_000).map(|n| format!("{n}.example,games\n")).collect::<String>();
        let old =
            format!("host,category\nbet.example,gambling\nc.example/a,games\nd.example,games\n{}", many(0));
        let new = format!(
            "host,category\nbet.example,games\nc.example/b,games\nd.example,games\nd.example/x,social\n{}",
            many(50)
        );
        std::fs::write(at("old.csv"), old).unwrap();
        std::fs::write(at("new.csv"), new).unwrap();
        let spec = |name: &str| vec![format!("csv={}", at(name).display()).parse().unwrap()];
        let key = PackKey::from_seed(&[3; 32]);
        let build = Build { sources: spec("old.csv"), version: 5, out: at("old.pack"), ..Build::default() };
        build.run(&key).unwrap();
        let delta = Delta {
            from: at("old.pack"),
            old: spec("old.csv"),
            new: spec("new.csv"),
            version: 6,
            out: at("delta.pack"),
            ..Delta::default()
        };
        let changed = delta.run(&key).unwrap();
        assert_eq!(changed.rules, (52, 1, 51));
        assert!(changed.bytes < 3_000, "{}", changed.bytes);
        let open = |name: &str| Pack::open(std::fs::read(at(name)).unwrap(), &key.public(), 0).unwrap();
        let mut sites = Sites::new(open("old.pack")).unwrap();
        sites.lay(open("delta.pack")).unwrap();
        let engine =
            Engine::new(Lists::from_sources(&[]).unwrap(), Policy::school_default(Audience::Year(9)));
        let engine = engine.unwrap().with_sites(Arc::new(sites));
        let found = |url: &str| {
            let decision = engine.check_url(&Visit { url, frame: Frame::Main });
            decision.site.map(|site| (site.rule, site.categories))
        };
        let site = |rule: &str, category| Some((rule.to_owned(), vec![category]));
        assert_eq!(
            found("https://pack-canary.lapwing.test/"),
            site("pack-canary.lapwing.test", Category::Canary)
        );
        assert_eq!(found("https://bet.example/"), site("bet.example", Category::Games));
        assert_eq!(found("https://c.example/a"), None);
        assert_eq!(found("https://c.example/b/c"), site("c.example/b", Category::Games));
        assert_eq!(found("https://d.example/y"), site("d.example", Category::Games));
        assert_eq!(found("https://d.example/x"), site("d.example/x", Category::Social));
        assert_eq!(found("https://www.7.example/"), None);
        assert_eq!(found("https://www.20049.example/"), site("20049.example", Category::Games));
        let old_version = Delta { version: 5, ..delta.clone() };
        assert!(matches!(old_version.run(&key), Err(BuildError::Refused(PackError::Old { .. }))));
        let others = Delta { old: spec("new.csv"), ..delta };
        assert!(others.run(&key).unwrap_err().to_string().contains("of which it was built"));
    }
}
