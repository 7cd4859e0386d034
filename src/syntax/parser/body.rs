//! Bodies: statements between braces, or all of a file. Here is where mistakes are outlived.

use std::cell::LazyCell;

use nom::{Err, Parser};

use super::failure::{self, Failure};
use super::input::{Input, Parse};
use super::{device, file, point, policy, service, synonym, zone};
use crate::diagnostic::{Diagnostic, suggest};
use crate::source::Span;
use crate::syntax::lexer::{Token, TokenKind, shortened};

/// The parser of what follows a keyword. It gives nothing where a value was wrong, which it has then
/// reported.
pub type Statement<S> = for<'a> fn(Input<'a>, Token<'a>) -> Parse<'a, Option<S>>;

/// What may stand in a body.
pub struct Body<S: 'static> {
    /// What has such a body: `a zone`.
    pub of: &'static str,
    /// Each keyword with the parser of what follows it.
    pub statements: &'static [(&'static str, Statement<S>)],
    /// The node that stands for text that was no statement, where the tree has one.
    pub error: Option<fn(Span) -> S>,
}

impl<S> Body<S> {
    fn find(&self, token: Token<'_>) -> Option<Statement<S>> {
        if token.kind != TokenKind::Word {
            return None;
        }
        let found = self.statements.iter().find(|(word, _)| *word == token.text);
        found.map(|(_, statement)| *statement)
    }

    fn keywords(&self) -> impl Iterator<Item = &'static str> {
        self.statements.iter().map(|(word, _)| *word)
    }
}

/// Every kind of body with its keywords.
pub fn bodies() -> [(&'static str, Vec<&'static str>); 9] {
    fn row<S>(body: &Body<S>) -> (&'static str, Vec<&'static str>) {
        (body.of, body.keywords().collect())
    }
    [
        row(&file::FILE),
        row(&zone::ZONE),
        row(&device::DEVICE),
        row(&service::SERVICE),
        row(&policy::POLICY),
        row(&policy::RULE),
        row(&policy::MODE),
        row(&point::POINT),
        row(&point::INTERFACE),
    ]
}

/// Whether a word starts a statement somewhere.
pub fn is_statement_keyword(word: &str) -> bool {
    fn has<S>(body: &Body<S>, word: &str) -> bool {
        body.keywords().any(|keyword| keyword == word)
    }
    has(&file::FILE, word)
        || has(&zone::ZONE, word)
        || has(&device::DEVICE, word)
        || has(&service::SERVICE, word)
        || has(&policy::POLICY, word)
        || has(&point::POINT, word)
}

fn starts_file_statement(token: Token<'_>) -> bool {
    token.first_on_line && file::FILE.find(token).is_some()
}

/// A body that is being read.
struct Open<'a> {
    /// The keyword of the statement that has it.
    owner: Token<'a>,
    /// Its brace; none where that was forgotten.
    brace: Option<Token<'a>>,
}

/// `{ … }`: the body of the statement that starts with `owner`.
pub fn braced<'a, S>(body: &'static Body<S>, owner: Token<'a>) -> impl Fn(Input<'a>) -> Parse<'a, Vec<S>> {
    move |input| {
        if let Some(brace) = input.peek_kind(TokenKind::OpenBrace) {
            let open = Open {
                owner,
                brace: Some(brace),
            };
            return Ok(statements(body, Some(open), input.advance()));
        }
        let mut missing = Failure::expected(input, "`{`");
        if input
            .peek()
            .is_some_and(|t| t.kind == TokenKind::Word && !t.first_on_line)
        {
            missing.help = Some("a name is one word; a title after it is written in quotes");
        }
        // A body without its brace is read as if it were there: that is one message, not ten.
        match input.peek() {
            Some(token) if body.find(token).is_some() && !starts_file_statement(token) => {
                missing.help = None;
                failure::report(input, &missing);
                let open = Open { owner, brace: None };
                Ok(statements(body, Some(open), input))
            }
            _ => Err(Err::Failure(missing)),
        }
    }
}

/// `{ … }`, or nothing.
pub fn optional<'a, S>(body: &'static Body<S>, owner: Token<'a>) -> impl Fn(Input<'a>) -> Parse<'a, Vec<S>> {
    move |input| match input.peek_kind(TokenKind::OpenBrace) {
        Some(_) => braced(body, owner)(input),
        None => Ok((input, Vec::new())),
    }
}

/// What a statement says before `{ … }`, and that, or nothing. Where it is wrong, mistakes inside the braces are reported
/// all the same.
pub fn headed<'a, H, S>(
    mut head: impl Parser<Input<'a>, Output = H, Error = Failure>,
    body: &'static Body<S>,
    owner: Token<'a>,
) -> impl FnMut(Input<'a>) -> Parse<'a, (H, Vec<S>)> {
    move |input| match head.parse(input) {
        Ok((rest, head)) => {
            let (rest, statements) = optional(body, owner)(rest)?;
            Ok((rest, (head, statements)))
        }
        Err(error) => {
            if let Err::Error(failure) | Err::Failure(failure) = &error
                && let Some(brace) = body_behind(owner, input.at(failure.at))
            {
                // Its statements are lost with the one that they belong to.
                let _ = braced(body, owner)(brace)?;
            }
            Err(error)
        }
    }
}

/// The brace of a statement of which the part before went wrong, where it has one that is closed again.
fn body_behind<'a>(owner: Token<'a>, mut input: Input<'a>) -> Option<Input<'a>> {
    let mut opened = None;
    loop {
        let token = input.peek()?;
        match (token.kind, opened) {
            (TokenKind::OpenBrace, None) => opened = Some(input),
            (TokenKind::CloseBrace, _) => return opened,
            (TokenKind::OpenBrace, Some(_)) | (TokenKind::Semicolon, None) => return None,
            _ if starts_file_statement(token) && input.column(token) <= input.column(owner) => return None,
            _ => {}
        }
        input = input.advance();
    }
}

/// All statements of a file.
pub fn whole_file<'a, S>(body: &'static Body<S>, input: Input<'a>) -> Vec<S> {
    statements(body, None, input).1
}

/// Statements up to the closing brace of `open`, or to the end of the file.
fn statements<'a, S>(
    body: &'static Body<S>,
    open: Option<Open<'a>>,
    input: Input<'a>,
) -> (Input<'a>, Vec<S>) {
    let mut found = Vec::new();
    let rest = each_statement(body, open, input, &mut found);
    if found.len() < 8 {
        found.shrink_to_fit();
    }
    (rest, found)
}

fn each_statement<'a, S>(
    body: &'static Body<S>,
    open: Option<Open<'a>>,
    mut input: Input<'a>,
    found: &mut Vec<S>,
) -> Input<'a> {
    loop {
        let Some(token) = input.peek() else {
            if let Some(open) = &open {
                unclosed(body.of, open, input);
            }
            return input;
        };
        match (token.kind, &open) {
            (TokenKind::Semicolon, _) => input = input.advance(),
            (TokenKind::CloseBrace, Some(_)) => return input.advance(),
            (TokenKind::CloseBrace, None) => {
                input.report(|| {
                    Diagnostic::error("syntax", token.span(), "this `}` closes nothing")
                        .help("remove it, or look for a `{` that is missing above")
                });
                input = input.advance();
            }
            _ => {
                if let Some(statement) = body.find(token) {
                    input.start_statement();
                    match statement(input.advance(), token) {
                        Ok((rest, statement)) => {
                            // Many bodies hold one statement, and statements are large.
                            if found.is_empty() {
                                found.reserve_exact(1);
                            }
                            found.extend(statement);
                            input = rest;
                        }
                        Err(Err::Error(failure) | Err::Failure(failure)) => {
                            failure::report(input, &failure);
                            input = recover(body, open.as_ref(), token, input, failure.at);
                            found.extend(body.error.map(|error| error(input.since(token.span()))));
                        }
                        Err(Err::Incomplete(_)) => input = input.advance(),
                    }
                } else if let Some(open) = open.as_ref().filter(|o| is_outside(token, o, input)) {
                    unclosed(body.of, open, input);
                    return input;
                } else {
                    unknown_statement(body, token, input);
                    let next = input.position() + 1;
                    input = recover(body, open.as_ref(), token, input, next);
                    found.extend(body.error.map(|error| error(input.since(token.span()))));
                }
            }
        }
    }
}

/// Whether a token starts a statement of the file, written no deeper than the owner of the body: then
/// the closing brace was forgotten.
fn is_outside(token: Token<'_>, open: &Open<'_>, input: Input<'_>) -> bool {
    starts_file_statement(token) && input.column(token) <= input.column(open.owner)
}

fn unclosed(of: &str, open: &Open<'_>, input: Input<'_>) {
    let Some(brace) = open.brace else {
        return;
    };
    input.report(|| {
        Diagnostic::error(
            "syntax",
            input.after_previous(),
            format!("missing `}}` at the end of {of}"),
        )
        .with(brace.span(), "opened here")
    });
}

fn unknown_statement<S>(body: &'static Body<S>, token: Token<'_>, input: Input<'_>) {
    if token.diagnosed {
        return;
    }
    input.report(|| {
        let word = shortened(token.text);
        if token.kind != TokenKind::Word {
            return Diagnostic::error(
                "syntax",
                token.span(),
                format!("expected a statement, found `{word}`"),
            )
            .help(holds(body));
        }
        let problem = Diagnostic::error(
            "unknown-statement",
            token.span(),
            match body.of {
                file::OF => format!("`{word}` does not start a statement"),
                of => format!("`{word}` is not a statement of {of}"),
            },
        );
        if let Some(statement) = synonym::meant(token.text, body.keywords()) {
            return problem
                .help(format!("did you mean `{statement}`?"))
                .edit(token.span(), statement);
        }
        // No slip of the pen makes a keyword this long, and distances cost the product of lengths.
        if token.text.len() <= 40 && suggest::nearest(token.text, body.keywords()).is_some() {
            return problem.did_you_mean(token.text, body.keywords());
        }
        let elsewhere = bodies()
            .into_iter()
            .find(|(_, keywords)| keywords.contains(&token.text));
        match elsewhere {
            Some((file::OF, _)) => problem.help(format!("`{word}` stands outside of all braces")),
            Some((of, _)) => problem.help(format!("`{word}` stands in {of}")),
            None => problem.help(holds(body)),
        }
    });
}

/// `a service holds `clear-text`, `carries` and `prefer``
fn holds<S>(body: &'static Body<S>) -> String {
    let words: Vec<String> = body.keywords().map(|word| format!("`{word}`")).collect();
    let of = body.of;
    match words.split_last() {
        Some((last, [])) => format!("{of} holds {last}"),
        Some((last, others)) => format!("{of} holds {} and {last}", others.join(", ")),
        None => format!("{of} holds nothing"),
    }
}

/// Skips what is left of a statement that went wrong at token `stuck`: to a `;`, the end of the body,
/// the end of a block, or a line that starts a statement.
fn recover<'a, S>(
    body: &'static Body<S>,
    open: Option<&Open<'a>>,
    start: Token<'a>,
    input: Input<'a>,
    stuck: usize,
) -> Input<'a> {
    let start_column = LazyCell::new(|| input.column(start));
    let mut input = input.at(stuck.max(input.position() + 1));
    let mut depth = 0_usize;
    while let Some(token) = input.peek() {
        match token.kind {
            TokenKind::OpenBrace => depth += 1,
            TokenKind::CloseBrace if depth == 0 => {
                return if open.is_some() { input } else { input.advance() };
            }
            TokenKind::CloseBrace => {
                depth -= 1;
                if depth == 0 {
                    return input.advance();
                }
            }
            TokenKind::Semicolon if depth == 0 => return input,
            TokenKind::Word if token.first_on_line => {
                // Indented like the statement that went wrong: the next one, though its keyword may be
                // misspelt, too.
                let alike = start.first_on_line && input.column(token) == *start_column;
                let own = depth == 0 && (alike || body.find(token).is_some());
                let outer =
                    starts_file_statement(token) && (depth == 0 || input.column(token) <= *start_column);
                if own || outer {
                    return input;
                }
            }
            _ => {}
        }
        input = input.advance();
    }
    input
}
