-- Whether this school keeps the lists of sites for every school of the relay: 1 for at most one, named at the server's console.
-- Where a relay has one school alone, that one keeps them without being named.
alter table school add column keeps_lists bigint not null default 0;
