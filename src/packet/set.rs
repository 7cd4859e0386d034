//! Any set of packets, as a value.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::budget::{Budget, GaveUp, Meter};
use super::diagram::{Diagram, Edge, Field, FieldOrder, LEAF, NodeId, Op, Piece, Set};
use super::hints::Hints;
use super::merge::Merger;
use super::products::{Products, pieces_for};
use super::space::{Axis, Boundaries, Space, number};
use super::{Family, FlowSet, Packet, PacketRule};

/// The order of fields in values. A fixed one, so that equal sets look alike.
const ORDER: FieldOrder = FieldOrder::DestinationFirst;

/// A set of packets of both families, of any shape. Cheap to clone, and canonical: `==` is equality of sets.
///
/// It stands alone: sets made from different rules may be combined freely. An operation on two sets takes a
/// [`Budget`], since its result can be as large as the product of both.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PacketSet {
    v4: Arc<Shape>,
    v6: Arc<Shape>,
}

/// A diagram over plain values. Nodes stand in the order in which a walk from the root leaves them, so that
/// equal sets have equal shapes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Shape {
    nodes: Vec<Branch>,
    root: Target,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Branch {
    level: u8,
    /// The last value (`u128::MAX` for the last of the field) and where it leads.
    edges: Vec<(u128, Target)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Target {
    Deny,
    Permit,
    Node(usize),
}

impl PacketSet {
    /// No packet.
    pub fn empty() -> Self {
        Self::constant(Target::Deny)
    }

    /// Every packet.
    pub fn full() -> Self {
        Self::constant(Target::Permit)
    }

    fn constant(root: Target) -> Self {
        let shape = Arc::new(Shape {
            nodes: Vec::new(),
            root,
        });
        Self {
            v4: Arc::clone(&shape),
            v6: shape,
        }
    }

    /// The packets of a product.
    ///
    /// # Errors
    /// When the budget is spent; a product needs few steps for each of its intervals.
    pub fn from_flow(flow: &FlowSet, budget: Budget) -> Result<Self, GaveUp> {
        let space = Space::of([flow]);
        let mut meter = Meter::new(budget);
        let mut diagram = Diagram::new(&space, ORDER, &mut meter);
        let set = diagram.flow(flow)?;
        Self::export(&mut diagram, set)
    }

    /// The packets of any of the products.
    ///
    /// # Errors
    /// When the budget is spent.
    pub fn from_flows<'a>(
        flows: impl IntoIterator<Item = &'a FlowSet>,
        budget: Budget,
    ) -> Result<Self, GaveUp> {
        let rules: Vec<PacketRule> = flows.into_iter().cloned().map(PacketRule::permit).collect();
        Self::from_rules(&rules, budget)
    }

    /// The packets that a first-match list permits.
    ///
    /// # Errors
    /// When the budget is spent.
    pub fn from_rules(rules: &[PacketRule], budget: Budget) -> Result<Self, GaveUp> {
        let only = |_: &mut Diagram<'_>, sets: &[Set]| Ok(sets.first().copied().unwrap_or(Set::EMPTY));
        Self::of_lists(&[rules], &mut Meter::new(budget), only)
    }

    /// The packets that one first-match list permits and the one before does not.
    ///
    /// # Errors
    /// When the budget is spent.
    pub fn gained(before: &[PacketRule], after: &[PacketRule], budget: Budget) -> Result<Self, GaveUp> {
        let beyond = |diagram: &mut Diagram<'_>, sets: &[Set]| match *sets {
            [before, after] => diagram.apply(Op::Difference, after, before),
            _ => Ok(Set::EMPTY),
        };
        Self::of_lists(&[before, after], &mut Meter::new(budget), beyond)
    }

    /// What a combination of first-match lists permits, all of it worked out in one diagram.
    pub(super) fn of_lists(
        lists: &[&[PacketRule]],
        meter: &mut Meter,
        combine: impl FnOnce(&mut Diagram<'_>, &[Set]) -> Result<Set, GaveUp>,
    ) -> Result<Self, GaveUp> {
        let mut merger = Merger::default();
        let shorter = lists.iter().map(|rules| {
            let merged = merger.merged(rules);
            merger.rules(&merged)
        });
        let lists: Vec<Vec<PacketRule>> = shorter.collect();
        let space = Space::of(lists.iter().flatten().map(|rule| &rule.flow));
        let mut diagram = Diagram::new(&space, ORDER, meter);
        let sets = lists.iter().map(|rules| diagram.rules(rules));
        let sets: Vec<Set> = sets.collect::<Result<_, _>>()?;
        let set = combine(&mut diagram, &sets)?;
        Self::export(&mut diagram, set)
    }

    /// Packets of either.
    ///
    /// # Errors
    /// When the budget is spent.
    pub fn union(&self, other: &Self, budget: Budget) -> Result<Self, GaveUp> {
        self.combine(Op::Union, other, &mut Meter::new(budget))
    }

    /// Packets of both.
    ///
    /// # Errors
    /// When the budget is spent.
    pub fn intersection(&self, other: &Self, budget: Budget) -> Result<Self, GaveUp> {
        self.combine(Op::Intersection, other, &mut Meter::new(budget))
    }

    /// Packets of this and not of `other`.
    ///
    /// # Errors
    /// When the budget is spent.
    pub fn difference(&self, other: &Self, budget: Budget) -> Result<Self, GaveUp> {
        self.combine(Op::Difference, other, &mut Meter::new(budget))
    }

    /// Every packet this does not hold.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self {
            v4: Arc::new(self.v4.complement()),
            v6: Arc::new(self.v6.complement()),
        }
    }

    /// Packets of any of the sets.
    ///
    /// # Errors
    /// When the budget is spent.
    pub fn union_of<'a>(sets: impl IntoIterator<Item = &'a Self>, budget: Budget) -> Result<Self, GaveUp> {
        let sets: Vec<&Self> = sets.into_iter().collect();
        let space = Self::space_of(&sets);
        let mut meter = Meter::new(budget);
        let mut diagram = Diagram::new(&space, ORDER, &mut meter);
        let roots = sets.iter().map(|set| set.import(&mut diagram));
        let roots: Vec<Set> = roots.collect::<Result<_, _>>()?;
        let all = diagram.union(roots)?;
        Self::export(&mut diagram, all)
    }

    /// True where it holds no packet.
    pub fn is_empty(&self) -> bool {
        self.v4.root == Target::Deny && self.v6.root == Target::Deny
    }

    /// True where it holds every packet.
    pub fn is_full(&self) -> bool {
        self.v4.root == Target::Permit && self.v6.root == Target::Permit
    }

    /// True where `other` holds every packet of this.
    ///
    /// # Errors
    /// When the budget is spent.
    pub fn is_subset(&self, other: &Self, budget: Budget) -> Result<bool, GaveUp> {
        Ok(self.difference(other, budget)?.is_empty())
    }

    /// True where it holds the packet. What is no packet (see [`Packet::is_possible`]) it does not hold.
    pub fn contains(&self, packet: &Packet) -> bool {
        if !packet.is_possible() {
            return false;
        }
        let shape = self.shape(packet.family());
        let mut target = shape.root;
        while let Target::Node(index) = target {
            let Some(branch) = shape.nodes.get(index) else {
                return false;
            };
            let value = match ORDER.fields().get(usize::from(branch.level)) {
                Some(Field::Address(super::space::Side::Source)) => number(packet.source),
                Some(Field::Address(super::space::Side::Destination)) => number(packet.destination),
                Some(Field::Protocol) => u128::from(packet.protocol),
                Some(Field::First) => u128::from(packet.first),
                Some(Field::Second) => u128::from(packet.second),
                None => return false,
            };
            let at = branch.edges.partition_point(|(last, _)| *last < value);
            target = branch.edges.get(at).map_or(Target::Deny, |(_, to)| *to);
        }
        target == Target::Permit
    }

    /// An example packet, as believable as the hints make it; none where the set is empty.
    pub fn witness(&self, hints: &Hints) -> Option<Packet> {
        let space = Self::space_of(&[self]);
        let mut meter = Meter::endless();
        let mut diagram = Diagram::new(&space, ORDER, &mut meter);
        // Never gives up.
        let set = self.import(&mut diagram).ok()?;
        diagram.pick(set, hints).map(|believed| believed.packet)
    }

    /// The set as at most `cap` products, exact where they are complete.
    pub fn products(&self, cap: usize) -> Products {
        let (pieces, complete) = self.pieces(cap);
        Products::of(pieces, complete, cap)
    }

    /// Disjoint pieces for `cap` products; false where there are more.
    pub(super) fn pieces(&self, cap: usize) -> (Vec<Piece>, bool) {
        let space = Self::space_of(&[self]);
        let mut meter = Meter::endless();
        let mut diagram = Diagram::new(&space, ORDER, &mut meter);
        match self.import(&mut diagram) {
            Ok(set) => diagram.pieces(set, pieces_for(cap)),
            Err(_) => (Vec::new(), false),
        }
    }

    fn shape(&self, family: Family) -> &Shape {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    pub(super) fn combine(&self, op: Op, other: &Self, meter: &mut Meter) -> Result<Self, GaveUp> {
        let space = Self::space_of(&[self, other]);
        let mut diagram = Diagram::new(&space, ORDER, meter);
        let (a, b) = (self.import(&mut diagram)?, other.import(&mut diagram)?);
        let result = diagram.apply(op, a, b)?;
        Self::export(&mut diagram, result)
    }

    fn space_of(sets: &[&Self]) -> Space {
        let mut boundaries = Boundaries::default();
        for set in sets {
            for family in Family::BOTH {
                for branch in &set.shape(family).nodes {
                    let Some(Field::Address(side)) = ORDER.fields().get(usize::from(branch.level)).copied()
                    else {
                        continue;
                    };
                    let axis = Axis { family, side };
                    for (last, _) in &branch.edges {
                        boundaries.range(axis, 0, (*last).min(axis.last_value()));
                    }
                }
            }
        }
        boundaries.finish()
    }

    fn import(&self, diagram: &mut Diagram<'_>) -> Result<Set, GaveUp> {
        let [v4, v6] = Family::BOTH.map(|family| self.shape(family).import(family, diagram));
        Ok(Set { v4: v4?, v6: v6? })
    }

    fn export(diagram: &mut Diagram<'_>, set: Set) -> Result<Self, GaveUp> {
        let [v4, v6] = Family::BOTH.map(|family| {
            let mut export = Export {
                diagram,
                family,
                placed: FxHashMap::default(),
                nodes: Vec::new(),
            };
            let root = export.place(set.root(family))?;
            Ok(Arc::new(Shape {
                nodes: export.nodes,
                root,
            }))
        });
        Ok(Self { v4: v4?, v6: v6? })
    }
}

impl Shape {
    fn complement(&self) -> Self {
        let swap = |target: Target| match target {
            Target::Deny => Target::Permit,
            Target::Permit => Target::Deny,
            Target::Node(index) => Target::Node(index),
        };
        let nodes = self.nodes.iter().map(|branch| Branch {
            level: branch.level,
            edges: branch.edges.iter().map(|(last, to)| (*last, swap(*to))).collect(),
        });
        Self {
            nodes: nodes.collect(),
            root: swap(self.root),
        }
    }

    /// Loads the shape into a diagram whose space has all its boundaries.
    fn import(&self, family: Family, diagram: &mut Diagram<'_>) -> Result<NodeId, GaveUp> {
        let mut ids: Vec<NodeId> = Vec::with_capacity(self.nodes.len());
        let id = |ids: &[NodeId], target: Target| match target {
            Target::Deny => NodeId::DENY,
            Target::Permit => NodeId::PERMIT,
            Target::Node(index) => ids.get(index).copied().unwrap_or(NodeId::DENY),
        };
        let space = diagram.space;
        for branch in &self.nodes {
            let field = ORDER.fields().get(usize::from(branch.level)).copied();
            let edges = branch.edges.iter().map(|&(last, to)| Edge {
                last: match field {
                    _ if last == u128::MAX => u32::MAX,
                    Some(Field::Address(side)) => space.rank(Axis { family, side }, last),
                    _ => u32::try_from(last).unwrap_or(u32::MAX),
                },
                to: id(&ids, to),
            });
            let loaded = diagram.store.node(branch.level, edges)?;
            ids.push(loaded);
        }
        Ok(id(&ids, self.root))
    }
}

struct Export<'d, 'a> {
    diagram: &'d mut Diagram<'a>,
    family: Family,
    placed: FxHashMap<NodeId, usize>,
    nodes: Vec<Branch>,
}

impl Export<'_, '_> {
    fn place(&mut self, node: NodeId) -> Result<Target, GaveUp> {
        let level = self.diagram.store.level(node);
        if level == LEAF {
            return Ok(if node == NodeId::PERMIT {
                Target::Permit
            } else {
                Target::Deny
            });
        }
        if let Some(index) = self.placed.get(&node) {
            return Ok(Target::Node(*index));
        }
        let field = ORDER.fields().get(usize::from(level)).copied();
        let count = self.diagram.store.edges(node).len();
        // An edge of a value takes the memory of a node of a diagram.
        self.diagram.store.keep(1 + count)?;
        let mut edges = Vec::with_capacity(count);
        for place in 0..count {
            let Some(edge) = self.diagram.store.edges(node).get(place).copied() else {
                break;
            };
            let last = match field {
                _ if edge.last == u32::MAX => u128::MAX,
                Some(Field::Address(side)) => {
                    let axis = Axis {
                        family: self.family,
                        side,
                    };
                    self.diagram.space.piece(axis, edge.last).1
                }
                _ => u128::from(edge.last),
            };
            edges.push((last, self.place(edge.to)?));
        }
        let index = self.nodes.len();
        self.nodes.push(Branch { level, edges });
        self.placed.insert(node, index);
        Ok(Target::Node(index))
    }
}
