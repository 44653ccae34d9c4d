//! Reads the cues that change how a match is read.

use crate::lists::model::{Cue, Effect, Place};
use crate::lists::source::Compiler;
use crate::taxonomy::{Category, Surface};
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
    only: Vec<String>,
    surfaces: Option<Vec<String>>,
    #[serde(default)]
    any: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
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
            Some("quieten") => Effect::Quieten,
            Some("note") => Effect::Note,
            _ => {
                compiler.problem(file, id, "effect", "must be lower, quieten or note");
                continue;
            }
        };
        let place = match cue.place.as_deref() {
            None | Some("sentence") => Place::Sentence,
            Some("before") => Place::Before,
            Some("after") => Place::After,
            Some("quoting") => Place::Quoting,
            Some(_) => {
                compiler.problem(file, id, "place", "must be sentence, before, after or quoting");
                continue;
            }
        };
        if id.is_empty() || cue.any.is_empty() || cue.why.trim().is_empty() {
            compiler.problem(file, id, "", "needs an id, at least one phrase in “any”, and a “why”");
        }
        let categories = |compiler: &mut Compiler, field: &str, words: &[String]| -> Vec<Category> {
            words.iter().filter_map(|word| compiler.word(file, id, field, Some(word))).collect()
        };
        let note_only = categories(compiler, "note_only", &cue.note_only);
        let only = categories(compiler, "only", &cue.only);
        let surfaces = match &cue.surfaces {
            None => Surface::ALL.iter().copied().collect(),
            Some(words) => {
                words.iter().filter_map(|word| compiler.word(file, id, "surfaces", Some(word))).collect()
            }
        };
        let any = compiler.phrases(file, id, "any", &cue.any);
        let unless = compiler.phrases(file, id, "unless", &cue.unless);
        let why = cue.why.trim().to_owned();
        let id = id.to_owned();
        compiler.out.cues.push(Cue { id, effect, place, note_only, only, surfaces, any, unless, why });
    }
}
