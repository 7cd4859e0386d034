//! Products less products.

use std::sync::Arc;

use crate::packet::FlowSet;

/// What a product holds and another does not, as at most three disjoint products. Addresses are split before services,
/// since a service with holes takes more entries than a prefix with holes.
pub fn subtract(flow: &FlowSet, taken: &FlowSet) -> Vec<FlowSet> {
    let Some(both) = flow.meet(taken) else {
        return vec![flow.clone()];
    };
    let pieces = [
        FlowSet {
            source: Arc::new(flow.source.difference(&taken.source)),
            ..flow.clone()
        },
        FlowSet {
            source: Arc::clone(&both.source),
            destination: Arc::new(flow.destination.difference(&taken.destination)),
            service: Arc::clone(&flow.service),
        },
        FlowSet {
            source: both.source,
            destination: both.destination,
            service: Arc::new(flow.service.difference(&taken.service)),
        },
    ];
    pieces.into_iter().filter(|piece| !piece.is_empty()).collect()
}

/// What a product holds and none of the others does.
pub fn subtract_all<'a>(flow: &FlowSet, taken: impl IntoIterator<Item = &'a FlowSet>) -> Vec<FlowSet> {
    taken.into_iter().fold(vec![flow.clone()], |pieces, taken| {
        pieces.iter().flat_map(|piece| subtract(piece, taken)).collect()
    })
}
