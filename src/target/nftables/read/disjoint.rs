//! Whether the elements of a set stand apart. The kernel refuses others, and a packet must find at most one element of
//! a verdict map.

use rustc_hash::FxHashSet;

use super::cursor::Fault;
use super::elements::{Element, Elements, Range};

/// How many pairs of elements are held against each other.
const COMPARED: usize = 2_000_000;

/// Elements of which each is there once. nft refuses those that overlap, unless they have one field and it merges them.
pub(super) fn check(elements: &Elements, merges: bool) -> Result<(), Fault> {
    if !elements.has_ranges() || merges && elements.fields() == 1 {
        return Ok(());
    }
    // Along the field that tells most of them apart.
    let values = |field: &usize| -> usize {
        let ranges = elements.iter().map(|element| element.range(*field));
        ranges.collect::<FxHashSet<Option<Range>>>().len()
    };
    let field = (0..elements.fields()).max_by_key(values).unwrap_or(0);
    let mut all: Vec<(Range, Element<'_>)> = elements
        .iter()
        .filter_map(|element| Some((element.range(field)?, element)))
        .collect();
    all.sort_unstable_by_key(|(range, _)| *range);
    let mut left = COMPARED;
    for (after, ((_, end), element)) in (1..).zip(&all) {
        let rest = all.get(after..).unwrap_or_default();
        // Behind the first that begins after this one ends, all do.
        let near = rest.iter().take_while(|((first, _), _)| first <= end);
        for (_, other) in near {
            left = left
                .checked_sub(1)
                .ok_or_else(|| Fault::new(other.line, "the set has too many ranges to be compared"))?;
            if element.overlaps(*other) {
                let line = element.line.max(other.line);
                return Err(Fault::new(line, "elements overlap, which nft refuses"));
            }
        }
    }
    Ok(())
}
