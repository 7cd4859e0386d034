//! Tokens to tree, with nom over a `Copy` position among tokens. One module a construct; each is a table of
//! keywords with the parser of what follows, so that the words of the language stand in one place.

mod assertion;
mod atom;
mod body;
mod device;
mod failure;
mod file;
mod input;
mod point;
mod policy;
mod service;
mod set;
mod synonym;
mod value;
mod zone;

pub use body::is_statement_keyword;

use super::Problems;
use super::lexer::Tokens;
use super::tree::Item;
use crate::source::FileId;

/// The statements of a file, where statements of any depth start, and what is wrong.
pub fn parse(file: FileId, tokens: &Tokens<'_>) -> (Vec<Item>, Vec<u32>, Problems) {
    let record = input::Record::default();
    let items = body::whole_file(&file::FILE, input::Input::new(file, tokens, &record));
    (items, record.starts.into_inner(), record.problems.into_inner())
}

/// Every word that means something to the parser somewhere, sorted: for the test that holds the grammar
/// against it, and for editors.
pub fn keywords() -> Vec<&'static str> {
    let mut words: Vec<&str> = body::bodies()
        .into_iter()
        .flat_map(|(_, keywords)| keywords)
        .chain(atom::INNER_KEYWORDS.iter().copied())
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}
