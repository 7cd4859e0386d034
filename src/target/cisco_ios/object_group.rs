//! Network object groups, where the capability file asks for them. A group's name holds the digest of what is in it,
//! so a changed set is a new group and the lists that use the old one stay as they are.
//!
//! Grammar: Cisco IOS Security Command Reference, `object-group network`, where masks are netmasks. Groups of IPv6 are
//! `object-group v6-network`, of hosts and prefixes; entries name them as those of IPv4 do. That is what Cisco's own
//! test library sends to IOS-XE (CiscoTestAutomation/genielibs, `sdk/apis/iosxe/ogacl/configure.py`).

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use ipnet::Ipv4Net;
use rustc_hash::FxHashMap;

use super::capability::Capability;
use super::entry;
use super::naming::PREFIX;
use crate::packet::{AddressSet, Family, IntervalSet, push_v4};
use crate::target::name::digest;

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The family of its members.
    pub family: Family,
    /// Its members.
    pub lines: Vec<String>,
    /// How many prefixes they take.
    pub prefixes: usize,
}

/// The command that opens or removes a group of a family.
pub fn command(family: Family) -> &'static str {
    match family {
        Family::V4 => "object-group network",
        Family::V6 => "object-group v6-network",
    }
}

/// The groups that the lists of one device use.
#[derive(Clone, Debug)]
pub struct Groups {
    v4: bool,
    v6: bool,
    all: BTreeMap<String, Group>,
    /// The names of sets that were met: many rules have the same ones.
    names: FxHashMap<(Family, Arc<AddressSet>), Option<String>>,
}

impl Groups {
    /// No group yet; none ever of a family in which the device has none.
    pub fn new(capability: &Capability) -> Self {
        Self {
            v4: capability.object_groups,
            v6: capability.ipv6_object_groups,
            all: BTreeMap::new(),
            names: FxHashMap::default(),
        }
    }

    /// True where the device has them in a family.
    pub fn has(&self, family: Family) -> bool {
        match family {
            Family::V4 => self.v4,
            Family::V6 => self.v6,
        }
    }

    /// The group of what a set holds of a family, where that takes more than one prefix.
    pub fn name(&mut self, set: &Arc<AddressSet>, family: Family) -> Option<String> {
        if !self.has(family) {
            return None;
        }
        let kind = match family {
            Family::V4 => "NET",
            Family::V6 => "NET6",
        };
        let key = (family, Arc::clone(set));
        if let Some(known) = self.names.get(&key) {
            return known.clone();
        }
        let name = self.add(set, family, kind);
        self.names.insert(key, name.clone());
        name
    }

    fn add(&mut self, set: &AddressSet, family: Family, kind: &str) -> Option<String> {
        let prefixes = set.blocks(family).count();
        if prefixes < 2 {
            return None;
        }
        let lines: Vec<String> = match family {
            Family::V4 => set.v4.ranges().iter().map(member).collect(),
            Family::V6 => set.v6_prefixes().iter().map(entry::prefix).collect(),
        };
        let name = format!("{PREFIX}{kind}_{}", digest(&lines.join("\n"), 12));
        let group = Group {
            family,
            lines,
            prefixes,
        };
        self.all.insert(name.clone(), group);
        Some(name)
    }

    /// How many prefixes a group holds; none where there is no such group.
    pub fn prefixes(&self, name: &str) -> Option<usize> {
        self.all.get(name).map(|group| group.prefixes)
    }

    /// The groups by name.
    pub fn into_all(self) -> BTreeMap<String, Group> {
        self.all
    }
}

fn member(&(first, last): &(u32, u32)) -> String {
    if first == last {
        let mut text = String::with_capacity(20);
        text.push_str("host ");
        push_v4(&mut text, first);
        return text;
    }
    let single = AddressSet {
        v4: IntervalSet::range(first, last),
        v6: IntervalSet::empty(),
    };
    match single.v4_prefixes().as_slice() {
        [net] => with_netmask(net),
        _ => format!("range {} {}", Ipv4Addr::from(first), Ipv4Addr::from(last)),
    }
}

fn with_netmask(net: &Ipv4Net) -> String {
    format!("{} {}", net.network(), net.netmask())
}
