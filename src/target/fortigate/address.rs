//! Address objects and groups. Both are named by what they hold, so that writing one again changes nothing, and
//! a set that changes is a new object beside the old.

use std::collections::{BTreeMap, HashMap};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Serialize, Serializer};

use super::text::object_name;
use crate::packet::{AddressSet, Family, IntervalSet, Ordinal};
use crate::target::name::digest;

/// An address or address6 object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Address {
    /// `s_10.20.0.0_22`, `r_10.0.0.1_10.0.0.9`
    pub name: String,
    /// True for a range of addresses, false for a prefix.
    pub range: bool,
    /// The prefix as the family writes it, or the first address.
    pub first: String,
    /// The last address of a range; empty for a prefix.
    pub last: String,
}

/// An address group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// `g_clinical_pumps_<digest>`; `g2_…` for a group of groups.
    pub name: String,
    /// Addresses, or groups of the next lower depth. The template gets them as one text, each between quotes.
    #[serde(serialize_with = "quoted")]
    pub members: Vec<Arc<str>>,
}

fn quoted<S: Serializer>(names: &[Arc<str>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("\"{}\"", names.join("\" \"")))
}

/// The objects of one family.
#[derive(Debug, Default)]
pub struct Objects {
    /// Addresses, by name.
    pub addresses: BTreeMap<String, Address>,
    /// Members of groups, by depth and name: what a group holds stands before it.
    groups: BTreeMap<(usize, String), Vec<Arc<str>>>,
    /// The name of each range that has an address: sets share ranges, and it is written once.
    names: FxHashMap<(u128, u128), Arc<str>>,
}

impl Objects {
    /// The groups, each after those that it holds.
    pub fn groups(&self) -> Vec<Group> {
        let group = |((_, name), members): (&(usize, String), &Vec<Arc<str>>)| Group {
            name: name.clone(),
            members: members.clone(),
        };
        self.groups.iter().map(group).collect()
    }

    /// The names of addresses for all ranges of a set.
    fn of_ranges<T: Ordinal + TryFrom<u128>>(
        &mut self,
        set: &IntervalSet<T>,
        address: impl Fn((T, T)) -> Address,
    ) -> Vec<Arc<str>> {
        let ranges = set.ranges().iter().flat_map(|range| pieces(*range));
        let names = ranges.map(|range| {
            let name = self.names.entry((range.0.wide(), range.1.wide()));
            let name = name.or_insert_with(|| {
                let address = address(range);
                let name = Arc::from(address.name.as_str());
                self.addresses.insert(address.name.clone(), address);
                name
            });
            Arc::clone(name)
        });
        names.collect()
    }
}

/// All address objects of a configuration, shared between its policies.
#[derive(Debug)]
pub struct Addresses {
    /// IPv4.
    pub v4: Objects,
    /// IPv6.
    pub v6: Objects,
    /// Plans share their sets: each is digested once. The sets are kept, so that no pointer is used twice.
    digests: HashMap<(*const AddressSet, Family), (String, Arc<AddressSet>)>,
    /// Names given, by content and author's name.
    named: BTreeMap<(String, String), String>,
    name_limit: usize,
    group_members: usize,
}

impl Addresses {
    /// None yet.
    pub fn new(name_limit: usize, group_members: usize) -> Self {
        Self {
            v4: Objects::default(),
            v6: Objects::default(),
            digests: HashMap::new(),
            named: BTreeMap::new(),
            name_limit,
            group_members: group_members.max(2),
        }
    }

    /// What identifies the addresses of one family, whatever their names.
    pub fn content(&mut self, set: &Arc<AddressSet>, family: Family) -> String {
        let digested = self.digests.entry((Arc::as_ptr(set), family)).or_insert_with(|| {
            let text = match family {
                Family::V4 => interval_text(&set.v4),
                Family::V6 => interval_text(&set.v6),
            };
            (digest(&format!("{} {text}", family.name()), 64), Arc::clone(set))
        });
        digested.0.clone()
    }

    /// The name of an object or group that holds exactly the addresses of one family.
    pub fn intern(&mut self, set: &Arc<AddressSet>, family: Family, author: &str) -> String {
        let key = (self.content(set, family), author.to_owned());
        if let Some(name) = self.named.get(&key) {
            return name.clone();
        }
        let mut members = match family {
            Family::V4 => self.v4.of_ranges(&set.v4, v4_address),
            Family::V6 => self.v6.of_ranges(&set.v6, v6_address),
        };
        let name = match members.as_slice() {
            [single] => single.to_string(),
            _ => {
                let mut depth = 1;
                while members.len() > self.group_members {
                    members = self.group_chunks(&members, family, author, depth);
                    depth += 1;
                }
                let top = object_name(&depth_prefix(depth), author, &key.0, self.name_limit);
                self.objects(family).groups.insert((depth, top.clone()), members);
                top
            }
        };
        self.named.insert(key, name.clone());
        name
    }

    /// Puts members into as few groups of one depth as the unit allows, and returns those groups' names.
    fn group_chunks(
        &mut self,
        members: &[Arc<str>],
        family: Family,
        author: &str,
        depth: usize,
    ) -> Vec<Arc<str>> {
        let (limit, most) = (self.name_limit, self.group_members);
        let objects = self.objects(family);
        let chunks = members.chunks(most).map(|chunk| {
            let content = format!("{} {}", family.name(), chunk.join(" "));
            let name = object_name(&depth_prefix(depth), author, &content, limit);
            objects.groups.insert((depth, name.clone()), chunk.to_vec());
            name.into()
        });
        chunks.collect()
    }

    fn objects(&mut self, family: Family) -> &mut Objects {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }
}

/// `g`, `g2`, `g3`: a later build removes groups by their names alone, and a group before what it holds.
fn depth_prefix(depth: usize) -> String {
    if depth == 1 {
        "g".to_owned()
    } else {
        format!("g{depth}")
    }
}

/// How deep a group of this name nests, where it is one of ours.
pub fn depth_of(group: &str) -> Option<usize> {
    let (prefix, _) = group.strip_prefix('g')?.split_once('_')?;
    if prefix.is_empty() {
        Some(1)
    } else {
        prefix.parse().ok()
    }
}

fn interval_text<T: Ordinal>(set: &IntervalSet<T>) -> String {
    let ranges = set.ranges().iter();
    ranges
        .map(|(first, last)| format!("{:x}-{:x},", first.wide(), last.wide()))
        .collect()
}

/// A range as it is written. A unit shows `0.0.0.0` and `::` where a range has no first address yet, and whether it takes
/// them for one is not documented: what begins there begins with a prefix.
fn pieces<T: Ordinal + TryFrom<u128>>((first, last): (T, T)) -> impl Iterator<Item = (T, T)> {
    let parted = || {
        let count = last.wide().checked_add(1).filter(|_| first.wide() == 0)?;
        let prefix = 1 << count.ilog2();
        let (end, next) = (T::try_from(prefix - 1).ok()?, T::try_from(prefix).ok()?);
        (prefix < count).then_some([(first, end), (next, last)])
    };
    let parted = parted();
    let whole = parted.is_none().then_some((first, last));
    parted.into_iter().flatten().chain(whole)
}

/// The length of the prefix that is exactly this range of `width`-bit numbers.
fn prefix_length(first: u128, last: u128, width: u32) -> Option<u32> {
    let host_bits = first ^ last;
    let aligned = first & host_bits == 0 && host_bits & host_bits.wrapping_add(1) == 0;
    (aligned && last == first | host_bits).then(|| width - (128 - host_bits.leading_zeros()))
}

fn v4_address((first, last): (u32, u32)) -> Address {
    let base = Ipv4Addr::from(first);
    match prefix_length(first.into(), last.into(), 32) {
        Some(length) => {
            let mask = Ipv4Addr::from(!(first ^ last));
            Address {
                name: format!("s_{base}_{length}"),
                range: false,
                first: format!("{base} {mask}"),
                last: String::new(),
            }
        }
        None => {
            let end = Ipv4Addr::from(last);
            Address {
                name: format!("r_{base}_{end}"),
                range: true,
                first: base.to_string(),
                last: end.to_string(),
            }
        }
    }
}

fn v6_address((first, last): (u128, u128)) -> Address {
    let base = Ipv6Addr::from(first);
    match prefix_length(first, last, 128) {
        Some(length) => Address {
            name: format!("s_{}_{length}", base.to_string().replace(':', "-")),
            range: false,
            first: format!("{base}/{length}"),
            last: String::new(),
        },
        // Two addresses with all their colons can pass 79 characters.
        None => Address {
            name: format!("r_{first:032x}_{last:032x}"),
            range: true,
            first: base.to_string(),
            last: Ipv6Addr::from(last).to_string(),
        },
    }
}
