//! Says what in lists is right but unwise: phrases that can never be found, or never alone; words that are too common.
//!
//! What is wrong (no reason, a name that nothing uses, a phrase twice) fails the build already. Nothing here fails it:
//! a reviewer reads it. Each phrase is written out in a few of its forms and given to the matcher, so that what is said
//! of a rule is what happens with it.

use crate::lists::gathered::Form;
use crate::lists::kind;
use crate::lists::model::Rule;
use crate::lists::{Code, Compiled, Problem};
use crate::policy::Audience;
use crate::taxonomy::{Category, Severity, Surface};
use crate::text::Matcher;

/// Forms of a phrase that are tried: the phrase language makes thousands of some.
const FORMS: usize = 24;
/// English words that may begin or end like a word with a star before it is called too broad.
const MAX_STARRED: usize = 25;

/// Everything that a reviewer should look at.
pub(crate) fn lint(compiled: &Compiled) -> Vec<Problem> {
    let matcher = Matcher::new(compiled.clone(), Audience::Unspecified);
    let pieces = Written::new(compiled);
    let mut problems = Vec::new();
    for rule in compiled.rules.iter().filter(|rule| rule.signal == 0) {
        for (number, phrase) in (1..).zip(rule.any.numbers()) {
            let forms = forms(compiled, &pieces, phrase);
            let Some(example) = forms.first() else { continue };
            let mut say = |detail: String| {
                problems.push(Problem {
                    file: format!("phrases/{}.toml", rule.category),
                    rule: compiled.strings.get(rule.name).to_owned(),
                    field: format!("any, phrase {number} (“{example}”)"),
                    detail,
                });
            };
            if let Some(word) = too_common(compiled, &pieces, rule, phrase) {
                say(format!(
                    "“{word}” is an ordinary word, and alone it alerts; give it a frame, or grade it low"
                ));
            }
            if let Some((word, count)) = too_broad(compiled, &pieces, phrase) {
                say(format!(
                    "“{word}*” stands for {count} ordinary words or more; write out those that are meant"
                ));
            }
            match fate(&matcher, compiled, rule, &forms) {
                Fate::Found => {}
                Fate::Blocked => {
                    say("can never be found: “unless” has a part of it; narrow one or the other".to_owned());
                }
                Fate::Shadowed(by) => {
                    say(format!(
                        "is always found by {by} too, which is as grave; remove it, or grade it apart"
                    ));
                }
            }
        }
    }
    problems
}

enum Fate {
    Found,
    Blocked,
    Shadowed(String),
}

/// What becomes of a phrase in all the forms that are tried.
fn fate(matcher: &Matcher, compiled: &Compiled, rule: &Rule, forms: &[String]) -> Fate {
    let own = compiled.strings.get(rule.name);
    let surface = Surface::ALL.iter().copied().find(|surface| rule.surfaces.contains(*surface));
    let needs_more = !rule.with.is_empty() || rule.near.0 < rule.near.1;
    let Some(surface) = surface.filter(|_| !needs_more) else { return Fate::Found };
    let everywhere = Surface::ALL.iter().all(|surface| rule.surfaces.contains(*surface));
    let (mut found, mut shadow) = (false, None);
    for form in forms {
        let findings = matcher.read(form, surface).findings;
        found |= findings.iter().any(|finding| finding.rule == own);
        let others = findings.into_iter().filter(|finding| {
            let other = compiled.rules.iter().find(|other| compiled.strings.get(other.name) == finding.rule);
            other.is_some_and(|other| {
                finding.rule != own
                    && covers(other, rule, everywhere)
                    && finding.severity >= rule.severity
                    && finding.stage >= rule.stage
            })
        });
        let others: Vec<String> = others.map(|finding| finding.rule).collect();
        shadow = match shadow {
            None => Some(others),
            Some(before) => Some(before.into_iter().filter(|rule: &String| others.contains(rule)).collect()),
        };
    }
    match shadow.unwrap_or_default().into_iter().next() {
        _ if !found => Fate::Blocked,
        Some(by) => Fate::Shadowed(by),
        None => Fate::Found,
    }
}

/// Whether a rule applies wherever another does, so that the other adds nothing where both match.
fn covers(other: &Rule, rule: &Rule, everywhere: bool) -> bool {
    let surfaces = Surface::ALL.iter().all(|surface| other.surfaces.contains(*surface));
    other.category == rule.category
        && (other.years.is_none() || other.years == rule.years)
        && (surfaces || !everywhere)
        && other.unless.is_empty()
}

/// The word of a phrase that is nothing but one ordinary word, where that alone would alert.
fn too_common(compiled: &Compiled, written: &Written, rule: &Rule, phrase: u32) -> Option<String> {
    let alone = rule.with.is_empty() && rule.near.0 == rule.near.1;
    if rule.severity < Severity::Medium || !alone || rule.category == Category::Profanity {
        return None;
    }
    let steps = compiled.pool.steps(phrase);
    let only = if steps.len() == 1 { compiled.pool.step(steps.start) } else { return None };
    let alone = |run| {
        let mut pieces = compiled.pool.pieces(run);
        pieces.next().filter(|_| pieces.next().is_none()).and_then(|code| written.piece(code))
    };
    compiled.pool.runs(only).filter_map(alone).find_map(|piece| match piece {
        (id, Form::Whole) if compiled.vocabulary.kinds(id) & kind::ENGLISH != 0 => {
            Some(compiled.vocabulary.word(id).to_owned())
        }
        _ => None,
    })
}

/// A starred word of a phrase for which too many ordinary words may stand, and how many.
fn too_broad(compiled: &Compiled, written: &Written, phrase: u32) -> Option<(String, usize)> {
    let vocabulary = &compiled.vocabulary;
    let count = |fits: &dyn Fn(&str) -> bool| {
        let words = (0..u32::try_from(vocabulary.len()).unwrap_or(u32::MAX))
            .filter(|id| vocabulary.kinds(*id) & kind::ENGLISH != 0 && fits(vocabulary.word(*id)));
        words.take(MAX_STARRED).count()
    };
    let runs = compiled.pool.steps(phrase).flat_map(|place| compiled.pool.runs(compiled.pool.step(place)));
    let pieces = runs.flat_map(|run| compiled.pool.pieces(run));
    pieces
        .filter_map(|code| {
            let (id, form) = written.piece(code)?;
            let word = vocabulary.word(id);
            let count = match form {
                Form::Whole => 0,
                Form::Beginning => count(&|other| other.starts_with(word)),
                Form::Ending => count(&|other| other.ends_with(word)),
            };
            (count >= MAX_STARRED).then(|| (word.to_owned(), count))
        })
        .next()
}

/// Some of the forms of a phrase, written out; gaps are empty, and a starred word is the word itself.
fn forms(compiled: &Compiled, written: &Written, phrase: u32) -> Vec<String> {
    let pool = &compiled.pool;
    let steps: Vec<Vec<String>> = pool
        .steps(phrase)
        .map(|place| pool.runs(pool.step(place)).map(|run| written.run(compiled, run)).collect())
        .collect();
    let all: usize = steps.iter().map(Vec::len).fold(1, usize::saturating_mul);
    // Spread over all of them: the first step varies slowest.
    let wanted = all.min(FORMS);
    let form = |number: usize| {
        let mut rest = number * (all / wanted.max(1));
        let mut words = Vec::new();
        for step in steps.iter().rev() {
            let count = step.len().max(1);
            words.push(step.get(rest % count).map(String::as_str).unwrap_or_default());
            rest /= count;
        }
        words.reverse();
        words.retain(|word| !word.is_empty());
        words.join(" ")
    };
    (0..wanted).map(form).collect()
}

/// What pieces are, by number: only the matcher's way, from words to pieces, is stored.
struct Written(Vec<(u32, Form)>);

impl Written {
    fn new(compiled: &Compiled) -> Self {
        Self(compiled.vocabulary.all_pieces())
    }

    /// The word of a piece, and how much of it; `None` for a gap.
    fn piece(&self, code: Code) -> Option<(u32, Form)> {
        self.0.get(usize::from(code.number())).copied().filter(|_| !code.is_open())
    }

    fn run(&self, compiled: &Compiled, run: usize) -> String {
        let words = compiled.pool.pieces(run).filter_map(|code| self.piece(code));
        words.map(|(id, _)| compiled.vocabulary.word(id)).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use crate::lists::Lists;

    fn lint(rules: &str) -> Vec<String> {
        let file = format!("category = 'bullying'\nsource = 's'\nreviewed = '2026-11-22'\n{rules}");
        let lists = Lists::from_sources(&[("phrases/bullying.toml", &file)]).unwrap();
        lists.lint().iter().map(ToString::to_string).collect()
    }

    fn rule(id: &str, fields: &str) -> String {
        format!("[[rule]]\nid = '{id}'\nwhy = 'w'\n{fields}\n")
    }

    #[test]
    fn sound_rules_say_nothing() {
        let one = rule(
            "one",
            "any = ['you are (so|very) (ugly|stupid)', 'zorbl*']\nseverity = 'medium'\nunless = ['lol']",
        );
        let two = rule("two", "any = ['nobody likes you']\nseverity = 'high'");
        assert_eq!(lint(&(one + &two)), Vec::<String>::new());
    }

    #[test]
    fn what_can_never_be_found_is_named() {
        let found = lint(&rule(
            "one",
            "any = ['you are (so|very) ugly', 'go away']\nseverity = 'high'\nunless = ['ugly']",
        ));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("bullying.one") && found[0].contains("phrase 1"), "{found:?}");
        assert!(found[0].contains("can never be found"), "{found:?}");
    }

    #[test]
    fn what_another_rule_always_finds_is_named() {
        let broad = rule("broad", "any = ['hate you']\nseverity = 'high'");
        let narrow = rule("narrow", "any = ['we (all|) hate you', 'hate us']\nseverity = 'medium'");
        let found = lint(&format!("{broad}{narrow}"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("bullying.narrow") && found[0].contains("by bullying.broad"), "{found:?}");
        let graver = rule("graver", "any = ['we (all|) hate you']\nseverity = 'critical'");
        assert_eq!(lint(&format!("{broad}{graver}")), Vec::<String>::new());
    }

    #[test]
    fn ordinary_words_and_broad_stars_are_named() {
        let found = lint(&rule("one", "any = ['(table|zorble)', 'con* you']\nseverity = 'medium'"));
        assert!(found.iter().any(|line| line.contains("“table” is an ordinary word")), "{found:?}");
        assert!(found.iter().any(|line| line.contains("“con*” stands for 25")), "{found:?}");
        assert!(lint(&rule("one", "any = ['table']\nseverity = 'low'")).is_empty());
    }
}
