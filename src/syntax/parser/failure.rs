//! Why a statement could not be read: where the parser got stuck, and what it could have used there.

use nom::error::{ErrorKind, ParseError};

use super::input::Input;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::lexer::{Token, TokenKind, shortened};

/// The furthest place that a parser reached, and what would have let it go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Index of the token it got stuck at.
    pub at: usize,
    /// What was expected there, in words of users.
    pub expected: Vec<&'static str>,
    /// An opening brace or parenthesis that waits for its partner.
    pub opened: Option<Span>,
    /// What often goes wrong here.
    pub help: Option<&'static str>,
    /// Whether a diagnostic has been given already.
    pub diagnosed: bool,
}

impl Failure {
    /// Stuck at the next token for want of `expected`.
    pub fn expected(input: Input<'_>, expected: &'static str) -> Self {
        Self {
            at: input.position(),
            expected: vec![expected],
            opened: None,
            help: None,
            diagnosed: false,
        }
    }
}

impl ParseError<Input<'_>> for Failure {
    fn from_error_kind(input: Input<'_>, _: ErrorKind) -> Self {
        Self {
            at: input.position(),
            expected: Vec::new(),
            opened: None,
            help: None,
            diagnosed: false,
        }
    }

    fn append(_: Input<'_>, _: ErrorKind, other: Self) -> Self {
        other
    }

    /// The one that got further; both, where they got equally far.
    fn or(mut self, mut other: Self) -> Self {
        match self.at.cmp(&other.at) {
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Greater => self,
            std::cmp::Ordering::Equal => {
                self.expected.append(&mut other.expected);
                self.opened = self.opened.or(other.opened);
                self.help = self.help.or(other.help);
                self.diagnosed |= other.diagnosed;
                self
            }
        }
    }
}

/// Tells the user about a failure, unless its place has been told about before.
pub fn report(input: Input<'_>, failure: &Failure) {
    let input = input.at(failure.at);
    let (found, previous) = (input.peek(), input.previous());
    let told = |token: Option<Token<'_>>| token.is_some_and(|t| t.diagnosed);
    if failure.diagnosed || told(found) || told(previous) {
        return;
    }
    let expected = alternatives(&failure.expected);
    let closer = |what: &&str| matches!(*what, "`{`" | "`}`" | "`)`" | "`=`" | "`;`" | "`:`");
    let belongs_before = failure.expected.iter().all(closer);
    let place = match found {
        Some(token) if !(token.first_on_line || belongs_before) => token.span(),
        _ => input.after_previous(),
    };
    input.report(|| {
        let mut problem = Diagnostic::error(
            "syntax",
            place,
            format!("expected {expected}, found {}", described(found)),
        );
        if let Some(opened) = failure.opened {
            problem = problem.with(opened, "opened here");
        }
        match failure.help {
            Some(help) => problem.help(help),
            None => problem,
        }
    });
}

/// `a, b or c`
fn alternatives(expected: &[&'static str]) -> String {
    let mut distinct: Vec<&str> = Vec::new();
    for what in expected {
        if !distinct.contains(what) {
            distinct.push(what);
        }
    }
    match distinct.split_last() {
        None => "something else".to_owned(),
        Some((only, [])) => (*only).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

fn described(token: Option<Token<'_>>) -> String {
    match token {
        None => "the end of the file".to_owned(),
        Some(token) if token.kind == TokenKind::Text => {
            format!("the text `{}`", shortened(token.text))
        }
        Some(token) => format!("`{}`", shortened(token.text)),
    }
}
