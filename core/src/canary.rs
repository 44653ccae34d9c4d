//! The daily test: made-up addresses and a made-up sentence that every device puts through its own engine. What is done with
//! them, and what counts as proof, is `extension::canary`'s and the relay's business; they are of [`Category::Canary`], which
//! has no setting and tells nobody.
//!
//! [`Category::Canary`]: crate::Category::Canary

/// Stopped by the lists that are built in.
pub const HOST: &str = "canary.lapwing.test";
/// Stopped by every pack of published lists, and by nothing else: whoever builds a pack puts it in.
pub const PACK_HOST: &str = "pack-canary.lapwing.test";
/// Stopped as unlawful content would be.
pub const UNLAWFUL_HOST: &str = "illegal.lapwing.test";
/// Found in what is typed.
pub const SENTENCE: &str = "Lapwing daily test: marmalade lighthouse borrows eleven umbrellas";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Action, Audience, Category, Engine, Frame, Lists, Policy, Severity, Surface, Typed, Visit,
        site_action_choices,
    };

    fn engine(policy: Policy) -> Engine {
        Engine::new(Lists::starter().unwrap(), policy).unwrap()
    }

    #[test]
    fn the_address_is_stopped_for_everybody_and_nobody_is_told() {
        for audience in [Audience::Year(0), Audience::Year(13), Audience::Unspecified, Audience::Staff] {
            let mut policy = Policy::school_default(audience);
            policy.set_alert_from(Severity::Info);
            assert!(policy.set_site_action(Category::Canary, Action::Allow).is_err());
            let engine = engine(policy);
            for frame in [Frame::Main, Frame::Sub] {
                let url = format!("https://www.{HOST}/a?q={SENTENCE}");
                let verdict = engine.check_url(&Visit { url: &url, frame }).verdict;
                assert_eq!((verdict.action, verdict.alert), (Action::Block, false), "{audience:?} {frame:?}");
            }
            let other =
                engine.check_url(&Visit { url: &format!("https://{PACK_HOST}/"), frame: Frame::Main });
            assert_eq!(other.verdict.action, Action::Allow, "that a pack is in force must be seen");
            let typed = Typed { text: SENTENCE, surface: Surface::Chat, url: "https://chat.example/" };
            let found = engine.check_text(&typed);
            assert_eq!(found.iter().map(|found| found.category).collect::<Vec<_>>(), [Category::Canary]);
            let verdict = engine.weigh(&found);
            assert_eq!((verdict.action, verdict.alert), (Action::Allow, false));
        }
        assert!(site_action_choices(Category::Canary).is_empty());
    }

    #[test]
    fn what_is_found_beside_it_is_told_all_the_same() {
        let engine = engine(Policy::school_default(Audience::Year(9)));
        let text = format!("{SENTENCE}. i want to kill myself tonight");
        let found =
            engine.check_text(&Typed { text: &text, surface: Surface::Chat, url: "https://chat.example/" });
        assert!(engine.weigh(&found).alert && found.iter().any(|found| found.category == Category::Canary));
    }

    #[test]
    fn unlawful_content_is_stopped_and_told() {
        let engine = engine(Policy::school_default(Audience::Staff));
        let url = format!("https://{UNLAWFUL_HOST}/");
        let verdict = engine.check_url(&Visit { url: &url, frame: Frame::Main }).verdict;
        assert_eq!((verdict.action, verdict.alert), (Action::Block, true));
    }
}
