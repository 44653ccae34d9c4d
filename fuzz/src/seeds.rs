//! Where each target begins: what the tests of core know, list files, and well-formed messages of every kind. libFuzzer
//! finds its way from a good message to a nearly good one far sooner than from nothing.

use crate::bytes::DIVIDER;
use lapwing_core::pack::Kind;
use lapwing_core::wire::{SignatureInput, content_digest};
use lapwing_core::{Category, Lists};
use lapwing_packs::{Map, PackKey, Plan, Rules, Says};
use serde_json::{Value, json};

/// The seeds of a target, by the name of its program.
#[must_use]
pub fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "text" => cases().map(|case| [&[0, 1, 0], case.as_bytes()].concat()).collect(),
        "url" => addresses().map(|url| join(&[&format!("\0{url}"), "search box"])).collect(),
        "scan" => scans(),
        "policy" => policies().iter().map(written).collect(),
        "lists_bytes" => compiled(),
        "lists_source" => sources(),
        "pack" => packs(),
        "signature" => signatures(),
        "answers" => answers(),
        "messages" => messages(),
        "bodies" => bodies(),
        "headers" => headers(),
        "archive" => archives(),
        "fields" => FIELDS.iter().map(|fields| join(fields)).collect(),
        "config" => SETTINGS.iter().map(|settings| join(settings)).collect(),
        "stored" => stored(),
        "anchors" => anchors(),
        "backup" => backups(),
        "request" => requests(),
        _ => Vec::new(),
    }
}

/// Words from the cases of core's tests: what should be found, and what comes nearest without being it.
fn cases() -> impl Iterator<Item = &'static str> {
    const FILES: [&str; 6] = [
        include_str!("../../core/tests/cases/suicide.txt"),
        include_str!("../../core/tests/cases/grooming.txt"),
        include_str!("../../core/tests/cases/ordinary.txt"),
        include_str!("../../core/tests/cases/bullying.txt"),
        include_str!("../../core/tests/cases/nudes.txt"),
        include_str!("../../core/tests/cases/violence_weapons.txt"),
    ];
    FILES.into_iter().flat_map(str::lines).filter_map(|line| line.split_once(" | ")).map(|(_, text)| text)
}

fn addresses() -> impl Iterator<Item = &'static str> {
    const MORE: [&str; 5] = [
        "https://www.google.com/search?q=how+to+kill+myself#x",
        "https://user:pass@EXAMPLE.org.:8443//a/%2e%2e/b?x=1",
        "wss://[2001:db8::1]/socket",
        "http://0x7f.1/",
        "data:text/html,<script>1</script>",
    ];
    let sites = include_str!("../../core/tests/cases/sites.txt").lines();
    sites.filter_map(|line| line.split_once(" | ")).map(|(_, url)| url).chain(MORE)
}

/// A small pack, and the site map in it.
fn packs() -> Vec<Vec<u8>> {
    let mut rules = Rules::default();
    for (number, line) in ["bet.example", "bet.example/a/b", "192.0.2.1", "www.co.uk"].into_iter().enumerate()
    {
        let gives = Category::ALL.iter().copied().skip(number * 3 + 15).take(2).collect();
        let _ = rules.add(line, Says { gives, ..Says::default() });
    }
    let sources = ["a list".to_owned()];
    let plan = Plan { rules: &rules.finish(), sources: &sources, known_good: &[], on: None };
    let map = Map::new(plan).expect("four rules make a map").bytes;
    vec![lapwing_packs::pack(&PackKey::from_seed(&[7; 32]), 1, None, &[(Kind::Sites, &map)]), map]
}

fn scans() -> Vec<Vec<u8>> {
    let texts = cases().take(20).map(|text| json!({ "id": 1, "text": text, "surface": "chat" }));
    texts
        .chain(addresses().take(20).map(|url| json!({ "id": "a", "url": url })))
        .map(|line| written(&line))
        .collect()
}

fn policies() -> Vec<Value> {
    let base = json!({
        "relay_url": "https://lapwing.school.example", "enrolment_key": "key", "school_name": "Oak Park School",
    });
    let full = json!({
        "relay_url": "https://[2001:db8::1]:8443/", "enrolment_key": "key", "school_name": "Ysgol Ŵyn",
        "year_group": "9", "alert_from": "medium", "allowed_sites": ["a.example", "b.example/path"],
        "blocked_sites": ["*.c.example", "https://d.example/"], "never_read_sites": ["bank.example"],
        "site_actions": { "games": "block", "gambling": "warn" },
    });
    vec![base, full]
}

/// Lists small enough for a fuzzer to change all of.
fn compiled() -> Vec<Vec<u8>> {
    let phrase = &PHRASES[..1];
    let files = [("phrases/bullying.toml", phrase[0]), ("sites/games.toml", SITES), ("context.toml", CUES)];
    let whole = Lists::from_sources(&files).and_then(|lists| lists.to_bytes());
    let little = Lists::from_sources(&files[..1]).and_then(|lists| lists.to_bytes());
    [whole, little].into_iter().map(|lists| lists.expect("lists of our own compile")).collect()
}

const PHRASES: [&str; 2] = [
    r#"category = "bullying"
source = "Fuzzing."
reviewed = "2026-11-22"
[words]
you = ["you", "u", "ur"]
[[rule]]
id = "kill-you"
any = ["kill {you}", "send (nudes|pics|)", "knife .. tomorrow", "kill* (my self|myself)"]
with = ["tomorrow", "said"]
unless = ["game"]
severity = "high"
surfaces = ["chat", "search"]
years = [5, 13]
why = "A threat."
"#,
    r#"category = "bullying"
source = "Fuzzing."
reviewed = "2026-11-22"
[[rule]]
id = "knife"
any = ["(bring|take) {the} knife"]
severity = "critical"
why = "Says so."
"#,
];

const WORDS: &str = "[words]\nthe = [\"the\", \"a\", \"\"]\n";

const SITES: &str = r#"category = "games"
source = "Fuzzing."
reviewed = "2026-11-22"
why = "Games."
sites = ["games.example", "play.example", "a.example/b"]
not = ["learn.games.example"]
"#;

const NEVER: &str = r#"source = "Fuzzing."
[[group]]
name = "helplines"
why = "A child may ask for help."
hosts = ["help.example", "a.example/help"]
"#;

const CUES: &str = r#"reviewed = "2026-11-22"
[[cue]]
id = "said"
effect = "lower"
place = "before"
any = ["i said"]
note_only = ["suicide"]
why = "Somebody says “{cue}”."
"#;

fn sources() -> Vec<Vec<u8>> {
    vec![
        join(&PHRASES[..1]),
        join(&[PHRASES[1], WORDS, SITES, NEVER, CUES]),
        join(&["", "", SITES]),
        join(&["", "", "", NEVER, CUES]),
    ]
}

fn signatures() -> Vec<Vec<u8>> {
    let own = SignatureInput { created: 1_795_511_640, key_id: "0199-ab".to_owned(), session: None };
    let session = SignatureInput { session: Some("01a0-cd".to_owned()), ..own.clone() };
    let digest = "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=";
    [own, session]
        .iter()
        .map(|input| join(&[&input.header(), "/api/v1/alerts", digest, "0199-ab", "01a0-cd"]))
        .collect()
}

fn answers() -> Vec<Vec<u8>> {
    let answer = |status: u16, body: Value| {
        json!({ "status": status, "body": body.to_string(), "retry_after": 30 }).to_string()
    };
    let all = answer(200, json!({ "acknowledged": ["a", "b"], "refused": [{ "id": "a", "detail": "No." }] }));
    let report = answer(200, json!({ "acknowledged": "c" }));
    let problem = answer(422, json!({ "type": "/problems/unfit", "title": "Unfit", "detail": "No." }));
    let revoked = answer(403, json!({ "type": "/problems/revoked-device" }));
    let unknown = answer(401, json!({ "type": "/problems/unknown-device" }));
    let entries = json!([{ "id": "a", "kind": "alert", "severity": "high", "stage": "active", "made_at": 5,
        "body": "{}", "refused": null }]);
    let pace = json!({ "failures": 3, "not_before": 1_795_511_650_000_i64, "told": true, "batch": 7, "halted": false });
    vec![
        join(&[&all, &report, &all, &all]),
        join(&[&problem, &all, &report, "not json"]),
        join(&[&unknown, &revoked, &all, &all, &entries.to_string(), &pace.to_string()]),
        join(&[&answer(503, json!({})), &answer(413, json!({})), &all, &report]),
    ]
}

fn messages() -> Vec<Vec<u8>> {
    let heard = json!({ "text": "i am going to kill myself tonight, call 07700900123", "hint": "search", "tab": 3,
        "url": "https://chat.example/room?x=1#y", "top": "https://chat.example/", "field": "f1", "id": UUID,
        "now": 1_795_511_640_000_i64, "account": "pupil@oak.example" });
    let opened = json!({ "url": "https://www.google.com/search?q=send+nudes", "main": true, "tab": 3, "id": UUID,
        "now": 1_795_511_640_000_i64, "account": "" });
    let blocked = json!({ "url": "https://user:pass@www.bet365.com/a?b#c", "main": true, "tab": 3, "id": UUID,
        "now": 1_795_511_640_000_i64 });
    let setup =
        json!({ "install_type": "admin", "managed": {}, "kept": policies()[0], "empty_since": 5, "now": 9 });
    let report = json!({ "id": UUID, "now": 5, "adult": "a", "identity": { "mode": "named", "name": "Amira" },
        "about": "friend", "story": "On the bus.", "wish": "", "receipt": "1234 5678 9012 3456" });
    let reply = json!({ "id": UUID, "now": 5, "receipt": "1234-5678-9012-3456", "text": "Thank you." });
    let session = json!({ "memory": [{ "rule": 1, "place": 2, "search": false, "sentence": 3, "severity": "high",
        "stage": null, "alerted_at": 1_795_511_600_000_i64, "last_at": 1_795_511_600_000_i64 }],
        "passes": { "a.example": 1_795_511_700_000_i64 } });
    let receipt = "1234 5678 9012 3456";
    [heard, opened, blocked, setup, report, reply, enrolment(), check_in()]
        .iter()
        .map(|message| join(&[&message.to_string(), receipt, &session.to_string()]))
        .collect()
}

/// An id as devices make them.
const UUID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

fn enrolment() -> Value {
    json!({ "enrolment_key": "key", "public_key": "BAAA", "label": "LIB-04", "extension_version": "0.1.0" })
}

fn check_in() -> Value {
    json!({ "extension_version": "0.1.0", "browser": "Chrome 156 on Linux", "lists_version": "l1",
        "policy_version": "p1", "state": "watching", "waiting": 2, "refused": 0 })
}

fn alert() -> Value {
    json!({ "id": UUID, "occurred_at": 1_795_511_600_000_i64, "source": "typed", "surface": "chat",
        "category": "suicide", "severity": "critical", "stage": "active", "action": "note",
        "url": "https://chat.example/room?a=b#c", "account": "pupil@oak.example", "policy_version": "p1",
        "lists_version": "l1", "excerpt": { "text": "everyone\thates you", "marks": [[0, 8], [9, 18]] },
        "reasons": [{ "category": "bullying", "severity": "medium", "stage": "ideation", "rule": "bullying.hates",
        "why": "Tells somebody that they are hated.", "context": ["It speaks to somebody."] }] })
}

fn report() -> Value {
    json!({ "id": UUID, "written_at": 1_795_511_600_000_i64, "adult": UUID, "identity": { "mode": "confidant",
        "name": "Amira" }, "about": "me", "story": "On the bus.\r\nAgain.", "wish": "Tell nobody.",
        "receipt": "1234567890123456" })
}

/// The first byte says which body it is.
fn bodies() -> Vec<Vec<u8>> {
    let batch = json!({ "alerts": [alert(), alert(), { "id": "x" }] });
    let question = json!({ "receipt": "1234567890123456" });
    let reply = json!({ "receipt": "1234567890123456", "id": UUID, "text": "Thank you." });
    let all = [batch, enrolment(), check_in(), report(), question, reply];
    all.iter().zip(0_u8..).map(|(body, kind)| [&[kind], written(body).as_slice()].concat()).collect()
}

fn headers() -> Vec<Vec<u8>> {
    let input = SignatureInput { created: 1_795_511_640, key_id: "0199-ab".to_owned(), session: None };
    let digest = content_digest("X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=");
    let signature = format!("lapwing=:{}:", "A".repeat(86) + "==");
    vec![join(&[&input.header(), &signature, &digest, "{}"])]
}

const FORMS: [&str; 5] = [
    "id=0f8fad5b-d9cb-469f-a165-70867728950e&episode=&report=&person_name=Amira&person_year=Year+9&person_role=subject\
     &person_name=Ben&person_year=&person_role=witness&occurred_date=2026-11-24&occurred_time=09%3A14\
     &occurred_precision=exact&place=Room+4&seen_heard=%22They+hit+me%22&childs_words=x&view=&done_so_far=&told_dsl=yes",
    "id=0f8fad5b-d9cb-469f-a165-70867728950e&person_name=&occurred_precision=unknown&add_person=1",
    "school=Oak+Park&hours=8+to+4&it_name=P&it_email=it%40oak.example&password=kettle+orbit+maple&dsl_name=O\
     &dsl_email=dsl%40oak.example&dsl_job=DSL",
    "email=it%40oak.example&password=kettle+orbit+maple+lantern&next=%2Finbox",
    "reason=other&note=Seen.%0D%0ATwice.&from=new&to=closed&text=x&feedback=y",
];

/// An archive of one stored file, written by hand: no compressor is needed to say what a manifest is.
fn archives() -> Vec<Vec<u8>> {
    let manifest = br#"{"version":"0.1.0"}"#;
    let name = b"manifest.json";
    let (size, length) = (manifest.len() as u32, name.len() as u16);
    let fields = |out: &mut Vec<u8>| {
        out.extend([20, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        out.extend(CRC_OF_MANIFEST.to_le_bytes());
        out.extend(size.to_le_bytes());
        out.extend(size.to_le_bytes());
        out.extend(length.to_le_bytes());
        out.extend([0, 0]);
    };
    let mut zip = b"PK\x03\x04".to_vec();
    fields(&mut zip);
    zip.extend(name);
    zip.extend(manifest);
    let directory = zip.len() as u32;
    zip.extend(b"PK\x01\x02\x14\x00");
    fields(&mut zip);
    zip.extend([0; 14]);
    zip.extend(name);
    let after = zip.len() as u32;
    zip.extend(b"PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00");
    zip.extend((after - directory).to_le_bytes());
    zip.extend(directory.to_le_bytes());
    zip.extend([0, 0]);
    vec![zip]
}

/// CRC-32 of the manifest above.
const CRC_OF_MANIFEST: u32 = 0x960db0ea;

const FIELDS: [&[&str]; 4] = [
    &["2026-11-24", "09:14", "1795511640000", "it@oak.example", "/inbox?a=b", UUID, "kettle orbit maple"],
    &["2026-10-25", "01:30", "-1", "a@b@c.example", "1234 5678", "0F8FAD5BD9CB469FA16570867728950E"],
    &["2026-03-29", "01:30:59.9", "9223372036854775807", "", "", ""],
    &["-009999-01-01", "", "-9223372036854775808", " A@B.C ", "", "{0f8fad5b-d9cb-469f-a165-70867728950e}"],
];

const SETTINGS: [&[&str]; 2] = [
    &[
        "0.0.0.0:8443",
        "https://lapwing.school.example",
        "postgres://u:p@host/db?sslmode=require",
        "kettle orbit maple",
    ],
    &["localhost:0", "https://[2001:db8::1]:8443/", "postgresql:///db", "password1234"],
];

/// One cover of an alert; a sealed value of the right form; two keys.
fn stored() -> Vec<Vec<u8>> {
    let cover = [&[1, 36], UUID.as_bytes(), &[7; 32]].concat();
    let keys = format!("{}=\n{}=\n", "A".repeat(43), "B".repeat(42) + "A");
    vec![cover.repeat(3), [&[1_u8][..], &[9; 60]].concat(), keys.into_bytes()]
}

fn anchors() -> Vec<Vec<u8>> {
    let anchor = json!({ "school": UUID, "seq": 7, "hash": "0".repeat(64), "at": 1_795_511_640_000_i64,
        "signature": "A".repeat(86) + "==" });
    vec![written(&anchor), format!("{anchor}\n{anchor}\n").into_bytes()]
}

/// A file whose seal nobody made, and records as they stand in one.
fn backups() -> Vec<Vec<u8>> {
    let counted = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap_or(0).to_be_bytes(), bytes].concat();
    let header = json!({ "form": 1, "contents": "data", "id": UUID, "school": null, "schema": 6, "program": "0.1.0",
        "at": 1_795_511_640_000_i64, "under": { "backup": UUID }, "key": "01".repeat(73) });
    let file =
        [b"LAPWING BACKUP\r\n", counted(&written(&header)).as_slice(), &[1], &counted(&[1; 80])].concat();
    let heading = json!({ "table": "entry", "columns": [{ "name": "id", "kind": "text" }, { "name": "at", "kind": "number" },
        { "name": "sealed", "kind": "bytes" }], "key": ["id"] });
    let end = json!({ "tables": { "entry": 1 }, "schools": { UUID: { "rows": 1, "digest": "00", "chain": [7, "00"] } } });
    let row =
        [counted(UUID.as_bytes()), vec![1], counted(b"e1"), vec![2], vec![0; 8], vec![3], counted(b"words")]
            .concat();
    let file_record = [b"F".as_slice(), &counted(b"secret.key"), &counted(&[7; 32])].concat();
    let records =
        [b"T".as_slice(), &counted(&written(&heading)), b"R", &row, b"E", &counted(&written(&end))].concat();
    vec![file, records, file_record]
}

/// The first bytes choose the row of the routes, who asks, and how; then come the id in the path, the query, and the body.
fn requests() -> Vec<Vec<u8>> {
    // Places in the list of roles, and the one after the last.
    const DSL: u8 = 3;
    const DEVICE: u8 = 9;
    let with = |row: u8, who: u8, texts: &[&str]| [&[row, who, 0], join(texts).as_slice()].concat();
    let mut seeds: Vec<Vec<u8>> = (0..112)
        .flat_map(|row| (0..11).map(move |who| (row, who)))
        .map(|(row, who)| with(row, who, &[UUID]))
        .collect();
    for form in FORMS {
        seeds.extend((0..112).map(|row| with(row, DSL, &[UUID, "part=list", form])));
    }
    for body in bodies() {
        let text = String::from_utf8_lossy(body.get(1..).unwrap_or_default()).into_owned();
        seeds.extend((0..8).map(|row| with(row, DEVICE, &["", "", &text])));
    }
    seeds
}

fn written(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

fn join(texts: &[&str]) -> Vec<u8> {
    let parts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
    parts.join(&DIVIDER)
}
