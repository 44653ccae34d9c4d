-- The walls: who may see which record, beyond their role. What each row means for a reader is decided in src/walls.

-- Schools that are run together. Its leads see numbers of each school, and a record only by breaking the glass.
create table trust (
    id text not null primary key,
    name text not null unique,
    created_at bigint not null
);
alter table school add column trust_id text references trust (id);

-- 1 when this deputy reads only what their scopes cover.
alter table account add column limited bigint not null default 0;

-- The set-up link of a further school names it; that of the first school does not.
alter table one_time_link add column for_school text references school (id);

-- What kind of concern it is, by the taxonomy's names; '' when nobody has said yet. Scopes go by it.
alter table concern add column category text not null default '';

-- Adults named in a concern: they are walled off from it and from its evidence, whatever else they may do.
create table named (
    id text not null primary key,
    school_id text not null references school (id),
    concern_id text not null references concern (id),
    -- Whose account it is, where somebody said so or the name was that of one account when it was written.
    account_id text references account (id),
    -- Keyed hash of the folded name; '' when only the account is known. It holds for accounts that are made later.
    name_key text not null default '',
    by_id text not null references account (id),
    at bigint not null,
    -- Taken back, because the account is somebody else of the same name.
    lifted_at bigint,
    lifted_by text references account (id)
);
create index named_concern on named (school_id, concern_id);
create index named_account on named (school_id, account_id);

-- What pastoral staff, or a deputy who is not to see all, may read: year groups × categories.
create table scope_grant (
    id text not null primary key,
    school_id text not null references school (id),
    account_id text not null references account (id),
    -- '*', or names between commas: ',Year 9,Year 10,'.
    years text not null,
    -- '*', or the taxonomy's names between commas.
    categories text not null,
    granted_by text not null references account (id),
    granted_at bigint not null,
    ended_by text references account (id),
    ended_at bigint
);
create index scope_grant_account on scope_grant (school_id, account_id);

-- One record shared with one colleague until a date.
create table share (
    id text not null primary key,
    school_id text not null references school (id),
    object_kind text not null check (object_kind in ('concern', 'episode', 'report')),
    object_id text not null,
    account_id text not null references account (id),
    level text not null check (level in ('read', 'note')),
    -- Why, under the record's key.
    sealed blob not null,
    shared_by text not null references account (id),
    shared_at bigint not null,
    until bigint not null,
    revoked_by text references account (id),
    revoked_at bigint
);
create index share_object on share (school_id, object_kind, object_id);
create index share_account on share (school_id, account_id);

-- A record opened for an hour by somebody to whom it was closed, and the notice that a second person gets of it.
create table break_glass (
    id text not null primary key,
    school_id text not null references school (id),
    object_kind text not null check (object_kind in ('concern', 'episode', 'report')),
    object_id text not null,
    -- A trust's lead has their account in another school of the trust, so name and role are kept here.
    account_id text not null references account (id),
    name text not null,
    role text not null,
    -- Why, under the record's key.
    sealed blob not null,
    opened_at bigint not null,
    until bigint not null,
    -- Which role gets the notice.
    notice_to text not null check (notice_to in ('dsl', 'head')),
    acknowledged_by text references account (id),
    acknowledged_at bigint
);
create index break_glass_object on break_glass (school_id, object_kind, object_id);
create index break_glass_notice on break_glass (school_id, acknowledged_at);
