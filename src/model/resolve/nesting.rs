//! Which zones lie within which.

use crate::diagnostic::Diagnostic;
use crate::model::{Zone, ZoneId};

/// How deep zones may lie within zones. Prefixes of different lengths nest less than that.
const DEEPEST: usize = 256;

/// The zones as a forest.
pub(super) struct Nesting {
    /// Each zone before those within it, which follow without a gap.
    order: Vec<usize>,
    /// By zone: its place in the order, and the place after the last of those within it.
    spans: Vec<(usize, usize)>,
    /// True where some zones were too deep: what zones claim is not theirs alone then.
    pub(super) cut: bool,
}

impl Nesting {
    /// That of the zones. What lies within itself or too deep is reported, and lies within nothing then.
    pub(super) fn of(zones: &mut [Zone], diagnostics: &mut Vec<Diagnostic>) -> Self {
        break_cycles(zones, diagnostics);
        let whole = Self::read(zones);
        match break_depth(zones, &whole.order, diagnostics) {
            true => Self {
                cut: true,
                ..Self::read(zones)
            },
            false => whole,
        }
    }

    /// That of zones none of which lies within itself.
    pub(super) fn read(zones: &[Zone]) -> Self {
        let mut inner: Vec<Vec<usize>> = vec![Vec::new(); zones.len()];
        let mut open = Vec::new();
        for (index, zone) in zones.iter().enumerate().rev() {
            match zone.within.and_then(|outer| inner.get_mut(outer.index())) {
                Some(list) => list.push(index),
                None => open.push(index),
            }
        }
        let mut order = Vec::with_capacity(zones.len());
        let mut spans = vec![(0, 0); zones.len()];
        while let Some(index) = open.pop() {
            if let Some(span) = spans.get_mut(index) {
                *span = (order.len(), order.len() + 1);
            }
            order.push(index);
            open.extend(inner.get(index).into_iter().flatten());
        }
        for index in order.iter().rev() {
            let outer = zones.get(*index).and_then(|zone| zone.within);
            let end = spans.get(*index).map_or(0, |(_, end)| *end);
            if let Some((_, last)) = outer.and_then(|outer| spans.get_mut(outer.index())) {
                *last = end.max(*last);
            }
        }
        Self {
            order,
            spans,
            cut: false,
        }
    }

    /// True where a zone lies within another one, however deep.
    pub(super) fn lies_within(&self, inner: ZoneId, outer: ZoneId) -> bool {
        match (self.spans.get(inner.index()), self.spans.get(outer.index())) {
            (Some((place, _)), Some((first, end))) => first < place && place < end,
            _ => false,
        }
    }

    /// The zones, each after those within it.
    pub(super) fn inner_first(&self) -> impl Iterator<Item = usize> {
        self.order.iter().rev().copied()
    }
}

/// `within` may not lead back to where it came from.
fn break_cycles(zones: &mut [Zone], diagnostics: &mut Vec<Diagnostic>) {
    let outer = |index: usize| zones.get(index).and_then(|zone| zone.within).map(ZoneId::index);
    // The walk that came to a zone first.
    let mut seen: Vec<Option<usize>> = vec![None; zones.len()];
    let mut first_of_cycles = Vec::new();
    for start in 0..zones.len() {
        let mut at = Some(start);
        while let Some(index) = at
            && let Some(slot @ None) = seen.get_mut(index)
        {
            *slot = Some(start);
            at = outer(index);
        }
        let Some(met) = at.filter(|met| seen.get(*met) == Some(&Some(start))) else {
            continue;
        };
        let rest = std::iter::successors(outer(met), |index| outer(*index));
        let cycle = rest.take_while(|index| *index != met).chain([met]);
        first_of_cycles.extend(cycle.min());
    }
    first_of_cycles.sort_unstable();
    for index in first_of_cycles {
        if let Some(zone) = zones.get_mut(index) {
            let message = format!("zone `{}` lies within itself", zone.name);
            diagnostics.push(Diagnostic::error("within-itself", zone.span, message));
            zone.within = None;
        }
    }
}

/// True where some zone was too deep.
fn break_depth(zones: &mut [Zone], outer_first: &[usize], diagnostics: &mut Vec<Diagnostic>) -> bool {
    let mut depths = vec![0; zones.len()];
    let mut found = false;
    for index in outer_first {
        let Some(zone) = zones.get_mut(*index) else {
            continue;
        };
        let Some(outer) = zone.within else { continue };
        let depth = depths.get(outer.index()).map_or(0, |depth| depth + 1);
        if depth > DEEPEST {
            let message = format!("zones lie within zones more than {DEEPEST} deep");
            diagnostics.push(
                Diagnostic::error("zone-depth", zone.span, message)
                    .help("say `within` of a zone that is further out"),
            );
            zone.within = None;
            found = true;
        } else if let Some(slot) = depths.get_mut(*index) {
            *slot = depth;
        }
    }
    found
}
