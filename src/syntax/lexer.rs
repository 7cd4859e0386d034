//! Text to tokens. Cannot fail: the last alternative takes any character.
//!
//! A token is judged as little as possible here: `10.0.0.300`, `5000-5100`, `10/second` and
//! `Te1/0/1` are all words, and the parser, which knows what should stand there, says what is wrong.

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_till, take_while, take_while1};
use nom::character::complete::{anychar, char, none_of};
use nom::combinator::{consumed, map, not, opt, peek, recognize, value, verify};
use nom::multi::many0_count;
use nom::sequence::{pair, preceded};
use nom::{IResult, Parser};

use super::{Problems, lookalike};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// The kinds of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A name, keyword, number, IPv4 address, range, date or rate.
    Word,
    /// What has two colons or more: an IPv6 address or prefix.
    Address,
    /// A quoted text, quotes and escapes as written.
    Text,
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `(`
    OpenParen,
    /// `)`
    CloseParen,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// `:`
    Colon,
    /// `=`
    Equals,
    /// `|`
    Union,
    /// `&`
    Intersection,
    /// `-` that is not part of a word.
    Minus,
    /// `->`
    Arrow,
    /// `~>`
    ChainArrow,
    /// `<=`
    AtMost,
    /// Characters that mean nothing.
    Unknown,
}

/// A token and its place.
#[derive(Clone, Copy, Debug)]
pub struct Token<'a> {
    /// Its kind.
    pub kind: TokenKind,
    /// As written.
    pub text: &'a str,
    /// Where.
    pub span: Span,
    /// Bytes between the start of its line and the token.
    pub column: u32,
    /// Whether no other token stands before it on its line.
    pub first_on_line: bool,
    /// Whether a diagnostic has already been given about its spelling.
    pub diagnosed: bool,
}

/// The tokens of a file, and what lies between them.
#[derive(Clone, Debug, Default)]
pub struct Lexed<'a> {
    /// The tokens in order.
    pub tokens: Vec<Token<'a>>,
    /// Comments in order, each from its `#` to the end of its line, without the line end.
    pub comments: Vec<Span>,
    /// What is wrong with the spelling.
    pub problems: Problems,
}

/// What a piece of text is.
#[derive(Clone, Copy)]
enum Lexeme {
    Space,
    Comment,
    ForeignComment,
    Token(TokenKind),
    UnclosedText,
    ForeignText,
    Lookalike(TokenKind, &'static str),
}

type Lex<'a> = IResult<&'a str, Lexeme>;

/// Cuts a text into tokens and comments.
pub fn lex(file: FileId, text: &str) -> Lexed<'_> {
    let mut lexed = Lexed::default();
    let body = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let offset_of = |rest: &str| text.len() - rest.len();
    let mut rest = body;
    let mut line_start = 0;
    let mut first_on_line = true;
    while let Ok((next, (slice, lexeme))) = consumed(lexeme).parse(rest) {
        let start = offset_of(rest);
        let span = Span::new(file, start, start + slice.len());
        rest = next;
        match lexeme {
            Lexeme::Space => {
                if let Some(newline) = slice.rfind('\n') {
                    line_start = start + newline + 1;
                    first_on_line = true;
                }
            }
            Lexeme::Comment | Lexeme::ForeignComment => {
                let length = slice.trim_end_matches('\r').len();
                let span = Span::new(file, start, start + length);
                lexed.comments.push(span);
                if matches!(lexeme, Lexeme::ForeignComment) {
                    lexed.problems.push(|| {
                        Diagnostic::error(
                            "syntax",
                            Span::new(file, start, start + 2),
                            "comments start with `#`",
                        )
                    });
                }
            }
            Lexeme::Token(TokenKind::Unknown) if continues_unknown(&lexed, span) => {
                if let Some(last) = lexed.tokens.last_mut() {
                    last.span = last.span.to(span);
                    last.text = text.get(last.span.range()).unwrap_or(last.text);
                }
            }
            Lexeme::Token(_) | Lexeme::UnclosedText | Lexeme::ForeignText | Lexeme::Lookalike(..) => {
                let (kind, problem) = judge(lexeme, slice, span);
                lexed.tokens.push(Token {
                    kind,
                    text: slice,
                    span,
                    column: u32::try_from(start - line_start).unwrap_or(u32::MAX),
                    first_on_line,
                    diagnosed: problem.is_some() || kind == TokenKind::Unknown,
                });
                first_on_line = false;
                if let Some(problem) = problem {
                    lexed.problems.push(|| problem);
                }
            }
        }
    }
    for token in lexed.tokens.iter().filter(|t| t.kind == TokenKind::Unknown) {
        lexed.problems.push(|| unknown(token));
    }
    report_hidden(file, text, &mut lexed.problems);
    lexed
}

/// Whether the last token is an unknown one that ends where `span` starts.
fn continues_unknown(lexed: &Lexed<'_>, span: Span) -> bool {
    lexed
        .tokens
        .last()
        .is_some_and(|last| last.kind == TokenKind::Unknown && last.span.end == span.start)
}

/// The kind of a token, and what is wrong with its spelling.
fn judge(lexeme: Lexeme, slice: &str, span: Span) -> (TokenKind, Option<Diagnostic>) {
    match lexeme {
        Lexeme::UnclosedText => (
            TokenKind::Text,
            Some(
                Diagnostic::error("syntax", span, "this text has no closing quote")
                    .help("a text stands on one line; `\\n` in it makes a line break"),
            ),
        ),
        Lexeme::ForeignText => {
            let inner: String = inside(slice).replace('\\', "\\\\").replace('"', "\\\"");
            (
                TokenKind::Text,
                Some(
                    Diagnostic::error("syntax", span, "texts are quoted with `\"`")
                        .edit(span, format!("\"{inner}\"")),
                ),
            )
        }
        Lexeme::Lookalike(kind, proper) => (
            kind,
            Some(
                Diagnostic::error("syntax", span, format!("`{slice}` should be written `{proper}`"))
                    .edit(span, proper),
            ),
        ),
        Lexeme::Token(TokenKind::Text) => (TokenKind::Text, bad_escape(slice, span)),
        Lexeme::Token(kind) => (kind, None),
        Lexeme::Space | Lexeme::Comment | Lexeme::ForeignComment => (TokenKind::Unknown, None),
    }
}

fn unknown(token: &Token<'_>) -> Diagnostic {
    let many = if token.text.chars().nth(1).is_some() {
        "s"
    } else {
        ""
    };
    let problem = Diagnostic::error(
        "syntax",
        token.span,
        format!("unexpected character{many} `{}`", shortened(token.text)),
    );
    match lookalike::advice(token.text) {
        Some(advice) => problem.help(advice),
        None => problem,
    }
}

/// Finds characters that a reader of the policy does not see, wherever they stand.
fn report_hidden(file: FileId, text: &str, problems: &mut Problems) {
    let mut last_end = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let lone_return = c == '\r' && chars.peek().is_none_or(|(_, next)| *next != '\n');
        if !(lone_return || lookalike::is_hidden(c)) || (at == 0 && c == '\u{FEFF}') {
            continue;
        }
        let end = at + c.len_utf8();
        if last_end.replace(end) == Some(at) {
            continue;
        }
        problems.push(|| {
            Diagnostic::error(
                "hidden-character",
                Span::new(file, at, end),
                format!(
                    "a character that cannot be seen stands here: U+{:04X}",
                    u32::from(c)
                ),
            )
            .help("remove it: what is reviewed must be what is compiled")
        });
    }
}

/// The first escape of a quoted text that means nothing.
fn bad_escape(slice: &str, span: Span) -> Option<Diagnostic> {
    let mut chars = slice.char_indices();
    while let Some((at, c)) = chars.next() {
        if c != '\\' {
            continue;
        }
        let (next_at, next) = chars.next()?;
        if !matches!(next, '"' | '\\' | 'n') {
            let start = span.start as usize + at;
            let end = span.start as usize + next_at + next.len_utf8();
            let place = Span::new(span.file, start, end);
            return Some(
                Diagnostic::error("syntax", place, format!("`\\{next}` is not an escape"))
                    .help("the escapes are `\\\"`, `\\\\` and `\\n`"),
            );
        }
    }
    None
}

/// What stands between the quotes of a text token; the closing one may be missing.
fn inside(text: &str) -> &str {
    let mut chars = text.chars();
    let quote = chars.next();
    let open = quote.map_or(0, char::len_utf8);
    let inner = text.get(open..).unwrap_or("");
    match inner.chars().next_back() {
        Some(last) if quote == Some('"') => {
            let escaped = inner.get(..inner.len() - 1).is_some_and(ends_in_escape);
            if last == '"' && !escaped {
                inner.get(..inner.len() - 1).unwrap_or("")
            } else {
                inner
            }
        }
        Some(last) => inner.get(..inner.len() - last.len_utf8()).unwrap_or(""),
        None => "",
    }
}

/// Whether an odd number of backslashes ends the text.
fn ends_in_escape(text: &str) -> bool {
    text.bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 1
}

/// The value of a text token: without quotes, escapes resolved.
pub fn unescape(text: &str) -> String {
    let inner = inside(text);
    if !text.starts_with('"') {
        return inner.to_owned();
    }
    let mut value = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => value.push('\n'),
                Some(other) => value.push(other),
                None => {}
            },
            other => value.push(other),
        }
    }
    value
}

/// User text for a message: at most forty characters of it.
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or("")),
        None => text.to_owned(),
    }
}

fn lexeme(input: &str) -> Lex<'_> {
    alt((
        space,
        comment,
        text,
        address,
        word,
        foreign_comment,
        lookalike_symbol,
        symbol,
        foreign_text,
        value(Lexeme::Token(TokenKind::Unknown), anychar),
    ))
    .parse(input)
}

/// Hidden characters count as space: they are reported apart, and should not split one mistake in two.
fn space(input: &str) -> Lex<'_> {
    value(
        Lexeme::Space,
        take_while1(|c: char| c.is_whitespace() || lookalike::is_hidden(c)),
    )
    .parse(input)
}

fn comment(input: &str) -> Lex<'_> {
    value(Lexeme::Comment, preceded(char('#'), take_till(|c| c == '\n'))).parse(input)
}

fn foreign_comment(input: &str) -> Lex<'_> {
    value(
        Lexeme::ForeignComment,
        preceded(alt((tag("//"), tag("/*"))), take_till(|c| c == '\n')),
    )
    .parse(input)
}

fn text(input: &str) -> Lex<'_> {
    let content = alt((
        recognize(preceded(char('\\'), none_of("\r\n"))),
        is_not("\"\\\r\n"),
        tag("\\"),
        recognize(pair(char('\r'), not(char('\n')))),
    ));
    map(
        preceded(char('"'), pair(many0_count(content), opt(char('"')))),
        |(_, closed)| match closed {
            Some(_) => Lexeme::Token(TokenKind::Text),
            None => Lexeme::UnclosedText,
        },
    )
    .parse(input)
}

/// A text in quotes of another kind, where both stand on one line.
fn foreign_text(input: &str) -> Lex<'_> {
    let quote = || verify(anychar, |c| lookalike::is_foreign_quote(*c));
    let content = take_while(|c: char| c != '\n' && !lookalike::is_foreign_quote(c));
    value(Lexeme::ForeignText, (quote(), content, quote())).parse(input)
}

/// An IPv6 address or what was meant as one: hexadecimal digits with two colons or more. A colon at the
/// end that is not half of `::` is the one before services.
fn address(input: &str) -> Lex<'_> {
    let (_, run) = take_while1(|c: char| c.is_ascii_hexdigit() || c == ':' || c == '.')(input)?;
    let run = match run.strip_suffix(':') {
        Some(shorter) if !shorter.ends_with(':') => shorter,
        _ => run,
    };
    let colons = verify(tag(run), |run: &str| {
        run.bytes().filter(|b| *b == b':').count() >= 2
    });
    let tail = take_while(|c: char| is_word(c) || matches!(c, '.' | '/'));
    value(Lexeme::Token(TokenKind::Address), pair(colons, tail)).parse(input)
}

/// Letters, digits and `_`, with `.` and `/` anywhere; hyphens only inside, so that `web->db` is
/// three tokens and `a -b` a difference.
fn word(input: &str) -> Lex<'_> {
    let part = take_while1(|c: char| is_word(c) || matches!(c, '.' | '/'));
    let hyphens = recognize(pair(
        take_while1(|c| c == '-'),
        peek(verify(anychar, |c| is_word(*c))),
    ));
    let start = peek(verify(anychar, |c| is_word(*c) || *c == '.'));
    value(
        Lexeme::Token(TokenKind::Word),
        (start, many0_count(alt((part, hyphens)))),
    )
    .parse(input)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn lookalike_symbol(input: &str) -> Lex<'_> {
    let possible = input.starts_with(|c: char| !c.is_ascii() || matches!(c, '=' | '|' | '&'));
    for (written, kind, proper) in lookalike::SYMBOLS.iter().filter(|_| possible) {
        if let Some(rest) = input.strip_prefix(written) {
            return Ok((rest, Lexeme::Lookalike(*kind, proper)));
        }
    }
    Err(nom::Err::Error(nom::error::Error::new(
        input,
        nom::error::ErrorKind::Tag,
    )))
}

fn symbol(input: &str) -> Lex<'_> {
    map(
        alt((
            value(TokenKind::Arrow, tag("->")),
            value(TokenKind::ChainArrow, tag("~>")),
            value(TokenKind::AtMost, tag("<=")),
            value(TokenKind::OpenBrace, tag("{")),
            value(TokenKind::CloseBrace, tag("}")),
            value(TokenKind::OpenParen, tag("(")),
            value(TokenKind::CloseParen, tag(")")),
            value(TokenKind::Comma, tag(",")),
            value(TokenKind::Semicolon, tag(";")),
            value(TokenKind::Colon, tag(":")),
            value(TokenKind::Equals, tag("=")),
            value(TokenKind::Union, tag("|")),
            value(TokenKind::Intersection, tag("&")),
            value(TokenKind::Minus, tag("-")),
        )),
        Lexeme::Token,
    )
    .parse(input)
}
