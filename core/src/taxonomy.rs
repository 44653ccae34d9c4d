//! The words that Lapwing sorts by: category, severity, stage, surface and action.
//!
//! Everything that is listed, reported, stored or drawn uses these types, so a category is spelled one way from a
//! phrase file to a governor's report. No list and no threshold lives here: those are in `lists/` and `policy`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Declares an enum whose variants have one stable name (as stored and sent), and one plain label (as shown).
macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident { $( $(#[$vmeta:meta])* $variant:ident = $text:literal, $label:literal; )+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum $name { $( $(#[$vmeta])* #[serde(rename = $text)] $variant, )+ }

        impl $name {
            /// Every value, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name: stored in the database, sent on the wire, written in list files.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// Plain words for a person.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|v| v.as_str() == text).ok_or_else(|| UnknownWord {
                    kind: stringify!($name),
                    word: text.chars().take(40).collect(),
                    known: Self::ALL.iter().map(|v| v.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}

/// A word that is not part of the taxonomy, with the words that are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{word}” is not a {kind}; use one of: {known}")]
pub struct UnknownWord {
    kind: &'static str,
    word: String,
    known: String,
}

vocabulary! {
    /// What a text or a site is about. The first group applies to text and to sites, the second to sites alone.
    Category {
        /// Thoughts, plans or means of suicide.
        Suicide = "suicide", "suicide";
        /// Hurting oneself without the aim of dying.
        SelfHarm = "self_harm", "self-harm";
        /// Restricting, purging, and their promotion.
        EatingDisorder = "eating_disorder", "eating disorders";
        /// Hopelessness, panic, grief, without a stated risk.
        Distress = "distress", "distress";
        /// Repeated cruelty, exclusion, threats between children.
        Bullying = "bullying", "bullying";
        /// Hostility to people for a protected characteristic (Equality Act 2010).
        Hate = "hate", "hate and discrimination";
        /// Pornography and explicit sexual talk.
        SexualContent = "sexual_content", "sexual content";
        /// An adult, or somebody posing as a child, working towards abuse.
        Grooming = "grooming", "grooming";
        /// Nude or semi-nude pictures asked for, sent, or used as a threat.
        Nudes = "nudes", "sharing of nudes";
        /// Physical, emotional or sexual abuse, and neglect (KCSIE part one).
        AbuseNeglect = "abuse_neglect", "abuse or neglect";
        /// So-called honour-based abuse, forced marriage, female genital mutilation.
        HonourAbuse = "honour_abuse", "so-called honour-based abuse";
        /// Violence planned, threatened or praised; weapons.
        ViolenceWeapons = "violence_weapons", "violence or weapons";
        /// Support for terrorism or violent extremism (Prevent duty).
        Radicalisation = "radicalisation", "radicalisation";
        /// Drugs, alcohol, vaping and tobacco.
        DrugsAlcohol = "drugs_alcohol", "drugs or alcohol";
        /// County lines and other criminal or sexual exploitation for gain.
        CriminalExploitation = "criminal_exploitation", "criminal exploitation";
        /// Betting, casinos, loot boxes.
        Gambling = "gambling", "gambling";
        /// Ways around filtering and monitoring.
        Bypass = "bypass", "getting around the school’s protection";
        /// Plans to run away, or being missing.
        RunningAway = "running_away", "running away";
        /// Swearing with no other sign of harm.
        Profanity = "profanity", "swearing";
        /// Unlawful content: the slots for the IWF and CTIRU lists. It has no off switch.
        Illegal = "illegal", "unlawful content";
        /// Malware, phishing and scams.
        Malware = "malware", "harmful software or fraud";
        /// Copyright infringement.
        Piracy = "piracy", "pirated films, games or music";
        /// Dating services.
        Dating = "dating", "dating";
        /// Chat with strangers who cannot be identified.
        AnonymousChat = "anonymous_chat", "anonymous chat with strangers";
        /// Social networks.
        Social = "social", "social media";
        /// Games.
        Games = "games", "games";
        /// Film, television and music streaming.
        Streaming = "streaming", "streaming";
        /// Shops and auctions.
        Shopping = "shopping", "shopping";
        /// Conversational AI.
        AiChat = "ai_chat", "AI chat";
        /// Search without a safe mode.
        SearchUnsafe = "search_unsafe", "search without a safe mode";
        /// Proxies, VPNs and DNS-over-HTTPS services.
        ProxyVpn = "proxy_vpn", "proxies and VPNs";
        /// The made-up address and sentence of the daily test, and nothing else. Always stopped, never told to anybody.
        Canary = "canary", "Lapwing’s daily test";
    }
}

impl Category {
    /// Whether phrase rules may use this category. Sites may use every category.
    #[must_use]
    pub const fn is_text(self) -> bool {
        (self as u8) <= (Self::Profanity as u8) || matches!(self, Self::Canary)
    }

    /// Whether it is about anything that a child may meet or write; the daily test is not.
    #[must_use]
    pub const fn is_real(self) -> bool {
        !matches!(self, Self::Canary)
    }

    /// Whether staff may announce a lesson about this category, which lowers what is found of it. Unlawful content is no
    /// lesson, nor is what concerns sites alone; and where a child would write about what happens at home (abuse, running
    /// away), a lesson is when they may tell, so nothing of it is lowered.
    #[must_use]
    pub const fn is_taught(self) -> bool {
        use Category::{AbuseNeglect, Bypass, Canary, HonourAbuse, Profanity, RunningAway};
        self.is_text()
            && !matches!(self, AbuseNeglect | HonourAbuse | RunningAway | Bypass | Profanity | Canary)
    }

    /// Whether a pupil who meets this category is shown help before anything else.
    #[must_use]
    pub const fn needs_support(self) -> bool {
        matches!(self, Self::Suicide | Self::SelfHarm | Self::EatingDisorder | Self::Distress)
    }
}

vocabulary! {
    /// How soon a person must look. Ordered: `Info < Low < Medium < High < Critical`.
    Severity {
        /// Worth counting, not worth reading.
        Info = "info", "for information";
        /// Read when there is time.
        Low = "low", "low";
        /// Read this week.
        Medium = "medium", "medium";
        /// Read today.
        High = "high", "high";
        /// Read now.
        Critical = "critical", "critical";
    }
}

vocabulary! {
    /// Where a pupil stands, for suicide and self-harm. `Active` is never muted or batched; `HelpSeeking` is never
    /// misconduct.
    Stage {
        /// Reading about the subject.
        Research = "research", "reading about it";
        /// Looking for help, for oneself or a friend.
        HelpSeeking = "help_seeking", "looking for help";
        /// Thoughts of it.
        Ideation = "ideation", "thoughts of it";
        /// Means, time, place, or a goodbye.
        Active = "active", "possible immediate danger";
    }
}

vocabulary! {
    /// Where a text was written.
    Surface {
        /// A search box, or the words of a search address.
        Search = "search", "a search";
        /// A message, post or comment to people.
        Chat = "chat", "a message or post";
        /// A prompt to a conversational AI.
        Ai = "ai", "an AI chat";
        /// Longer writing: an essay, a document, a form.
        Document = "document", "a document or form";
    }
}

vocabulary! {
    /// What happens, mildest first. A stronger action includes the weaker ones' record-keeping.
    Action {
        /// Nothing.
        Allow = "allow", "allowed";
        /// Allowed, and counted.
        Note = "note", "noted";
        /// The pupil is asked to think, and may go on.
        Warn = "warn", "warned";
        /// Not opened.
        Block = "block", "blocked";
        /// Not opened; help is shown instead.
        Support = "support", "shown help";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_text_and_json() {
        for category in Category::ALL {
            assert_eq!(category.as_str().parse::<Category>().as_ref(), Ok(category));
            assert_eq!(serde_json::to_string(category).unwrap(), format!("\"{category}\""));
        }
    }

    #[test]
    fn text_categories_are_the_nineteen_of_the_design_and_the_daily_test() {
        assert_eq!(Category::ALL.iter().filter(|c| c.is_text() && c.is_real()).count(), 19);
        assert!(Category::Canary.is_text() && !Category::Canary.is_taught());
        assert!(!Category::Illegal.is_text());
    }

    #[test]
    fn no_lesson_is_about_what_is_unlawful_or_what_a_child_may_tell_of_home() {
        let taught: Vec<_> = Category::ALL.iter().filter(|category| category.is_taught()).collect();
        assert_eq!(taught.len(), 14);
        assert!(taught.iter().all(|category| category.is_text()));
        assert!(Category::Suicide.is_taught() && Category::Gambling.is_taught());
        assert!(!Category::Illegal.is_taught() && !Category::AbuseNeglect.is_taught());
    }

    #[test]
    fn an_unknown_word_says_what_is_known() {
        let error = "suicid".parse::<Category>().unwrap_err().to_string();
        assert!(error.contains("suicid") && error.contains("self_harm"), "{error}");
    }

    #[test]
    fn severity_is_ordered() {
        assert!(Severity::Info < Severity::Low && Severity::High < Severity::Critical);
    }
}
