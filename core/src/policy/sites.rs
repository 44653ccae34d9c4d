//! What happens at each kind of site unless the school says otherwise, and what a school may choose.

use super::Audience;
use crate::taxonomy::{Action, Category, Severity};

/// The default for one category of site.
#[derive(Debug, Clone, Copy)]
pub struct SiteDefault {
    /// What the site is about.
    pub category: Category,
    /// For pupils up to Year 8.
    pub younger: Action,
    /// For pupils from Year 9, and where the year is not known.
    pub older: Action,
    /// For staff.
    pub staff: Action,
    /// How grave a visit is, when the action is anything but `Allow`.
    pub severity: Severity,
}

impl SiteDefault {
    /// The action for whoever uses the browser.
    #[must_use]
    pub const fn action(&self, audience: Audience) -> Action {
        match audience {
            Audience::Year(0..=8) => self.younger,
            Audience::Year(_) | Audience::Unspecified => self.older,
            Audience::Staff => self.staff,
        }
    }
}

const fn row(
    category: Category,
    younger: Action,
    older: Action,
    staff: Action,
    severity: Severity,
) -> SiteDefault {
    SiteDefault { category, younger, older, staff, severity }
}

/// One row for each category. Staff meet only what no workplace allows.
pub const SITE_DEFAULTS: &[SiteDefault] = {
    use Action::{Allow, Block, Note, Support, Warn};
    use Category as C;
    use Severity::{Critical, High, Info, Low, Medium};
    &[
        row(C::Suicide, Support, Support, Allow, High),
        row(C::SelfHarm, Support, Support, Allow, High),
        row(C::EatingDisorder, Support, Support, Allow, High),
        row(C::Distress, Note, Note, Allow, Low),
        row(C::Bullying, Note, Note, Allow, Low),
        row(C::Hate, Block, Block, Allow, Medium),
        row(C::SexualContent, Block, Block, Block, Medium),
        row(C::Grooming, Block, Block, Allow, High),
        row(C::Nudes, Block, Block, Allow, High),
        row(C::AbuseNeglect, Note, Note, Allow, Medium),
        row(C::HonourAbuse, Note, Note, Allow, Medium),
        row(C::ViolenceWeapons, Block, Block, Allow, Medium),
        row(C::Radicalisation, Block, Block, Allow, High),
        row(C::DrugsAlcohol, Block, Block, Allow, Medium),
        row(C::CriminalExploitation, Block, Block, Allow, Medium),
        row(C::Gambling, Block, Block, Allow, Medium),
        row(C::Bypass, Block, Block, Allow, Medium),
        row(C::RunningAway, Note, Note, Allow, Low),
        row(C::Profanity, Note, Note, Allow, Info),
        row(C::Illegal, Block, Block, Block, Critical),
        row(C::Malware, Block, Block, Block, Low),
        row(C::Piracy, Block, Block, Allow, Low),
        row(C::Dating, Block, Block, Allow, Medium),
        row(C::AnonymousChat, Block, Block, Allow, Medium),
        row(C::Social, Block, Note, Allow, Info),
        row(C::Games, Note, Note, Allow, Info),
        row(C::Streaming, Allow, Allow, Allow, Info),
        row(C::Shopping, Allow, Allow, Allow, Info),
        row(C::AiChat, Note, Note, Allow, Info),
        row(C::SearchUnsafe, Warn, Warn, Allow, Low),
        row(C::ProxyVpn, Block, Block, Allow, Medium),
        row(C::Canary, Block, Block, Block, Info),
    ]
};

/// The row of a category. The table is in the order of [`Category::ALL`], which a test holds it to.
pub(super) fn default_for(category: Category) -> &'static SiteDefault {
    &SITE_DEFAULTS[category as usize]
}

/// What a school may choose for a kind of site, mildest first. Nothing for unlawful content, nor for the daily test, which
/// would prove nothing if it could be opened; for suicide, self-harm
/// and eating disorders a school may choose between two ways of not opening the site, and no way of opening it.
#[must_use]
pub const fn site_action_choices(category: Category) -> &'static [Action] {
    match category {
        Category::Illegal | Category::Canary => &[],
        Category::Suicide | Category::SelfHarm | Category::EatingDisorder => {
            &[Action::Block, Action::Support]
        }
        _ => &[Action::Allow, Action::Note, Action::Warn, Action::Block],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_its_row_in_order() {
        let rows: Vec<Category> = SITE_DEFAULTS.iter().map(|row| row.category).collect();
        assert_eq!(rows, Category::ALL);
    }

    #[test]
    fn unlawful_content_is_blocked_for_everybody_at_the_highest_severity() {
        let row = default_for(Category::Illegal);
        for audience in [Audience::Year(0), Audience::Year(13), Audience::Unspecified, Audience::Staff] {
            assert_eq!(row.action(audience), Action::Block);
        }
        assert_eq!(row.severity, Severity::Critical);
    }

    #[test]
    fn social_media_are_blocked_to_year_8_and_noted_after() {
        let row = default_for(Category::Social);
        assert_eq!(row.action(Audience::Year(8)), Action::Block);
        assert_eq!(row.action(Audience::Year(9)), Action::Note);
        assert_eq!(row.action(Audience::Staff), Action::Allow);
    }

    #[test]
    fn every_default_for_pupils_is_one_that_a_school_could_have_chosen() {
        for row in SITE_DEFAULTS.iter().filter(|row| !site_action_choices(row.category).is_empty()) {
            assert!(site_action_choices(row.category).contains(&row.older), "{}", row.category);
            assert!(site_action_choices(row.category).contains(&row.younger), "{}", row.category);
        }
    }
}
