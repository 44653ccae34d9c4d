-- The daily test of each device: a row for each day on which a device checked in, so that a device which was in use and has
-- not proved itself is seen too. Nothing in it is about a pupil. Rows of before 400 days are deleted.
create table canary_day (
    device_id text not null references device (id),
    school_id text not null references school (id),
    -- The day by the clock on the school's wall, counted from 1 January 1970.
    day bigint not null,
    -- Of whose browser it is, as device management says: 'Year 9', 'Staff', group ids; never a person.
    member text not null,
    -- When the device first checked in on that day.
    first_at bigint not null,
    -- When its last test of the day arrived; 0 while it has sent none.
    ran_at bigint not null,
    -- When a test first held in every layer; 0 while none has.
    proved_at bigint not null,
    -- Whether the last test of the day failed, in which layers (names between commas), and why.
    failing bigint not null,
    failed text not null,
    why text not null,
    -- Whether searches went to their engine's safe mode.
    safe_search bigint not null,
    -- With what it was made.
    lists_version text not null,
    pack_version bigint not null,
    policy_version text not null,
    extension_version text not null,
    primary key (device_id, day)
);
create index canary_day_school on canary_day (school_id, day);
