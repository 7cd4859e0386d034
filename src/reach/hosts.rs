//! The hosts of a policy, in classes of those that no rule and no assertion tells apart.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::refine::{Kinds, Pieces, Ranges, Refined, refine};
use crate::model::{AssertionKind, DeviceId, Policy, ZoneId};
use crate::packet::{AddressSet, Family, IntervalSet};

/// Addresses of one family and zone that every set of the policy holds together or not at all.
#[derive(Clone, Debug)]
pub struct Atom {
    /// The family.
    pub family: Family,
    /// The zone.
    pub zone: ZoneId,
    /// The addresses.
    pub addresses: AddressSet,
    /// The classes with a host here, ascending.
    pub classes: Vec<usize>,
    /// The device whose host firewall sees every packet of these addresses.
    pub guard: Option<DeviceId>,
    /// Which sources this is among: atoms of one kind send alike.
    pub source_kind: usize,
    /// Which destinations this is among: atoms of one kind receive alike.
    pub destination_kind: usize,
}

/// Hosts with addresses in exactly the same atoms.
#[derive(Clone, Debug, Default)]
pub struct HostClass {
    /// The atoms, ascending.
    pub atoms: Vec<usize>,
    /// The devices, by id.
    pub devices: Vec<DeviceId>,
    /// How many addresses here no device has.
    pub bare: u128,
}

impl HostClass {
    /// True where it holds more than one host.
    pub fn many(&self) -> bool {
        self.bare > 1 || self.devices.len() > 1 || (self.bare == 1 && !self.devices.is_empty())
    }
}

/// Atoms that agree in all sets of one side.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    pub(super) family: Family,
    /// Objects of the side that hold it, ascending.
    pub(super) objects: Vec<usize>,
    pub(super) atoms: Vec<usize>,
}

/// All hosts, in classes.
#[derive(Debug)]
pub struct Hosts {
    /// The atoms: IPv4 first, ascending.
    pub atoms: Vec<Atom>,
    /// The classes.
    pub classes: Vec<HostClass>,
    pub(super) source_kinds: Vec<Kind>,
    pub(super) destination_kinds: Vec<Kind>,
    /// For each object the destination kinds that it holds.
    pub(super) kinds_to: Vec<Vec<usize>>,
    /// (source, destination) objects of each rule of the policy.
    pub(super) sides: Vec<[usize; 2]>,
    /// The sets whose atoms may be asked for.
    asked: FxHashMap<AddressSet, usize>,
    atoms_of: Vec<Vec<usize>>,
    /// The addresses of devices, ascending.
    used: Vec<IpAddr>,
    pieces: [Pieces; 2],
    /// How many of the atoms are IPv4.
    v4_atoms: usize,
}

impl Hosts {
    /// The hosts as rules, assertions and enforcement points of a policy tell them apart.
    pub fn new(policy: &Policy) -> Self {
        Self::told_apart_by(policy, &[])
    }

    /// The same, and as some more sets tell them apart: no atom is partly in one of these.
    pub fn told_apart_by(policy: &Policy, sets: &[Arc<AddressSet>]) -> Self {
        let mut rules = Objects::default();
        let sides: Vec<[usize; 2]> = policy
            .rules
            .iter()
            .map(|rule| [&rule.source, &rule.destination].map(|side| rules.number(&side.addresses)))
            .collect();
        let mut asked = Objects::default();
        for set in sets {
            asked.number(set);
        }
        for assertion in &policy.assertions {
            asked.number(&assertion.source.addresses);
            asked.number(&assertion.destination.addresses);
            if let AssertionKind::Forbid(_, Some(via)) = &assertion.kind {
                asked.number(&via.addresses);
            }
        }
        for point in &policy.points {
            for manage in &point.manage {
                asked.number(&manage.from.addresses);
            }
            asked.number(&policy.own_addresses(point));
        }
        let guarded: BTreeMap<usize, DeviceId> = policy
            .host_firewalls()
            .map(|firewall| (asked.number(&firewall.device.set), firewall.device_id))
            .collect();
        let mut hosts = Self::cut(policy, &rules, sides, asked);
        for (object, device) in guarded {
            for atom in hosts.atoms_of.get(object).into_iter().flatten() {
                if let Some(atom) = hosts.atoms.get_mut(*atom) {
                    atom.guard = Some(device);
                }
            }
        }
        hosts.settle(policy);
        hosts
    }

    fn cut(policy: &Policy, rules: &Objects, sides: Vec<[usize; 2]>, asked: Objects) -> Self {
        let mut is_side = vec![[false; 2]; rules.sets.len()];
        for (side, object) in sides.iter().flat_map(|sides| sides.iter().enumerate()) {
            if let Some(flag) = is_side.get_mut(*object).and_then(|flags| flags.get_mut(side)) {
                *flag = true;
            }
        }
        let mut hosts = Self {
            atoms: Vec::new(),
            classes: Vec::new(),
            source_kinds: Vec::new(),
            destination_kinds: Vec::new(),
            kinds_to: vec![Vec::new(); rules.sets.len()],
            sides,
            atoms_of: vec![Vec::new(); asked.sets.len()],
            asked: asked.numbers,
            used: Vec::new(),
            pieces: Default::default(),
            v4_atoms: 0,
        };
        let [v4, v6] =
            Family::BOTH.map(|family| hosts.cut_in(family, policy, &rules.sets, &asked.sets, &is_side));
        hosts.pieces = [v4, v6];
        hosts
    }

    /// Adds the atoms of a family with their kinds.
    fn cut_in(
        &mut self,
        family: Family,
        policy: &Policy,
        rules: &[AddressSet],
        asked: &[AddressSet],
        is_side: &[[bool; 2]],
    ) -> Pieces {
        let ranges = |set: &AddressSet| ranges_of(set, family);
        let zones: Vec<Ranges> = policy.zones.iter().map(|zone| ranges(&zone.addresses)).collect();
        let [rules, asked]: [Vec<Ranges>; 2] = [rules, asked].map(|sets| sets.iter().map(ranges).collect());
        let Refined {
            pieces,
            zone_of,
            ranges_of,
        } = refine(&zones, rules.iter().chain(&asked), last_address(family));
        let first = self.atoms.len();
        let nothing = Ranges::new();
        let kinds = [0, 1].map(|side| {
            let objects = rules.iter().zip(is_side);
            pieces.kinds(objects.map(|(ranges, is_side)| match is_side.get(side) {
                Some(true) => ranges,
                _ => &nothing,
            }))
        });
        let [senders, receivers] = kinds;
        let first_sender = add_kinds(&mut self.source_kinds, family, &senders, first);
        let first_receiver = add_kinds(&mut self.destination_kinds, family, &receivers, first);
        for (list, kinds) in self.kinds_to.iter_mut().zip(receivers.of_object) {
            list.extend(kinds.into_iter().map(|kind| first_receiver + kind));
        }
        for (list, ranges) in self.atoms_of.iter_mut().zip(&asked) {
            list.extend(pieces.atoms_of(ranges).into_iter().map(|atom| first + atom));
        }
        let kinds = senders.of_atom.into_iter().zip(receivers.of_atom);
        let atoms = zone_of.into_iter().zip(ranges_of).zip(kinds);
        self.atoms
            .extend(atoms.map(|((zone, ranges), (sender, receiver))| Atom {
                family,
                zone: ZoneId::from_index(zone),
                addresses: set_of(&ranges, family),
                classes: Vec::new(),
                guard: None,
                source_kind: first_sender + sender,
                destination_kind: first_receiver + receiver,
            }));
        if family == Family::V4 {
            self.v4_atoms = self.atoms.len();
        }
        pieces
    }

    /// Puts every host into its class.
    fn settle(&mut self, policy: &Policy) {
        let mut class_of: FxHashMap<Vec<usize>, usize> = FxHashMap::default();
        for (index, device) in policy.devices.iter().enumerate() {
            let addresses = device.addresses.iter();
            let mut at: Vec<usize> = addresses
                .filter_map(|(address, _)| self.atom_of(*address))
                .collect();
            at.sort_unstable();
            at.dedup();
            if !at.is_empty() {
                let class = self.class(&mut class_of, at);
                if let Some(class) = self.classes.get_mut(class) {
                    class.devices.push(DeviceId::from_index(index));
                }
            }
        }
        let addresses = policy.devices.iter().flat_map(|device| &device.addresses);
        let mut used: Vec<IpAddr> = addresses.map(|(address, _)| *address).collect();
        used.sort_unstable();
        used.dedup();
        let mut taken: Vec<u128> = vec![0; self.atoms.len()];
        for atom in used.iter().filter_map(|address| self.atom_of(*address)) {
            if let Some(count) = taken.get_mut(atom) {
                *count += 1;
            }
        }
        self.used = used;
        for (atom, taken) in taken.into_iter().enumerate() {
            let count = self.atoms.get(atom).map_or(0, |atom| {
                atom.addresses
                    .v4
                    .count()
                    .saturating_add(atom.addresses.v6.count())
            });
            if count > taken {
                let class = self.class(&mut class_of, vec![atom]);
                if let Some(class) = self.classes.get_mut(class) {
                    class.bare = count - taken;
                }
            }
        }
        for (index, class) in self.classes.iter().enumerate() {
            for atom in &class.atoms {
                if let Some(atom) = self.atoms.get_mut(*atom) {
                    atom.classes.push(index);
                }
            }
        }
    }

    fn class(&mut self, class_of: &mut FxHashMap<Vec<usize>, usize>, atoms: Vec<usize>) -> usize {
        if let Some(class) = class_of.get(&atoms) {
            return *class;
        }
        let class = self.classes.len();
        self.classes.push(HostClass {
            atoms: atoms.clone(),
            ..HostClass::default()
        });
        class_of.insert(atoms, class);
        class
    }

    /// The atom of an address; none where no zone owns it.
    pub fn atom_of(&self, address: IpAddr) -> Option<usize> {
        let [v4, v6] = &self.pieces;
        match address {
            IpAddr::V4(a) => v4.atom_of(u128::from(u32::from(a))),
            IpAddr::V6(a) => v6.atom_of(u128::from(a)).map(|atom| atom + self.v4_atoms),
        }
    }

    /// The atoms of a set of an assertion, of an enforcement point, or that hosts were told apart by; none for any
    /// other set.
    pub fn atoms_of(&self, set: &AddressSet) -> Option<&[usize]> {
        let object = self.asked.get(set)?;
        self.atoms_of.get(*object).map(Vec::as_slice)
    }

    /// The atoms of a class, ascending.
    pub(super) fn atoms_of_class(&self, class: usize) -> &[usize] {
        self.classes.get(class).map_or(&[], |class| &class.atoms)
    }

    /// The classes with a host in an atom, ascending.
    pub(super) fn classes_of_atom(&self, atom: usize) -> &[usize] {
        self.atoms.get(atom).map_or(&[], |atom| &atom.classes)
    }

    /// True where a class is one host alone: what reaches it from inside the class would be the host itself.
    pub(super) fn is_lone(&self, class: usize) -> bool {
        !self.classes.get(class).is_some_and(HostClass::many)
    }

    /// The classes with a host in some of the atoms, ascending.
    pub fn classes_at(&self, atoms: &[usize]) -> Vec<usize> {
        let mut classes: Vec<usize> = atoms
            .iter()
            .filter_map(|atom| self.atoms.get(*atom))
            .flat_map(|atom| atom.classes.iter().copied())
            .collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    /// The devices of some classes, each once.
    pub fn devices_of(&self, classes: impl IntoIterator<Item = usize>) -> impl Iterator<Item = DeviceId> {
        let classes = classes.into_iter().filter_map(|class| self.classes.get(class));
        classes.flat_map(|class| class.devices.iter().copied())
    }

    /// True where two atoms hold one and the same host and no other.
    pub fn same_only_host(&self, a: usize, b: usize) -> bool {
        let only = |atom: usize| match self.classes_of_atom(atom) {
            [class] if self.is_lone(*class) => Some(*class),
            _ => None,
        };
        only(a).is_some_and(|host| only(b) == Some(host))
    }

    /// True where a device has an address in the atom.
    pub fn inhabited(&self, atom: usize) -> bool {
        self.atoms.get(atom).is_some_and(|atom| {
            atom.classes.iter().any(|class| {
                self.classes
                    .get(*class)
                    .is_some_and(|class| !class.devices.is_empty())
            })
        })
    }

    /// True where a device has the address.
    pub fn is_used(&self, address: IpAddr) -> bool {
        self.used.binary_search(&address).is_ok()
    }
}

/// The different sets of a policy.
#[derive(Debug, Default)]
struct Objects {
    numbers: FxHashMap<AddressSet, usize>,
    by_place: FxHashMap<usize, usize>,
    sets: Vec<AddressSet>,
}

impl Objects {
    fn number(&mut self, set: &Arc<AddressSet>) -> usize {
        // Most rules share their sets, and large sets take long to hash. A place may be taken by another set later on.
        let place = Arc::as_ptr(set).addr();
        if let Some(number) = self.by_place.get(&place)
            && self.sets.get(*number) == Some(&**set)
        {
            return *number;
        }
        let sets = &mut self.sets;
        let number = *self.numbers.entry((**set).clone()).or_insert_with_key(|set| {
            sets.push(set.clone());
            sets.len() - 1
        });
        self.by_place.insert(place, number);
        number
    }
}

/// Adds the kinds of a family, whose atoms begin with number `first_atom`. Returns the place of the first of them.
fn add_kinds(list: &mut Vec<Kind>, family: Family, kinds: &Kinds, first_atom: usize) -> usize {
    let first = list.len();
    list.extend((0..kinds.count).map(|_| Kind {
        family,
        objects: Vec::new(),
        atoms: Vec::new(),
    }));
    let added = list.get_mut(first..).unwrap_or_default();
    for (atom, kind) in kinds.of_atom.iter().enumerate() {
        if let Some(kind) = added.get_mut(*kind) {
            kind.atoms.push(first_atom + atom);
        }
    }
    for (object, of_object) in kinds.of_object.iter().enumerate() {
        for kind in of_object {
            if let Some(kind) = added.get_mut(*kind) {
                kind.objects.push(object);
            }
        }
    }
    first
}

fn last_address(family: Family) -> u128 {
    match family {
        Family::V4 => u128::from(u32::MAX),
        Family::V6 => u128::MAX,
    }
}

fn ranges_of(set: &AddressSet, family: Family) -> Ranges {
    match family {
        Family::V4 => {
            let ranges = set.v4.ranges().iter();
            ranges
                .map(|(first, last)| (u128::from(*first), u128::from(*last)))
                .collect()
        }
        Family::V6 => set.v6.ranges().to_vec(),
    }
}

fn set_of(ranges: &Ranges, family: Family) -> AddressSet {
    let mut set = AddressSet::empty();
    match family {
        Family::V4 => {
            let small = |number: u128| u32::try_from(number).unwrap_or(u32::MAX);
            set.v4 = ranges
                .iter()
                .map(|(first, last)| (small(*first), small(*last)))
                .collect();
        }
        Family::V6 => set.v6 = IntervalSet::from_ranges(ranges.iter().copied()),
    }
    set
}
