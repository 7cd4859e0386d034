//! The author's texts, made safe for a FortiOS command line.

use crate::plan::Origin;
use crate::target::name::{digest, slug};

/// Hexadecimal digits of a digest in an object's name: two contents that share 64 bits are not to be met.
const OBJECT_DIGITS: usize = 16;
/// Hexadecimal digits in the name of a policy or a zone, which has only 35 characters.
const SHORT_DIGITS: usize = 12;

/// `<prefix>_<slug of author's name>_<digest of content>`, at most `limit` characters.
pub fn object_name(prefix: &str, author: &str, content: &str, limit: usize) -> String {
    named(prefix, author, &digest(content, OBJECT_DIGITS), limit)
}

/// As [`object_name`], with a shorter digest for names of 35 characters.
pub fn short_name(prefix: &str, author: &str, content: &str, limit: usize) -> String {
    named(prefix, author, &digest(content, SHORT_DIGITS), limit)
}

fn named(prefix: &str, author: &str, digest: &str, limit: usize) -> String {
    let room = limit.saturating_sub(prefix.len() + digest.len() + 2);
    [prefix, &slug(author, room), digest]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("_")
}

/// A text that can stand between double quotes, or behind `#`: FortiOS refuses `" ' < >` in names and texts,
/// expands `$`, and its console takes `?` for a call for help even between quotes.
pub fn clean(text: &str, limit: usize) -> String {
    let cleaned: String = text
        .chars()
        .map(|c| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' => c,
            ' ' | '-' | '_' | '.' | ',' | ':' | ';' | '/' | '+' | '=' | '@' | '&' | '*' | '!' => c,
            c if c.is_whitespace() => ' ',
            _ => '_',
        })
        .take(limit)
        .collect();
    cleaned.trim().to_owned()
}

/// `pump-telemetry-5f0c1a; hospital.sept:24; CHG-20411; Drug library and events`
pub fn comments(origin: &Origin, limit: usize) -> String {
    let parts = [
        Some(origin.id.as_str()),
        Some(origin.cited()),
        origin.ticket.as_deref(),
        origin.title.as_deref(),
    ];
    let joined = parts.into_iter().flatten().collect::<Vec<_>>().join("; ");
    clean(&joined, limit)
}
