//! The concern form as it was typed, and what must be true of it before it is a concern. What the page around it shows,
//! and what is written, is in `record`.

use super::super::form::{Errors, clean, is_choice};
use super::super::when;
use super::super::words::capital;
use super::ROLES;
use crate::db::concerns::{NewConcern, Person};
use lapwing_core::Category;
use lapwing_core::wire::limit;
use serde::Deserialize;

/// How well the time is known: stable name, and words.
pub(super) const PRECISIONS: &[(&str, &str)] =
    &[("exact", "At that time"), ("approximate", "About then"), ("unknown", "I do not know when")];

/// Whether the DSL was told in person: stable name, and words.
pub(super) const TOLD: &[(&str, &str)] = &[("yes", "Yes"), ("no", "No, not yet")];

/// What a person's year can be.
pub(crate) const YEARS: &[&str] = &[
    "Nursery",
    "Reception",
    "Year 1",
    "Year 2",
    "Year 3",
    "Year 4",
    "Year 5",
    "Year 6",
    "Year 7",
    "Year 8",
    "Year 9",
    "Year 10",
    "Year 11",
    "Year 12",
    "Year 13",
    "Adult",
];

/// What a concern can be about: the taxonomy's names and labels, for words rather than for sites.
pub(crate) fn categories() -> Vec<(&'static str, String)> {
    let text = Category::ALL.iter().filter(|category| category.is_text() && category.is_real());
    text.map(|category| (category.as_str(), capital(category.label()))).collect()
}

/// Rows for persons in an empty form.
pub(super) const ROWS: usize = 3;
const MOST_PERSONS: usize = 20;

/// The form as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {
    /// Made with the form, so that sending it twice records one concern.
    pub(super) id: String,
    /// The episode that it is made from, or nothing.
    pub(super) episode: String,
    /// The report that it is made from, or nothing.
    pub(super) report: String,
    /// How many alerts or messages of the pupil the page showed from which the form was opened; else nothing.
    pub(super) shown: String,
    pub(super) person_name: Vec<String>,
    pub(super) person_year: Vec<String>,
    pub(super) person_role: Vec<String>,
    pub(super) occurred_date: String,
    pub(super) occurred_time: String,
    pub(super) occurred_precision: String,
    pub(super) place: String,
    /// A name of the taxonomy; empty when the reporter is not sure.
    pub(super) category: String,
    pub(super) seen_heard: String,
    pub(super) childs_words: String,
    pub(super) view: String,
    pub(super) done_so_far: String,
    pub(super) told_dsl: String,
    /// There when the button for one more person was pressed.
    pub(super) add_person: Option<String>,
}

/// One person's fields, for the page.
#[derive(Debug, Clone, Default)]
pub(super) struct PersonRow {
    /// Counts from 1.
    pub(super) index: usize,
    pub(super) name: String,
    pub(super) year: String,
    pub(super) role: String,
}

impl Draft {
    /// The persons' fields, with at least `least` rows.
    pub(super) fn rows(&self, least: usize) -> Vec<PersonRow> {
        let field = |list: &[String], at: usize| list.get(at).cloned().unwrap_or_default();
        let count = self.person_name.len().max(least).min(MOST_PERSONS);
        (0..count)
            .map(|at| PersonRow {
                index: at + 1,
                name: field(&self.person_name, at),
                year: field(&self.person_year, at),
                role: field(&self.person_role, at),
            })
            .collect()
    }

    /// Checks every field. `ask_told` is false for a DSL, whom the question does not concern. Answers the concern, or
    /// what is wrong, in the order of the fields.
    pub(super) fn check(&self, now: i64, ask_told: bool) -> Result<NewConcern, Errors> {
        let mut errors = Errors::default();
        let persons = self.persons(&mut errors);
        let (occurred_at, precision) = self.occurred(now, &mut errors);
        let place = errors.line("place", &self.place, limit::LINE, "The place");
        let seen_heard = errors.needed_words(
            "seen_heard",
            &self.seen_heard,
            limit::STORY,
            "What was seen and heard",
            "Write what was seen and heard",
        );
        let childs_words =
            errors.words("childs_words", &self.childs_words, limit::STORY, "What the child said");
        let view = errors.words("view", &self.view, limit::STORY, "Your view");
        let done_so_far = errors.words("done_so_far", &self.done_so_far, limit::STORY, "What has been done");
        if !self.category.is_empty() && !categories().iter().any(|(key, _)| *key == self.category) {
            errors.add("category", "Choose what it is about from the list, or “Not sure”");
        }
        if ask_told && !is_choice(TOLD, &self.told_dsl) {
            errors.add("told_dsl", "Say whether you have told a safeguarding lead in person");
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(NewConcern {
            id: self.id.clone(),
            source: match (self.episode.is_empty(), self.report.is_empty()) {
                (false, _) => "alert",
                (true, false) => "report",
                (true, true) => "staff",
            },
            occurred_at,
            precision,
            place,
            seen_heard,
            childs_words,
            view,
            done_so_far,
            told_dsl: !ask_told || self.told_dsl == "yes",
            persons,
            evidence: None,
        })
    }

    fn persons(&self, errors: &mut Errors) -> Vec<Person> {
        let mut persons = Vec::new();
        for row in self.rows(1) {
            let at = row.index;
            let name = errors.line(&format!("person-{at}-name"), &row.name, limit::LINE, "The name");
            let role = clean(&row.role, false);
            let year = clean(&row.year, false);
            if name.is_empty() {
                // The first row's role is chosen for the reporter, so it means nothing by itself.
                if at > 1 && !(role.is_empty() && year.is_empty()) {
                    errors.add(
                        format!("person-{at}-name"),
                        format!("Write the name of person {at}, or clear the row"),
                    );
                }
                continue;
            }
            if !is_choice(ROLES, &role) {
                errors.add(format!("person-{at}-role"), format!("Choose how person {at} is involved"));
            }
            if !year.is_empty() && !YEARS.contains(&year.as_str()) {
                errors.add(
                    format!("person-{at}-year"),
                    format!("Choose the year of person {at} from the list"),
                );
            }
            let adult = year == "Adult" || role == "adult_named";
            persons.push(Person {
                name,
                kind: if adult { "adult" } else { "pupil" }.into(),
                year_group: if adult { String::new() } else { year },
                role,
            });
        }
        if persons.is_empty() && errors.of("person-1-name").is_none() {
            errors
                .add("person-1-name", "Name at least one person. If you do not know the name, describe them");
        }
        persons
    }

    /// When it happened. “About” a day with no time is that day's midnight, which is shown as the day alone.
    fn occurred(&self, now: i64, errors: &mut Errors) -> (Option<i64>, String) {
        let precision = self.occurred_precision.clone();
        if !is_choice(PRECISIONS, &precision) {
            errors.add("occurred_precision", "Choose how sure you are of the time");
            return (None, precision);
        }
        if precision == "unknown" {
            return (None, precision);
        }
        if self.occurred_date.trim().is_empty() {
            errors.add("occurred_date", "Give the date, or choose “I do not know when”");
            return (None, precision);
        }
        if precision == "exact" && self.occurred_time.trim().is_empty() {
            errors.add("occurred_time", "Give the time, or choose “About then”");
            return (None, precision);
        }
        let at = when::read(&self.occurred_date, &self.occurred_time).filter(|&at| at > 0);
        let fault = match at {
            None => Some("Give a real date and time, such as 24/11/2026 and 09:14"),
            Some(at) if at > now => Some("Give a date and time that are not in the future"),
            Some(_) => None,
        };
        if let Some(message) = fault {
            errors.add("occurred_date", message);
        }
        (at, precision)
    }
}

#[cfg(test)]
#[path = "draft_tests.rs"]
mod tests;
