//! Statements to lines.

use super::outline::{Body, Element, Word};
use crate::syntax::lexer::TokenKind;
use crate::syntax::parser::is_statement_keyword;

/// Longer lines are broken where they can be.
const WIDTH: usize = 110;

const INDENT: usize = 4;

/// Deeper than a body, so that the two are told apart.
const CONTINUATION: usize = 8;

/// The elements of a file as text.
pub fn write(elements: &[Element<'_>]) -> String {
    let mut out = String::new();
    write_elements(&mut out, elements, 0);
    out
}

fn write_elements(out: &mut String, elements: &[Element<'_>], depth: usize) {
    for (index, element) in elements.iter().enumerate() {
        if index > 0 && element.breaks > 1 {
            out.push('\n');
        }
        write_element(out, element, depth);
        if let Some(comment) = element.trailing {
            out.push_str("  ");
            out.push_str(comment);
        }
        out.push('\n');
    }
}

fn write_element(out: &mut String, element: &Element<'_>, depth: usize) {
    let indent = " ".repeat(depth * INDENT);
    let line = one_line(element).filter(|line| indent.len() + width(line) <= WIDTH);
    if let Some(line) = line {
        out.push_str(&indent);
        out.push_str(&line);
        return;
    }
    let brace = Word {
        text: "{",
        kind: Some(TokenKind::OpenBrace),
        glued: false,
        own_line: false,
    };
    let head: Vec<Word<'_>> = element
        .head
        .iter()
        .copied()
        .chain(element.body.is_some().then_some(brace))
        .collect();
    out.push_str(&indent);
    fill(out, &head, depth);
    if let Some(body) = &element.body {
        if let Some(comment) = body.opening {
            out.push_str("  ");
            out.push_str(comment);
        }
        out.push('\n');
        write_elements(out, &body.elements, depth + 1);
        out.push_str(&indent);
        out.push('}');
    }
}

/// The element as one line, if its body was on one and nothing in it forces a line break.
fn one_line(element: &Element<'_>) -> Option<String> {
    let mut line = String::new();
    for (index, word) in element.head.iter().enumerate() {
        if word.kind.is_none() && element.head.len() > 1 {
            return None;
        }
        if space_before(&element.head, index) {
            line.push(' ');
        }
        line.push_str(word.text);
    }
    if let Some(body) = &element.body {
        line.push(' ');
        line.push_str(&braces_on_one_line(body)?);
    }
    Some(line)
}

fn braces_on_one_line(body: &Body<'_>) -> Option<String> {
    if body.opening.is_none() && body.elements.is_empty() {
        return Some("{}".to_owned());
    }
    if !body.on_one_line {
        return None;
    }
    let statements: Option<Vec<String>> = body.elements.iter().map(one_line).collect();
    Some(format!("{{ {} }}", statements?.join("; ")))
}

/// Writes words, with line breaks before operators and after commas where a line would be too long.
fn fill(out: &mut String, words: &[Word<'_>], depth: usize) {
    let first_indent = depth * INDENT;
    let next_line = format!("\n{}", " ".repeat(first_indent + CONTINUATION));
    let mut column = first_indent;
    let mut must_break = false;
    let mut index = 0;
    while let Some(word) = words.get(index) {
        let end = chunk_end(words, index);
        let chunk = chunk(words, index, end);
        let spaced = space_before(words, index);
        let too_long = column + usize::from(spaced) + width(&chunk) > WIDTH;
        let comment = word.kind.is_none();
        if index == 0 {
            // What comes first stands where the statement starts, however long it is.
        } else if must_break
            || (comment && word.own_line)
            || (!comment && too_long && may_break(words, index))
        {
            out.push_str(&next_line);
            column = first_indent + CONTINUATION;
        } else if comment {
            out.push_str("  ");
        } else if spaced {
            out.push(' ');
            column += 1;
        }
        out.push_str(&chunk);
        column += width(&chunk);
        must_break = comment;
        index = end;
    }
}

/// The first word after `start` before which a line may be broken.
fn chunk_end(words: &[Word<'_>], start: usize) -> usize {
    (start + 1..words.len())
        .find(|index| may_break(words, *index))
        .unwrap_or(words.len())
}

fn chunk(words: &[Word<'_>], start: usize, end: usize) -> String {
    let mut chunk = String::new();
    for index in start..end {
        if index > start && space_before(words, index) {
            chunk.push(' ');
        }
        chunk.push_str(words.get(index).map_or("", |word| word.text));
    }
    chunk
}

fn before<'a>(words: &[Word<'a>], index: usize, back: usize) -> Option<Word<'a>> {
    words.get(index.checked_sub(back)?).copied()
}

fn may_break(words: &[Word<'_>], index: usize) -> bool {
    let (Some(word), Some(previous)) = (words.get(index), before(words, index, 1)) else {
        return false;
    };
    if word.kind.is_none() || previous.kind.is_none() {
        return true;
    }
    match word.kind {
        // At the start of a line, the parser would take it for the next statement.
        Some(TokenKind::Word) if is_statement_keyword(word.text) => false,
        Some(
            TokenKind::Union
            | TokenKind::Intersection
            | TokenKind::Minus
            | TokenKind::Arrow
            | TokenKind::ChainArrow
            | TokenKind::AtMost,
        ) => true,
        Some(TokenKind::Colon) => space_before(words, index),
        _ => previous.kind == Some(TokenKind::Comma),
    }
}

fn space_before(words: &[Word<'_>], index: usize) -> bool {
    use TokenKind::{Address, CloseParen, Colon, Comma, OpenParen, Word as Plain};
    let (Some(word), Some(previous)) = (words.get(index), before(words, index, 1)) else {
        return false;
    };
    if matches!(word.kind, Some(Comma | CloseParen)) || previous.kind == Some(OpenParen) {
        return false;
    }
    let is_label = |word: Option<super::outline::Word<'_>>| {
        word.is_some_and(|word| word.kind == Some(Plain) && word.text == "label")
    };
    let in_label = (word.kind == Some(Colon) && is_label(Some(previous)))
        || (previous.kind == Some(Colon) && previous.glued && is_label(before(words, index, 2)));
    let in_interface_name = words.first().is_some_and(|first| first.text == "interface")
        && matches!(word.kind, Some(Plain | Colon | Address))
        && matches!(previous.kind, Some(Plain | Colon | Address));
    !(word.glued && (in_label || in_interface_name))
}

fn width(text: &str) -> usize {
    text.chars().count()
}
