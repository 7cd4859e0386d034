//! Whether the elements of a verdict map leave each packet one verdict.

use super::elements::{Element, Elements};

/// Elements of a verdict map whose ranges are held against each other.
const COMPARED: usize = 1_500;

/// A packet must find at most one element of a verdict map, which holds each once.
pub(super) fn check(elements: &Elements) -> Result<(), String> {
    if !elements.has_ranges() {
        return Ok(());
    }
    if elements.len() > COMPARED && elements.fields() > 1 {
        return Err("the verdict map has too many ranges to be compared".to_owned());
    }
    let mut all: Vec<Element<'_>> = elements.iter().collect();
    all.sort_unstable_by_key(|element| element.key());
    let clash = |a: &Element<'_>, b: &Element<'_>| a.overlaps(*b);
    let clashes = if elements.fields() == 1 {
        // In order, ranges that overlap at all overlap with a neighbour.
        all.windows(2).any(|pair| matches!(pair, [a, b] if clash(a, b)))
    } else {
        (1..)
            .zip(&all)
            .any(|(after, a)| all.iter().skip(after).any(|b| clash(a, b)))
    };
    match clashes {
        true => Err("elements of the verdict map overlap".to_owned()),
        false => Ok(()),
    }
}
