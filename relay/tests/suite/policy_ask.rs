//! “Try an address”: what staff are told would happen, to whom, when and why. The policy itself is in `policy`.

use crate::policy::went;
use crate::school::School;

#[tokio::test]
async fn staff_are_told_what_would_happen_and_why() {
    let school = School::open().await;
    let (dsl, teacher) = (school.person("dsl", "Mrs Adeyemi").await, school.person("staff", "Ms Ray").await);
    let ask = async |query: &str| school.get(&teacher, &format!("/policy/ask?{query}")).await;
    ask("").await.has("What would happen").lacks("Whose decision");
    let page = ask("url=www.gambling.lapwing.test/slots&year=9").await;
    page.has("Is blocked.").has("Gambling").has("www.gambling.lapwing.test/slots").has("Lapwing’s default");
    ask("url=gambling.lapwing.test&year=staff").await.has("Opens.");
    ask("url=childline.org.uk").await.has("Opens.").has("helplines, banks");
    ask("url=nothing.example").await.has("no list and no rule names it");
    let group = [("on", "0"), ("name", "Vulnerable"), ("id", "vulnerable"), ("why", "w")];
    went(&school.post(&dsl, "/policy/groups", &group).await, "/policy/groups");
    let actions = [("on", "1"), ("group", "vulnerable"), ("school_gambling", "warn"), ("why", "w")];
    went(&school.post(&dsl, "/policy/actions", &actions).await, "/policy/actions?group=vulnerable");
    let hours = [
        ("on", "2"),
        ("zone", "Europe/London"),
        ("home_alerts", "critical"),
        ("from_1", "08:30"),
        ("to_1", "16:00"),
        ("why", "w"),
    ];
    went(&school.post(&dsl, "/policy/hours", &hours).await, "/policy/hours");
    let page = ask("url=gambling.lapwing.test&year=9&group=vulnerable&date=2026-11-24&time=10:00").await;
    page.has("Warns first")
        .has("The school’s choice for the group Vulnerable, in school hours")
        .has("A person is told");
    let page = ask("url=gambling.lapwing.test&year=9&date=2026-11-24&time=17:00").await;
    page.has("outside school hours (before or after school)").has("Nobody is told");
    // In summer the school's clock is an hour ahead.
    ask("url=gambling.lapwing.test&date=2026-07-07&time=08:45").await.lacks("outside school hours");
    // Terms that are over end no alert: the page asks for the next, and weeks count as weeks of term.
    let term = [
        ("on", "3"),
        ("kind", "term"),
        ("name", "Spring"),
        ("first", "2026-01-05"),
        ("last", "2026-03-27"),
        ("why_dates", "w"),
    ];
    went(&school.post(&dsl, "/policy/dates", &term).await, "/policy/hours#dates");
    school.get(&dsl, "/policy/hours").await.has("The last term entered ended on Friday 27 March 2026.");
    ask("url=gambling.lapwing.test&date=2026-11-24&time=10:00").await.lacks("outside school hours");
    // A school elsewhere is asked about by its own clock: 15:30 there is 13:30 in London.
    let nicosia =
        [&[("on", "4"), ("zone", "Asia/Nicosia"), ("home_alerts", "critical")][..], &hours[3..]].concat();
    went(&school.post(&dsl, "/policy/hours", &nicosia).await, "/policy/hours");
    let page = ask("url=gambling.lapwing.test&date=2026-11-24&time=15:30").await;
    page.has("Tuesday 24 November 2026, 3.30pm: school hours");
    ask("url=gambling.lapwing.test&date=2026-11-24&time=16:30").await.has("outside school hours");
    ask("url=%3Cb%3E").await.has("Write an address").lacks("<b>");
    ask("url=a.example&year=40&date=yesterday")
        .await
        .has("Choose a year group")
        .has("Write a date and a time");
}
