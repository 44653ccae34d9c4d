//! Reads the site lists and the list of sites that are never read.

use crate::lists::model::SiteRule;
use crate::lists::source::Compiler;
use crate::site::Entry;
use crate::taxonomy::Category;
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteFile {
    category: Option<String>,
    #[serde(default)]
    why: String,
    source: Option<String>,
    reviewed: Option<String>,
    #[serde(default)]
    sites: Vec<String>,
    #[serde(default)]
    not: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NeverReadFile {
    source: Option<String>,
    reviewed: Option<String>,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    group: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    #[serde(default)]
    name: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    hosts: Vec<String>,
}

/// One category of sites.
pub(crate) fn site_file(compiler: &mut Compiler, file: &str, text: &str) {
    let Some(raw) = compiler.read::<SiteFile>(file, text) else { return };
    let Some(category) = compiler.word::<Category>(file, "", "category", raw.category.as_deref()) else {
        return;
    };
    compiler.provenance(file, "", raw.source.as_deref(), raw.reviewed.as_deref());
    let why = raw.why.trim();
    if why.is_empty() {
        compiler.problem(file, "", "why", "is missing; say in a few words what these sites are");
    }
    // Lists that outgrow 32 bits would not fit in memory; the last number then makes them unsound.
    let reason = u32::try_from(compiler.out.reasons.len()).unwrap_or(u32::MAX);
    compiler.out.reasons.push(why.to_owned());
    let mut seen = BTreeSet::new();
    for (field, lines, exception) in [("sites", &raw.sites, false), ("not", &raw.not, true)] {
        for entry in entries(compiler, file, "", field, lines) {
            if !seen.insert(entry.clone()) {
                compiler.problem(file, "", field, format!("“{entry}” is there twice; remove one"));
            }
            compiler.out.sites.push(SiteRule { entry, category, exception, why: reason });
        }
    }
}

/// Helplines, banks and the like.
pub(crate) fn never_read_file(compiler: &mut Compiler, file: &str, text: &str) {
    let Some(raw) = compiler.read::<NeverReadFile>(file, text) else { return };
    compiler.provenance(file, "", raw.source.as_deref(), raw.reviewed.as_deref());
    let mut found = entries(compiler, file, "", "hosts", &raw.hosts);
    for group in &raw.group {
        if group.name.trim().is_empty() || group.why.trim().is_empty() {
            compiler.problem(file, &group.name, "", "needs a name and a why");
        }
        found.extend(entries(compiler, file, &group.name, "hosts", &group.hosts));
    }
    compiler.out.never_read.extend(found);
}

fn entries(compiler: &mut Compiler, file: &str, rule: &str, field: &str, lines: &[String]) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(lines.len());
    for line in lines {
        match Entry::parse(line) {
            Ok(entry) => entries.push(entry),
            Err(problem) => compiler.problem(file, rule, field, problem),
        }
    }
    entries
}
