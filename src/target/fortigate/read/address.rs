//! The addresses behind the names of address objects and groups.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use ipnet::IpNet;
use rustc_hash::FxHashMap;

use super::entry::Entry;
use super::predefined;
use super::report::Doubt;
use super::table::Table;
use super::vdom::Vdom;
use super::words::Word;
use crate::packet::{AddressSet, Family, IntervalSet};

/// How deep groups may nest.
const DEEPEST: usize = 32;
/// How many ranges one wildcard may stand for.
const WILDCARD_RANGES: u32 = 1 << 12;

/// Fields that say nothing about which addresses an object holds. `associated-interface` limits which policies may
/// name it, and FortiOS refuses the others.
pub const PLAIN: [&str; 12] = [
    "uuid",
    "comment",
    "color",
    "allow-routing",
    "associated-interface",
    "fabric-object",
    "global-object",
    "obj-id",
    "visibility",
    "category",
    "cache-ttl",
    "host-type",
];

/// Looks names up, each once.
pub struct Addresses<'v, 't> {
    vdom: &'v Vdom<'t>,
    printed: bool,
    known: FxHashMap<(Family, &'v str), Result<Arc<AddressSet>, Doubt>>,
}

impl<'v, 't> Addresses<'v, 't> {
    /// Those of a VDOM. `printed` where the text shows objects whole.
    pub fn new(vdom: &'v Vdom<'t>, printed: bool) -> Self {
        Self {
            vdom,
            printed,
            known: FxHashMap::default(),
        }
    }

    /// What any of the names holds, in one family. `line` is where they are named.
    pub fn union(&mut self, family: Family, names: &'v [Word<'t>], line: usize) -> Result<AddressSet, Doubt> {
        self.union_within(family, names, line, 0)
    }

    /// What is wrong with addresses that nothing but their values keeps from being understood.
    pub fn malformed(&self) -> Vec<Doubt> {
        let families = Family::BOTH.into_iter();
        let entries = families.flat_map(|family| {
            let entries = self.vdom.all(Table::Address(family));
            entries.map(move |entry| (family, entry))
        });
        entries
            .filter(|(family, entry)| {
                let modelled = ["ipmask", "ipprefix", "iprange", "wildcard"];
                let plain = entry
                    .one("type", modelled[0])
                    .is_ok_and(|kind| modelled.contains(&kind));
                let fields = match family {
                    Family::V4 => ["type", "subnet", "start-ip", "end-ip", "wildcard"].as_slice(),
                    Family::V6 => ["type", "ip6", "start-ip", "end-ip"].as_slice(),
                };
                plain && only_fields(entry, fields).is_ok()
            })
            .filter_map(|(family, entry)| single(family, entry).err())
            .collect()
    }

    fn union_within(
        &mut self,
        family: Family,
        names: &'v [Word<'t>],
        line: usize,
        depth: usize,
    ) -> Result<AddressSet, Doubt> {
        let sets = names
            .iter()
            .map(|name| self.find(family, name, line, depth))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(AddressSet::union_of(sets.iter().map(Arc::as_ref)))
    }

    fn find(
        &mut self,
        family: Family,
        name: &'v str,
        line: usize,
        depth: usize,
    ) -> Result<Arc<AddressSet>, Doubt> {
        let key = (family, name);
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        if depth > DEEPEST {
            return Err((line, format!("groups nest too deep at `{name}`")));
        }
        // Who meets the name again before it is known has gone in a circle.
        self.known
            .insert(key, Err((line, format!("group `{name}` holds itself"))));
        let found = self.look_up(family, name, line, depth).map(Arc::new);
        self.known.insert(key, found.clone());
        found
    }

    fn look_up(
        &mut self,
        family: Family,
        name: &str,
        line: usize,
        depth: usize,
    ) -> Result<AddressSet, Doubt> {
        let vdom = self.vdom;
        let shipped = predefined::address(family, name);
        if let Some(entry) = vdom.find(Table::Address(family), name) {
            let set = single(family, entry)?;
            return match shipped {
                Some(shipped) if shipped != set && !self.printed => {
                    Err((entry.line, format!("`{name}` is built in, and is changed")))
                }
                _ => Ok(set),
            };
        }
        if let Some(entry) = vdom.find(Table::AddressGroup(family), name) {
            return self.group(family, entry, depth);
        }
        shipped.ok_or_else(|| (line, format!("`{name}` is not an address that is modelled")))
    }

    fn group(&mut self, family: Family, entry: &'v Entry<'t>, depth: usize) -> Result<AddressSet, Doubt> {
        only_fields(entry, &["member", "exclude", "exclude-member"])?;
        let members = entry.list("member");
        if members.is_empty() {
            return Err((entry.line, "a group without a member".to_owned()));
        }
        let set = self.union_within(family, members, entry.line_of("member"), depth + 1)?;
        if !entry.enabled("exclude")? {
            return Ok(set);
        }
        let line = entry.line_of("exclude-member");
        let excluded = self.union_within(family, entry.list("exclude-member"), line, depth + 1)?;
        Ok(set.difference(&excluded))
    }
}

fn only_fields(entry: &Entry, modelled: &[&str]) -> Result<(), Doubt> {
    let is_known = |name: &str| modelled.contains(&name) || PLAIN.contains(&name);
    match entry.fields.iter().find(|field| !is_known(&field.name)) {
        None => Ok(()),
        Some(field) => Err((
            field.line,
            format!("`{}` of an address is not modelled", field.name),
        )),
    }
}

fn single(family: Family, entry: &Entry) -> Result<AddressSet, Doubt> {
    let default = match family {
        Family::V4 => "ipmask",
        Family::V6 => "ipprefix",
    };
    match (entry.one("type", default)?, family) {
        ("ipmask", Family::V4) => {
            only_fields(entry, &["type", "subnet"])?;
            subnet(entry)
        }
        ("ipprefix", Family::V6) => {
            only_fields(entry, &["type", "ip6"])?;
            let text = entry.one("ip6", "::/0")?;
            let net = text
                .parse::<IpNet>()
                .ok()
                .filter(|net| matches!(net, IpNet::V6(_)));
            let net = net.ok_or_else(|| (entry.line_of("ip6"), "not an IPv6 prefix".to_owned()))?;
            Ok(AddressSet::from_prefixes([&net]))
        }
        ("iprange", _) => {
            only_fields(entry, &["type", "start-ip", "end-ip"])?;
            range(family, entry)
        }
        ("wildcard", Family::V4) => {
            only_fields(entry, &["type", "wildcard"])?;
            wildcard(entry)
        }
        (other, _) => Err((
            entry.line_of("type"),
            format!("addresses of type `{other}` are not modelled"),
        )),
    }
}

/// `10.0.0.0 255.0.0.0` or `10.0.0.0/8`; 0.0.0.0/0 where it is not set.
fn subnet(entry: &Entry) -> Result<AddressSet, Doubt> {
    let bad = || (entry.line_of("subnet"), "not a subnet".to_owned());
    let net: IpNet = match entry.list("subnet") {
        [] => return Ok(AddressSet::full().only(Family::V4)),
        [prefix] => prefix
            .parse()
            .ok()
            .filter(|net| matches!(net, IpNet::V4(_)))
            .ok_or_else(bad)?,
        [base, mask] => {
            let base: Ipv4Addr = base.parse().map_err(|_| bad())?;
            let mask: Ipv4Addr = mask.parse().map_err(|_| bad())?;
            IpNet::with_netmask(base.into(), mask.into()).map_err(|_| bad())?
        }
        _ => return Err(bad()),
    };
    Ok(AddressSet::from_prefixes([&net]))
}

fn range(family: Family, entry: &Entry) -> Result<AddressSet, Doubt> {
    let end = |field: &str| -> Result<IpAddr, Doubt> {
        let address = entry.one(field, "")?.parse::<IpAddr>().ok();
        let address = address.filter(|address| Family::of(*address) == family);
        address.ok_or_else(|| {
            (
                entry.line_of(field),
                format!("`{field}` is not an {} address", family.name()),
            )
        })
    };
    let mut set = AddressSet::empty();
    match (end("start-ip")?, end("end-ip")?) {
        (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => {
            set.v4 = IntervalSet::range(first.into(), last.into());
        }
        (IpAddr::V6(first), IpAddr::V6(last)) if first <= last => {
            set.v6 = IntervalSet::range(first.into(), last.into());
        }
        _ => {
            return Err((
                entry.line_of("end-ip"),
                "a range that ends before it begins".to_owned(),
            ));
        }
    }
    Ok(set)
}

/// Ones in the mask are bits that count, unlike those of an IOS wildcard.
fn wildcard(entry: &Entry) -> Result<AddressSet, Doubt> {
    let bad = || (entry.line_of("wildcard"), "not an address and a mask".to_owned());
    let [base, mask] = entry.list("wildcard") else {
        return Err(bad());
    };
    let base = u32::from(base.parse::<Ipv4Addr>().map_err(|_| bad())?);
    let mask = u32::from(mask.parse::<Ipv4Addr>().map_err(|_| bad())?);
    // The free bits at the end make one range; those above multiply the ranges.
    let end = 1u32
        .checked_shl(mask.trailing_zeros())
        .map_or(u32::MAX, |block| block - 1);
    let above = !mask & !end;
    if above.count_ones() > WILDCARD_RANGES.trailing_zeros() {
        return Err((
            entry.line_of("wildcard"),
            "a wildcard of too many ranges".to_owned(),
        ));
    }
    let base = base & mask;
    let mut ranges = Vec::new();
    // Counts through the free bits, from all of them down to none.
    let mut bits = above;
    loop {
        ranges.push((base | bits, base | bits | end));
        if bits == 0 {
            break;
        }
        bits = (bits - 1) & above;
    }
    Ok(AddressSet {
        v4: IntervalSet::from_ranges(ranges),
        v6: IntervalSet::empty(),
    })
}
