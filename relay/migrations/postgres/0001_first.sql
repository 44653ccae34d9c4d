-- The first schema: a school, its people and devices, what devices and pupils send, and what staff make of it.
-- One text for SQLite and PostgreSQL: TEXT ids (UUIDv7), BIGINT milliseconds since 1970, BIGINT 0/1 flags. Every row
-- belongs to a school, and every query names it. Words of pupils and staff are inserted once and never updated.

create table school (
    id text not null primary key,
    name text not null,
    -- When reports are read, in words for pupils.
    hours text not null default '',
    -- Lets a device ask to be enrolled. It is readable on every device, so it opens nothing else.
    enrolment_key text not null unique,
    created_at bigint not null
);

create table account (
    id text not null primary key,
    school_id text not null references school (id),
    -- Lower case; the name to sign in with.
    email text not null unique,
    name text not null,
    role text not null check (role in ('staff', 'dsl', 'it_admin')),
    -- What they do, as pupils know it: “Head of Year 9”.
    job text not null default '',
    -- 1 when pupils may choose this adult in the report form.
    trusted_adult bigint not null default 0,
    -- Argon2id in PHC form; absent until the account's own link has been used.
    password_hash text,
    created_at bigint not null,
    disabled_at bigint
);
create index account_school on account (school_id, role);

create table session (
    -- SHA-256 of the cookie's token, hexadecimal.
    token_hash text not null primary key,
    account_id text not null references account (id),
    created_at bigint not null,
    seen_at bigint not null,
    expires_at bigint not null
);
create index session_account on session (account_id);

-- One-time links: the first set-up, and the link by which a person sets their own password.
create table one_time_link (
    token_hash text not null primary key,
    purpose text not null check (purpose in ('setup', 'join')),
    account_id text references account (id),
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
);

create table device (
    id text not null primary key,
    school_id text not null references school (id),
    -- ECDSA P-256, uncompressed point, unpadded base64url.
    public_key text not null,
    label text not null,
    enrolled_at bigint not null,
    last_seen_at bigint not null,
    revoked_at bigint,
    extension_version text not null default '',
    browser text not null default '',
    lists_version text not null default '',
    policy_version text not null default '',
    state text not null default '',
    waiting bigint not null default 0,
    refused bigint not null default 0
);
create index device_school on device (school_id, last_seen_at);
-- Enrolling again with the same key is the same device.
create unique index device_key on device (school_id, public_key);

-- Alerts of one pupil and one theme, close in time: what a DSL reads and decides on.
create table episode (
    id text not null primary key,
    school_id text not null references school (id),
    device_id text not null references device (id),
    -- The signed-in account that the browser claimed, or ''.
    account text not null default '',
    category text not null,
    severity text not null,
    -- 0 info … 4 critical, for ordering.
    rank bigint not null,
    stage text,
    first_at bigint not null,
    last_at bigint not null,
    alerts bigint not null,
    status text not null check (status in ('new', 'claimed', 'dismissed', 'concern')),
    claimed_by text references account (id),
    claimed_at bigint,
    closed_by text references account (id),
    closed_at bigint,
    closed_reason text,
    closed_note text
);
create index episode_inbox on episode (school_id, status, rank, last_at);
create index episode_join on episode (school_id, device_id, account, category, last_at);

create table alert (
    school_id text not null references school (id),
    -- Made on the device, so that sending an alert again changes nothing.
    id text not null,
    device_id text not null references device (id),
    episode_id text not null references episode (id),
    occurred_at bigint not null,
    received_at bigint not null,
    source text not null,
    surface text,
    category text not null,
    severity text not null,
    stage text,
    action text not null,
    url text not null,
    excerpt text,
    -- JSON: [[start, end], …] in characters of the excerpt.
    marks text not null default '[]',
    -- JSON: lapwing_core::wire::Reason, gravest first.
    reasons text not null,
    account text not null default '',
    policy_version text not null,
    lists_version text not null,
    primary key (school_id, id)
);
create index alert_episode on alert (school_id, episode_id, received_at);

create table pupil_report (
    id text not null primary key,
    school_id text not null references school (id),
    -- Absent for an anonymous report: the relay does not keep which device sent it.
    device_id text references device (id),
    -- The chosen adult; absent for “anyone in the safeguarding team”.
    adult_id text references account (id),
    identity text not null check (identity in ('named', 'confidant', 'anonymous')),
    pupil_name text not null default '',
    about text not null,
    story text not null,
    wish text not null default '',
    -- Keyed hash of the receipt code.
    receipt_hash text not null unique,
    written_at bigint not null,
    received_at bigint not null,
    seen_at bigint,
    seen_by text references account (id),
    status text not null check (status in ('new', 'seen', 'replied', 'concern', 'closed'))
);
create index pupil_report_inbox on pupil_report (school_id, status, received_at);

create table message (
    id text not null primary key,
    school_id text not null references school (id),
    report_id text not null references pupil_report (id),
    voice text not null check (voice in ('pupil', 'staff')),
    account_id text references account (id),
    text text not null,
    at bigint not null
);
create index message_report on message (school_id, report_id, at);

create table person (
    id text not null primary key,
    school_id text not null references school (id),
    kind text not null check (kind in ('pupil', 'adult')),
    name text not null,
    year_group text not null default '',
    created_at bigint not null
);
create index person_name on person (school_id, name);

create table concern (
    id text not null primary key,
    school_id text not null references school (id),
    -- Counts up within the school: what people say to each other (“concern 41”).
    number bigint not null,
    source text not null check (source in ('staff', 'alert', 'report')),
    reporter_id text not null references account (id),
    -- When it happened, as the reporter knows it; absent when unknown.
    occurred_at bigint,
    occurred_precision text not null check (occurred_precision in ('exact', 'approximate', 'unknown')),
    place text not null default '',
    -- What was seen and heard: fact.
    seen_heard text not null,
    -- The child's own words, apart from everybody else's.
    childs_words text not null default '',
    -- The reporter's view: opinion, kept apart from fact.
    reporter_view text not null default '',
    done_so_far text not null default '',
    told_dsl bigint not null,
    recorded_at bigint not null,
    status text not null check (status in ('new', 'acknowledged', 'open', 'closed')),
    unique (school_id, number)
);
create index concern_inbox on concern (school_id, status, recorded_at);
create index concern_reporter on concern (school_id, reporter_id, recorded_at);

-- Each person in a concern has a role of their own.
create table involvement (
    id text not null primary key,
    school_id text not null references school (id),
    concern_id text not null references concern (id),
    person_id text not null references person (id),
    role text not null check (role in ('subject', 'harmed', 'alleged_harming', 'witness', 'sibling', 'adult_named'))
);
create index involvement_concern on involvement (school_id, concern_id);
create index involvement_person on involvement (school_id, person_id);

-- What a concern was made from. The evidence itself stays where it is, unchanged.
create table evidence (
    id text not null primary key,
    school_id text not null references school (id),
    concern_id text not null references concern (id),
    kind text not null check (kind in ('episode', 'report')),
    object_id text not null
);
create index evidence_concern on evidence (school_id, concern_id);
create index evidence_object on evidence (school_id, kind, object_id);

-- What was done about a concern, in order. Nothing here is ever changed.
create table entry (
    id text not null primary key,
    school_id text not null references school (id),
    concern_id text not null references concern (id),
    kind text not null check (kind in ('status', 'note', 'feedback')),
    text text not null,
    author_id text not null references account (id),
    at bigint not null
);
create index entry_concern on entry (school_id, concern_id, at);

create table audit_event (
    id text not null primary key,
    -- Absent for what happens before there is a school.
    school_id text references school (id),
    at bigint not null,
    -- Absent for a device and for the relay itself.
    account_id text references account (id),
    action text not null,
    object_kind text not null,
    object_id text not null,
    -- JSON with no words of a pupil in it.
    detail text not null default '{}'
);
create index audit_event_object on audit_event (school_id, object_kind, object_id, at);
