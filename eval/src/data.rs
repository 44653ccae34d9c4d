//! The labelled texts: gzip files of one JSON object a line, in a folder that the caller names.
//!
//! Some sets may be used for rates alone: their licences forbid learning from them, so nobody looks at what in them was
//! missed or flagged. [`Data::may_be_shown`] is where that is decided.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::read::GzDecoder;
use serde::Deserialize;

/// Sets whose texts are never shown, not even in part.
const RATES_ONLY: [&str; 5] =
    ["b-msmarco", "b-ellipse-sent", "b-ellipse-essay", "b-dailydialog", "b-sms-ham"];

/// One labelled text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Row {
    /// Its number in its source.
    pub id: u64,
    /// As written.
    pub text: String,
    /// 1 for harmful, 0 for not.
    pub y: u8,
    /// The source's own label.
    #[serde(rename = "cat")]
    pub label: String,
}

/// The folder.
#[derive(Debug, Clone)]
pub struct Data {
    folder: PathBuf,
}

impl Data {
    /// Looks whether the folder is there.
    ///
    /// # Errors
    /// When it is not, with what to do.
    pub fn open(folder: &Path) -> Result<Self> {
        if !folder.is_dir() {
            bail!(
                "there are no labelled texts at {}: they are not part of this repository. Name the folder that holds \
                 hatecheck.jsonl.gz and the others with --data DIR",
                folder.display()
            );
        }
        Ok(Self { folder: folder.to_path_buf() })
    }

    /// Reads one set.
    ///
    /// # Errors
    /// When its file is missing, damaged, or holds something else; the message names file and line.
    pub fn read(&self, set: &str) -> Result<Vec<Row>> {
        let path = self.folder.join(format!("{set}.jsonl.gz"));
        let file =
            File::open(&path).with_context(|| format!("the set {set} is not at {}", path.display()))?;
        let mut rows = Vec::new();
        for (index, line) in BufReader::new(GzDecoder::new(file)).lines().enumerate() {
            let line = line.with_context(|| format!("{} is damaged", path.display()))?;
            let row = serde_json::from_str(&line).with_context(|| {
                format!("{}, line {}: no object with id, text, y and cat", path.display(), index + 1)
            })?;
            rows.push(row);
        }
        if rows.is_empty() {
            bail!("{} holds no text", path.display());
        }
        Ok(rows)
    }

    /// Whether a few words of this set's texts may be shown to whoever mends the rules.
    #[must_use]
    pub fn may_be_shown(set: &str) -> bool {
        !RATES_ONLY.contains(&set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn folder_with(lines: &str) -> (tempfile::TempDir, Data) {
        let folder = tempfile::tempdir().unwrap();
        let file = File::create(folder.path().join("made-up.jsonl.gz")).unwrap();
        let mut writer = GzEncoder::new(file, Compression::fast());
        writer.write_all(lines.as_bytes()).unwrap();
        writer.finish().unwrap();
        let data = Data::open(folder.path()).unwrap();
        (folder, data)
    }

    #[test]
    fn a_set_is_read() {
        let (_folder, data) = folder_with("{\"id\": 2, \"text\": \"see you\", \"y\": 0, \"cat\": \"oos\"}\n");
        let row = Row { id: 2, text: "see you".into(), y: 0, label: "oos".into() };
        assert_eq!(data.read("made-up").unwrap(), [row]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let missing = Data::open(Path::new("no-such-folder")).unwrap_err().to_string();
        assert!(missing.contains("--data"), "{missing}");
        let (_folder, data) =
            folder_with("{\"id\": 2, \"text\": \"a\", \"y\": 0, \"cat\": \"\"}\n{\"id\": 3}\n");
        let broken = data.read("made-up").unwrap_err().to_string();
        assert!(broken.contains("line 2"), "{broken}");
        assert!(data.read("absent").unwrap_err().to_string().contains("absent"));
    }
}
