//! Names for objects on devices: safe on every platform, stable under unrelated edits, and distinct.

use sha2::{Digest, Sha256};

/// Lower-case letters, digits and `_` alone: everything else becomes one `_`, none at the ends, at most
/// `limit` bytes. Two texts may fall together: add a [`digest`] where that matters. Empty for no letters at all.
pub fn slug(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        if out.len() >= limit {
            break;
        }
    }
    out.trim_end_matches('_').to_owned()
}

/// The first `digits` hexadecimal digits (at most 64) of the SHA-256 of a text.
pub fn digest(text: &str, digits: usize) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let hash = Sha256::digest(text.as_bytes());
    let mut out = String::with_capacity(hash.len() * 2);
    for byte in &hash {
        for half in [byte >> 4, byte & 15] {
            out.push(DIGITS[usize::from(half)].into());
        }
    }
    out.truncate(digits);
    out
}
