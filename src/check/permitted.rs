//! What the policy permits of a product: all that the denies leave of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::model::{Policy, Rule};
use crate::packet::{AddressSet, Budget, FlowSet, Packet, PacketSet};
use crate::plan::subtract;
use crate::syntax::tree::Action;

/// Products that a subtraction may leave before a diagram is the better way.
const PIECES: usize = 512;
/// Products that a diagram is written as; enough for an example and a list of devices.
const SHOWN: usize = 256;

/// The rules of a policy that hold on a day, outside modes.
#[derive(Debug)]
pub(super) struct Permitted<'a> {
    rules: Vec<&'a Rule>,
    denies: Vec<(FlowSet, Extent)>,
    undecided: AtomicBool,
}

/// The smallest range around each side, to tell quickly that two products do not meet.
#[derive(Clone, Copy, Debug)]
struct Extent {
    v4: [Option<(u32, u32)>; 2],
    v6: [Option<(u128, u128)>; 2],
}

impl Extent {
    fn of(flow: &FlowSet) -> Self {
        let sides = [&flow.source, &flow.destination];
        Self {
            v4: sides.map(|side| side.v4.first().zip(side.v4.last())),
            v6: sides.map(|side| side.v6.first().zip(side.v6.last())),
        }
    }

    fn meets(&self, other: &Self) -> bool {
        both(&self.v4, &other.v4) || both(&self.v6, &other.v6)
    }
}

fn both<T: Ord>(mine: &[Option<(T, T)>; 2], theirs: &[Option<(T, T)>; 2]) -> bool {
    mine.iter().zip(theirs).all(|pair| match pair {
        (Some((a, b)), Some((c, d))) => a <= d && c <= b,
        _ => false,
    })
}

impl<'a> Permitted<'a> {
    pub(super) fn new(policy: &'a Policy, today: jiff::civil::Date) -> Self {
        let rules: Vec<&Rule> = policy.active_rules(today, None).collect();
        let denies = rules
            .iter()
            .filter(|rule| rule.action == Action::Deny)
            .map(|rule| {
                let flow = rule.flow();
                let extent = Extent::of(&flow);
                (flow, extent)
            })
            .collect();
        Self {
            rules,
            denies,
            undecided: AtomicBool::new(false),
        }
    }

    /// The part of an `allow` between two sets that no deny takes, as disjoint products. None at all where the
    /// question was too hard; [`Self::undecided`] then holds.
    pub(super) fn between(&self, rule: &Rule, from: &AddressSet, to: &AddressSet) -> Vec<FlowSet> {
        let (source, destination) = (&rule.source.addresses, &rule.destination.addresses);
        if !source.overlaps(from) || !destination.overlaps(to) {
            return Vec::new();
        }
        self.left(&FlowSet {
            source: Arc::new(source.intersection(from)),
            destination: Arc::new(destination.intersection(to)),
            service: Arc::clone(&rule.service.set),
        })
    }

    /// What no deny takes of a product, as disjoint products.
    pub(super) fn left(&self, flow: &FlowSet) -> Vec<FlowSet> {
        if flow.is_empty() {
            return Vec::new();
        }
        let extent = Extent::of(flow);
        let denies: Vec<&FlowSet> = self
            .denies
            .iter()
            .filter(|(deny, its)| its.meets(&extent) && deny.overlaps(flow))
            .map(|(deny, _)| deny)
            .collect();
        let mut pieces = vec![flow.clone()];
        for deny in &denies {
            pieces = pieces.iter().flat_map(|piece| subtract(piece, deny)).collect();
            if pieces.len() > PIECES {
                return self.left_by_diagram(flow, &denies);
            }
        }
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }

    fn left_by_diagram(&self, flow: &FlowSet, denies: &[&FlowSet]) -> Vec<FlowSet> {
        let budget = Budget {
            steps: 20_000_000,
            ..Budget::default()
        };
        let left = PacketSet::from_flow(flow, budget).and_then(|whole| {
            let taken = PacketSet::from_flows(denies.iter().copied(), budget)?;
            whole.difference(&taken, budget)
        });
        match left {
            Ok(left) => left.products(SHOWN).flows,
            Err(_) => {
                self.give_up();
                Vec::new()
            }
        }
    }

    /// Notes that a question had no answer.
    pub(super) fn give_up(&self) {
        self.undecided.store(true, Ordering::Relaxed);
    }

    /// True where some question had no answer within its budget.
    pub(super) fn undecided(&self) -> bool {
        self.undecided.load(Ordering::Relaxed)
    }

    /// The policy's own word on one packet, rule by rule: every example is put to it before it is shown.
    pub(super) fn permits(&self, packet: &Packet) -> bool {
        let matched = |action| {
            let mut rules = self.rules.iter().filter(|rule| rule.action == action);
            rules.any(|rule| rule.flow().contains(packet))
        };
        matched(Action::Allow) && !matched(Action::Deny)
    }
}
