//! What a piece of text is, and where it ends. What a policy is full of shows in its first byte and ends where a
//! byte is of another kind; the parsers of nom take what is rare.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while};
use nom::character::complete::anychar;
use nom::combinator::{consumed, map, value, verify};
use nom::sequence::preceded;
use nom::{IResult, Parser};

use super::TokenKind;
use crate::syntax::lookalike;

/// What a piece of text is.
#[derive(Clone, Copy)]
pub(super) enum Lexeme {
    Space,
    Comment,
    ForeignComment,
    Token(TokenKind),
    UnclosedText,
    ForeignText,
    Lookalike(TokenKind, &'static str),
}

type Lex<'a> = IResult<&'a str, Lexeme>;

/// The first piece of a text with its length; none at the end.
pub(super) fn first(text: &str) -> Option<(usize, Lexeme)> {
    let bytes = text.as_bytes();
    let second = bytes.get(1).copied();
    Some(match *bytes.first()? {
        b' ' if second.is_some_and(|byte| byte.is_ascii_graphic()) => (1, Lexeme::Space),
        0..=b' ' | 0x7F => (space_end(text), Lexeme::Space),
        b'#' => (line_end(text), Lexeme::Comment),
        b'"' => quoted(bytes),
        b'0'..=b'9' | b'A'..=b'F' | b'a'..=b'f' | b'.' => match address_end(text) {
            Some(end) => (end, Lexeme::Token(TokenKind::Address)),
            None => (word_end(text), Lexeme::Token(TokenKind::Word)),
        },
        b'G'..=b'Z' | b'g'..=b'z' | b'_' => (word_end(text), Lexeme::Token(TokenKind::Word)),
        b':' => match address_end(text) {
            Some(end) => (end, Lexeme::Token(TokenKind::Address)),
            None => symbol(TokenKind::Colon),
        },
        b'{' => symbol(TokenKind::OpenBrace),
        b'}' => symbol(TokenKind::CloseBrace),
        b'(' => symbol(TokenKind::OpenParen),
        b')' => symbol(TokenKind::CloseParen),
        b',' => symbol(TokenKind::Comma),
        b';' => symbol(TokenKind::Semicolon),
        b'-' if second == Some(b'>') => (2, Lexeme::Token(TokenKind::Arrow)),
        b'-' => symbol(TokenKind::Minus),
        b'=' if !matches!(second, Some(b'>' | b'<')) => symbol(TokenKind::Equals),
        b'|' if second != Some(b'|') => symbol(TokenKind::Union),
        b'&' if second != Some(b'&') => symbol(TokenKind::Intersection),
        _ => match text.chars().next()? {
            c if is_space(c) => (space_end(text), Lexeme::Space),
            c if is_word(c) => (word_end(text), Lexeme::Token(TokenKind::Word)),
            _ => rare(text)?,
        },
    })
}

fn symbol(kind: TokenKind) -> (usize, Lexeme) {
    (1, Lexeme::Token(kind))
}

/// Hidden characters count as space: they are reported apart, and should not split one mistake in two.
fn is_space(c: char) -> bool {
    c.is_whitespace() || lookalike::is_hidden(c)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where the characters end that `of` takes, from byte `from` on. `ascii` says the same of bytes below 128.
fn run(text: &str, from: usize, ascii: impl Fn(u8) -> bool, of: impl Fn(char) -> bool) -> usize {
    let mut at = from;
    while let Some(&byte) = text.as_bytes().get(at) {
        if byte.is_ascii() {
            if !ascii(byte) {
                break;
            }
            at += 1;
        } else {
            match char_at(text, at).filter(|c| of(*c)) {
                Some(c) => at += c.len_utf8(),
                None => break,
            }
        }
    }
    at
}

fn char_at(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

fn space_end(text: &str) -> usize {
    run(text, 0, |byte| matches!(byte, 0..=b' ' | 0x7F), is_space)
}

fn line_end(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// The ASCII letters, digits, `_`, `.` and `/`: most of a policy is of them.
const PART: [bool; 128] = {
    let mut part = [false; 128];
    let mut byte = 0;
    while byte < 128 {
        let c = byte as u8;
        part[byte] = c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b'/');
        byte += 1;
    }
    part
};

/// Letters, digits and `_`, with `.` and `/` anywhere.
fn part_end(text: &str, from: usize) -> usize {
    let ascii = |byte: u8| PART.get(usize::from(byte)) == Some(&true);
    run(text, from, ascii, is_word)
}

/// A word has hyphens only inside, so that `web->db` is three tokens and `a -b` a difference.
fn word_end(text: &str) -> usize {
    let mut end = part_end(text, 0);
    loop {
        let hyphens = run(text, end, |byte| byte == b'-', |_| false);
        if hyphens == end || !char_at(text, hyphens).is_some_and(is_word) {
            return end;
        }
        end = part_end(text, hyphens);
    }
}

/// Where an IPv6 address ends, or what was meant as one: hexadecimal digits with two colons or more. A colon at the
/// end that is not half of `::` is the one before services.
fn address_end(text: &str) -> Option<usize> {
    let of_run = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let run = text.get(..run(text, 0, of_run, |_| false))?;
    let run = match run.strip_suffix(':') {
        Some(shorter) if !shorter.ends_with(':') => shorter,
        _ => run,
    };
    let mut colons = run.bytes().filter(|byte| *byte == b':');
    colons.nth(1).map(|_| part_end(text, run.len()))
}

/// A text ends at its quote, or unclosed at the end of its line.
fn quoted(text: &[u8]) -> (usize, Lexeme) {
    let mut at = 1;
    loop {
        let next = text.get(at + 1);
        at += match text.get(at) {
            Some(b'"') => return (at + 1, Lexeme::Token(TokenKind::Text)),
            None | Some(b'\n') => return (at, Lexeme::UnclosedText),
            Some(b'\r') if next == Some(&b'\n') => return (at, Lexeme::UnclosedText),
            Some(b'\\') if !matches!(next, None | Some(b'\r' | b'\n')) => 2,
            Some(_) => 1,
        };
    }
}

fn rare(text: &str) -> Option<(usize, Lexeme)> {
    let unknown = value(Lexeme::Token(TokenKind::Unknown), anychar);
    let mut any = consumed(alt((
        foreign_comment,
        lookalike_symbol,
        arrow_or_bound,
        foreign_text,
        unknown,
    )));
    let (_, (slice, lexeme)) = any.parse(text).ok()?;
    Some((slice.len(), lexeme))
}

fn foreign_comment(input: &str) -> Lex<'_> {
    value(
        Lexeme::ForeignComment,
        preceded(alt((tag("//"), tag("/*"))), take_till(|c| c == '\n')),
    )
    .parse(input)
}

/// A text in quotes of another kind, where both stand on one line.
fn foreign_text(input: &str) -> Lex<'_> {
    let quote = || verify(anychar, |c| lookalike::is_foreign_quote(*c));
    let content = take_while(|c: char| c != '\n' && !lookalike::is_foreign_quote(c));
    value(Lexeme::ForeignText, (quote(), content, quote())).parse(input)
}

fn lookalike_symbol(input: &str) -> Lex<'_> {
    for (written, kind, proper) in lookalike::SYMBOLS {
        if let Some(rest) = input.strip_prefix(written) {
            return Ok((rest, Lexeme::Lookalike(*kind, proper)));
        }
    }
    Err(nom::Err::Error(nom::error::Error::new(
        input,
        nom::error::ErrorKind::Tag,
    )))
}

fn arrow_or_bound(input: &str) -> Lex<'_> {
    map(
        alt((
            value(TokenKind::ChainArrow, tag("~>")),
            value(TokenKind::AtMost, tag("<=")),
        )),
        Lexeme::Token,
    )
    .parse(input)
}
