-- Sessions of devices: the key, sealed, with which a device may sign its requests instead of with its own. One a device; a
-- new one replaces it. What is not here is only slower: the device then signs with its own key.
create table device_session (
    device_id text not null primary key references device (id),
    school_id text not null references school (id),
    id text not null,
    -- The key for HMAC-SHA256, sealed under secret.key for this very session.
    sealed bytea not null,
    begun_at bigint not null
);
select lapwing_wall('device_session');
