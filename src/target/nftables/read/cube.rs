//! Sets of packets together with the circumstances that rules also test: interfaces and state.

use std::sync::{Arc, LazyLock};

use super::elements::Range;
use super::field::{End, Field, Transport, behind_mask};
use crate::packet::{AddressSet, Family, FlowSet, IntervalSet, Region, ServiceSet, protocol};

static ALL_ADDRESSES: LazyLock<Arc<AddressSet>> = LazyLock::new(|| Arc::new(AddressSet::full()));
static ALL_SERVICES: LazyLock<Arc<ServiceSet>> = LazyLock::new(|| Arc::new(ServiceSet::full()));

/// Every packet. Its parts are shared, so that they are told from others by place.
pub(super) fn every_flow() -> FlowSet {
    FlowSet {
        source: Arc::clone(&ALL_ADDRESSES),
        destination: Arc::clone(&ALL_ADDRESSES),
        service: Arc::clone(&ALL_SERVICES),
    }
}

/// True for [`every_flow`] itself. Other ways to write it are not recognised.
pub(super) fn is_every(flow: &FlowSet) -> bool {
    Arc::ptr_eq(&flow.source, &ALL_ADDRESSES)
        && Arc::ptr_eq(&flow.destination, &ALL_ADDRESSES)
        && Arc::ptr_eq(&flow.service, &ALL_SERVICES)
}

/// Every packet of one family.
pub(super) fn every_of(family: Family) -> FlowSet {
    FlowSet {
        source: Arc::new(AddressSet::full().only(family)),
        destination: Arc::new(AddressSet::full().only(family)),
        ..every_flow()
    }
}

/// Messages that connection tracking leaves alone, so that their state is always `untracked`: neighbour discovery and
/// multicast listeners (`noct_valid_new` in the kernel's `nf_conntrack_proto_icmpv6.c`).
pub(super) fn never_tracked() -> FlowSet {
    let types = IntervalSet::from_ranges([(130, 136), (143, 143)]);
    FlowSet {
        service: Arc::new(ServiceSet::icmpv6(&types, &IntervalSet::range(0, 255))),
        ..every_of(Family::V6)
    }
}

/// The packets of both.
pub(super) fn intersection(a: &FlowSet, b: &FlowSet) -> FlowSet {
    FlowSet {
        source: both_addresses(&a.source, &b.source),
        destination: both_addresses(&a.destination, &b.destination),
        service: both_services(&a.service, &b.service),
    }
}

fn both_addresses(a: &Arc<AddressSet>, b: &Arc<AddressSet>) -> Arc<AddressSet> {
    if Arc::ptr_eq(a, b) || Arc::ptr_eq(b, &ALL_ADDRESSES) {
        Arc::clone(a)
    } else if Arc::ptr_eq(a, &ALL_ADDRESSES) {
        Arc::clone(b)
    } else {
        Arc::new(a.intersection(b))
    }
}

fn both_services(a: &Arc<ServiceSet>, b: &Arc<ServiceSet>) -> Arc<ServiceSet> {
    if Arc::ptr_eq(a, b) || Arc::ptr_eq(b, &ALL_SERVICES) {
        Arc::clone(a)
    } else if Arc::ptr_eq(a, &ALL_SERVICES) {
        Arc::clone(b)
    } else {
        Arc::new(a.intersection(b))
    }
}

/// What `whole` holds and `part` does not, as at most three products. Empty ones are left out.
pub(super) fn difference(whole: &FlowSet, part: &FlowSet) -> Vec<FlowSet> {
    let source = Arc::new(whole.source.intersection(&part.source));
    let destination = Arc::new(whole.destination.intersection(&part.destination));
    let pieces = [
        FlowSet {
            source: Arc::new(whole.source.difference(&part.source)),
            ..whole.clone()
        },
        FlowSet {
            source: Arc::clone(&source),
            destination: Arc::new(whole.destination.difference(&part.destination)),
            service: Arc::clone(&whole.service),
        },
        FlowSet {
            source,
            destination,
            service: Arc::new(whole.service.difference(&part.service)),
        },
    ];
    pieces.into_iter().filter(|piece| !piece.is_empty()).collect()
}

/// A set of interfaces, by number: those listed, or all but those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Interfaces {
    pub all_but: bool,
    /// Ascending.
    pub listed: Vec<u32>,
}

impl Interfaces {
    pub(super) fn all() -> Self {
        Self {
            all_but: true,
            listed: Vec::new(),
        }
    }

    pub(super) fn of(mut listed: Vec<u32>) -> Self {
        listed.sort_unstable();
        listed.dedup();
        Self {
            all_but: false,
            listed,
        }
    }

    pub(super) fn is_all(&self) -> bool {
        self.all_but && self.listed.is_empty()
    }

    pub(super) fn complement(mut self) -> Self {
        self.all_but = !self.all_but;
        self
    }

    /// True where it holds the interface; none stands for every interface that no rule names.
    pub(super) fn contains(&self, interface: Option<u32>) -> bool {
        interface.is_some_and(|number| self.listed.binary_search(&number).is_ok()) != self.all_but
    }

    /// The one interface that it holds.
    pub(super) fn single(&self) -> Option<u32> {
        match (self.all_but, self.listed.as_slice()) {
            (false, [single]) => Some(*single),
            _ => None,
        }
    }

    fn intersection(&self, other: &Self) -> Self {
        let keep = |list: &[u32], of: &Self| -> Vec<u32> {
            list.iter()
                .copied()
                .filter(|number| of.contains(Some(*number)))
                .collect()
        };
        match (self.all_but, other.all_but) {
            (false, _) => Self::of(keep(&self.listed, other)),
            (true, false) => Self::of(keep(&other.listed, self)),
            (true, true) => Self::of([self.listed.as_slice(), &other.listed].concat()).complement(),
        }
    }
}

/// States of connection tracking, by the bits of `ct state`.
pub(super) mod state {
    pub const INVALID: u8 = 1;
    pub const ESTABLISHED: u8 = 2;
    pub const RELATED: u8 = 4;
    pub const NEW: u8 = 8;
    pub const UNTRACKED: u8 = 64;
    pub const ALL: u8 = INVALID | ESTABLISHED | RELATED | NEW | UNTRACKED;
}

/// Packets in circumstances.
#[derive(Clone, Debug)]
pub(super) struct Cube {
    pub from: Interfaces,
    pub to: Interfaces,
    pub states: u8,
    pub flow: FlowSet,
}

/// Values of a field.
#[derive(Clone, Debug)]
pub(super) enum Values {
    Numbers(IntervalSet<u128>),
    Interfaces(Interfaces),
}

impl Cube {
    /// Everything.
    pub(super) fn all() -> Self {
        Self {
            from: Interfaces::all(),
            to: Interfaces::all(),
            states: state::ALL,
            flow: every_flow(),
        }
    }

    /// True where interfaces or the state matter.
    pub(super) fn is_circumstantial(&self) -> bool {
        !self.from.is_all() || !self.to.is_all() || self.states != state::ALL
    }

    /// True where nothing is in it.
    pub(super) fn is_empty(&self) -> bool {
        let nowhere = |interfaces: &Interfaces| !interfaces.all_but && interfaces.listed.is_empty();
        nowhere(&self.from) || nowhere(&self.to) || self.states == 0 || self.flow.is_empty()
    }

    /// Keeps the packets that have the field, with one of the values.
    pub(super) fn restrict(&mut self, field: Field, values: &Values) -> Result<(), String> {
        match values {
            Values::Interfaces(interfaces) => {
                match field {
                    Field::In | Field::InIndex => self.from = self.from.intersection(interfaces),
                    _ => self.to = self.to.intersection(interfaces),
                }
                Ok(())
            }
            Values::Numbers(numbers) => self.restrict_to_numbers(field, numbers.ranges()),
        }
    }

    /// The same for ranges of numbers, which ascend and do not touch.
    pub(super) fn restrict_to_numbers(&mut self, field: Field, numbers: &[Range]) -> Result<(), String> {
        match field {
            Field::State => self.states &= states(numbers),
            Field::V4(end) => {
                let v4 = narrow(numbers, u32::MAX);
                self.addresses(
                    end,
                    AddressSet {
                        v4,
                        ..AddressSet::empty()
                    },
                );
            }
            Field::V6(end) => {
                let v6 = numbers.iter().copied().collect();
                self.addresses(
                    end,
                    AddressSet {
                        v6,
                        ..AddressSet::empty()
                    },
                );
            }
            Field::Masked(end, family, length) => {
                let addresses = behind_mask(numbers, field.kind().last(), length);
                let whole = match family {
                    Family::V4 => Field::V4(end),
                    Family::V6 => Field::V6(end),
                };
                self.restrict_to_numbers(whole, addresses.ranges())?;
            }
            Field::Family => self.families(numbers, 2, 10),
            Field::EtherType => self.families(numbers, 0x0800, 0x86dd),
            Field::Protocol => self.service(ServiceSet::protocols(&narrow(numbers, u8::MAX))),
            Field::V4Protocol => {
                self.only(Family::V4);
                self.service(ServiceSet::protocols(&narrow(numbers, u8::MAX)));
            }
            Field::Port(transport, end) => {
                let number = match transport {
                    Transport::Tcp => Some(protocol::TCP),
                    Transport::Udp => Some(protocol::UDP),
                    Transport::Sctp => Some(protocol::SCTP),
                    Transport::Any => None,
                };
                self.ports(number, end, narrow(numbers, u16::MAX))?;
            }
            Field::IcmpType | Field::IcmpCode => {
                let (types, codes) = message(field == Field::IcmpType, numbers);
                self.only(Family::V4);
                self.service(ServiceSet::icmp(&types, &codes));
            }
            Field::Icmpv6Type | Field::Icmpv6Code => {
                let (types, codes) = message(field == Field::Icmpv6Type, numbers);
                self.only(Family::V6);
                self.service(ServiceSet::icmpv6(&types, &codes));
            }
            Field::In | Field::Out | Field::InIndex | Field::OutIndex => {
                return Err("an interface is compared with a number".to_owned());
            }
        }
        Ok(())
    }

    fn addresses(&mut self, end: End, addresses: AddressSet) {
        let addresses = Arc::new(addresses);
        let side = match end {
            End::Source => &mut self.flow.source,
            End::Destination => &mut self.flow.destination,
        };
        *side = both_addresses(side, &addresses);
    }

    fn only(&mut self, family: Family) {
        // Both addresses of a packet are of one family, so one of them tells it.
        if !self.flow.source.is_empty_in(other(family)) {
            self.flow.source = Arc::new(self.flow.source.only(family));
        }
    }

    fn families(&mut self, numbers: &[Range], v4: u128, v6: u128) {
        match (holds(numbers, v4), holds(numbers, v6)) {
            (true, true) => {}
            (true, false) => self.only(Family::V4),
            (false, true) => self.only(Family::V6),
            (false, false) => self.flow.source = Arc::new(AddressSet::empty()),
        }
    }

    fn service(&mut self, service: ServiceSet) {
        self.flow.service = both_services(&self.flow.service, &Arc::new(service));
    }

    fn ports(&mut self, number: Option<u8>, end: End, ports: IntervalSet<u16>) -> Result<(), String> {
        let region = match end {
            End::Source => Region::product(ports, IntervalSet::full()),
            End::Destination => Region::product(IntervalSet::full(), ports),
        };
        let with_ports = ServiceSet {
            tcp: region.clone(),
            udp: region.clone(),
            sctp: region,
            ..ServiceSet::empty()
        };
        let wanted = match number {
            Some(number) => with_ports.intersection(&ServiceSet::protocols(&IntervalSet::single(number))),
            None => {
                let service = &self.flow.service;
                // Of a protocol without ports, other bytes would be read.
                if !(service.icmp.is_empty() && service.icmpv6.is_empty() && service.other.is_empty()) {
                    return Err("`th` without a test for protocols that have ports".to_owned());
                }
                with_ports
            }
        };
        self.service(wanted);
        Ok(())
    }

    /// True where only messages of neighbour discovery are in it.
    pub(super) fn is_neighbour_discovery(&self) -> bool {
        let messages = ServiceSet::icmpv6(&IntervalSet::range(133, 137), &IntervalSet::range(0, 255));
        self.flow.service.is_subset(&messages)
    }
}

fn other(family: Family) -> Family {
    match family {
        Family::V4 => Family::V6,
        Family::V6 => Family::V4,
    }
}

fn holds(numbers: &[Range], value: u128) -> bool {
    numbers
        .iter()
        .any(|(first, last)| *first <= value && value <= *last)
}

fn states(numbers: &[Range]) -> u8 {
    [
        state::INVALID,
        state::ESTABLISHED,
        state::RELATED,
        state::NEW,
        state::UNTRACKED,
    ]
    .into_iter()
    .filter(|bit| holds(numbers, u128::from(*bit)))
    .fold(0, |all, bit| all | bit)
}

/// The states that have one of the bits.
pub(super) fn any_bit(values: Values) -> Values {
    let Values::Numbers(numbers) = &values else {
        return values;
    };
    let ranges = numbers.ranges().iter();
    let mask = ranges
        .flat_map(|(first, last)| (*first..=*last).take(256))
        .fold(0, |all, value| all | value);
    let bits = (0..8).map(|bit| 1_u128 << bit).filter(|bit| mask & bit != 0);
    Values::Numbers(bits.map(|bit| (bit, bit)).collect())
}

fn message(is_type: bool, numbers: &[Range]) -> (IntervalSet<u16>, IntervalSet<u16>) {
    let (numbers, all) = (narrow(numbers, u16::MAX), IntervalSet::range(0, 255));
    if is_type { (numbers, all) } else { (all, numbers) }
}

/// The numbers up to the largest of a smaller type.
fn narrow<T>(numbers: &[Range], largest: T) -> IntervalSet<T>
where
    T: crate::packet::Ordinal + TryFrom<u128>,
{
    let small = |value: u128| T::try_from(value).unwrap_or(largest);
    let within = |(first, _): &&Range| *first <= largest.wide();
    let narrowed = |(first, last): &Range| (small(*first), small(*last));
    match numbers {
        // Mostly there is one.
        [range] if within(&range) => {
            let (first, last) = narrowed(range);
            IntervalSet::range(first, last)
        }
        _ => numbers.iter().take_while(within).map(narrowed).collect(),
    }
}
