-- The done list of a school in the order in which it was closed: without this, its page sorts every episode there ever was.
create index episode_done on episode (school_id, closed_at, id);

-- Without the time of the last alert, which moves with each alert: an alert that joins an episode then changes no index of
-- it, and a new school's statements have one index only that fits (src/db/intake/themes.rs). What waits in a school's inbox is little enough to be sorted, and one pupil's episodes of one theme are few.
drop index episode_inbox;
create index episode_inbox on episode (school_id, status, rank);
drop index episode_join;
create index episode_join on episode (device_id, account_hash, category);
