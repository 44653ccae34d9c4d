//! The rule: from a role and the facts about one record to what may be done with it. It reads nothing and decides alone,
//! so that it can be read, and tested, in full. The lists of `db::inbox` follow the same rule in SQL.

use crate::auth::Role;

/// What somebody may do with a record, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    /// It does not exist, as far as they can tell.
    Nothing,
    /// See their own words, where it stands, and what they were told.
    Status,
    /// Read the whole of it.
    Read,
    /// Read it and add a note.
    Note,
    /// Decide about it.
    Work,
}

/// What is true of a record for one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Facts {
    /// They are named in it, or in a concern that it is evidence for.
    pub(crate) named: bool,
    /// They recorded it.
    pub(crate) own: bool,
    /// The pupil chose them to read it.
    pub(crate) addressed: bool,
    /// Their role reads what its scope covers, and nothing else.
    pub(crate) limited: bool,
    /// A scope of theirs covers it.
    pub(crate) in_scope: bool,
    /// It is shared with them now; `Some(true)` to add notes too.
    pub(crate) shared: Option<bool>,
    /// They have broken the glass over it, and the hour is not over.
    pub(crate) glass: bool,
    /// Every safeguarding lead is named in it, or in a concern that it is evidence for.
    pub(crate) orphan: bool,
}

/// What `role` may do with a record of which `facts` are true.
pub(crate) fn decide(role: Role, facts: &Facts) -> Access {
    // Whoever is named in a concern is walled off from it, and no grant, share or broken glass leads past that.
    if facts.named || !role.meets_records() {
        return Access::Nothing;
    }
    let mut access = Access::Nothing;
    let mut give = |condition: bool, more: Access| {
        if condition {
            access = access.max(more);
        }
    };
    let inside = !facts.limited || facts.in_scope;
    match role {
        Role::Dsl => give(true, Access::Work),
        Role::DeputyDsl => {
            give(inside || facts.glass, Access::Work);
        }
        Role::Pastoral => give(facts.in_scope, Access::Note),
        Role::Head => {
            give(facts.orphan, Access::Work);
            give(facts.glass, Access::Read);
        }
        Role::TrustLead => {
            // A trust's lead comes from outside the school: nothing is theirs or shared with them here.
            return if facts.glass { Access::Read } else { Access::Nothing };
        }
        Role::Staff | Role::Governor | Role::ItAdmin | Role::Auditor => {}
    }
    give(facts.own, Access::Status);
    give(facts.addressed, Access::Work);
    give(facts.shared == Some(false), Access::Read);
    give(facts.shared == Some(true), Access::Note);
    access
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every combination of facts.
    fn all_facts() -> impl Iterator<Item = Facts> {
        (0..3 * 128_u32).map(|n| {
            let bit = |at: u32| (n / 3) >> at & 1 == 1;
            Facts {
                named: bit(0),
                own: bit(1),
                addressed: bit(2),
                limited: bit(3),
                in_scope: bit(4),
                glass: bit(5),
                orphan: bit(6),
                shared: [None, Some(false), Some(true)][n as usize % 3],
            }
        })
    }

    #[test]
    fn being_named_outranks_everything() {
        for role in Role::ALL {
            for facts in all_facts().filter(|facts| facts.named) {
                assert_eq!(decide(role, &facts), Access::Nothing, "{role}: {facts:?}");
            }
        }
    }

    #[test]
    fn it_governors_and_auditors_meet_no_record_whatever_is_granted() {
        for role in [Role::ItAdmin, Role::Governor, Role::Auditor] {
            for facts in all_facts() {
                assert_eq!(decide(role, &facts), Access::Nothing, "{role}: {facts:?}");
            }
        }
    }

    #[test]
    fn nothing_is_allowed_that_was_not_given() {
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Dsl) {
            let limited = Facts { limited: true, ..Facts::default() };
            assert_eq!(decide(role, &limited), Access::Nothing, "{role}");
        }
        assert_eq!(decide(Role::Dsl, &Facts::default()), Access::Work);
        assert_eq!(decide(Role::DeputyDsl, &Facts::default()), Access::Work);
    }

    #[test]
    fn each_way_in_opens_what_it_says() {
        let none = Facts { limited: true, ..Facts::default() };
        let cases = [
            (Role::Staff, Facts { own: true, ..none }, Access::Status),
            (Role::Staff, Facts { addressed: true, ..none }, Access::Work),
            (Role::Staff, Facts { shared: Some(false), own: true, ..none }, Access::Read),
            (Role::Staff, Facts { shared: Some(true), ..none }, Access::Note),
            (Role::Staff, Facts { glass: true, in_scope: true, orphan: true, ..none }, Access::Nothing),
            (Role::Pastoral, Facts { in_scope: true, ..none }, Access::Note),
            (Role::Pastoral, Facts { glass: true, ..none }, Access::Nothing),
            (Role::DeputyDsl, Facts { in_scope: true, ..none }, Access::Work),
            (Role::DeputyDsl, Facts { glass: true, ..none }, Access::Work),
            (Role::Head, Facts { glass: true, ..none }, Access::Read),
            (Role::Head, Facts { orphan: true, ..none }, Access::Work),
            (Role::Head, Facts { in_scope: true, ..none }, Access::Nothing),
            (Role::TrustLead, Facts { glass: true, ..none }, Access::Read),
            (
                Role::TrustLead,
                Facts { own: true, addressed: true, shared: Some(true), orphan: true, ..none },
                Access::Nothing,
            ),
        ];
        for (role, facts, access) in cases {
            assert_eq!(decide(role, &facts), access, "{role}: {facts:?}");
        }
    }
}
