-- The first schema: a school, its people and devices, what devices and pupils send, and what staff make of it.
-- TEXT ids (UUIDv7), BIGINT milliseconds since 1970, BIGINT 0/1 flags. Every row belongs to a school, and every query
-- names it. Words of pupils and staff, and names of pupils, are in columns called “sealed”: ciphertext under the record's
-- key (src/seal), inserted once and never updated.

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
    role text not null check (role in ('staff', 'pastoral', 'deputy_dsl', 'dsl', 'head', 'governor', 'trust_lead',
        'it_admin', 'auditor')),
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
-- Not by when it was last heard of: that changes with each check-in, and would change the index each time.
create index device_school on device (school_id);
alter table device set (fillfactor = 80);
-- Enrolling again with the same key is the same device.
create unique index device_key on device (school_id, public_key);

-- Alerts of one pupil and one theme, close in time: what a DSL reads and decides on.
create table episode (
    id text not null primary key,
    school_id text not null references school (id),
    device_id text not null references device (id),
    -- Keyed hash of the signed-in account that the browser claimed, or ''. It joins alerts to episodes.
    account_hash text not null default '',
    -- The account itself.
    sealed bytea not null,
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
    -- What the DSL wrote beside the reason, sealed.
    closed_note bytea
);
create index episode_inbox on episode (school_id, status, rank, last_at);
create index episode_join on episode (school_id, device_id, account_hash, category, last_at);

-- Which alerts the relay has had. Made on the device, the id makes sending an alert again change nothing; it is a table of
-- its own because PostgreSQL keeps alerts in parts by time, across which no unique index reaches.
create table alert_key (
    school_id text not null references school (id),
    id text not null,
    received_at bigint not null,
    primary key (school_id, id)
);

create table alert (
    school_id text not null,
    id text not null,
    device_id text not null,
    episode_id text not null,
    occurred_at bigint not null,
    received_at bigint not null,
    source text not null,
    surface text,
    category text not null,
    severity text not null,
    stage text,
    action text not null,
    -- JSON under the episode's key: seal::text::AlertText (address, excerpt, marks, account).
    sealed bytea not null,
    -- JSON: lapwing_core::wire::Reason, gravest first. Words of our rules, never the pupil's.
    reasons text not null,
    policy_version text not null,
    lists_version text not null,
    primary key (school_id, id, received_at)
) partition by range (received_at);
-- Months are added ahead of time by the relay (db::partitions); what no month holds goes here.
create table alert_default partition of alert default;
create index alert_episode on alert (school_id, episode_id, received_at);

create table pupil_report (
    id text not null primary key,
    school_id text not null references school (id),
    -- Absent for an anonymous report: the relay does not keep which device sent it.
    device_id text references device (id),
    -- The chosen adult; absent for “anyone in the safeguarding team”.
    adult_id text references account (id),
    identity text not null check (identity in ('named', 'confidant', 'anonymous')),
    about text not null,
    -- JSON under the report's key: seal::text::ReportText (name, story, wish).
    sealed bytea not null,
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
    -- Under the report's key.
    sealed bytea not null,
    at bigint not null
);
create index message_report on message (school_id, report_id, at);

create table person (
    id text not null primary key,
    school_id text not null references school (id),
    kind text not null check (kind in ('pupil', 'adult')),
    -- Keyed hash of the folded name: finds somebody of the very same name.
    name_hash text not null,
    -- The name, under the person's key.
    sealed bytea not null,
    year_group text not null default '',
    created_at bigint not null
);
create index person_name on person (school_id, name_hash);

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
    -- JSON under the concern's key: seal::text::ConcernText. What was seen and heard (fact), the child's own words and the
    -- reporter's view (opinion) are fields of their own there.
    sealed bytea not null,
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
    -- Under the concern's key.
    sealed bytea not null,
    author_id text not null references account (id),
    at bigint not null
);
create index entry_concern on entry (school_id, concern_id, at);

-- Keys, each wrapped by the one above it: the master key is not here. A destroyed key keeps its row and loses its bytes.
create table sealing_key (
    -- A person's key has the person's id.
    id text not null primary key,
    -- Absent for the key of backups, which is the relay's.
    school_id text references school (id),
    kind text not null check (kind in ('school', 'search', 'person', 'backup')),
    -- The fingerprint of the master key, or the id of the school's key.
    under text not null,
    wrapped bytea,
    created_at bigint not null,
    destroyed_at bigint
);
create index sealing_key_school on sealing_key (school_id, kind);
create index sealing_key_under on sealing_key (under);

-- The key of one record, wrapped under the key of each child whom it concerns, or under the school's until a child is
-- named in it. A record is readable for as long as one of these can be opened.
create table record_key (
    school_id text not null references school (id),
    object_kind text not null check (object_kind in ('episode', 'report', 'concern')),
    object_id text not null,
    under text not null,
    wrapped bytea not null,
    primary key (school_id, object_kind, object_id, under)
);
create index record_key_under on record_key (under);

-- Exact-word search over sealed text: keyed hashes of words.
create table search_word (
    school_id text not null references school (id),
    word_hash text not null,
    object_kind text not null check (object_kind in ('report', 'concern')),
    object_id text not null,
    primary key (school_id, word_hash, object_kind, object_id)
);
create index search_word_object on search_word (school_id, object_kind, object_id);

-- Who did or read what: a hash chain for each school, and one ('') for what belongs to none.
create table audit_event (
    school_id text not null,
    -- Counts up from 1 without gaps.
    seq bigint not null,
    at bigint not null,
    -- Absent for a device and for the relay itself.
    account_id text,
    action text not null,
    object_kind text not null,
    object_id text not null,
    -- JSON with no words of a pupil in it.
    detail text not null default '{}',
    -- The rows that were written with it, and their digests: proof::covers.
    covers bytea not null,
    -- SHA-256 over the hash before it and everything above.
    hash bytea not null,
    primary key (school_id, seq, at)
) partition by range (at);
create table audit_event_default partition of audit_event default;
create index audit_event_object on audit_event (school_id, object_kind, object_id, at);

-- Where each chain ends. A writer locks its school's row, so that two never write the same number.
create table chain_head (
    school_id text not null primary key,
    seq bigint not null,
    hash bytea not null
);
