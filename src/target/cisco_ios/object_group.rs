//! IPv4 network object groups, where the capability file asks for them. A group's name holds the digest of what is
//! in it, so a changed set is a new group and the lists that use the old one stay as they are.
//!
//! Grammar: Cisco IOS Security Command Reference, `object-group network`. The masks here are netmasks.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::packet::{AddressSet, IntervalSet};
use crate::target::name::digest;

/// The groups that the lists of one device use.
#[derive(Clone, Debug)]
pub struct Groups {
    enabled: bool,
    lines: BTreeMap<String, Vec<String>>,
}

impl Groups {
    /// No group yet; none ever where not `enabled`.
    pub fn new(enabled: bool) -> Self {
        Self {
            enabled,
            lines: BTreeMap::new(),
        }
    }

    /// The group of a set that takes more than one prefix.
    pub fn name(&mut self, set: &IntervalSet<u32>) -> Option<String> {
        if !self.enabled {
            return None;
        }
        let addresses = AddressSet {
            v4: set.clone(),
            v6: IntervalSet::empty(),
        };
        let prefixes = addresses.v4_prefixes();
        if prefixes.len() < 2 {
            return None;
        }
        let lines: Vec<String> = set.ranges().iter().map(member).collect();
        let name = format!("{}NET_{}", super::naming::PREFIX, digest(&lines.join("\n"), 12));
        self.lines.insert(name.clone(), lines);
        Some(name)
    }

    /// The groups by name.
    pub fn into_lines(self) -> BTreeMap<String, Vec<String>> {
        self.lines
    }
}

fn member(&(first, last): &(u32, u32)) -> String {
    let single = AddressSet {
        v4: IntervalSet::range(first, last),
        v6: IntervalSet::empty(),
    };
    match single.v4_prefixes().as_slice() {
        [host] if host.prefix_len() == 32 => format!("host {}", host.addr()),
        [net] => with_netmask(net),
        _ => format!("range {} {}", Ipv4Addr::from(first), Ipv4Addr::from(last)),
    }
}

fn with_netmask(net: &Ipv4Net) -> String {
    format!("{} {}", net.network(), net.netmask())
}
