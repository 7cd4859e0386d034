//! Field diagrams: sets of packets, and rule lists, as hash-consed decisions over the packet's fields.
//!
//! Equal sets have equal ids, so that a proof of equality is a comparison of two numbers. Diagrams live only
//! as long as one question does; [`PacketSet`](super::PacketSet) is the value to keep.

mod build;
mod pick;
mod read;
mod store;

use rustc_hash::FxHashMap;

use super::Family;
use super::budget::{GaveUp, Meter};
use super::space::{Axis, Side, Space};

pub(crate) use read::Piece;
use store::balanced;
pub(crate) use store::{Edge, LEAF, NodeId, Op, Store};

/// The order in which a diagram looks at fields. It decides nothing but size, by up to a factor of 28.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldOrder {
    /// Destination, source, protocol, header numbers. The safest.
    DestinationFirst,
    /// Source, destination, protocol, header numbers.
    SourceFirst,
    /// Protocol, header numbers, destination, source. Smaller on many firewalls.
    ServiceFirst,
}

impl FieldOrder {
    /// All orders, the safest first.
    pub const ALL: [Self; 3] = [Self::DestinationFirst, Self::ServiceFirst, Self::SourceFirst];

    /// The fields, top level first.
    pub(crate) fn fields(self) -> [Field; 5] {
        use Field::{Address, First, Protocol, Second};
        let (source, destination) = (Address(Side::Source), Address(Side::Destination));
        match self {
            Self::DestinationFirst => [destination, source, Protocol, First, Second],
            Self::SourceFirst => [source, destination, Protocol, First, Second],
            Self::ServiceFirst => [Protocol, First, Second, destination, source],
        }
    }

    /// The level of a field, 0 at the top.
    pub(crate) fn level(self, field: Field) -> u8 {
        let levels = (0..).zip(self.fields());
        levels
            .filter(|(_, f)| *f == field)
            .map(|(level, _)| level)
            .next()
            .unwrap_or(LEAF)
    }
}

/// A field of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Address(Side),
    Protocol,
    /// Source port, or type.
    First,
    /// Destination port, or code.
    Second,
}

/// A set of packets of one diagram: the roots of its two families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Set {
    pub(crate) v4: NodeId,
    pub(crate) v6: NodeId,
}

impl Set {
    pub(crate) const EMPTY: Self = Self {
        v4: NodeId::DENY,
        v6: NodeId::DENY,
    };

    pub(crate) fn root(self, family: Family) -> NodeId {
        match family {
            Family::V4 => self.v4,
            Family::V6 => self.v6,
        }
    }
}

/// A diagram over a space, with what it remembers while sets are built.
pub(crate) struct Diagram<'a> {
    pub(crate) space: &'a Space,
    pub(crate) order: FieldOrder,
    pub(crate) store: Store<'a>,
    /// Looks at no destination outside these ranks of each family, where a slice is set.
    slice: Option<[(u32, u32); 2]>,
    made: FxHashMap<build::Made, (NodeId, build::Shared<'a>)>,
}

impl<'a> Diagram<'a> {
    pub(crate) fn new(space: &'a Space, order: FieldOrder, meter: &'a mut Meter) -> Self {
        Self {
            space,
            order,
            store: Store::new(meter),
            slice: None,
            made: FxHashMap::default(),
        }
    }

    /// A diagram that sees only destinations of the given ranks, v4 and v6: what lies outside is in no set.
    pub(crate) fn sliced(
        space: &'a Space,
        order: FieldOrder,
        meter: &'a mut Meter,
        slice: [(u32, u32); 2],
    ) -> Self {
        Self {
            slice: Some(slice),
            ..Self::new(space, order, meter)
        }
    }

    pub(crate) fn apply(&mut self, op: Op, a: Set, b: Set) -> Result<Set, GaveUp> {
        Ok(Set {
            v4: self.store.apply(op, a.v4, b.v4)?,
            v6: self.store.apply(op, a.v6, b.v6)?,
        })
    }

    /// The packets of any of the sets: small ones meet small ones.
    pub(crate) fn union(&mut self, sets: Vec<Set>) -> Result<Set, GaveUp> {
        balanced(sets, Set::EMPTY, |a, b| self.apply(Op::Union, a, b))
    }

    fn axis(family: Family, side: Side) -> Axis {
        Axis { family, side }
    }
}

/// The largest meaningful header number of a protocol: larger ones go with it in a diagram, and are no packets.
/// None where the protocol has no header numbers here.
pub(crate) fn last_number(family: Family, number: u32) -> Option<u16> {
    use super::protocol::{ICMP, ICMPV6, SCTP, TCP, UDP};
    match (u8::try_from(number).ok()?, family) {
        (TCP | UDP | SCTP, _) => Some(u16::MAX),
        (ICMP, Family::V4) | (ICMPV6, Family::V6) => Some(255),
        _ => None,
    }
}
