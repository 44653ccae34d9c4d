-- Packs of lists that have been published, for every school of the relay: what is in one is public, and each school's own
-- choices are in its policy. In force are the pack of the highest version and those on which it lies.
create table pack (
    -- SHA-256 over the signed header, hexadecimal: what devices ask for it by.
    digest text not null primary key,
    version bigint not null unique,
    -- The digest of the pack whose changes it holds; empty for one that stands by itself.
    parent text not null,
    -- The public key that signed it, base64.
    signer text not null,
    length bigint not null,
    hosts bigint not null,
    paths bigint not null,
    -- Sources, licences and attribution, JSON as the pack has it.
    about text not null,
    published_at bigint not null,
    -- The digest of the pack that it brings back; empty for a new one.
    restores text not null,
    reason text not null,
    -- Who brought it back, as the trail names them; empty at the console.
    published_by text not null
);

-- Its bytes, a megabyte a row: a row in one piece would be in memory several times on its way.
create table pack_piece (
    digest text not null references pack (digest),
    number bigint not null,
    bytes blob not null,
    primary key (digest, number)
);

create trigger pack_kept before update on pack begin
    select raise(abort, 'a row of pack is never changed');
end;

-- What a device said of its packs when it checked in.
alter table device add column pack_version bigint not null default 0;
alter table device add column pack_problem text not null default '';
