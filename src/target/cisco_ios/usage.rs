//! What lists take in hardware, interface by interface.
//!
//! A ternary memory (TCAM) holds an entry for each pair of members of the object groups in an entry: groups shorten
//! the configuration and not what it takes (Catalyst 4500 Software Configuration Guide, IOS XE 3.9.xE, "Configuring
//! Object Group ACLs"). Ports that are compared with `eq` are part of an entry. A range takes a comparator of its own,
//! another one for source than for destination, shared by all entries that name it (Catalyst 6000 Software
//! Configuration Guide 6.3, "Determining Logical Operation Unit Usage"); where comparators run out, entries are
//! multiplied instead (Catalyst 4500, "Layer 4 Operators in ACLs").

use std::collections::BTreeSet;

use super::capability::Capability;
use super::object_group::Groups;
use super::side::SideLists;
use crate::packet::Family;
use crate::target::Usage;

/// What a list takes in hardware.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Places in the memory.
    pub places: usize,
    /// Ranges of ports, each with whether it is one of source ports.
    pub port_ranges: BTreeSet<(bool, String)>,
}

/// What it is worked out from.
pub struct Meter<'a> {
    /// The groups that entries name.
    pub groups: &'a Groups,
    /// How the hardware keeps entries.
    pub capability: &'a Capability,
}

impl Load {
    /// Adds an entry as it is written.
    pub fn add(&mut self, entry: &str, family: Family, meter: &Meter<'_>) {
        let mut places = match family {
            Family::V4 => 1,
            Family::V6 => meter.capability.ipv6_entry_places,
        };
        let mut words = entry.split(' ').peekable();
        while let Some(word) = words.next() {
            match word {
                "object-group" if meter.capability.expands_object_groups => {
                    let members = words.next().and_then(|name| meter.groups.prefixes(name));
                    places = places.saturating_mul(members.unwrap_or(1));
                }
                "range" => {
                    let range = [words.next(), words.next()]
                        .map(Option::unwrap_or_default)
                        .join("-");
                    // Destination ports end an entry but for its options.
                    let of_source = words
                        .peek()
                        .is_some_and(|next| !matches!(*next, "established" | "log"));
                    self.port_ranges.insert((of_source, range));
                }
                _ => {}
            }
        }
        self.places = self.places.saturating_add(places);
    }
}

/// Two rows for each interface and family: places, and port ranges where there are any.
pub fn of(sides: &[SideLists<'_>], capability: &Capability) -> Vec<Usage> {
    let mut all = Vec::new();
    for side in sides {
        for interface in &side.side.interfaces {
            for (family, list) in [(Family::V4, &side.v4), (Family::V6, &side.v6)] {
                let counts = [
                    ("tcam-entries", list.load.places, capability.max_entries),
                    (
                        "port-ranges",
                        list.load.port_ranges.len(),
                        capability.max_port_ranges,
                    ),
                ];
                let taken = counts.into_iter().filter(|(_, used, _)| *used > 0);
                all.extend(taken.map(|(what, used, most)| Usage {
                    place: format!("{} in {}", interface.name, family.name()),
                    what: what.to_owned(),
                    used,
                    most,
                }));
            }
        }
    }
    all
}
