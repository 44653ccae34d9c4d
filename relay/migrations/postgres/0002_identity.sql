-- Identity: second factors, how a session was proved, browsers that are known, tries that failed, single sign-on.
-- What is secret here is sealed by a key that is not in the database (`sealed`), or only its hash is kept.

-- How people of this school sign in. Only staff may be let off the second factor, and only by a DSL.
alter table school add column staff_factor bigint not null default 1;
-- Days after an account was made within which its second factor may still be set up later.
alter table school add column factor_grace_days bigint not null default 7;

-- From when on the account must have a second factor; absent for the school's rule. Set by recovery.
alter table account add column factor_due_at bigint;

-- When somebody last proved by any means that it is them, and when by a second factor; absent when not yet.
alter table session add column proved_at bigint;
alter table session add column factor_at bigint;
-- password, link, sso: how the session began.
alter table session add column began_by text not null default 'password';
-- The browser in words, for the list of one's own sessions.
alter table session add column browser text not null default '';

-- 1 when using this link also takes away every second factor of the account. Only the server's console makes one.
alter table one_time_link add column resets_factor bigint not null default 0;

-- Codes from an app (RFC 6238). One for each account.
create table totp (
    account_id text not null primary key references account (id),
    secret bytea not null,
    -- The time step of the last code that was taken: no code works twice.
    last_step bigint not null,
    created_at bigint not null
);

-- Passkeys (WebAuthn). The credential holds a public key and a counter, nothing secret.
create table passkey (
    -- The credential's id, unpadded base64url.
    id text not null primary key,
    account_id text not null references account (id),
    name text not null,
    credential text not null,
    created_at bigint not null,
    used_at bigint
);
create index passkey_account on passkey (account_id);

-- One-time codes for whoever lost the device. Only hashes.
create table recovery_code (
    account_id text not null references account (id),
    code_hash text not null,
    used_at bigint,
    primary key (account_id, code_hash)
);

-- What a page under way must come back with: a passkey's challenge, or the secret of an app that is being set up.
create table pending_proof (
    session_hash text not null,
    kind text not null check (kind in ('passkey_new', 'passkey_proof', 'totp_new')),
    account_id text not null references account (id),
    state bytea not null,
    expires_at bigint not null,
    primary key (session_hash, kind)
);

-- Browsers from which somebody has signed in before: their tries are counted apart from everybody else's.
create table known_browser (
    token_hash text not null,
    account_id text not null references account (id),
    seen_at bigint not null,
    primary key (token_hash, account_id)
);

-- Tries that failed. The name of a row is a keyed hash: neither an address nor a network can be read from it.
create table sign_in_try (
    bucket text not null primary key,
    failures bigint not null,
    last_at bigint not null,
    next_at bigint not null
);
create index sign_in_try_old on sign_in_try (last_at);

-- The school's own identity provider.
create table sso_provider (
    id text not null primary key,
    school_id text not null unique references school (id),
    kind text not null check (kind in ('google', 'microsoft', 'other')),
    -- Google's `hd`, Microsoft's `tid`; '' for another provider.
    tenant text not null default '',
    issuer text not null,
    client_id text not null,
    client_secret bytea not null,
    -- 1 when a DSL has said that the provider's own second factor counts.
    trusts_factor bigint not null default 0,
    changed_at bigint not null
);

-- Which account of theirs is which account here. Never found by an e-mail address.
create table sso_link (
    issuer text not null,
    subject text not null,
    account_id text not null references account (id),
    linked_at bigint not null,
    primary key (issuer, subject)
);
create unique index sso_link_account on sso_link (account_id, issuer);

-- A way to the provider and back that is under way. Used once, within minutes, by the browser that began it.
create table sso_journey (
    state_hash text not null primary key,
    provider_id text not null references sso_provider (id),
    -- The account that a signed-in person, or the holder of a one-time link, ties to; absent when signing in.
    account_id text references account (id),
    -- The hash of the one-time link that is used up by this.
    link_hash text,
    secrets bytea not null,
    next text not null,
    expires_at bigint not null
);
