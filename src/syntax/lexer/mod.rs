//! Text to tokens. Cannot fail: the last alternative takes any character.
//!
//! A token is judged as little as possible here: `10.0.0.300`, `5000-5100`, `10/second` and
//! `Te1/0/1` are all words, and the parser, which knows what should stand there, says what is wrong.

mod lexeme;
mod quoted;

use super::{Problems, lookalike};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use lexeme::Lexeme;

pub use quoted::unescape;

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
    /// Whether no other token stands before it on its line.
    pub first_on_line: bool,
    /// Whether a diagnostic has already been given about its spelling.
    pub diagnosed: bool,
    file: FileId,
    start: u32,
}

impl Token<'_> {
    /// Where it stands.
    pub fn span(self) -> Span {
        let start = self.start as usize;
        Span::new(self.file, start, start + self.text.len())
    }
}

/// The tokens of a text in order. There may be millions: of each only its place is kept.
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    file: FileId,
    text: &'a str,
    places: Vec<Place>,
}

/// A token without its text.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: u32,
    end: u32,
    kind: TokenKind,
    first_on_line: bool,
    diagnosed: bool,
}

impl<'a> Tokens<'a> {
    fn of(file: FileId, text: &'a str) -> Self {
        Self {
            file,
            text,
            // Most files have fewer, and what is not used of the memory is never touched.
            places: Vec::with_capacity(text.len() / 4),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// A token by number.
    pub fn get(&self, number: usize) -> Option<Token<'a>> {
        self.places.get(number).map(|place| self.token(place))
    }

    /// The kind of a token by number.
    pub fn kind(&self, number: usize) -> Option<TokenKind> {
        self.places.get(number).map(|place| place.kind)
    }

    /// The first byte after a token by number.
    pub fn end(&self, number: usize) -> Option<usize> {
        self.places.get(number).map(|place| place.end as usize)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Token<'a>> {
        self.places.iter().map(|place| self.token(place))
    }

    /// Bytes between the start of its line and a token.
    pub fn column(&self, token: Token<'_>) -> usize {
        let start = token.start as usize;
        let before = self.text.as_bytes().get(..start).unwrap_or_default();
        let newline = before.iter().rposition(|byte| *byte == b'\n');
        newline.map_or(start, |newline| start - newline - 1)
    }

    fn token(&self, place: &Place) -> Token<'a> {
        let text = self.text.get(place.start as usize..place.end as usize);
        Token {
            kind: place.kind,
            text: text.unwrap_or(""),
            first_on_line: place.first_on_line,
            diagnosed: place.diagnosed,
            file: self.file,
            start: place.start,
        }
    }
}

/// The tokens of a file, and what lies between them.
#[derive(Clone, Debug)]
pub struct Lexed<'a> {
    /// The tokens in order.
    pub tokens: Tokens<'a>,
    /// Comments in order, each from its `#` to the end of its line, without the line end.
    pub comments: Vec<Span>,
    /// What is wrong with the spelling.
    pub problems: Problems,
}

/// Cuts a text into tokens and comments.
pub fn lex(file: FileId, text: &str) -> Lexed<'_> {
    let mut lexed = Lexed {
        tokens: Tokens::of(file, text),
        comments: Vec::new(),
        problems: Problems::default(),
    };
    let mut start = text.len() - text.strip_prefix('\u{FEFF}').unwrap_or(text).len();
    let mut first_on_line = true;
    while let Some((length, lexeme)) = text.get(start..).and_then(lexeme::first) {
        let end = start + length;
        let slice = text.get(start..end).unwrap_or("");
        match lexeme {
            Lexeme::Space => first_on_line |= slice != " " && slice.contains('\n'),
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
            Lexeme::Token(TokenKind::Unknown) if continues_unknown(&lexed, start) => {
                if let Some(last) = lexed.tokens.places.last_mut() {
                    last.end = offset(end);
                }
            }
            Lexeme::Token(_) | Lexeme::UnclosedText | Lexeme::ForeignText | Lexeme::Lookalike(..) => {
                let (kind, problem) = judge(lexeme, slice, Span::new(file, start, end));
                lexed.tokens.places.push(Place {
                    start: offset(start),
                    end: offset(end),
                    kind,
                    first_on_line,
                    diagnosed: problem.is_some() || kind == TokenKind::Unknown,
                });
                first_on_line = false;
                if let Some(problem) = problem {
                    lexed.problems.push(|| problem);
                }
            }
        }
        start = end;
    }
    for token in lexed.tokens.iter().filter(|t| t.kind == TokenKind::Unknown) {
        lexed.problems.push(|| unknown(token));
    }
    report_hidden(file, text, &mut lexed.problems);
    lexed
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Whether the last token is an unknown one that ends at `start`.
fn continues_unknown(lexed: &Lexed<'_>, start: usize) -> bool {
    lexed
        .tokens
        .places
        .last()
        .is_some_and(|last| last.kind == TokenKind::Unknown && last.end == offset(start))
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
            let inner: String = quoted::inside(slice).replace('\\', "\\\\").replace('"', "\\\"");
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
        Lexeme::Token(TokenKind::Text) => (TokenKind::Text, quoted::bad_escape(slice, span)),
        Lexeme::Token(kind) => (kind, None),
        Lexeme::Space | Lexeme::Comment | Lexeme::ForeignComment => (TokenKind::Unknown, None),
    }
}

fn unknown(token: Token<'_>) -> Diagnostic {
    let many = if token.text.chars().nth(1).is_some() {
        "s"
    } else {
        ""
    };
    let problem = Diagnostic::error(
        "syntax",
        token.span(),
        format!("unexpected character{many} `{}`", shortened(token.text)),
    );
    match lookalike::advice(token.text) {
        Some(advice) => problem.help(advice),
        None => problem,
    }
}

/// Finds characters that a reader of the policy does not see, wherever they stand.
fn report_hidden(file: FileId, text: &str, problems: &mut Problems) {
    let seen = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    let mut last_end = None;
    let mut rest = text;
    while let Some(skipped) = rest.bytes().position(|byte| !seen(byte)) {
        rest = rest.get(skipped..).unwrap_or("");
        let at = text.len() - rest.len();
        let mut chars = rest.chars();
        let Some(c) = chars.next() else { break };
        rest = chars.as_str();
        let lone_return = c == '\r' && !rest.starts_with('\n');
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

/// User text for a message: at most forty characters of it.
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or("")),
        None => text.to_owned(),
    }
}
