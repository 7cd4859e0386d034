//! Plans written by hand.

use std::net::IpAddr;
use std::sync::Arc;

use septum::packet::{AddressSet, FlowSet, IntervalSet, ServiceSet};
use septum::plan::{DevicePlan, Forwarding, LocalPlan, PairPlan, PlanRule, PortInterface, Role, Side};
use septum::syntax::tree::Action;

use crate::said::said;

/// The union of prefixes with a space between.
pub fn set(prefixes: &str) -> AddressSet {
    let nets: Vec<ipnet::IpNet> = prefixes.split_whitespace().map(|p| p.parse().unwrap()).collect();
    AddressSet::from_prefixes(&nets)
}

pub fn tcp(port: u16) -> ServiceSet {
    ServiceSet::tcp(IntervalSet::full(), IntervalSet::single(port))
}

pub fn udp(port: u16) -> ServiceSet {
    ServiceSet::udp(IntervalSet::full(), IntervalSet::single(port))
}

/// The service of the reply.
pub fn reply(service: &ServiceSet) -> ServiceSet {
    ServiceSet {
        tcp: service.tcp.swapped(),
        udp: service.udp.swapped(),
        sctp: service.sctp.swapped(),
        ..service.clone()
    }
}

pub fn rule(
    action: Action,
    id: &str,
    source: AddressSet,
    destination: AddressSet,
    service: ServiceSet,
) -> PlanRule {
    PlanRule {
        flow: FlowSet {
            source: Arc::new(source),
            destination: Arc::new(destination),
            service: Arc::new(service),
        },
        said: said(action, id, ["source", "destination", "service"]),
    }
}

pub fn allow(id: &str, source: &str, destination: &str, service: ServiceSet) -> PlanRule {
    rule(Action::Allow, id, set(source), set(destination), service)
}

pub fn deny(id: &str, source: &str, destination: &str, service: ServiceSet) -> PlanRule {
    rule(Action::Deny, id, set(source), set(destination), service)
}

pub fn titled(mut rule: PlanRule, title: &str) -> PlanRule {
    let mut origin = (*rule.said.origin).clone();
    origin.title = Some(title.to_owned());
    origin.ticket = Some("CHG-7".to_owned());
    Arc::make_mut(&mut rule.said).origin = Arc::new(origin);
    rule
}

pub fn side(zone: &str, interface: &str, behind: AddressSet, own: &[&str]) -> Side {
    let addresses: Vec<IpAddr> = own.iter().map(|a| a.parse().unwrap()).collect();
    Side {
        zone: zone.to_owned(),
        interfaces: vec![PortInterface {
            name: interface.to_owned(),
            addresses,
        }],
        behind: Arc::new(behind),
    }
}

pub fn pair(from: usize, to: usize, rules: Vec<PlanRule>, replies: Vec<PlanRule>) -> PairPlan {
    PairPlan {
        from,
        to,
        rules,
        replies,
    }
}

pub fn device(claimed: AddressSet, sides: Vec<Side>, pairs: Vec<PairPlan>) -> DevicePlan {
    let own = sides
        .iter()
        .flat_map(|side| &side.interfaces)
        .flat_map(|interface| interface.addresses.iter().copied());
    let local = LocalPlan {
        own: Arc::new(AddressSet::from_addresses(own)),
        ..LocalPlan::default()
    };
    DevicePlan {
        device: "core-1".to_owned(),
        platform: "cisco-ios".to_owned(),
        claimed: Arc::new(claimed),
        role: Role::Router(Forwarding { sides, pairs }),
        local,
    }
}

/// Wards, servers and the internet behind one router.
pub fn small() -> DevicePlan {
    let (wards, servers) = ("10.1.0.0/16 2001:db8:1::/48", "10.2.0.0/24 2001:db8:2::/64");
    let claimed = set("10.0.0.0/8 2001:db8::/32");
    let mut drop_telnet = deny("no-telnet-11", wards, servers, tcp(23));
    Arc::make_mut(&mut drop_telnet.said).log = true;
    let outside = claimed.complement();
    let web = rule(Action::Allow, "web-44", set(wards), outside.clone(), tcp(443));
    let web_reply = rule(
        Action::Allow,
        "web-44",
        outside.clone(),
        set(wards),
        reply(&tcp(443)),
    );
    device(
        claimed,
        vec![
            side(
                "clinical.wards",
                "GigabitEthernet0/0/1",
                set(wards),
                &["10.1.0.1", "2001:db8:1::1"],
            ),
            side("servers", "GigabitEthernet0/0/2", set(servers), &["10.2.0.1"]),
            side("internet", "GigabitEthernet0/0/3", outside, &["192.0.2.1"]),
        ],
        vec![
            pair(
                0,
                1,
                vec![
                    drop_telnet,
                    titled(
                        allow("his-22", wards, "10.2.0.16/28 2001:db8:2::10/128", tcp(443)),
                        "HIS",
                    ),
                    allow("dns-33", wards, "10.2.0.53/32", udp(53)),
                ],
                vec![],
            ),
            pair(0, 2, vec![web], vec![]),
            pair(
                1,
                0,
                vec![],
                vec![
                    allow(
                        "his-22",
                        "10.2.0.16/28 2001:db8:2::10/128",
                        wards,
                        reply(&tcp(443)),
                    ),
                    allow("dns-33", "10.2.0.53/32", wards, reply(&udp(53))),
                ],
            ),
            pair(2, 0, vec![], vec![web_reply]),
        ],
    )
}
