use super::*;
use crate::answer::{Finding, Frame, Verdict};
use crate::taxonomy::{Stage, Surface};
use crate::wire::Excerpt;

fn finding(category: Category, severity: Severity, stage: Option<Stage>, surface: Surface) -> Finding {
    Finding {
        category,
        severity,
        stage,
        surface,
        rule: "r".into(),
        why: "w".into(),
        span: 0..1,
        excerpt: Excerpt { text: "x".into(), marks: vec![(0, 1)] },
        context: Vec::new(),
    }
}

fn year_9() -> Policy {
    Policy::school_default(Audience::Year(9))
}

#[test]
fn typing_is_noted_or_alerted_and_never_blocked() {
    for category in Category::ALL.iter().filter(|category| category.is_text() && category.is_real()) {
        for severity in Severity::ALL {
            for surface in [Surface::Chat, Surface::Ai, Surface::Document] {
                let verdict = year_9().weigh(&[finding(*category, *severity, None, surface)]);
                assert!(verdict.action <= Action::Note);
                assert_eq!(verdict.alert, *severity >= Severity::Medium);
            }
        }
    }
    assert_eq!(year_9().weigh(&[]), Verdict::nothing());
}

#[test]
fn a_threshold_never_hides_what_is_critical_or_active() {
    let mut policy = year_9();
    policy.set_alert_from(Severity::Critical);
    assert_eq!(policy.alert_from(), Severity::High);
    let alerts =
        |severity, stage| policy.weigh(&[finding(Category::Suicide, severity, stage, Surface::Chat)]).alert;
    assert!(alerts(Severity::Critical, None));
    assert!(alerts(Severity::Low, Some(Stage::Active)));
    assert!(!alerts(Severity::Medium, Some(Stage::Ideation)));
}

#[test]
fn searches_are_answered_with_help_or_stopped() {
    let action = |category, severity, stage| {
        year_9().weigh(&[finding(category, severity, stage, Surface::Search)]).action
    };
    assert_eq!(action(Category::Suicide, Severity::Medium, None), Action::Support);
    assert_eq!(action(Category::EatingDisorder, Severity::High, None), Action::Support);
    assert_eq!(action(Category::SelfHarm, Severity::Low, None), Action::Note);
    assert_eq!(action(Category::ViolenceWeapons, Severity::High, None), Action::Block);
    assert_eq!(action(Category::SexualContent, Severity::Medium, None), Action::Warn);
    assert_eq!(action(Category::Hate, Severity::High, None), Action::Note);
    assert_eq!(action(Category::Profanity, Severity::Info, None), Action::Allow);
}

#[test]
fn help_seeking_is_never_blocked() {
    for category in Category::ALL.iter().filter(|category| category.is_text()) {
        for severity in Severity::ALL {
            let found = finding(*category, *severity, Some(Stage::HelpSeeking), Surface::Search);
            assert!(!matches!(year_9().weigh(&[found]).action, Action::Block | Action::Warn), "{category}");
        }
    }
}

#[test]
fn categories_are_named_once_gravest_first() {
    let found = [
        finding(Category::Hate, Severity::Low, None, Surface::Chat),
        finding(Category::Suicide, Severity::High, None, Surface::Chat),
        finding(Category::Hate, Severity::Medium, None, Surface::Chat),
    ];
    let verdict = year_9().weigh(&found);
    assert_eq!(verdict.categories, [Category::Suicide, Category::Hate]);
    assert_eq!(verdict.severity, Severity::High);
}

#[test]
fn a_frame_is_blocked_but_only_unlawful_content_in_it_alerts() {
    let policy = year_9();
    let weigh = |category, frame| {
        let verdict = policy.weigh_site(&[category], frame);
        (verdict.action, verdict.alert)
    };
    assert_eq!(weigh(Category::Gambling, Frame::Main), (Action::Block, true));
    assert_eq!(weigh(Category::Gambling, Frame::Sub), (Action::Block, false));
    assert_eq!(weigh(Category::Suicide, Frame::Main), (Action::Support, true));
    assert_eq!(weigh(Category::Suicide, Frame::Sub), (Action::Block, false));
    assert_eq!(weigh(Category::SearchUnsafe, Frame::Sub), (Action::Note, false));
    assert_eq!(weigh(Category::Illegal, Frame::Sub), (Action::Block, true));
    assert_eq!(weigh(Category::Shopping, Frame::Main), (Action::Allow, false));
    assert_eq!(weigh(Category::Social, Frame::Main), (Action::Note, false));
}

#[test]
fn a_school_may_choose_what_is_offered_and_nothing_else() {
    let mut policy = year_9();
    assert_eq!(policy.set_site_action(Category::Games, Action::Block), Ok(()));
    assert_eq!(policy.site_action(Category::Games), Action::Block);
    for action in Action::ALL {
        assert!(policy.set_site_action(Category::Illegal, *action).is_err());
    }
    for category in [Category::Suicide, Category::SelfHarm, Category::EatingDisorder] {
        let problem = policy.set_site_action(category, Action::Allow).unwrap_err();
        assert!(problem.contains("block, support"), "{problem}");
        assert_eq!(policy.set_site_action(category, Action::Block), Ok(()));
    }
    assert_eq!(policy.site_action(Category::Illegal), Action::Block);
}

#[test]
fn the_version_tells_choices_apart_and_not_their_order() {
    let entry = |line| Entry::parse(line).unwrap();
    let with = |change: &dyn Fn(&mut Policy)| {
        let mut policy = year_9();
        change(&mut policy);
        policy.version()
    };
    let plain = year_9().version();
    assert_eq!(plain, with(&|_| {}));
    let versions = [
        plain,
        Policy::school_default(Audience::Year(8)).version(),
        with(&|p| p.set_alert_from(Severity::High)),
        with(&|p| p.set_site_action(Category::Games, Action::Block).unwrap()),
        with(&|p| p.allowed_sites = vec![entry("a.example")]),
        with(&|p| p.blocked_sites = vec![entry("a.example")]),
        with(&|p| p.never_read_sites = vec![entry("a.example")]),
        with(&|p| p.safe_search = false),
        with(&|p| p.youtube = YouTube::Moderate),
    ];
    let distinct: std::collections::BTreeSet<_> = versions.iter().collect();
    assert_eq!(distinct.len(), versions.len());
    assert_eq!(
        with(&|p| p.allowed_sites = vec![entry("a.example"), entry("b.example")]),
        with(&|p| p.allowed_sites = vec![entry("b.example"), entry("a.example")]),
    );
}
