//! What can be wrong with lists, said so that the person who wrote them can put it right.

use std::fmt;

/// One thing that is wrong in a list file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as it was named to the compiler.
    pub file: String,
    /// The rule's id, or the group's name; empty when it is about the file.
    pub rule: String,
    /// The field; empty when it is about the rule as a whole.
    pub field: String,
    /// What is wrong, and what to do.
    pub detail: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        if !self.rule.is_empty() {
            write!(f, "rule “{}”: ", self.rule)?;
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.detail)
    }
}

/// Why lists cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListsError {
    /// List files have mistakes: all of them, in the order of the files.
    Source(Vec<Problem>),
    /// Compiled lists cannot be read or written.
    Damaged(String),
}

impl fmt::Display for ListsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(problems) => {
                write!(f, "the lists have {} problem(s):", problems.len())?;
                problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
            Self::Damaged(detail) => {
                write!(f, "the compiled lists cannot be used ({detail}); build them again from their sources")
            }
        }
    }
}

impl std::error::Error for ListsError {}
