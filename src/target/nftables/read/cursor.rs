//! Tokens to statements, and statements from left to right.

use super::lex::{Kind, Lexeme, wide};
use super::reserved::is_reserved;

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// See [`Kind::Word`].
    Word(&'a str),
    /// See [`Kind::Quoted`].
    Quoted(&'a str),
    /// See [`Kind::Mark`]; braces and commas too.
    Mark(&'a str),
    /// See [`Kind::End`].
    End,
}

/// Tokens that stand side by side in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tokens<'a> {
    text: &'a str,
    lexemes: &'a [Lexeme],
}

impl<'a> Tokens<'a> {
    /// All of a text.
    pub(super) fn new(text: &'a str, lexemes: &'a [Lexeme]) -> Self {
        Self { text, lexemes }
    }

    fn part(self, lexemes: &'a [Lexeme]) -> Self {
        Self { lexemes, ..self }
    }

    /// Splits tokens at the ends that stand in no braces. A `}` too many is a statement of its own.
    pub(super) fn statements(self) -> impl Iterator<Item = Self> {
        let mut rest = self.lexemes;
        std::iter::from_fn(move || {
            while let [Lexeme { kind: Kind::End, .. }, after @ ..] = rest {
                rest = after;
            }
            let length = match rest {
                [] => return None,
                [
                    Lexeme {
                        kind: Kind::Close, ..
                    },
                    ..,
                ] => 1,
                _ => statement(rest),
            };
            let (found, after) = rest.split_at_checked(length)?;
            rest = after;
            Some(self.part(found))
        })
    }

    pub(super) fn is_empty(self) -> bool {
        self.lexemes.is_empty()
    }

    /// Takes the tokens up to the next comma, and the comma. None where these are ends of lines alone.
    pub(super) fn take_element(&mut self) -> Option<Self> {
        let comma = self.lexemes.iter().position(|lexeme| lexeme.kind == Kind::Comma);
        let length = comma.unwrap_or(self.lexemes.len());
        let (element, rest) = self.lexemes.split_at_checked(length)?;
        self.lexemes = rest.get(1..).unwrap_or_default();
        element
            .iter()
            .any(|lexeme| lexeme.kind != Kind::End)
            .then(|| self.part(element))
    }

    /// Splits the inside of braces at its commas.
    pub(super) fn elements(self) -> impl Iterator<Item = Self> {
        let elements = self.lexemes.split(|lexeme| lexeme.kind == Kind::Comma);
        let elements = elements.filter(|element| element.iter().any(|lexeme| lexeme.kind != Kind::End));
        elements.map(move |element| self.part(element))
    }
}

/// Tokens that are taken one by one as long as they are those that are hoped for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strand<'a>(Tokens<'a>);

impl<'a> Strand<'a> {
    pub(super) fn new(tokens: Tokens<'a>) -> Self {
        Self(tokens)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.lexemes.is_empty()
    }

    /// What is left.
    pub(super) fn rest(self) -> Tokens<'a> {
        self.0
    }

    /// The line of the next token.
    pub(super) fn line(&self) -> Option<usize> {
        self.0.lexemes.first().map(|lexeme| wide(lexeme.line))
    }

    /// Takes the next token if it is of the kind.
    pub(super) fn take(&mut self, kind: Kind) -> Option<&'a Lexeme> {
        let (first, rest) = self.0.lexemes.split_first()?;
        if first.kind != kind {
            return None;
        }
        self.0.lexemes = rest;
        Some(first)
    }

    pub(super) fn skip_ends(&mut self) {
        while self.take(Kind::End).is_some() {}
    }

    /// Takes a word, as bytes.
    pub(super) fn word(&mut self) -> Option<&'a [u8]> {
        let lexeme = self.take(Kind::Word)?;
        let start = wide(lexeme.start);
        self.0.text.as_bytes().get(start..start + wide(lexeme.size))
    }

    /// Takes a word.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        let lexeme = self.take(Kind::Word)?;
        let start = wide(lexeme.start);
        self.0.text.get(start..start + wide(lexeme.size))
    }
}

/// How many tokens a statement takes that begins here.
fn statement(tokens: &[Lexeme]) -> usize {
    let mut at = 0;
    while let Some(lexeme) = tokens.get(at) {
        at += match (lexeme.kind, lexeme.size) {
            (Kind::End | Kind::Close, _) => return at,
            // What is never closed goes on to the end.
            (Kind::Open, 0) => return tokens.len(),
            (Kind::Open, inside) => wide(inside) + 1,
            _ => 1,
        };
    }
    tokens.len()
}

/// Why a statement is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub line: usize,
    pub why: String,
}

impl Fault {
    pub(super) fn new(line: usize, why: impl Into<String>) -> Self {
        Self {
            line,
            why: why.into(),
        }
    }
}

/// Reads a statement from left to right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    tokens: Tokens<'a>,
    line: u32,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(tokens: Tokens<'a>) -> Self {
        Self {
            tokens,
            line: tokens.lexemes.first().map_or(1, |lexeme| lexeme.line),
        }
    }

    /// The line of the next token, or of the last.
    pub(super) fn line(&self) -> usize {
        wide(self.first().map_or(self.line, |lexeme| lexeme.line))
    }

    fn first(&self) -> Option<&'a Lexeme> {
        self.tokens.lexemes.first()
    }

    fn text(&self, lexeme: &Lexeme) -> &'a str {
        let start = wide(lexeme.start);
        let text = self.tokens.text.get(start..start + wide(lexeme.size));
        text.unwrap_or_default()
    }

    fn token(&self, lexeme: &Lexeme) -> Token<'a> {
        match lexeme.kind {
            Kind::Word => Token::Word(self.text(lexeme)),
            Kind::Quoted => Token::Quoted(self.text(lexeme)),
            Kind::Mark => Token::Mark(self.text(lexeme)),
            Kind::Open => Token::Mark("{"),
            Kind::Close => Token::Mark("}"),
            Kind::Comma => Token::Mark(","),
            Kind::End => Token::End,
        }
    }

    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.first().map(|lexeme| self.token(lexeme))
    }

    /// True where a block begins here.
    pub(super) fn at_block(&self) -> bool {
        self.first().is_some_and(|lexeme| lexeme.kind == Kind::Open)
    }

    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        let lexeme = self.first()?;
        self.skip();
        Some(self.token(lexeme))
    }

    fn skip(&mut self) {
        if let [first, rest @ ..] = self.tokens.lexemes {
            (self.tokens.lexemes, self.line) = (rest, first.line);
        }
    }

    /// Takes the token if it is the next one and reads so.
    fn eat(&mut self, kind: Kind, text: &str) -> bool {
        let is = |lexeme: &Lexeme| {
            let start = wide(lexeme.start);
            lexeme.kind == kind
                && wide(lexeme.size) == text.len()
                && self.tokens.text.as_bytes().get(start..start + text.len()) == Some(text.as_bytes())
        };
        let found = self.first().is_some_and(is);
        if found {
            self.skip();
        }
        found
    }

    /// Takes the token if it is the next one.
    fn eat_kind(&mut self, kind: Kind) -> bool {
        let found = self.first().is_some_and(|lexeme| lexeme.kind == kind);
        if found {
            self.skip();
        }
        found
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        self.eat(Kind::Word, word)
    }

    pub(super) fn eat_mark(&mut self, mark: &str) -> bool {
        self.eat(Kind::Mark, mark)
    }

    pub(super) fn eat_comma(&mut self) -> bool {
        self.eat_kind(Kind::Comma)
    }

    /// Leaves out the ends of lines, inside braces.
    pub(super) fn skip_ends(&mut self) {
        while self.eat_kind(Kind::End) {}
    }

    pub(super) fn word(&mut self, wanted: &str) -> Result<&'a str, Fault> {
        self.text_of(Kind::Word, wanted)
    }

    pub(super) fn quoted(&mut self, wanted: &str) -> Result<&'a str, Fault> {
        self.text_of(Kind::Quoted, wanted)
    }

    fn text_of(&mut self, kind: Kind, wanted: &str) -> Result<&'a str, Fault> {
        match self.first().filter(|lexeme| lexeme.kind == kind) {
            Some(lexeme) => {
                self.skip();
                Ok(self.text(lexeme))
            }
            None => Err(self.fault(format!("expected {wanted}"))),
        }
    }

    pub(super) fn number(&mut self, wanted: &str) -> Result<u64, Fault> {
        let word = self.word(wanted)?;
        word.parse().map_err(|_| self.fault(format!("expected {wanted}")))
    }

    /// The tokens inside braces that open here.
    pub(super) fn block(&mut self) -> Result<Tokens<'a>, Fault> {
        let [
            Lexeme {
                kind: Kind::Open,
                size,
                ..
            },
            after @ ..,
        ] = self.tokens.lexemes
        else {
            return Err(self.fault("expected `{`"));
        };
        let length = wide(*size).checked_sub(1);
        let inside = length.and_then(|length| after.split_at_checked(length));
        if let Some((inside, [close, rest @ ..])) = inside {
            (self.tokens.lexemes, self.line) = (rest, close.line);
            return Ok(self.tokens.part(inside));
        }
        while self.first().is_some() {
            self.skip();
        }
        Err(self.fault("a `{` is never closed"))
    }

    /// The tokens of a list of elements in braces. nft takes commas too many, but not before the first element.
    pub(super) fn list(&mut self) -> Result<Tokens<'a>, Fault> {
        let before = *self;
        let inner = self.block()?;
        let first = inner.lexemes.iter().find(|lexeme| lexeme.kind != Kind::End);
        match first.filter(|lexeme| lexeme.kind != Kind::Comma) {
            Some(_) => Ok(inner),
            None => Err(before.fault("nft refuses a list without a first element")),
        }
    }

    /// A name that somebody gave.
    pub(super) fn name(&mut self, wanted: &str) -> Result<&'a str, Fault> {
        let before = *self;
        let name = self.word(wanted)?;
        match name.chars().next() {
            Some(first) if first.is_ascii_digit() || matches!(first, '-' | '/') => {
                Err(before.fault(format!("no name begins with `{first}`")))
            }
            _ if is_reserved(name) => Err(before.fault(format!("`{name}` is a word of nft, and no name"))),
            _ => Ok(name),
        }
    }

    /// What is left.
    pub(super) fn rest(&self) -> Tokens<'a> {
        self.tokens
    }

    /// Fails where something is left.
    pub(super) fn finish(mut self) -> Result<(), Fault> {
        self.skip_ends();
        match self.first() {
            None => Ok(()),
            Some(_) => Err(self.unknown()),
        }
    }

    /// The next token is not known here.
    pub(super) fn unknown(&self) -> Fault {
        let shown = match self.peek() {
            None => return self.fault("the statement is not complete"),
            Some(Token::End) => "the end of the line".to_owned(),
            Some(Token::Word(word) | Token::Quoted(word) | Token::Mark(word)) => {
                format!("`{}`", word.chars().take(40).collect::<String>())
            }
        };
        self.fault(format!("{shown} is not known here"))
    }

    pub(super) fn fault(&self, why: impl Into<String>) -> Fault {
        Fault::new(self.line(), why)
    }
}
