//! Lists like those of a hospital: prefixes x prefixes x services, one rule in twenty denies.

use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use septum::packet::{AddressSet, FlowSet, IntervalSet, PacketRule, ServiceSet};

use crate::dice::Dice;

fn net(index: usize, length: u8) -> [IpNet; 2] {
    let index = index as u32;
    let v4 = Ipv4Net::new((0x0a00_0000 + (index << 8)).into(), length)
        .unwrap()
        .trunc();
    let wide = (0x2001_0db8_u128 << 96) + (u128::from(index) << 64);
    let v6 = Ipv6Net::new(wide.into(), length * 2 + 16).unwrap().trunc();
    [v4.into(), v6.into()]
}

/// Zones (/24 and wider), groups of them, and single devices.
fn objects(dice: &mut Dice, zones: usize) -> Vec<Arc<AddressSet>> {
    let mut objects = vec![Arc::new(AddressSet::full())];
    for zone in 0..zones {
        objects.push(Arc::new(AddressSet::from_prefixes(&net(zone, 24))));
        let device = AddressSet::from_prefixes(&net(zone, 24)).first().unwrap();
        objects.push(Arc::new(AddressSet::from_addresses([device])));
        if zone % 8 == 0 {
            objects.push(Arc::new(AddressSet::from_prefixes(&net(zone, 21))));
            let members: Vec<IpNet> = (0..5).flat_map(|_| net(dice.below(zones), 24)).collect();
            objects.push(Arc::new(AddressSet::from_prefixes(&members)));
        }
    }
    objects
}

fn services() -> Vec<Arc<ServiceSet>> {
    let mut services = vec![Arc::new(ServiceSet::full())];
    for port in [
        22, 53, 80, 104, 123, 389, 443, 445, 1433, 2575, 2762, 3389, 5060, 8080, 8443, 11112,
    ] {
        let ports = IntervalSet::single(port);
        services.push(Arc::new(ServiceSet::tcp(IntervalSet::full(), ports.clone())));
        services.push(Arc::new(ServiceSet::udp(IntervalSet::full(), ports)));
    }
    services.push(Arc::new(ServiceSet::tcp(
        IntervalSet::full(),
        IntervalSet::range(5000, 5100),
    )));
    services
}

/// A list of this many rules.
pub fn list(count: usize) -> Vec<PacketRule> {
    let mut dice = Dice::new();
    let objects = objects(&mut dice, (count / 20).clamp(20, 2_000));
    let services = services();
    (0..count)
        .map(|_| {
            let permit = dice.below(20) != 0;
            // `any` now and then on one side, never on both with a permit.
            let mut side = |any: usize| match dice.below(any) {
                0 => 0,
                _ => 1 + dice.below(objects.len() - 1),
            };
            let (source, destination) = (side(40), side(80));
            let service = if permit {
                1 + dice.below(services.len() - 1)
            } else {
                dice.below(4)
            };
            PacketRule {
                permit,
                flow: FlowSet {
                    source: Arc::clone(&objects[source]),
                    destination: Arc::clone(&objects[destination]),
                    service: Arc::clone(&services[service]),
                },
            }
        })
        .collect()
}
