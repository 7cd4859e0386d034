//! The canonical layout: four spaces, one statement a line, comments and single blank lines kept.
//!
//! Works on tokens and comments, with the places where the parser saw statements start. It writes the
//! same tokens in the same order with other space between (`;` aside), so it cannot change what a
//! policy means. Nothing is aligned: a new statement then changes no line but its own.

mod outline;
mod writer;

use super::{MAX_FILE_BYTES, Parsed};
use outline::Reader;

/// The text in canonical layout; nothing where `parsed`, which must be of this text, has errors.
pub fn format(text: &str, parsed: &Parsed) -> Option<String> {
    if parsed.has_errors() || text.len() > MAX_FILE_BYTES {
        return None;
    }
    let lexed = super::lexer::lex(crate::source::FileId(0), text);
    let elements = Reader::new(text, &lexed, &parsed.starts).elements();
    Some(writer::write(&elements))
}
