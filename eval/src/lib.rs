//! How good is detection? Recall, false alarms, fairness and disguises, against labelled texts.
//!
//! The texts stay where they are: in a folder outside the repository, read when a measurement runs and never copied,
//! because many were written by people in distress and most licences ask for it. Start reading at [`Report`], which says
//! what is measured; [`labels`] says what counts as found, [`targets`] what is good enough.

mod alarms;
mod answer;
mod bias;
mod cases;
mod data;
mod disguise;
mod functions;
pub mod labels;
mod lists;
mod markdown;
mod rate;
mod recall;
mod report;
mod retention;
mod show;
pub mod targets;
mod texts;
mod worst;

pub use alarms::{FileAlarms, Suite};
pub use answer::{Answer, Categories, Panel, surface_of};
pub use bias::{Bias, TermRate};
pub use cases::{Case, read_cases};
pub use data::{Data, Row};
pub use disguise::{Disguise, Random};
pub use functions::{Discrimination, Function};
pub use lists::read_lists;
pub use markdown::{markdown, target_table};
pub use rate::Rate;
pub use recall::{Control, GroupMean, Recall};
pub use report::{Part, Report, measure};
pub use retention::Retention;
pub use show::show;
pub use texts::{Mixed, mixed};
pub use worst::Worst;
