use super::super::room::Room;
use super::*;
use crate::lists::{Code, Known, Lists};
use crate::taxonomy::{Category, Severity, Stage};
use crate::text::fold::Token;
use crate::text::hits::MAX_PER_RULE;
use crate::text::repair::Inert;
use crate::text::seen::look_up;
use aho_corasick::AhoCorasick;
use proptest::prelude::*;
use std::cell::Cell;

const RULES: &str = r#"
category = "suicide"
source = "a test"
reviewed = "2026-11-22"
[[rule]]
id = "want-to-die"
any = ["i (want|wanna|) to die", "kill* myself"]
unless = ["laughing", "killing myself to"]
severity = "high"
stage = "ideation"
why = "Wish to die."
[[rule]]
id = "means"
any = ["take .. (pills|tablets)"]
with = ["tonight", "goodbye"]
severity = "critical"
stage = "active"
why = "Means and time."
[[rule]]
id = "search-only"
any = ["painless"]
surfaces = ["search"]
severity = "medium"
why = "Search."
[[rule]]
id = "younger"
any = ["poo"]
years = [0, 6]
severity = "low"
why = "Younger."
"#;

fn matcher(audience: Audience) -> Matcher {
    let lists = Lists::from_sources(&[("phrases/suicide.toml", RULES)]).unwrap();
    Matcher::new(lists.into_compiled(), audience)
}

fn found(text: &str) -> Vec<String> {
    let findings = matcher(Audience::Year(9)).read(text, Surface::Chat).findings;
    findings.into_iter().map(|f| format!("{}={}", f.rule, text.get(f.span).unwrap())).collect()
}

#[test]
fn phrases_match_on_word_edges_with_alternatives_and_endings() {
    assert_eq!(found("I WANNA to die"), ["suicide.want-to-die=I WANNA to die"]);
    assert_eq!(found("i to die"), ["suicide.want-to-die=i to die"]);
    assert_eq!(found("so killing myself again"), ["suicide.want-to-die=killing myself"]);
    assert!(found("skill myself").is_empty() && found("i want to diet").is_empty());
    assert!(found("kill it myself").is_empty());
}

#[test]
fn a_phrase_does_not_cross_a_sentence() {
    assert!(found("I kill. Myself I like").is_empty());
    assert!(found("i want\nto die").is_empty());
}

#[test]
fn a_gap_holds_up_to_three_words() {
    assert_eq!(found("tonight i take all of my pills").len(), 1);
    assert_eq!(found("tonight i take pills").len(), 1);
    assert!(found("tonight i take all of my very pills").is_empty());
}

#[test]
fn the_words_of_a_phrase_must_stand_in_one_sentence_and_in_their_order() {
    let rules = RULES.replace("kill* myself", "swallow* (all|the|) .. (tablet*|pills) (with|and) *ishly");
    let lists = Lists::from_sources(&[("phrases/suicide.toml", rules.as_str())]).unwrap();
    let matcher = Matcher::new(lists.into_compiled(), Audience::Year(9));
    let found = |text: &str| matcher.read(text, Surface::Chat).findings.len();
    for there in ["swallowed tablets and foolishly", "so swallowing all of the pills with selfishly"] {
        assert_eq!(found(there), 1, "{there}");
    }
    for not in [
        "swallowed. tablets and foolishly",
        "swallowed tablets. and foolishly",
        "foolishly and tablets swallowed",
        "swallowed and foolishly",
        "swallowed a b c d tablets and foolishly",
    ] {
        assert_eq!(found(not), 0, "{not}");
    }
}

#[test]
fn with_and_unless_look_at_the_sentence_and_no_further() {
    assert!(found("take two tablets").is_empty());
    assert!(found("take two tablets. see you tonight").is_empty());
    assert_eq!(found("take two tablets, goodbye").len(), 1);
    assert!(found("laughing so hard i kill myself").is_empty());
    assert_eq!(found("i was laughing. now i kill myself").len(), 1);
    assert!(found("killing myself to finish this").is_empty());
}

#[test]
fn a_rule_is_reported_once_in_a_sentence_and_again_in_the_next() {
    assert_eq!(found("kill myself kill myself").len(), 1);
    assert_eq!(found("kill myself. no really, kill myself").len(), 2);
    assert_eq!(found(&"kill myself. ".repeat(50)).len(), MAX_PER_RULE);
}

#[test]
fn surfaces_and_years_are_kept() {
    let count = |audience, text, surface| matcher(audience).read(text, surface).findings.len();
    assert_eq!(count(Audience::Year(9), "painless", Surface::Search), 1);
    assert_eq!(count(Audience::Year(9), "painless", Surface::Chat), 0);
    assert_eq!(count(Audience::Year(6), "poo", Surface::Chat), 1);
    assert_eq!(count(Audience::Unspecified, "poo", Surface::Chat), 1);
    assert_eq!(count(Audience::Year(7), "poo", Surface::Chat), 0);
    assert_eq!(count(Audience::Staff, "poo", Surface::Chat), 0);
}

#[test]
fn the_gravest_comes_first_with_its_reason_and_its_sentence() {
    let text = "Hello. I want to die, tonight I take the pills!  Bye.";
    let findings = matcher(Audience::Year(9)).read(text, Surface::Chat).findings;
    let first = &findings[0];
    assert_eq!((first.rule.as_str(), first.severity), ("suicide.means", Severity::Critical));
    assert_eq!((first.stage, first.category), (Some(Stage::Active), Category::Suicide));
    assert_eq!(first.why, "Means and time.");
    assert_eq!(first.excerpt.text, "I want to die, tonight I take the pills!");
    assert_eq!(findings[1].rule, "suicide.want-to-die");
}

#[test]
fn spans_are_of_the_original_also_after_repair() {
    assert_eq!(found("ok, k1ll—my$elf."), ["suicide.want-to-die=k1ll—my$elf"]);
    assert_eq!(found("“Kìll\u{200b} MYSELF”"), ["suicide.want-to-die=Kìll\u{200b} MYSELF"]);
}

fn repaired(matcher: &Matcher, text: &str) -> Folded {
    let plain = Folded::new(text);
    let known = look_up(&plain, &matcher.vocabulary);
    repair(&plain, &known, text, &matcher.vocabulary, &mut Inert::default())
        .map_or(plain, |(repaired, _)| repaired)
}

/// Everything that a rule's first phrases could match, found by brute force: the oracle for the anchors.
fn brute(matcher: &Matcher, text: &str) -> Vec<(usize, usize)> {
    let folded = repaired(matcher, text);
    let known = look_up(&folded, &matcher.vocabulary);
    let words = Words::new(&folded, &matcher.vocabulary, &known, &mut Room::default());
    let mut hits: Vec<(usize, usize)> = Vec::new();
    for token in 0..folded.tokens.len() {
        for (index, rule) in matcher.rules.iter().enumerate() {
            let stretch = matcher.stretch(&words, token);
            let any = rule.any.numbers().any(|phrase| stretch.starting(phrase, token).is_some());
            let tokens = stretch.from..stretch.to;
            let somewhere = |phrases: Phrases| {
                let begins =
                    |token| phrases.numbers().any(|phrase| stretch.starting(phrase, token).is_some());
                tokens.clone().any(begins)
            };
            if any && (rule.with.is_empty() || somewhere(rule.with)) && !somewhere(rule.unless) {
                hits.push((index, folded.tokens[token].sentence));
            }
        }
    }
    hits.sort_unstable();
    hits.dedup();
    hits
}

proptest! {
    #[test]
    fn anchors_find_what_trying_every_place_finds(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "i", "want", "wanna", "to", "die", "kill", "killing", "myself", "take", "pills", "tablets", "tonight",
                "laughing", "x", "y.", "goodbye", "k1ll", "painless", "z",
            ]),
            0..25,
        )
    ) {
        let text = words.join(" ");
        let matcher = matcher(Audience::Unspecified);
        let folded = repaired(&matcher, &text);
        let mut hits: Vec<(usize, usize)> = matcher
            .read(&text, Surface::Search)
            .findings
            .iter()
            .map(|finding| {
                let rule = matcher.rules.iter().position(|rule| matcher.string(rule.name) == finding.rule).unwrap();
                let token = folded.tokens.iter().find(|t| t.origin.start == finding.span.start).unwrap();
                (rule, token.sentence)
            })
            .collect();
        hits.sort_unstable();
        prop_assert_eq!(hits, brute(&matcher, &text));
    }
}

/// `aho-corasick` over all words of the starter lists: for each word of a text, the known words that it is or begins
/// with.
fn oracle(matcher: &Matcher, automaton: &AhoCorasick, folded: &Folded) -> Vec<Vec<u32>> {
    let mut known = vec![Vec::new(); folded.tokens.len()];
    let text = format!(" {} ", folded.words());
    for found in automaton.find_overlapping_iter(&text) {
        // A pattern begins with the space before its word.
        let at = text.bytes().take(found.start()).filter(|byte| *byte == b' ').count();
        let id = found.pattern().as_u32();
        let whole = text.as_bytes().get(found.end()) == Some(&b' ');
        if whole || matcher.vocabulary.look(matcher.vocabulary.word(id)).beginning() == Some(id) {
            // Found with the shortest first.
            known[at].insert(0, id);
        }
    }
    known
}

#[test]
fn words_are_known_as_an_automaton_would_know_them() {
    let matcher = Matcher::new(Lists::starter().unwrap().into_compiled(), Audience::Unspecified);
    let count = u32::try_from(matcher.vocabulary.len()).unwrap();
    let automaton =
        AhoCorasick::new((0..count).map(|id| format!(" {}", matcher.vocabulary.word(id)))).unwrap();
    let word = (0..count, "[a-z]{0,3}", 0_usize..12);
    proptest!(|(words in prop::collection::vec(word, 1..12))| {
        // Known words, some of them cut short, some with another ending.
        let cut = |(id, ending, length): &(u32, String, usize)| {
            let known: String = matcher.vocabulary.word(*id).chars().take(*length).collect();
            known + ending
        };
        let folded = Folded::new(&words.iter().map(cut).collect::<Vec<_>>().join(" "));
        let found = look_up(&folded, &matcher.vocabulary);
        let leads = |(token, known): (&Token, &Known)| -> Vec<u32> {
            // Endings are no automaton's business.
            let mut known = *known;
            known.closed = false;
            matcher.vocabulary.leads(known, folded.word(token)).collect()
        };
        let known: Vec<Vec<u32>> = folded.tokens.iter().zip(&found).map(leads).collect();
        prop_assert_eq!(known, oracle(&matcher, &automaton, &folded));
    });
}

/// Every rule that is found, and in which sentence, when each phrase that a word leads to is compared word by word, whatever
/// the sentence has: the oracle for all that dismisses phrases beforehand.
fn undismissed(matcher: &Matcher, folded: &Folded, surface: Surface) -> BTreeSet<(usize, usize)> {
    let known = look_up(folded, &matcher.vocabulary);
    let words = Words::new(folded, &matcher.vocabulary, &known, &mut Room::default());
    let mut leads: Vec<(usize, u32, usize)> = Vec::new();
    for (token, known) in known.iter().enumerate() {
        leads.extend(matcher.vocabulary.leads(*known, words.word(token)).map(|id| (token, id, 1)));
    }
    for (token, other) in
        folded.others.iter().flat_map(|(token, all)| all.iter().map(move |other| (*token, *other)))
    {
        let word = matcher.vocabulary.word(other);
        let known = matcher.vocabulary.look(word);
        leads.extend(matcher.vocabulary.leads(known, word).map(|id| (token, id, LEAST_FOR_OTHERS)));
    }
    let mut found = BTreeSet::new();
    for (token, id, least) in leads {
        let stretch = matcher.stretch(&words, token);
        for place in matcher.anchors.of(id).filter_map(|index| matcher.anchors.get(&matcher.pool, index)) {
            let Some(tokens) = stretch.around(&place, token) else { continue };
            let guessed = folded.tokens[tokens.clone()].iter().map(|token| usize::from(token.least)).max();
            let number =
                matcher.rules.iter().rposition(|rule| rule.any.numbers().start <= place.phrase).unwrap();
            let rule = &matcher.rules[number];
            let finds = |phrases: Phrases| stretch.find(phrases, &(0..0)).is_some();
            if tokens.len() >= least.max(guessed.unwrap_or_default())
                && rule.signal == 0
                && rule.surfaces.contains(surface)
                && applies(rule.years, matcher.audience)
                && (rule.with.is_empty() || finds(rule.with))
                && matcher.has_near(&stretch, rule, &tokens)
                && !finds(rule.unless)
            {
                found.insert((number, stretch.sentence));
            }
        }
    }
    found
}

#[test]
fn nothing_that_comparing_every_phrase_finds_is_dismissed_beforehand() {
    let matcher = Matcher::new(Lists::starter().unwrap().into_compiled(), Audience::Unspecified);
    let pieces = matcher.vocabulary.all_pieces();
    // One way of saying a phrase: of each step one of its runs.
    let said = |phrase: u32, way: usize| -> String {
        let run = |step: usize| {
            let runs = matcher.pool.runs(matcher.pool.step(step));
            runs.clone().nth(way % runs.len().max(1)).into_iter().flat_map(|run| matcher.pool.pieces(run))
        };
        let words = matcher.pool.steps(phrase).flat_map(run).filter(|piece| !piece.is_gap());
        let word = |piece: Code| matcher.vocabulary.word(pieces[usize::from(piece.number())].0);
        words.map(word).collect::<Vec<&str>>().join(" ")
    };
    let rules = matcher.rules.len();
    // A rule's own phrase, and one of each group that it wants, with the ends of sentences and other words between.
    let part = (
        0..rules,
        any::<prop::sample::Index>(),
        0_usize..50,
        "( i| you| my|,|\\.|\\.|!| the| want| not| xqzt){0,3} ",
    );
    let hits = Cell::new(0);
    proptest!(ProptestConfig::with_cases(96), |(parts in prop::collection::vec(part, 1..5))| {
        let mut text = String::new();
        for (rule, index, way, between) in &parts {
            let rule = &matcher.rules[*rule];
            let near = matcher.near[rule.near.0 as usize..rule.near.1 as usize].iter().copied();
            for group in [rule.any].into_iter().chain(near).chain([rule.with]).filter(|group| !group.is_empty()) {
                let numbers = group.numbers();
                let phrase = numbers.start + u32::try_from(index.index(numbers.len())).unwrap();
                text = text + &said(phrase, *way) + between;
            }
        }
        let folded = repaired(&matcher, &text);
        for surface in [Surface::Chat, Surface::Search] {
            let read = matcher.read(&text, surface);
            let found: BTreeSet<(usize, usize)> = read.findings.iter().map(|finding| {
                let rule = matcher.rules.iter().position(|rule| matcher.string(rule.name) == finding.rule).unwrap();
                let token = folded.tokens.iter().find(|token| token.origin.start == finding.span.start).unwrap();
                (rule, token.sentence)
            }).collect();
            hits.set(hits.get() + found.len());
            prop_assert_eq!(found, undismissed(&matcher, &folded, surface), "{:?}", text);
        }
    });
    assert!(hits.get() > 100, "{hits:?}");
}

#[test]
fn every_phrase_is_of_its_rule() {
    let matcher = Matcher::new(Lists::starter().unwrap().into_compiled(), Audience::Unspecified);
    for (number, rule) in matcher.rules.iter().enumerate() {
        for phrase in rule.any.numbers() {
            assert_eq!(matcher.rule(phrase).map(|(number, _)| number), Some(number), "{phrase}");
        }
    }
}
