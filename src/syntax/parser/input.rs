//! What the parsers read: tokens, a position among them, and where to put diagnostics.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

use nom::IResult;

use super::failure::Failure;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use crate::syntax::Problems;
use crate::syntax::lexer::{Token, TokenKind, Tokens};

/// What a parser of this grammar gives.
pub type Parse<'a, T> = IResult<Input<'a>, T, Failure>;

/// What one run collects beside the tree. Written only by parsers that will not be backtracked over.
#[derive(Debug, Default)]
pub struct Record {
    /// What is wrong.
    pub problems: RefCell<Problems>,
    /// Where statements start.
    pub starts: RefCell<Vec<u32>>,
    /// The different names.
    names: RefCell<HashSet<Arc<str>>>,
}

/// The rest of the tokens; cheap to copy, as nom wants it.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    tokens: &'a Tokens<'a>,
    position: usize,
    file: FileId,
    record: &'a Record,
    depth: u32,
}

impl<'a> Input<'a> {
    /// All tokens of a file.
    pub fn new(file: FileId, tokens: &'a Tokens<'a>, record: &'a Record) -> Self {
        Self {
            tokens,
            position: 0,
            file,
            record,
            depth: 0,
        }
    }

    /// Index of the next token.
    pub fn position(self) -> usize {
        self.position
    }

    /// The same, at another token.
    pub fn at(self, position: usize) -> Self {
        Self { position, ..self }
    }

    /// How many parentheses are open.
    pub fn depth(self) -> u32 {
        self.depth
    }

    /// The same, inside this many parentheses.
    pub fn at_depth(self, depth: u32) -> Self {
        Self { depth, ..self }
    }

    /// The next token.
    pub fn peek(self) -> Option<Token<'a>> {
        self.tokens.get(self.position)
    }

    /// The next token, if it is of this kind.
    pub fn peek_kind(self, kind: TokenKind) -> Option<Token<'a>> {
        match self.tokens.kind(self.position) {
            Some(next) if next == kind => self.peek(),
            _ => None,
        }
    }

    /// The next token, if it stands right after the one before it, without space.
    pub fn peek_glued(self) -> Option<Token<'a>> {
        let end = self.previous()?.span().end;
        self.peek().filter(|token| token.span().start == end)
    }

    /// The token before the next one.
    pub fn previous(self) -> Option<Token<'a>> {
        self.tokens.get(self.position.checked_sub(1)?)
    }

    /// Past the next token.
    pub fn advance(self) -> Self {
        self.at((self.position + 1).min(self.tokens.len()))
    }

    /// The empty place after the previous token, where something is missing.
    pub fn after_previous(self) -> Span {
        let previous = self.position.checked_sub(1);
        let end = previous
            .and_then(|previous| self.tokens.end(previous))
            .unwrap_or(0);
        Span::new(self.file, end, end)
    }

    /// Bytes between the start of its line and a token.
    pub fn column(self, token: Token<'_>) -> usize {
        self.tokens.column(token)
    }

    /// From `start` to the end of the previous token.
    pub fn since(self, start: Span) -> Span {
        start.to(self.after_previous())
    }

    /// Adds a diagnostic.
    pub fn report(self, problem: impl FnOnce() -> Diagnostic) {
        self.record.problems.borrow_mut().push(problem);
    }

    /// A name, kept once however often the file has it.
    pub fn name(self, text: &str) -> Arc<str> {
        let mut names = self.record.names.borrow_mut();
        if let Some(known) = names.get(text) {
            return Arc::clone(known);
        }
        let name: Arc<str> = text.into();
        names.insert(Arc::clone(&name));
        name
    }

    /// Notes that a statement starts at the next token.
    pub fn start_statement(self) {
        if let Some(token) = self.peek() {
            self.record.starts.borrow_mut().push(token.span().start);
        }
    }
}
