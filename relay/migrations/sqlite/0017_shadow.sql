-- Trials of changes of the lists: one at a time, for every school of the relay. Devices fetch the pack, obey nothing of it, and
-- tell how often they opened a site that it would have stopped.
create table shadow_trial (
    id text not null primary key,
    -- The proposal that is tried.
    build_id text not null references list_build (id),
    started_at bigint not null,
    started_by_name text not null,
    -- When it ends by itself, and when somebody stopped it; 0 for never.
    ends_at bigint not null,
    stopped_at bigint not null default 0,
    -- The pack: what devices ask for it by, who signed it, how long it is, how many sites are in it.
    digest text not null unique,
    version bigint not null unique,
    signer text not null,
    length bigint not null,
    sites bigint not null,
    -- Rules for single paths, which are not tried.
    paths bigint not null
);
create trigger shadow_trial_kept before update of id, build_id, started_at, started_by_name, ends_at, digest, version, signer, length, sites, paths on shadow_trial begin
    select raise(abort, 'a row of shadow_trial is never changed');
end;

-- Its pack's bytes, a megabyte a row, as long as it runs.
create table shadow_piece (
    -- The digest of a trial.
    digest text not null,
    number bigint not null,
    bytes blob not null,
    primary key (digest, number)
);

-- How often a site of a trial was opened at a school, by any of its devices: nothing says by which, or when in a day.
create table shadow_visit (
    trial_id text not null references shadow_trial (id),
    school_id text not null references school (id),
    -- As the proposed list names it.
    site text not null,
    -- What the list would add of it: stable names, between commas.
    categories text not null,
    visits bigint not null,
    -- On how many of the school's days, and the last of them, counted from 1 January 1970.
    days bigint not null,
    last_day bigint not null,
    primary key (trial_id, school_id, site)
);

-- Which counts of a device were taken last, so that what it sends again counts once. Deleted when the trial is over.
create table shadow_batch (
    trial_id text not null references shadow_trial (id),
    device_id text not null references device (id),
    school_id text not null references school (id),
    batch text not null,
    primary key (trial_id, device_id)
);
