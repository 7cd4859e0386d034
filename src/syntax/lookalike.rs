//! Characters that look like the language but are not: what word processors, wikis and other
//! languages make of it. The lexer reads them as what is meant, and says so, which leaves one clear
//! message instead of a string of odd ones.

use super::lexer::TokenKind;

/// What is written, what it is read as, and what should be written.
pub const SYMBOLS: &[(&str, TokenKind, &str)] = &[
    ("=>", TokenKind::Arrow, "->"),
    ("→", TokenKind::Arrow, "->"),
    ("⇒", TokenKind::Arrow, "->"),
    ("➔", TokenKind::Arrow, "->"),
    ("⟶", TokenKind::Arrow, "->"),
    ("⇝", TokenKind::ChainArrow, "~>"),
    ("↝", TokenKind::ChainArrow, "~>"),
    ("≤", TokenKind::AtMost, "<="),
    ("=<", TokenKind::AtMost, "<="),
    ("||", TokenKind::Union, "|"),
    ("∪", TokenKind::Union, "|"),
    ("｜", TokenKind::Union, "|"),
    ("&&", TokenKind::Intersection, "&"),
    ("∩", TokenKind::Intersection, "&"),
    ("‐", TokenKind::Minus, "-"),
    ("‑", TokenKind::Minus, "-"),
    ("–", TokenKind::Minus, "-"),
    ("—", TokenKind::Minus, "-"),
    ("−", TokenKind::Minus, "-"),
    ("，", TokenKind::Comma, ","),
    ("；", TokenKind::Semicolon, ";"),
    ("：", TokenKind::Colon, ":"),
    ("＝", TokenKind::Equals, "="),
    ("｛", TokenKind::OpenBrace, "{"),
    ("｝", TokenKind::CloseBrace, "}"),
    ("（", TokenKind::OpenParen, "("),
    ("）", TokenKind::CloseParen, ")"),
];

/// Quotes of other languages and of word processors.
pub fn is_foreign_quote(c: char) -> bool {
    matches!(
        c,
        '\'' | '`' | '‘' | '’' | '‚' | '“' | '”' | '„' | '«' | '»' | '＂'
    )
}

/// A character that is not seen, or that changes how its neighbours are seen: what a reviewer reads
/// would not be what is compiled (CVE-2021-42574, "Trojan Source").
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{200B}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}'
        | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        || (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// What to write instead of a character that means nothing.
pub fn advice(unknown: &str) -> Option<&'static str> {
    Some(match unknown.chars().next()? {
        '*' => "write `any` for everything",
        '!' => "there is no negation: take members away with `-`, or write a `deny`",
        '+' => "join sets with `|`",
        '[' | ']' => "lists are written without brackets, with commas",
        '\\' => "a line needs no mark to go on in the next one",
        '<' | '>' => "arrows are `->` and `~>`, a bound is `<=`",
        '~' => "a chain is written `~>`",
        '/' | '@' | '$' | '%' => "names with other characters are written in quotes",
        _ => return None,
    })
}
