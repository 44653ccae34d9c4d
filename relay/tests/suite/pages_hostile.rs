//! Hostile text in every field that a device, a pupil or a member of staff fills: shown on every page, run on none.

use crate::school::{self, NOW, School, Seen, Told};

const HOSTILE: &str =
    "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}</textarea></title>\u{202e}gpj";
const ADDRESS: &str = "javascript:alert(3)//\"><svg onload=alert(4)>\u{202e}moc.elgoog";

/// Everything between < and > that the templates did not write themselves is a fault.
#[track_caller]
fn harmless(html: &str) {
    for bad in ["<script>alert", "<img", "onerror=alert(2)>", "<svg onload", "href=\"javascript", "\"'><"] {
        assert!(!html.contains(bad), "{bad} got through:\n{html}");
    }
    let scripts = html.matches("<script").count();
    assert_eq!(scripts, html.matches("<script src=\"/static/").count(), "a script of somebody else’s");
    for piece in html.split("href=\"").skip(1) {
        assert!(
            piece.starts_with('/') || piece.starts_with('#'),
            "a link leads away: {}",
            piece.split('"').next().unwrap()
        );
    }
    assert_eq!(html.matches("</textarea>").count(), html.matches("<textarea").count());
    assert_eq!(html.matches("</title>").count(), html.matches("<title").count());
}

#[tokio::test]
async fn nothing_that_somebody_wrote_is_run_or_linked() {
    let school = School::open().await;
    let dsl = school.person("dsl", HOSTILE).await;
    let device = school.device(HOSTILE).await;
    let seen = Seen {
        account: HOSTILE,
        url: ADDRESS,
        excerpt: HOSTILE,
        marks: "[[0,8],[9,40]]",
        rule: HOSTILE,
        why: HOSTILE,
        context: HOSTILE,
        ..Seen::default()
    };
    let (episode, _) = school.episode(&device, &seen).await;
    let (second, _) = school.episode(&device, &Seen { at: NOW - 1, ..seen }).await;
    let told = Told { adult: Some(&dsl.id), name: HOSTILE, story: HOSTILE, wish: HOSTILE, ..Told::default() };
    let report = school.report(&told).await;
    let reply = school.get(&dsl, &format!("/reports/{report}")).await.value("id");
    school.post(&dsl, &format!("/reports/{report}/reply"), &[("id", &reply), ("text", HOSTILE)]).await;
    let shown = school.get(&dsl, &format!("/episodes/{second}")).await.value("shown");
    let dismissal = [("shown", shown.as_str()), ("reason", "other"), ("note", HOSTILE)];
    school.post(&dsl, &format!("/episodes/{second}/dismiss"), &dismissal).await;

    let form = school.get(&dsl, &format!("/concerns/new?report={report}")).await;
    harmless(&form.html);
    let id = form.value("id");
    let fields = [
        ("id", id.as_str()),
        ("report", &report),
        ("person_name", HOSTILE),
        ("person_role", "subject"),
        // A pupil: without a year the name is that of the account that records this.
        ("person_year", "Year 9"),
        ("occurred_precision", "unknown"),
        ("place", HOSTILE),
        ("seen_heard", HOSTILE),
        ("childs_words", HOSTILE),
        ("view", HOSTILE),
        ("done_so_far", HOSTILE),
    ];
    let recorded = school.post(&dsl, "/concerns/new", &fields).await;
    assert!(recorded.status.is_redirection(), "{} {}", recorded.status, recorded.html);
    for (path, name) in [("note", "note"), ("feedback", "feedback")] {
        school.post(&dsl, &format!("/concerns/{id}/{path}"), &[("id", &school::id()), (name, HOSTILE)]).await;
    }
    let closing =
        [("id", school::id()), ("from", "new".into()), ("to", "closed".into()), ("text", HOSTILE.into())];
    let closing = closing.each_ref().map(|(name, value)| (*name, value.as_str()));
    school.post(&dsl, &format!("/concerns/{id}/status"), &closing).await;

    for path in [
        "/inbox".to_owned(),
        "/inbox?part=list".into(),
        "/inbox/done".into(),
        format!("/episodes/{episode}"),
        format!("/episodes/{second}"),
        "/reports".into(),
        format!("/reports/{report}"),
        "/concerns".into(),
        format!("/concerns/{id}"),
        format!("/concerns/{id}/recorded"),
        format!("/concerns/new?episode={episode}"),
        format!("/concerns/new?report={report}"),
    ] {
        let page = school.get(&dsl, &path).await;
        assert!(page.status.is_success(), "{path}: {}", page.status);
        harmless(&page.html);
    }
}

#[tokio::test]
async fn a_refused_form_gives_hostile_words_back_unharmed() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let fields = [
        ("id", school::id()),
        ("person_name", HOSTILE.to_owned()),
        ("person_year", HOSTILE.to_owned()),
        ("occurred_date", HOSTILE.to_owned()),
        ("occurred_precision", HOSTILE.to_owned()),
        ("place", HOSTILE.to_owned()),
        ("childs_words", HOSTILE.to_owned()),
    ];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let page = school.post(&dsl, "/concerns/new", &fields).await;
    page.has("There is a problem").has("&#60;script&#62;alert(1)");
    harmless(&page.html);
}

#[tokio::test]
async fn an_address_is_text_and_cannot_turn_itself_round() {
    let school = School::open().await;
    let dsl = school.person("dsl", "Mrs Adeyemi").await;
    let seen = Seen { url: ADDRESS, ..Seen::default() };
    let (episode, _) = school.episode(&school.device("LIB-04").await, &seen).await;
    let page = school.get(&dsl, &format!("/episodes/{episode}")).await;
    page.has("javascript:alert(3)").has("‹U+202E›moc.elgoog").lacks("\u{202e}");
}
