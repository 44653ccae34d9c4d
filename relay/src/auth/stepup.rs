//! How much proof a URL wants of a signed-in person, and what is still missing. `routes` names the step of each URL,
//! `gate` asks here, and `web::confirm` is the page where the missing proof is given.
//!
//! The rules (ASVS 5.0: 6.3.3, 7.5.1, 7.5.3; DfE cyber security standards): an account with a second factor is let in
//! nowhere without it; an account that must have one and does not is let in nowhere but to where it is set up, once its
//! days of grace are over; and what changes accounts or takes records away wants a proof of the last quarter of an hour.

use super::Role;

/// How old a proof may be for what is marked [`Step::Recent`]: 15 minutes, in milliseconds.
pub(crate) const RECENT: i64 = 15 * 60 * 1_000;
/// Milliseconds of a day.
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// The proof that a URL wants, besides its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The password (or its like) alone: the page for the second factor, and signing out.
    First,
    /// One's own account: open without a second factor even when it is overdue, since it is set up there.
    Own,
    /// The same, proved within the last 15 minutes: who sits down at an open screen cannot add a key of their own.
    OwnRecent,
    /// A complete sign-in. Every page of records.
    Full,
    /// A complete sign-in, proved within the last 15 minutes: accounts, exports, destruction.
    Recent,
}

/// What a session has proved and what its account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Proof {
    /// Whether the account has a second factor.
    pub(crate) enrolled: bool,
    /// From when on it must have one, milliseconds; absent when it need not.
    pub(crate) due_at: Option<i64>,
    /// When this session last proved anything.
    pub(crate) proved_at: i64,
    /// When this session last proved a second factor.
    pub(crate) factor_at: Option<i64>,
}

/// What a person has to do first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Prove that it is them.
    Proof,
    /// Set up a second factor.
    Factor,
}

/// What stands between a session and a URL of this step; nothing when it may go on.
pub(crate) fn missing(step: Step, proof: &Proof, now: i64) -> Option<Missing> {
    if step == Step::First {
        return None;
    }
    if proof.enrolled && proof.factor_at.is_none() {
        return Some(Missing::Proof);
    }
    let overdue = !proof.enrolled && proof.due_at.is_some_and(|due| due <= now);
    if overdue && matches!(step, Step::Full | Step::Recent) {
        return Some(Missing::Factor);
    }
    let last = if proof.enrolled { proof.factor_at.unwrap_or_default() } else { proof.proved_at };
    let stale = last < now - RECENT;
    (stale && matches!(step, Step::OwnRecent | Step::Recent)).then_some(Missing::Proof)
}

/// When an account must have a second factor; never for staff whose school lets them off.
pub(crate) const fn due_at(role: Role, rules: Rules, made_at: i64, set_at: Option<i64>) -> Option<i64> {
    if matches!(role, Role::Staff) && !rules.staff_must {
        return None;
    }
    match set_at {
        Some(at) => Some(at),
        None => Some(made_at + rules.grace_days * DAY),
    }
}

/// What a school has decided about second factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Whether staff must have one; everybody else must in any case.
    pub(crate) staff_must: bool,
    /// Days after an account was made within which it may be set up later.
    pub(crate) grace_days: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 100 * DAY;

    #[test]
    fn an_enrolled_account_goes_nowhere_without_its_factor() {
        let half = Proof { enrolled: true, due_at: None, proved_at: NOW, factor_at: None };
        assert_eq!(missing(Step::First, &half, NOW), None);
        for step in [Step::Own, Step::OwnRecent, Step::Full, Step::Recent] {
            assert_eq!(missing(step, &half, NOW), Some(Missing::Proof), "{step:?}");
        }
        let whole = Proof { factor_at: Some(NOW - RECENT), ..half };
        for step in [Step::Own, Step::OwnRecent, Step::Full, Step::Recent] {
            assert_eq!(missing(step, &whole, NOW), None, "{step:?}");
        }
        // A password typed again does not make an old second factor young.
        assert_eq!(missing(Step::Full, &whole, NOW + 1), None);
        assert_eq!(missing(Step::Recent, &Proof { proved_at: NOW, ..whole }, NOW + 1), Some(Missing::Proof));
    }

    #[test]
    fn after_the_grace_only_the_way_to_a_factor_is_open() {
        let bare = Proof { enrolled: false, due_at: Some(NOW), proved_at: NOW, factor_at: None };
        assert_eq!(missing(Step::Full, &bare, NOW - 1), None);
        assert_eq!(missing(Step::Full, &bare, NOW), Some(Missing::Factor));
        assert_eq!(missing(Step::Recent, &bare, NOW), Some(Missing::Factor));
        assert_eq!(missing(Step::OwnRecent, &bare, NOW), None);
        assert_eq!(missing(Step::OwnRecent, &bare, NOW + RECENT + 1), Some(Missing::Proof));
        assert_eq!(missing(Step::Full, &Proof { due_at: None, ..bare }, NOW * 2), None, "let off");
    }

    #[test]
    fn only_staff_can_be_let_off() {
        let eased = Rules { staff_must: false, grace_days: 7 };
        assert_eq!(due_at(Role::Staff, eased, 0, Some(5)), None);
        assert_eq!(due_at(Role::Dsl, eased, 0, None), Some(7 * DAY));
        assert_eq!(due_at(Role::ItAdmin, eased, 0, None), Some(7 * DAY));
        assert_eq!(due_at(Role::Dsl, eased, 0, Some(5)), Some(5), "recovery leaves no grace");
    }
}
