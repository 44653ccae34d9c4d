//! Reads lists that a school has already: weighted phrase lists of e2guardian, and plain CSV.
//!
//! What comes out is a rule file as people write it, so that somebody reads it before it is used. Nothing is guessed: a
//! line that cannot be read is a problem with its number, and what has no counterpart here is named, not dropped in
//! silence. A filter's weights are added up over a page; here each phrase stands for itself, so a weight becomes a
//! severity.

use crate::lists::error::{ListsError, Problem};
use crate::taxonomy::{Category, Severity};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Weights from which a phrase is medium, and low: e2guardian stops a page for children at 50 to 60.
const MEDIUM_FROM: i32 = 60;
const LOW_FROM: i32 = 20;
/// Words that the parts of a combined phrase may lie apart: the most that a rule allows.
const WITHIN: u8 = 30;
/// Phrases in one rule, so that a rule stays readable.
const PER_RULE: usize = 60;

/// Where lists come from.
#[derive(Debug, Clone, Copy)]
pub struct Provenance<'a> {
    /// What the lists are called and who wrote them.
    pub source: &'a str,
    /// When somebody last read them, such as `2026-11-22`.
    pub reviewed: &'a str,
}

/// What an import made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Files for [`Lists::from_sources`](crate::Lists::from_sources): name and text.
    pub files: Vec<(String, String)>,
    /// What has no counterpart here, line by line.
    pub skipped: Vec<Problem>,
}

/// Reads a weighted, banned or exception phrase list of e2guardian as rules of one category.
///
/// `< word ><40>` is a word on its own, `<part><40>` the beginning of one, `<one>,<two><40>` two that must be near each
/// other. Phrases with a negative weight or in an exception list lower a page's sum; they are named in `skipped`.
///
/// # Errors
/// [`ListsError::Source`] with every line that cannot be read.
pub fn import_weighted(
    text: &str,
    category: Category,
    provenance: Provenance<'_>,
) -> Result<Imported, ListsError> {
    let mut rules = Rules::default();
    let (mut problems, mut skipped) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        if line.starts_with('.') {
            skipped.push(problem(number, "includes another file; import that one too"));
            continue;
        }
        match weighted(line) {
            Ok((parts, weight)) if weight <= 0 => {
                let shown = parts.join(", ");
                skipped.push(problem(
                    number,
                    &format!("“{shown}” only lowers a sum; write it into “unless” where it belongs"),
                ));
            }
            Ok((parts, weight)) => rules.add(category, severity(weight), parts),
            Err(detail) => problems.push(problem(number, &detail)),
        }
    }
    if !problems.is_empty() {
        return Err(ListsError::Source(problems));
    }
    Ok(Imported { files: rules.files(provenance), skipped })
}

/// Reads a table `phrase,category,severity,why` with these names in its first line, in any order; `severity` may be left
/// out (low) and `why` too. A phrase may use the phrase language.
///
/// # Errors
/// [`ListsError::Source`] with every line that cannot be read.
pub fn import_csv(text: &str, provenance: Provenance<'_>) -> Result<Imported, ListsError> {
    let mut problems = Vec::new();
    let mut rules = Rules::default();
    let mut lines = records(text)?.into_iter();
    let (_, header) = lines.next().unwrap_or_default();
    let column = |name: &str| header.iter().position(|field| field.trim().eq_ignore_ascii_case(name));
    let (Some(phrase), Some(category)) = (column("phrase"), column("category")) else {
        let detail = "must be the names of the columns: phrase, category, and perhaps severity and why";
        return Err(ListsError::Source(vec![problem(1, detail)]));
    };
    let (severity, why) = (column("severity"), column("why"));
    for (number, record) in lines {
        let field = |at: usize| record.get(at).map(|field| field.trim()).unwrap_or_default();
        if record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        if record.len() != header.len() {
            let detail = format!(
                "has {} fields and the first line {}; put text with commas in quotes",
                record.len(),
                header.len()
            );
            problems.push(problem(number, &detail));
            continue;
        }
        let read = field(category).parse::<Category>().map_err(|error| error.to_string());
        let graded = match severity.map(field).filter(|word| !word.is_empty()) {
            Some(word) => word.parse::<Severity>().map_err(|error| error.to_string()),
            None => Ok(Severity::Low),
        };
        match (read, graded) {
            (Ok(category), Ok(_)) if !category.is_text() => {
                problems.push(problem(
                    number,
                    &format!("“{category}” is for sites only; use a category of text"),
                ));
            }
            (Ok(_), Ok(_)) if field(phrase).is_empty() => {
                problems.push(problem(number, "has no phrase; remove the line"));
            }
            (Ok(category), Ok(severity)) => {
                let why = why.map(field).unwrap_or_default();
                rules.add_with_why(category, severity, vec![field(phrase).to_owned()], why);
            }
            (Err(detail), _) | (_, Err(detail)) => problems.push(problem(number, &detail)),
        }
    }
    if !problems.is_empty() {
        return Err(ListsError::Source(problems));
    }
    Ok(Imported { files: rules.files(provenance), skipped: Vec::new() })
}

fn problem(line: usize, detail: &str) -> Problem {
    Problem {
        file: format!("line {line}"),
        rule: String::new(),
        field: String::new(),
        detail: detail.to_owned(),
    }
}

fn severity(weight: i32) -> Severity {
    match weight {
        MEDIUM_FROM.. => Severity::Medium,
        LOW_FROM.. => Severity::Low,
        _ => Severity::Info,
    }
}

/// The parts of a weighted phrase, in the phrase language, and its weight: 100 where the line has none.
fn weighted(line: &str) -> Result<(Vec<String>, i32), String> {
    let mut fields = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let inside = rest
            .strip_prefix('<')
            .ok_or_else(|| format!("“{rest}” does not begin with “<”; write <phrase><weight>"))?;
        let (field, after) = inside.split_once('>').ok_or("has a “<” without its “>”; add or remove one")?;
        if field.contains('<') {
            return Err("has a “<” without its “>”; add or remove one".into());
        }
        fields.push(field);
        rest = after.trim_start().trim_start_matches(',').trim_start();
    }
    let weight = fields.last().and_then(|field| field.trim().parse::<i32>().ok());
    if weight.is_some() {
        fields.pop();
    }
    let parts: Vec<String> = fields.iter().filter_map(|field| phrase(field)).collect();
    if parts.len() != fields.len() || parts.is_empty() {
        return Err(
            "has no word between “<” and “>”, or fewer than three letters of one; write <phrase><weight>"
                .into(),
        );
    }
    Ok((parts, weight.unwrap_or(100)))
}

/// A phrase of e2guardian in the phrase language: without a space at its end it may go on.
fn phrase(field: &str) -> Option<String> {
    const LEAST_OPEN: usize = 3;
    let goes_on = !field.ends_with(' ');
    let clean: String =
        field.chars().map(|c| if c.is_alphanumeric() || c == '\'' { c } else { ' ' }).collect();
    let words: Vec<&str> = clean.split_whitespace().collect();
    let last = words.last()?;
    let star = if goes_on && last.chars().count() >= LEAST_OPEN { "*" } else { "" };
    (last.chars().any(char::is_alphanumeric)).then(|| format!("{}{star}", words.join(" ")))
}

/// The records of a CSV text, with the line on which each begins; blank lines are left out.
fn records(text: &str) -> Result<Vec<(usize, csv::StringRecord)>, ListsError> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let line =
        |position: Option<&csv::Position>| position.map_or(1, |at| usize::try_from(at.line()).unwrap_or(1));
    let records = reader.records().map(|record| match record {
        Ok(record) => Ok((line(record.position()), record)),
        Err(error) => Err(ListsError::Source(vec![problem(line(error.position()), &error.to_string())])),
    });
    records.collect()
}

/// What a rule has in common: its category, severity and reason.
type Kind = (Category, Severity, String);

/// Phrases that become rules.
#[derive(Default)]
struct Rules {
    single: BTreeMap<Kind, Vec<String>>,
    combined: Vec<(Category, Severity, Vec<String>)>,
}

impl Rules {
    fn add(&mut self, category: Category, severity: Severity, parts: Vec<String>) {
        self.add_with_why(category, severity, parts, "");
    }

    fn add_with_why(&mut self, category: Category, severity: Severity, parts: Vec<String>, why: &str) {
        match <[String; 1]>::try_from(parts) {
            Ok([phrase]) => {
                let phrases = self.single.entry((category, severity, why.to_owned())).or_default();
                if !phrases.contains(&phrase) {
                    phrases.push(phrase);
                }
            }
            Err(parts) => self.combined.push((category, severity, parts)),
        }
    }

    /// One file for each category.
    fn files(self, provenance: Provenance<'_>) -> Vec<(String, String)> {
        let mut files: BTreeMap<Category, (String, usize)> = BTreeMap::new();
        let mut rule = |category: Category, severity: Severity, why: &str, body: String| {
            let head = || {
                let [source, reviewed] = [provenance.source, provenance.reviewed].map(quoted);
                (format!("category = \"{category}\"\nsource = {source}\nreviewed = {reviewed}\n"), 0)
            };
            let (text, count) = files.entry(category).or_insert_with(head);
            *count += 1;
            let why = if why.is_empty() { "A phrase of a list that the school has imported." } else { why };
            let why = quoted(why);
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "\n[[rule]]\nid = \"imported-{count}\"\n{body}severity = \"{severity}\"\nwhy = {why}\n"
            );
        };
        for ((category, severity, why), phrases) in self.single {
            for some in phrases.chunks(PER_RULE) {
                rule(category, severity, &why, format!("any = {}\n", list(some)));
            }
        }
        for (category, severity, parts) in self.combined {
            let groups: Vec<String> = parts.iter().map(|part| list(std::slice::from_ref(part))).collect();
            rule(category, severity, "", format!("near = [{}]\nwithin = {WITHIN}\n", groups.join(", ")));
        }
        files
            .into_iter()
            .map(|(category, (text, _))| (format!("phrases/imported_{category}.toml"), text))
            .collect()
    }
}

/// Text as TOML has it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(phrases: &[String]) -> String {
    let each: Vec<String> = phrases.iter().map(|phrase| quoted(phrase)).collect();
    format!("[{}]", each.join(", "))
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
