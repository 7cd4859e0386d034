//! Author's text inside nft: nft has no escape for a double quote, so what could end a string never gets in.

use crate::plan::Origin;

/// Printable ASCII on one line, without quotes and backslashes, at most `limit` bytes. What was cut off shows
/// as a closing `~`.
pub fn plain(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len());
    push_plain(&mut out, text, limit);
    out
}

/// Adds the same to a text.
fn push_plain(out: &mut String, text: &str, limit: usize) {
    let start = out.len();
    match text
        .bytes()
        .all(|byte| printable(byte.into()) == char::from(byte))
    {
        true => out.push_str(text),
        false => out.extend(text.chars().map(printable)),
    }
    cut(out, start, limit);
}

/// Leaves at most `limit` bytes of what stands from a place on.
fn cut(out: &mut String, start: usize, limit: usize) {
    if out.len() - start > limit {
        out.truncate(start + limit.saturating_sub(1));
        out.push('~');
    }
}

fn printable(c: char) -> char {
    match c {
        '"' => '\'',
        '\\' => '/',
        ' '..='~' => c,
        c if c.is_whitespace() => ' ',
        _ => '?',
    }
}

/// A comment that leads back to the policy: `pump-telemetry-5f0c1a hospital.sept:24 CHG-20411`. A long id gives way
/// to the location, a long ticket to both.
pub fn provenance(origin: &Origin, limit: usize) -> String {
    let mut comment = String::with_capacity(limit);
    push_plain(&mut comment, &origin.id, limit / 2);
    comment.push(' ');
    push_plain(&mut comment, origin.cited(), limit / 3);
    if let Some(ticket) = &origin.ticket {
        comment.push(' ');
        push_plain(&mut comment, ticket, usize::MAX);
    }
    cut(&mut comment, 0, limit);
    comment
}

/// A log prefix of words that a program can split at spaces: `septum guest>clinical.pumps rule-id `.
pub fn log_prefix(words: &[&str], limit: usize) -> String {
    let room = limit.saturating_sub("septum ".len()) / words.len().max(1);
    let mut prefix = "septum ".to_owned();
    for word in words {
        prefix.push_str(&plain(word, room.saturating_sub(1)).replace(' ', "_"));
        prefix.push(' ');
    }
    prefix
}
