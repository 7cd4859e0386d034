//! The hosts of a policy, in classes of those that no rule and no assertion tells apart.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::refine::{Pieces, Ranges, refine};
use crate::model::{AssertionKind, DeviceId, Placement, Policy, ZoneId};
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
    pub(super) sides: Vec<(usize, usize)>,
    objects: FxHashMap<AddressSet, usize>,
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
        let mut objects = Objects::default();
        let sides: Vec<(usize, usize)> = policy
            .rules
            .iter()
            .map(|rule| {
                (
                    objects.number(&rule.source.addresses),
                    objects.number(&rule.destination.addresses),
                )
            })
            .collect();
        for set in sets {
            objects.number(set);
        }
        for assertion in &policy.assertions {
            objects.number(&assertion.source.addresses);
            objects.number(&assertion.destination.addresses);
            if let AssertionKind::Forbid(_, Some(via)) = &assertion.kind {
                objects.number(&via.addresses);
            }
        }
        let mut guarded: BTreeMap<usize, DeviceId> = BTreeMap::new();
        for point in &policy.points {
            for manage in &point.manage {
                objects.number(&manage.from.addresses);
            }
            if let Placement::On(id) = point.placement
                && point.platform.is_some()
                && let Some(device) = policy.devices.get(id.index())
            {
                guarded.insert(objects.number(&device.set), id);
            }
            objects.number(&super::enforced::own_addresses(policy, point));
        }
        Self::cut(policy, objects, sides, &guarded)
    }

    fn cut(
        policy: &Policy,
        objects: Objects,
        sides: Vec<(usize, usize)>,
        guarded: &BTreeMap<usize, DeviceId>,
    ) -> Self {
        let zones: Vec<&AddressSet> = policy.zones.iter().map(|zone| &*zone.addresses).collect();
        let ranges = |family| {
            let zones: Vec<Ranges> = zones.iter().map(|set| ranges_of(set, family)).collect();
            let sets: Vec<Ranges> = objects.sets.iter().map(|set| ranges_of(set, family)).collect();
            refine(&zones, &sets, last_address(family))
        };
        let (v4, v6) = (ranges(Family::V4), ranges(Family::V6));
        let v4_atoms = v4.zone_of.len();
        let mut atoms: Vec<Atom> = Vec::new();
        for (family, refined) in [(Family::V4, &v4), (Family::V6, &v6)] {
            for (zone, ranges) in refined.zone_of.iter().zip(&refined.ranges_of) {
                atoms.push(Atom {
                    family,
                    zone: ZoneId::from_index(*zone),
                    addresses: set_of(ranges, family),
                    classes: Vec::new(),
                    guard: None,
                    source_kind: 0,
                    destination_kind: 0,
                });
            }
        }
        let atoms_of: Vec<Vec<usize>> = v4
            .atoms_of
            .into_iter()
            .zip(v6.atoms_of)
            .map(|(mut v4, v6)| {
                v4.extend(v6.into_iter().map(|atom| atom + v4_atoms));
                v4
            })
            .collect();
        let mut hosts = Self {
            atoms,
            classes: Vec::new(),
            source_kinds: Vec::new(),
            destination_kinds: Vec::new(),
            kinds_to: Vec::new(),
            sides,
            objects: objects.numbers,
            atoms_of,
            used: Vec::new(),
            pieces: [v4.pieces, v6.pieces],
            v4_atoms,
        };
        for (object, device) in guarded {
            for atom in hosts.atoms_of.get(*object).into_iter().flatten() {
                if let Some(atom) = hosts.atoms.get_mut(*atom) {
                    atom.guard = Some(*device);
                }
            }
        }
        hosts.find_kinds();
        hosts.settle(policy);
        hosts
    }

    fn find_kinds(&mut self) {
        let mut holding: Vec<[Vec<usize>; 2]> = vec![[Vec::new(), Vec::new()]; self.atoms.len()];
        let mut is_side = vec![[false; 2]; self.atoms_of.len()];
        for (source, destination) in &self.sides {
            for (side, object) in [source, destination].into_iter().enumerate() {
                if let Some(flag) = is_side.get_mut(*object).and_then(|flags| flags.get_mut(side)) {
                    *flag = true;
                }
            }
        }
        for (object, (atoms, flags)) in self.atoms_of.iter().zip(&is_side).enumerate() {
            for atom in atoms {
                for (list, flag) in holding.get_mut(*atom).into_iter().flatten().zip(flags) {
                    if *flag {
                        list.push(object);
                    }
                }
            }
        }
        let mut known: [FxHashMap<(Family, Vec<usize>), usize>; 2] = Default::default();
        let mut kinds: [Vec<Kind>; 2] = Default::default();
        for (index, (atom, lists)) in self.atoms.iter_mut().zip(holding).enumerate() {
            let slots = [&mut atom.source_kind, &mut atom.destination_kind];
            for (((slot, objects), known), kinds) in
                slots.into_iter().zip(lists).zip(&mut known).zip(&mut kinds)
            {
                let family = atom.family;
                *slot = *known.entry((family, objects)).or_insert_with_key(|(_, objects)| {
                    kinds.push(Kind {
                        family,
                        objects: objects.clone(),
                        atoms: Vec::new(),
                    });
                    kinds.len() - 1
                });
                if let Some(kind) = kinds.get_mut(*slot) {
                    kind.atoms.push(index);
                }
            }
        }
        self.kinds_to = vec![Vec::new(); self.atoms_of.len()];
        let [sources, destinations] = kinds;
        for (index, kind) in destinations.iter().enumerate() {
            for object in &kind.objects {
                if let Some(list) = self.kinds_to.get_mut(*object) {
                    list.push(index);
                }
            }
        }
        self.source_kinds = sources;
        self.destination_kinds = destinations;
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

    /// The atoms of a set that the policy uses; none for a set that may cut atoms.
    pub fn atoms_of(&self, set: &AddressSet) -> Option<&[usize]> {
        let object = self.objects.get(set)?;
        self.atoms_of.get(*object).map(Vec::as_slice)
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
        let only = |atom: usize| match self.atoms.get(atom).map(|atom| atom.classes.as_slice()) {
            Some([class]) => self
                .classes
                .get(*class)
                .filter(|class| !class.many())
                .map(|_| *class),
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
