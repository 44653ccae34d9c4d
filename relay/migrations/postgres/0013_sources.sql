-- Lists of sites that the relay keeps, for every school of it, as packs are. Of them packs are built and proposed.
create table list_source (
    id text not null primary key,
    name text not null,
    kind text not null check (kind in ('ut1', 'hosts', 'plain', 'adblock', 'csv')),
    -- Of all its lines; empty where each line or folder has its own.
    category text not null,
    licence text not null,
    attribution text not null,
    -- Where it is fetched; empty for one that is given as a file.
    url text not null,
    refresh text not null check (refresh in ('', 'daily', 'weekly')),
    -- Whether a small change of it goes live by itself.
    goes_live bigint not null,
    is_on bigint not null,
    made_by text not null,
    made_at bigint not null,
    removed_at bigint,
    -- When it is to be fetched next; 0 for never. The relay of a fleet that moves it on is the one that fetches.
    due_at bigint not null default 0,
    asked_at bigint not null default 0,
    outcome text not null default '' check (outcome in ('', 'new', 'same', 'failed')),
    problem text not null default '',
    etag text not null default '',
    modified text not null default '',
    -- SHA-256 of what is kept, hexadecimal; empty while nothing is.
    digest text not null default '',
    length bigint not null default 0,
    rules bigint not null default 0,
    taken_at bigint not null default 0
);

-- Their bytes, a megabyte a row, as long as a pack in force or a proposal is made of them.
create table list_file (
    source_id text not null references list_source (id),
    digest text not null,
    number bigint not null,
    bytes bytea not null,
    primary key (source_id, digest, number)
);

-- A pack that was or will be made of them.
create table list_build (
    id text not null primary key,
    state text not null check (state in ('proposed', 'published', 'refused', 'replaced')),
    made_at bigint not null,
    -- Account and name; empty for the relay itself.
    made_by text not null,
    made_by_name text not null,
    -- Digest of the newest pack in force then; empty for none.
    on_pack text not null,
    -- The lists, and what they would change: JSON.
    manifest text not null,
    summary text not null,
    decided_at bigint,
    decided_by_name text not null default '',
    -- Digest of the pack that was published.
    pack text not null default ''
);
create index list_build_state on list_build (state, made_at);
create trigger list_build_kept before update of id, made_at, made_by, made_by_name, on_pack, manifest, summary on list_build for each row execute function lapwing_refuse();
