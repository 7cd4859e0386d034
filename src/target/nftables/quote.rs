//! Author's text inside nft: nft has no escape for a double quote, so what could end a string never gets in.

use crate::plan::Origin;

/// Printable ASCII on one line, without quotes and backslashes, at most `limit` bytes. What was cut off shows
/// as a closing `~`.
pub fn plain(text: &str, limit: usize) -> String {
    let mut out = match text
        .bytes()
        .all(|byte| printable(byte.into()) == char::from(byte))
    {
        true => text.to_owned(),
        false => text.chars().map(printable).collect(),
    };
    if out.len() > limit {
        out.truncate(limit.saturating_sub(1));
        out.push('~');
    }
    out
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
    let mut comment = plain(&origin.id, limit / 2);
    comment.push(' ');
    comment.push_str(&plain(&origin.location, limit / 3));
    if let Some(ticket) = &origin.ticket {
        comment.push(' ');
        comment.push_str(ticket);
    }
    plain(&comment, limit)
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
