//! The language as text: tokens, tree, formatter. Knows nothing of what names mean.
//!
//! [`parse`] never fails: it gives a tree, with what could not be read left out or marked, and the
//! diagnostics that say why. The spelling of the language is `grammar/septum.ebnf`; a test holds it
//! against this parser.

mod format;
pub mod lexer;
mod lookalike;
mod parser;
mod spelling;
pub mod tree;

use crate::diagnostic::{Diagnostic, Severity, in_reading_order};
use crate::source::{FileId, Span};

pub use format::format;
pub use parser::keywords;
pub use spelling::spelled;

/// How many diagnostics one file gives at most; a last note counts the others.
pub const MAX_DIAGNOSTICS: usize = 100;

/// How large a file may be, in bytes. Tokens take up to twelve times the space of their text.
pub const MAX_FILE_BYTES: usize = 16 << 20;

/// A file that has been read.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// What was understood.
    pub tree: tree::File,
    /// What was not, in reading order.
    pub diagnostics: Vec<Diagnostic>,
    /// Where statements start, in order: what the formatter needs beside the tokens.
    starts: Vec<u32>,
}

impl Parsed {
    /// Whether the text is wrong somewhere, so that the tree does not hold all of it.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}

/// Reads a file.
pub fn parse(file: FileId, text: &str) -> Parsed {
    if text.len() > MAX_FILE_BYTES {
        return Parsed {
            tree: tree::File::default(),
            diagnostics: vec![
                Diagnostic::error(
                    "syntax",
                    Span::new(file, 0, 0),
                    "the file is too large to be read",
                )
                .note(
                    "size",
                    format!("{} bytes, the limit is {MAX_FILE_BYTES}", text.len()),
                )
                .help("split the policy into several files"),
            ],
            starts: Vec::new(),
        };
    }
    let lexed = lexer::lex(file, text);
    let (items, starts, problems) = parser::parse(file, &lexed.tokens);
    let total = lexed.problems.total() + problems.total();
    let mut diagnostics = lexed.problems.into_kept();
    diagnostics.extend(problems.into_kept());
    let mut diagnostics = in_reading_order(diagnostics);
    diagnostics.truncate(MAX_DIAGNOSTICS);
    if total > MAX_DIAGNOSTICS {
        diagnostics.push(Diagnostic::new(
            Severity::Note,
            "syntax",
            format!("{} more syntax errors are not shown", total - MAX_DIAGNOSTICS),
        ));
    }
    Parsed {
        tree: tree::File {
            items,
            comments: lexed.comments,
        },
        diagnostics,
        starts,
    }
}

/// The first problems of a pass, and how many there were: a file of nothing but errors must not fill
/// the memory with their messages.
#[derive(Clone, Debug, Default)]
pub struct Problems {
    kept: Vec<Diagnostic>,
    total: usize,
}

impl Problems {
    /// Adds a problem, made only where it will be kept.
    fn push(&mut self, problem: impl FnOnce() -> Diagnostic) {
        self.total += 1;
        if self.kept.len() < MAX_DIAGNOSTICS {
            self.kept.push(problem());
        }
    }

    /// How many there were.
    pub fn total(&self) -> usize {
        self.total
    }

    /// The first of them.
    pub fn into_kept(self) -> Vec<Diagnostic> {
        self.kept
    }
}
