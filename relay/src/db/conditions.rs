//! The walls in SQL: conditions on the concern `c`, the episode `e` or the report `r` of a query, as literals for `concat!`.
//! The facts about one record (`walls`) and the lists (`inbox`, `people_names`, `trail`) are put together from the same
//! parts, so that a list cannot show what a page would refuse. The rule that they follow is `crate::walls::access`.
//!
//! Every condition takes the same first values, which `walls::bound` binds: `$1` school, `$2` account, `$3` the key of its
//! name, `$4` its reach (`all`, `scope`, `none`), `$5` now, `$6` the concerns that are the head's (ids between commas). A
//! value must be used to be bound on PostgreSQL: `$6 is not null` is there for that, and always true.

/// Whether the reader is named in the concern with the id `$concern`.
macro_rules! named_in_concern {
    ($concern:literal) => {
        concat!(
            "exists (select 1 from named n where n.school_id = $1 and n.concern_id = ",
            $concern,
            " and n.lifted_at is null and (n.account_id = $2 or (n.name_key <> '' and n.name_key = $3)))"
        )
    };
}

/// Whether the reader is named in a concern that the episode or report is evidence for.
macro_rules! named_in_evidence {
    ($kind:literal, $object:literal) => {
        concat!(
            "exists (select 1 from named n join evidence v on v.school_id = n.school_id and v.concern_id = n.concern_id ",
            "where n.school_id = $1 and v.kind = '",
            $kind,
            "' and v.object_id = ",
            $object,
            " and n.lifted_at is null and (n.account_id = $2 or (n.name_key <> '' and n.name_key = $3)))"
        )
    };
}

/// Whether a record is shared with the reader now.
macro_rules! shared {
    ($kind:literal, $object:literal) => {
        concat!(
            "exists (select 1 from share s where s.school_id = $1 and s.object_kind = '",
            $kind,
            "' and s.object_id = ",
            $object,
            " and s.account_id = $2 and s.revoked_at is null and s.until > $5)"
        )
    };
}

/// Whether the reader has broken the glass over a record within the hour.
macro_rules! glass {
    ($kind:literal, $object:literal) => {
        concat!(
            "exists (select 1 from break_glass b where b.school_id = $1 and b.object_kind = '",
            $kind,
            "' and b.object_id = ",
            $object,
            " and b.account_id = $2 and b.until > $5)"
        )
    };
}

/// Whether a scope of the reader covers the concern `c`: by what kind it is, and by the year of a pupil whom it is about.
macro_rules! concern_in_scope {
    () => {
        "($4 = 'scope' and exists (select 1 from scope_grant g where g.school_id = $1 and g.account_id = $2 \
         and g.ended_at is null \
         and (g.categories = '*' or (c.category <> '' and g.categories like '%,' || c.category || ',%')) \
         and (g.years = '*' or exists (select 1 from involvement gi join person gp on gp.id = gi.person_id \
              where gi.school_id = $1 and gi.concern_id = c.id \
              and gi.role in ('subject', 'harmed', 'alleged_harming') and gp.year_group <> '' \
              and g.years like '%,' || gp.year_group || ',%'))))"
    };
}

/// Whether a scope of the reader covers the episode `e`. A device does not know a pupil's year, so only a scope over
/// every year covers an episode.
macro_rules! episode_in_scope {
    () => {
        "($4 = 'scope' and exists (select 1 from scope_grant g where g.school_id = $1 and g.account_id = $2 \
         and g.ended_at is null and g.years = '*' \
         and (g.categories = '*' or g.categories like '%,' || e.category || ',%')))"
    };
}

/// Whether the concern `c` is the head's to deal with.
macro_rules! orphan {
    () => {
        "$6 like '%,' || c.id || ',%'"
    };
}

/// Whether the episode or report is evidence for a concern that is the head's to deal with: nobody else may open it then.
macro_rules! orphan_evidence {
    ($kind:literal, $object:literal) => {
        concat!(
            "($6 <> '' and exists (select 1 from evidence ov where ov.school_id = $1 and ov.kind = '",
            $kind,
            "' and ov.object_id = ",
            $object,
            " and $6 like '%,' || ov.concern_id || ',%'))"
        )
    };
}

/// Whether the reader may read the whole of the concern `c`.
macro_rules! concern_visible {
    () => {
        concat!(
            "(not ",
            named_in_concern!("c.id"),
            " and ($4 = 'all' or ",
            concern_in_scope!(),
            " or ",
            shared!("concern", "c.id"),
            " or ",
            glass!("concern", "c.id"),
            " or ",
            orphan!(),
            "))"
        )
    };
}

/// Whether the reader may read the episode `e`.
macro_rules! episode_visible {
    () => {
        concat!(
            "($6 is not null and not ",
            named_in_evidence!("episode", "e.id"),
            " and ($4 = 'all' or ",
            episode_in_scope!(),
            " or ",
            shared!("episode", "e.id"),
            " or ",
            glass!("episode", "e.id"),
            " or ",
            orphan_evidence!("episode", "e.id"),
            "))"
        )
    };
}

/// Whether the reader may read the report `r`.
macro_rules! report_visible {
    () => {
        concat!(
            "($6 is not null and not ",
            named_in_evidence!("report", "r.id"),
            " and ($4 = 'all' or r.adult_id = $2 or ",
            shared!("report", "r.id"),
            " or ",
            glass!("report", "r.id"),
            " or ",
            orphan_evidence!("report", "r.id"),
            "))"
        )
    };
}
