//! A packet set as a few readable products.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::diagram::Piece;
use super::{AddressSet, Family, FlowSet, IntervalSet, ServiceSet, protocol};

/// A packet set, written as products.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Products {
    /// The products, IPv4 first, ascending. Those of a [`super::PacketSet`] are disjoint.
    pub flows: Vec<FlowSet>,
    /// False where there were more than the cap: then the products hold less than the set.
    pub complete: bool,
}

/// Pieces are joined before the cap applies, so more of them are looked at.
pub(crate) fn pieces_for(cap: usize) -> usize {
    cap.saturating_mul(64).max(4_096)
}

impl Products {
    /// Flows and pieces in at most `cap` products. They may overlap.
    pub(crate) fn with(flows: &[FlowSet], (mut pieces, complete): (Vec<Piece>, bool), cap: usize) -> Self {
        let mut flows: Vec<&FlowSet> = flows.iter().collect();
        flows.sort_by(|a, b| order(a).cmp(&order(b)));
        let most = pieces_for(cap);
        let all = flows.len() <= most;
        for flow in flows.into_iter().take(most) {
            let families = Family::BOTH
                .into_iter()
                .filter(|family| !flow.source.is_empty_in(*family) && !flow.destination.is_empty_in(*family));
            pieces.extend(families.map(|family| Piece {
                family,
                source: flow.source.only(family),
                destination: flow.destination.only(family),
                service: flow.service.in_family(family),
            }));
        }
        Self::of(pieces, complete && all, cap)
    }

    /// Joins pieces into at most `cap` products.
    pub(crate) fn of(pieces: Vec<Piece>, complete: bool, cap: usize) -> Self {
        let (v4, v6) = pieces.into_iter().partition(|piece| piece.family == Family::V4);
        let mut flows = both_families(join(v4), join(v6));
        flows.sort_by(|a, b| order(a).cmp(&order(b)));
        let complete = complete && flows.len() <= cap;
        flows.truncate(cap);
        Self { flows, complete }
    }
}

/// What products are listed by.
pub(crate) fn order(flow: &FlowSet) -> (bool, &AddressSet, &AddressSet, &ServiceSet) {
    let no_v4 = flow.source.v4.is_empty();
    (no_v4, &flow.destination, &flow.source, &flow.service)
}

/// Joins pieces of one family that agree in two of their three sides, until none do.
fn join(mut pieces: Vec<Piece>) -> Vec<Piece> {
    loop {
        let before = pieces.len();
        pieces = join_where(
            pieces,
            |p| (p.source.clone(), p.service.clone()),
            |all, p| all.destination = all.destination.union(&p.destination),
        );
        pieces = join_where(
            pieces,
            |p| (p.destination.clone(), p.service.clone()),
            |all, p| all.source = all.source.union(&p.source),
        );
        pieces = join_where(
            pieces,
            |p| (p.destination.clone(), p.source.clone()),
            |all, p| all.service = all.service.union(&p.service),
        );
        if pieces.len() == before {
            return pieces;
        }
    }
}

fn join_where<K: Ord>(
    mut pieces: Vec<Piece>,
    key: impl Fn(&Piece) -> K,
    add: impl Fn(&mut Piece, &Piece),
) -> Vec<Piece> {
    pieces.sort_by_cached_key(&key);
    let mut joined: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match joined.last_mut() {
            Some(top) if key(top) == key(&piece) => add(top, &piece),
            _ => joined.push(piece),
        }
    }
    joined
}

/// Puts an IPv4 and an IPv6 product together where they are the only ones of their services: one line for a
/// reader who thinks in zones. Which of several belong together only names could tell, so those stay apart.
fn both_families(v4: Vec<Piece>, v6: Vec<Piece>) -> Vec<FlowSet> {
    let (shared4, shared6) = (shared_parts(&v4), shared_parts(&v6));
    let mut taken = vec![false; v6.len()];
    let mut flows = Vec::with_capacity(v4.len() + v6.len());
    for piece in &v4 {
        let service = shared_part(&piece.service);
        let alone = |found: Option<&Vec<usize>>| match found.map(Vec::as_slice) {
            Some([one]) => Some(*one),
            _ => None,
        };
        let partner = alone(shared4.get(&service)).and_then(|_| alone(shared6.get(&service)));
        let partner = partner
            .filter(|_| !service.is_empty())
            .and_then(|at| Some((at, v6.get(at)?)));
        match partner {
            Some((at, other)) => {
                if let Some(taken) = taken.get_mut(at) {
                    *taken = true;
                }
                flows.push(FlowSet {
                    source: Arc::new(piece.source.union(&other.source)),
                    destination: Arc::new(piece.destination.union(&other.destination)),
                    service: Arc::new(piece.service.union(&other.service)),
                });
            }
            None => flows.push(one_family(piece)),
        }
    }
    let rest = v6.iter().zip(taken).filter(|(_, taken)| !taken);
    flows.extend(rest.map(|(piece, _)| one_family(piece)));
    flows
}

/// Which pieces have which services of those that mean the same in both families.
fn shared_parts(pieces: &[Piece]) -> BTreeMap<ServiceSet, Vec<usize>> {
    let mut parts: BTreeMap<ServiceSet, Vec<usize>> = BTreeMap::new();
    for (at, piece) in pieces.iter().enumerate() {
        parts.entry(shared_part(&piece.service)).or_default().push(at);
    }
    parts
}

/// The services that mean the same in both families. The others have no effect in the other family.
fn shared_part(service: &ServiceSet) -> ServiceSet {
    let icmp = IntervalSet::from_ranges([protocol::ICMP, protocol::ICMPV6].map(|p| (p, p)));
    let icmp = ServiceSet::protocols(&icmp);
    service.difference(&icmp)
}

fn one_family(piece: &Piece) -> FlowSet {
    let everything = ServiceSet::full();
    // "Any service" reads better than "any service of IPv4", and there are no other addresses beside it.
    let service = if everything.in_family(piece.family) == piece.service {
        everything
    } else {
        piece.service.clone()
    };
    FlowSet {
        source: Arc::new(piece.source.clone()),
        destination: Arc::new(piece.destination.clone()),
        service: Arc::new(service),
    }
}
