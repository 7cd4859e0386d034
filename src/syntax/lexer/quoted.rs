//! Quoted texts: their escapes, and what they stand for.

use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// The first escape of a quoted text that means nothing.
pub(super) fn bad_escape(slice: &str, span: Span) -> Option<Diagnostic> {
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
pub(super) fn inside(text: &str) -> &str {
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
