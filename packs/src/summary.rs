//! What is shown after a build: names by category, what was left out and why, sizes, licences, the public key.

use crate::Built;
use crate::sources::About;
use std::fmt;

impl fmt::Display for Built {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hosts, paths) = self.counts;
        writeln!(f, "Sources")?;
        for About { name, licence, attribution, lines, rules, .. } in &self.sources {
            let licence = if licence.is_empty() {
                "licence not stated: make sure that you may use it"
            } else {
                licence
            };
            writeln!(f, "  {name}: {lines} lines, {rules} rules; {licence}")?;
            if !attribution.is_empty() {
                writeln!(f, "    {attribution}")?;
            }
        }
        writeln!(f, "Rules by category")?;
        for (category, count) in &self.categories {
            writeln!(f, "  {:<24}{count:>10}", category.as_str())?;
        }
        if self.skipped.total() > 0 {
            writeln!(f, "Left out: {} lines", self.skipped.total())?;
            for (skip, count, examples) in self.skipped.iter() {
                writeln!(f, "  {count:>8}  {skip}")?;
                examples.iter().take(4).try_for_each(|example| writeln!(f, "            {example}"))?;
                if examples.len() > 4 {
                    let rest: Vec<&str> = examples.iter().skip(4).map(String::as_str).collect();
                    writeln!(f, "            {}", rest.join(", "))?;
                }
            }
        }
        let (asked, freed) = &self.good;
        writeln!(f, "Known to be good: {asked} hosts asked, {} recorded as exceptions", freed.len())?;
        freed.iter().try_for_each(|host| writeln!(f, "  {host}"))?;
        let (whole, sites) = self.bytes;
        let each = sites as f64 / f64::from(hosts.saturating_add(paths).max(1));
        writeln!(
            f,
            "{hosts} hosts and {paths} paths in {sites} bytes: {each:.2} bytes a name, {} bits",
            self.bits
        )?;
        writeln!(f, "Pack of {whole} bytes, version {}", self.version)?;
        write!(f, "Public key: {}", self.key)
    }
}
