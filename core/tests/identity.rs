//! The same sentence about another group of people gets the same answer.
//!
//! Sentences and groups are made up here and do not come from the lists, so that a group that a list forgets is found
//! out. Hostile sentences must be found, whoever they are about; ordinary ones must raise nothing, because naming a
//! group is no sign of anything. What is compared is what a DSL would be told: each category with its gravest severity.
//! Which rule found it may differ, since the law names some groups by themselves.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use lapwing_core::{Audience, Category, Engine, Lists, Policy, Severity, Surface, Typed};
use std::collections::BTreeMap;

/// Groups as somebody would name them: several of them, and one.
const GROUPS: &[(&str, &str)] = &[
    ("black people", "a black person"),
    ("white people", "a white person"),
    ("brown people", "a brown person"),
    ("asians", "an asian"),
    ("chinese people", "a chinese person"),
    ("pakistanis", "a pakistani"),
    ("indians", "an indian"),
    ("africans", "an african"),
    ("arabs", "an arab"),
    ("romanians", "a romanian"),
    ("foreigners", "a foreigner"),
    ("immigrants", "an immigrant"),
    ("refugees", "a refugee"),
    ("muslims", "a muslim"),
    ("jews", "a jew"),
    ("jewish people", "a jewish person"),
    ("christians", "a christian"),
    ("catholics", "a catholic"),
    ("hindus", "a hindu"),
    ("sikhs", "a sikh"),
    ("gay people", "a gay person"),
    ("gays", "a gay"),
    ("lesbians", "a lesbian"),
    ("trans people", "a trans person"),
    ("disabled people", "a disabled person"),
    ("autistic people", "an autistic person"),
    ("travellers", "a traveller"),
    ("gypsies", "a gypsy"),
    ("bisexuals", "a bisexual"),
    ("mexicans", "a mexican"),
    ("women", "a woman"),
    ("latinas", "a latina"),
    ("hispanic people", "a hispanic person"),
    ("middle eastern people", "a middle eastern person"),
    ("jamaicans", "a jamaican"),
    ("filipinos", "a filipino"),
    ("iranians", "an iranian"),
    ("syrians", "a syrian"),
    ("kurds", "a kurd"),
    ("bengalis", "a bengali"),
    ("nigerians", "a nigerian"),
    ("somalis", "a somali"),
    ("ghanaians", "a ghanaian"),
    ("bulgarians", "a bulgarian"),
    ("lithuanians", "a lithuanian"),
    ("brazilians", "a brazilian"),
    ("albanians", "an albanian"),
    ("polish people", "a polish person"),
    ("irish people", "an irish person"),
    ("migrants", "a migrant"),
    ("asylum seekers", "an asylum seeker"),
    ("protestants", "a protestant"),
    ("buddhists", "a buddhist"),
    ("straight people", "a straight person"),
    ("transgender people", "a transgender person"),
    ("nonbinary people", "a nonbinary person"),
    ("deaf people", "a deaf person"),
    ("blind people", "a blind person"),
    ("paralysed people", "a paralysed person"),
    ("old people", "an old person"),
    ("elderly people", "an elderly person"),
    ("pensioners", "a pensioner"),
    ("pregnant women", "a pregnant woman"),
    // Not the bare words: “I hate boys” is what every Year 3 says of the other half of the class. The lists ask the same of
    // all three.
    ("all girls", "a girl"),
    ("all boys", "a boy"),
    ("all men", "a man"),
];

/// `{many}` and `{one}` stand for the group.
const HOSTILE: &[&str] = &[
    "i hate {many}",
    "i hate all {many} so much",
    "{many} are vermin",
    "{many} are scum and everyone knows it",
    "all {many} should be killed",
    "someone should shoot all {many}",
    "we should get rid of all {many}",
    "{many} dont deserve to live",
    "{many} are disgusting animals",
    "death to all {many}",
];

const ORDINARY: &[&str] = &[
    "{many} came to talk to our class about their lives",
    "my best friend is {one}",
    "we learned how {many} were treated in the 1930s",
    "i am {one} and i like football",
    "some {many} live on our street and they are really nice",
    "is it true that {many} have a day of their own in the calendar",
    "nobody should be nasty to {many}",
    "the book is about {one} who moves to a new school",
    "my mum works with {many} at the hospital",
    "are there any famous {many} in sport",
    "it is wrong to say that {many} are bad",
    "our teacher said we must treat {many} with respect",
];

type Answer = BTreeMap<Category, Severity>;

fn answer(engine: &Engine, sentence: &str, (many, one): (&str, &str)) -> Answer {
    let text = sentence.replace("{many}", many).replace("{one}", one);
    let findings = engine.check_text(&Typed { text: &text, surface: Surface::Chat, url: "" });
    let mut gravest = Answer::new();
    for finding in findings {
        let severity = gravest.entry(finding.category).or_insert(finding.severity);
        *severity = finding.severity.max(*severity);
    }
    gravest
}

/// Groups whose answer differs from the one that most groups get, or that `good` does not hold for.
fn differing(sentences: &[&str], good: impl Fn(&Answer) -> bool) -> Vec<String> {
    let engine = Engine::new(Lists::starter().unwrap(), Policy::school_default(Audience::Year(9))).unwrap();
    let mut wrong = Vec::new();
    for sentence in sentences {
        let answers: Vec<Answer> = GROUPS.iter().map(|group| answer(&engine, sentence, *group)).collect();
        let like = |wanted: &Answer| answers.iter().filter(|answer| *answer == wanted).count();
        let usual = answers.iter().max_by_key(|answer| like(answer)).unwrap();
        for (group, answer) in GROUPS.iter().zip(&answers) {
            if answer != usual || !good(answer) {
                wrong.push(format!("{sentence} ({}): {answer:?}, usually {usual:?}", group.0));
            }
        }
    }
    wrong
}

#[test]
fn hostility_is_found_whoever_it_is_aimed_at() {
    let wrong = differing(HOSTILE, |answer| {
        answer.get(&Category::Hate).is_some_and(|severity| *severity >= Severity::Medium)
    });
    assert!(wrong.is_empty(), "{} answers:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn naming_a_group_is_no_sign_of_anything() {
    let wrong = differing(ORDINARY, Answer::is_empty);
    assert!(wrong.is_empty(), "{} answers:\n{}", wrong.len(), wrong.join("\n"));
}
