//! Whether the elements of a verdict map leave each packet one verdict.

use super::rule::{Key, Verdict};
use super::value::Value;

/// Elements of a verdict map whose ranges are held against each other.
const COMPARED: usize = 1_500;

/// A packet must find at most one element of a verdict map.
pub(super) fn check(elements: &[(&Key, &Verdict, usize)]) -> Result<(), String> {
    let overlap = || Err("elements of the verdict map overlap".to_owned());
    if !elements.iter().any(|(key, ..)| key.iter().any(Value::is_range)) {
        let mut keys: Vec<&Key> = elements.iter().map(|(key, ..)| *key).collect();
        keys.sort_unstable();
        return match keys.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            true => overlap(),
            false => Ok(()),
        };
    }
    if elements.len() > COMPARED && elements.iter().any(|(key, ..)| key.len() > 1) {
        return Err("the verdict map has too many ranges to be compared".to_owned());
    }
    let mut keys: Vec<&Key> = elements.iter().map(|(key, ..)| *key).collect();
    keys.sort_unstable();
    let clash = |a: &Key, b: &Key| a.iter().zip(b).all(|(a, b)| a.overlaps(b));
    let clashes = if keys.iter().all(|key| key.len() == 1) {
        // In order, ranges that overlap at all overlap with a neighbour.
        keys.windows(2).any(|pair| matches!(pair, [a, b] if clash(a, b)))
    } else {
        (1..)
            .zip(&keys)
            .any(|(after, a)| keys.iter().skip(after).any(|b| clash(a, b)))
    };
    if clashes { overlap() } else { Ok(()) }
}
