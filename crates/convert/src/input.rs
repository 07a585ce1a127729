//! Where a conversion reads from: a file, or standard input. Every text is UTF-8; a file that is not is an error with the place of
//! its first other byte, never read with replaced letters.
#![forbid(unsafe_code)]

use crate::fault::{Fault, quote};
use crate::model::Place;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The longest source, in bytes.
const LONGEST: u64 = 1 << 30;

/// A source: its name for messages, its text, and the folder that the files it includes are looked for in.
#[derive(Clone, Debug)]
pub struct Input {
    /// As the caller named it.
    pub name: Arc<str>,
    /// What it holds, without a byte order mark.
    pub text: String,
    /// The folder of the file; `None` for standard input.
    pub folder: Option<PathBuf>,
}

impl Input {
    /// Reads a file, or standard input for `-`.
    pub fn open(path: &Path) -> Result<Input, Fault> {
        if path.as_os_str() == "-" {
            return Input::read("standard input", std::io::stdin().lock(), None);
        }
        let name = path.display().to_string();
        let file = std::fs::File::open(path).map_err(|error| Fault::file(&name, format!("cannot be read: {error}")))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Input::read(&name, file, Some(folder.to_owned()))
    }

    /// A text that is there already.
    pub fn text(name: &str, text: &str) -> Input {
        Input { name: name.into(), text: text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(), folder: None }
    }

    fn read(name: &str, from: impl Read, folder: Option<PathBuf>) -> Result<Input, Fault> {
        let mut bytes = Vec::new();
        let read = from.take(LONGEST + 1).read_to_end(&mut bytes);
        read.map_err(|error| Fault::file(name, format!("cannot be read: {error}")))?;
        if bytes.len() as u64 > LONGEST {
            return Err(Fault::file(name, "has more than 1 GiB"));
        }
        let text = String::from_utf8(bytes)
            .map_err(|error| not_utf8(name, error.as_bytes(), error.utf8_error().valid_up_to()))?;
        Ok(Input { folder, ..Input::text(name, &text) })
    }

    /// The text's lines, from 1, without their ends.
    pub fn lines(&self) -> impl Iterator<Item = (Place, &str)> {
        self.text.lines().enumerate().map(|(at, line)| (self.at(at + 1), line))
    }

    /// A place in it.
    pub fn at(&self, line: usize) -> Place {
        Place { file: self.name.clone(), line }
    }

    /// The name without folders, in small letters.
    pub fn base(&self) -> String {
        self.name.rsplit(['/', '\\']).next().unwrap_or_default().to_lowercase()
    }
}

fn not_utf8(name: &str, bytes: &[u8], at: usize) -> Fault {
    let before = bytes.get(..at).unwrap_or_default();
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
    let column = String::from_utf8_lossy(before.get(start..).unwrap_or_default()).chars().count() + 1;
    let found = bytes.get(at).map_or(String::new(), |byte| quote(&format!("\\x{byte:02x}")));
    let message = format!("the byte {found} is not UTF-8; convert the file first, for example with `iconv -t utf-8`");
    Fault { file: name.to_owned(), line, column, message }
}
