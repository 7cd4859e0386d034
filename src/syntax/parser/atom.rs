//! The smallest parts: symbols, keywords, names, texts, and lists of them.

use nom::combinator::cut;
use nom::{Err, Parser};

use super::body::is_statement_keyword;
use super::failure::Failure;
use super::input::{Input, Parse};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::lexer::{Token, TokenKind, shortened, unescape};
use crate::syntax::tree::{Name, Text};

/// Words with a meaning inside statements, beside those that start one.
pub const INNER_KEYWORDS: &[&str] = &[
    "any", "because", "day", "from", "hour", "icmp", "icmpv6", "in", "label", "minute", "on", "proto",
    "sctp", "second", "tcp", "udp", "unless", "until", "via",
];

/// Fails for want of `what`.
pub fn fail<'a, T>(input: Input<'a>, what: &'static str) -> Parse<'a, T> {
    Err(Err::Error(Failure::expected(input, what)))
}

/// One token of a kind; `what` names it to users.
pub fn symbol<'a>(kind: TokenKind, what: &'static str) -> impl Fn(Input<'a>) -> Parse<'a, Token<'a>> + Copy {
    move |input| match input.peek_kind(kind) {
        Some(token) => Ok((input.advance(), token)),
        None => fail(input, what),
    }
}

/// A given word; `what` is the same word in backticks.
pub fn keyword<'a>(word: &'static str, what: &'static str) -> impl Fn(Input<'a>) -> Parse<'a, Span> + Copy {
    move |input| match input.peek_kind(TokenKind::Word) {
        Some(token) if token.text == word => Ok((input.advance(), token.span())),
        _ => fail(input, what),
    }
}

/// The next token if it is a word or address that goes on with the statement. The word that opens the
/// next line and could start a statement of its own is taken as that: a value was forgotten.
pub fn value_token(input: Input<'_>) -> Option<Token<'_>> {
    input
        .peek()
        .filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Address))
        .filter(|token| !(token.first_on_line && is_statement_keyword(token.text)))
}

/// One item or more, with commas between.
pub fn list<'a, T>(
    item: impl Fn(Input<'a>) -> Parse<'a, T> + Copy,
) -> impl Fn(Input<'a>) -> Parse<'a, Vec<T>> + Copy {
    move |input| {
        let (mut input, first) = item(input)?;
        let mut items = vec![first];
        while input.peek_kind(TokenKind::Comma).is_some() {
            let (rest, next) = cut(item).parse(input.advance())?;
            items.push(next);
            input = rest;
        }
        Ok((input, items))
    }
}

/// A quoted text.
pub fn text<'a>(what: &'static str) -> impl Fn(Input<'a>) -> Parse<'a, Text> + Copy {
    move |input| {
        let (input, token) = symbol(TokenKind::Text, what)(input)?;
        let text = Text {
            value: unescape(token.text),
            span: token.span(),
        };
        Ok((input, text))
    }
}

/// A title after a name or a rule.
pub fn title(input: Input<'_>) -> Parse<'_, Box<Text>> {
    let (input, title) = text("a title")(input)?;
    Ok((input, Box::new(title)))
}

/// A text, or a single word as one: `vendor BBraun`.
pub fn text_or_word<'a>(what: &'static str) -> impl Fn(Input<'a>) -> Parse<'a, Text> + Copy {
    move |input| {
        if input.peek_kind(TokenKind::Text).is_some() {
            return text(what)(input);
        }
        match value_token(input) {
            Some(token) => {
                let text = Text {
                    value: token.text.to_owned(),
                    span: token.span(),
                };
                Ok((input.advance(), text))
            }
            None => fail(input, what),
        }
    }
}

/// The most bytes of a name that other statements can refer to. Nobody reads longer ones, and each part of a dotted name
/// is a name of its own.
const LONGEST_NAME: usize = 255;

/// A name that other statements can refer to.
pub fn name<'a>(what: &'static str) -> impl Fn(Input<'a>) -> Parse<'a, Name> + Copy {
    move |input| {
        let (rest, mut name) = free_name(what)(input)?;
        if name.text.len() > LONGEST_NAME {
            input.report(|| {
                let message = format!(
                    "this name has {} bytes, a name has {LONGEST_NAME} at most",
                    name.text.len()
                );
                Diagnostic::error("syntax", name.span, message).help("shorten it")
            });
            let mut end = LONGEST_NAME;
            while !name.text.is_char_boundary(end) {
                end -= 1;
            }
            name.text = input.name(name.text.get(..end).unwrap_or(""));
        } else if let Some(token) = input.peek().filter(|token| token.kind != TokenKind::Text) {
            check_name(input, token);
        }
        Ok((rest, name))
    }
}

/// A name of any shape, in quotes or one word: a ticket number, a person.
pub fn free_name<'a>(what: &'static str) -> impl Fn(Input<'a>) -> Parse<'a, Name> + Copy {
    move |input| {
        if let Some(token) = input.peek_kind(TokenKind::Text) {
            let name = Name {
                text: input.name(&unescape(token.text)),
                span: token.span(),
            };
            check_quoted(input, token, &name);
            return Ok((input.advance(), name));
        }
        match value_token(input) {
            Some(token) => {
                let name = Name {
                    text: input.name(token.text),
                    span: token.span(),
                };
                Ok((input.advance(), name))
            }
            None => fail(input, what),
        }
    }
}

/// A platform's own name for an interface: `Te1/0/1`, `eth0:1`, or anything in quotes.
pub fn interface_name(input: Input<'_>) -> Parse<'_, Name> {
    if input.peek_kind(TokenKind::Text).is_some() {
        return free_name("the name of an interface")(input);
    }
    let (mut input, mut name) = free_name("the name of an interface")(input)?;
    let mut text = name.text.to_string();
    while let Some(token) = input.peek_glued() {
        if !matches!(
            token.kind,
            TokenKind::Colon | TokenKind::Word | TokenKind::Address
        ) {
            break;
        }
        text.push_str(token.text);
        name.span = name.span.to(token.span());
        input = input.advance();
    }
    name.text = input.name(&text);
    Ok((input, name))
}

fn check_quoted(input: Input<'_>, token: Token<'_>, name: &Name) {
    if token.diagnosed {
        return;
    }
    if name.text.trim().is_empty() {
        input.report(|| Diagnostic::error("syntax", token.span(), "a name cannot be empty"));
    } else if name.text.contains(char::is_control) {
        input.report(|| Diagnostic::error("syntax", token.span(), "a name cannot hold a line break"));
    }
}

/// Says what is wrong with a name that is not in quotes.
fn check_name(input: Input<'_>, token: Token<'_>) {
    let word = token.text;
    let dots = word.contains('.') && (word.starts_with('.') || word.ends_with('.') || word.contains(".."));
    let strange = token.kind == TokenKind::Address || word.contains('/');
    if word.contains(|c: char| c.is_alphabetic() || c == '_') && !dots && !strange {
        return;
    }
    input.report(|| {
        let problem = Diagnostic::error(
            "syntax",
            token.span(),
            format!("`{}` is not a name", shortened(word)),
        );
        if dots {
            problem.help("a dot stands between two parts of a name")
        } else if strange {
            problem.help("names are letters, digits, `_`, `-` and `.`; others are written in quotes")
        } else {
            problem.help("a name has a letter in it; others are written in quotes")
        }
    });
}
