//! A lesson that staff have announced, as devices hear of it: about what, for whom, until when. What it changes is the
//! engine's business; that it ends is the device's own, by its clock, since the relay may be away by then.

use crate::taxonomy::Category;
use serde::{Deserialize, Deserializer, Serialize};

/// A lesson that staff have announced. Findings about its topics are lowered by one step, never what is critical and
/// never signs of immediate danger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Lesson {
    /// What it is about. A topic that the device does not know yet is left out.
    #[serde(deserialize_with = "known_topics")]
    pub topics: Vec<Category>,
    /// The year groups that it is for: 0 is Reception, 13 the last year of sixth form. Empty means every year.
    pub years: Vec<u8>,
    /// When it ends, milliseconds since 1970. Never more than 24 hours ahead.
    pub until: i64,
}

/// A newer relay may know topics that an older extension does not: the others still hold.
fn known_topics<'de, D: Deserializer<'de>>(read: D) -> Result<Vec<Category>, D::Error> {
    let names = Vec::<String>::deserialize(read)?;
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::SchoolConfig;

    #[test]
    fn a_topic_of_a_later_version_is_left_out() {
        let lesson: Lesson =
            serde_json::from_str(r#"{"topics":["suicide","of_2031","hate"],"years":[9],"until":5}"#).unwrap();
        let expected = Lesson { topics: vec![Category::Suicide, Category::Hate], years: vec![9], until: 5 };
        assert_eq!(lesson, expected);
        let again = serde_json::to_string(&lesson).unwrap();
        assert_eq!(again, r#"{"topics":["suicide","hate"],"years":[9],"until":5}"#);
    }

    #[test]
    fn a_relay_of_before_lessons_announces_none() {
        let school: SchoolConfig =
            serde_json::from_str(r#"{"school":"Elm School","adults":[],"hours":""}"#).unwrap();
        assert!(school.lessons.is_empty());
    }
}
