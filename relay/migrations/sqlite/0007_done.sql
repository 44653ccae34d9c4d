-- The done list of a school in the order in which it was closed: without this, its page sorts every episode there ever was.
create index episode_done on episode (school_id, closed_at, id);
