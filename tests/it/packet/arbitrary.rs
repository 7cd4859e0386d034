//! Random sets, rules and packets of hostile shapes. All boundaries come from a few values, so that sets touch,
//! nest and leave holes of one value all the time; every packet of interest is next to such a value.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use arbtest::arbitrary::{Result, Unstructured};
use septum::packet::{
    AddressSet, Family, FlowSet, IntervalSet, Ordinal, Packet, PacketRule, Region, ServiceSet, protocol,
};

pub const BYTES: [u8; 6] = [0, 1, 6, 8, 17, 255];
pub const PORTS: [u16; 7] = [0, 22, 80, 255, 256, 49152, u16::MAX];
pub const V4: [u32; 8] = [
    0,
    0x0a00_0000,
    0x0a00_0001,
    0x0a00_0080,
    0x0a00_00ff,
    0x0aff_ffff,
    0x8000_0000,
    u32::MAX,
];
pub const V6: [u128; 6] = [
    0,
    0x2001_0db8 << 96,
    (0x2001_0db8 << 96) + 1,
    (0x2001_0db8 << 96) + 0xffff_ffff_ffff_ffff,
    1 << 127,
    u128::MAX,
];
const PROTOCOLS: [u8; 10] = [0, 1, 2, 6, 17, 50, 58, 59, 132, 255];

/// A value at or next to one of the pool.
pub fn near<T: Ordinal>(u: &mut Unstructured<'_>, pool: &[T]) -> Result<T> {
    let value = *u.choose(pool)?;
    Ok(match u.int_in_range(0..=3)? {
        0 => value.next().unwrap_or(value),
        1 => value.previous().unwrap_or(value),
        _ => value,
    })
}

pub fn ranges<T: Ordinal>(u: &mut Unstructured<'_>, pool: &[T]) -> Result<Vec<(T, T)>> {
    let count = u.int_in_range(0..=4)?;
    (0..count).map(|_| Ok((near(u, pool)?, near(u, pool)?))).collect()
}

pub fn interval_set<T: Ordinal>(u: &mut Unstructured<'_>, pool: &[T]) -> Result<IntervalSet<T>> {
    Ok(match u.int_in_range(0..=7)? {
        0 => IntervalSet::full(),
        // A hole of one value.
        1 => IntervalSet::single(near(u, pool)?).complement(),
        2 | 3 => IntervalSet::single(near(u, pool)?),
        _ => IntervalSet::from_ranges(ranges(u, pool)?),
    })
}

pub fn address_set(u: &mut Unstructured<'_>) -> Result<AddressSet> {
    Ok(AddressSet {
        v4: interval_set(u, &V4)?,
        v6: interval_set(u, &V6)?,
    })
}

pub fn region(u: &mut Unstructured<'_>) -> Result<Region> {
    let count = u.int_in_range(0..=3)?;
    let mut region = Region::empty();
    for _ in 0..count {
        let row = Region::product(interval_set(u, &PORTS)?, interval_set(u, &PORTS)?);
        region = if u.ratio(1, 4)? {
            region.difference(&row)
        } else {
            region.union(&row)
        };
    }
    Ok(region)
}

pub fn service_set(u: &mut Unstructured<'_>) -> Result<ServiceSet> {
    if u.ratio(1, 8)? {
        return Ok(ServiceSet::full());
    }
    let mut service = ServiceSet::protocols(&interval_set(u, &PROTOCOLS)?);
    for _ in 0..u.int_in_range(0..=3)? {
        let (first, second) = (interval_set(u, &PORTS)?, interval_set(u, &PORTS)?);
        let one = match u.int_in_range(0..=4)? {
            0 => ServiceSet::tcp(first, second),
            1 => ServiceSet::udp(first, second),
            2 => ServiceSet::sctp(first, second),
            3 => ServiceSet::icmp(&first, &second),
            _ => ServiceSet::icmpv6(&first, &second),
        };
        service = if u.ratio(1, 3)? {
            service.difference(&one)
        } else {
            service.union(&one)
        };
    }
    Ok(service)
}

/// As a front end might build it by hand: with numbers that no packet has.
pub fn careless_service_set(u: &mut Unstructured<'_>) -> Result<ServiceSet> {
    let mut service = service_set(u)?;
    if u.ratio(1, 4)? {
        service.icmp = region(u)?;
        service.icmpv6 = region(u)?;
        service.other = interval_set(u, &PROTOCOLS)?;
    }
    Ok(service)
}

pub fn flow(u: &mut Unstructured<'_>) -> Result<FlowSet> {
    Ok(FlowSet {
        source: Arc::new(address_set(u)?),
        destination: Arc::new(address_set(u)?),
        service: Arc::new(careless_service_set(u)?),
    })
}

pub fn rules(u: &mut Unstructured<'_>, most: usize) -> Result<Vec<PacketRule>> {
    let count = u.int_in_range(0..=most)?;
    (0..count)
        .map(|_| {
            Ok(PacketRule {
                permit: u.ratio(2, 3)?,
                flow: flow(u)?,
            })
        })
        .collect()
}

/// A packet that can exist.
pub fn packet(u: &mut Unstructured<'_>) -> Result<Packet> {
    let address = |u: &mut Unstructured<'_>, family| -> Result<IpAddr> {
        Ok(match family {
            Family::V4 => Ipv4Addr::from(near(u, &V4)?).into(),
            Family::V6 => Ipv6Addr::from(near(u, &V6)?).into(),
        })
    };
    let family = *u.choose(&Family::BOTH)?;
    let number = near(u, &PROTOCOLS)?;
    let (first, second) = match (number, family) {
        (protocol::TCP | protocol::UDP | protocol::SCTP, _) => (near(u, &PORTS)?, near(u, &PORTS)?),
        (protocol::ICMP, Family::V4) | (protocol::ICMPV6, Family::V6) => {
            (near(u, &PORTS)?.min(255), near(u, &PORTS)?.min(255))
        }
        _ => (0, 0),
    };
    Ok(Packet {
        source: address(u, family)?,
        destination: address(u, family)?,
        protocol: number,
        first,
        second,
    })
}
