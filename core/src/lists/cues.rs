//! Reads the cues that change how a match is read.

use crate::lists::model::{Cue, Effect, Place};
use crate::lists::source::Compiler;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContextFile {
    reviewed: Option<String>,
    #[serde(default)]
    cue: Vec<RawCue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCue {
    #[serde(default)]
    id: String,
    effect: Option<String>,
    place: Option<String>,
    #[serde(default)]
    note_only: Vec<String>,
    #[serde(default)]
    any: Vec<String>,
    #[serde(default)]
    why: String,
}

/// The cues of all categories.
pub(crate) fn context_file(compiler: &mut Compiler, file: &str, text: &str) {
    let Some(raw) = compiler.read::<ContextFile>(file, text) else { return };
    compiler.provenance(file, "", Some("editorial"), raw.reviewed.as_deref());
    for cue in &raw.cue {
        let id = cue.id.as_str();
        let effect = match cue.effect.as_deref() {
            Some("lower") => Effect::Lower,
            Some("note") => Effect::Note,
            _ => {
                compiler.problem(file, id, "effect", "must be lower or note");
                continue;
            }
        };
        let place = match cue.place.as_deref() {
            None | Some("sentence") => Place::Sentence,
            Some("before") => Place::Before,
            Some(_) => {
                compiler.problem(file, id, "place", "must be sentence or before");
                continue;
            }
        };
        if id.is_empty() || cue.any.is_empty() || cue.why.trim().is_empty() {
            compiler.problem(file, id, "", "needs an id, at least one phrase in “any”, and a “why”");
        }
        let note_only = cue
            .note_only
            .iter()
            .filter_map(|word| compiler.word(file, id, "note_only", Some(word)))
            .collect();
        let any = compiler.phrases(file, id, "any", &cue.any);
        let why = cue.why.trim().to_owned();
        compiler.out.cues.push(Cue { id: id.to_owned(), effect, place, note_only, any, why });
    }
}
