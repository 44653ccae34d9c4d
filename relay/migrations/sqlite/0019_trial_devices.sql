-- On how many devices a trial was, noted when it is over: which they were is forgotten then.
alter table shadow_trial add column devices bigint not null default 0;
