//! Who may manage the unit: local-in policies. FortiOS lets in what no local-in policy denies and the interface's
//! `allowaccess` permits, so the services of management are accepted from where they may come, then denied.

use super::capability::Capability;
use super::lowering::{Lowering, has_packets};
use super::owned::Part;
use super::table::{Frame, Policy, Row, Table};
use super::text::{comments, short_name};
use crate::packet::{Family, IntervalSet, ServiceSet};
use crate::plan::{LocalPlan, PlanRule, RunProtocol};
use crate::syntax::tree::Action;
use crate::target::{Inexpressible, Owned};

/// The old deny of the rest goes first: without it more is let in only where the new one does so too.
const REMOVAL: [Part; 4] = [Part::Rest, Part::Accept, Part::Deny, Part::Anchor];

/// The local-in table of one family: empty where nothing is managed by what that family has, apart from what earlier builds left.
pub fn table(
    kind: &str,
    family: Family,
    local: &LocalPlan,
    lowering: &mut Lowering,
    capability: &Capability,
    previous: &Owned,
) -> Option<Table> {
    let rules: Vec<&PlanRule> = local
        .manage
        .iter()
        .filter(|rule| has_packets(&rule.flow, family))
        .collect();
    // Management that one family alone may use is denied in the other.
    let managed = local.manage.iter().fold(ServiceSet::empty(), |all, rule| {
        all.union(&rule.flow.service.in_family(family))
    });
    let mut rows: Vec<Row> = Vec::new();
    let limits = &capability.limits;
    for action in [Action::Deny, Action::Allow] {
        for rule in rules.iter().filter(|rule| rule.said.action == action) {
            let Some(matched) = lowering.matched(rule, &[family]) else {
                continue;
            };
            let accept = action == Action::Allow;
            let identity = format!("{}\nlocal-in\n{accept}\n{}", rule.said.origin.id, matched.content);
            rows.push(Row {
                policy: Policy {
                    name: short_name("", &rule.said.origin.id, &identity, limits.policy_name),
                    accept,
                    comments: comments(&rule.said.origin, limits.comments),
                    enabled: true,
                    ..matched.policy
                },
                part: if accept { Part::Accept } else { Part::Deny },
                origin: Some(rule.said.origin.clone()),
            });
        }
    }
    let spoken = spoken(local, family).intersection(&managed);
    if !spoken.is_empty() {
        let policy = from_anywhere(lowering, family, &spoken, "run");
        rows.push(Row {
            policy: Policy {
                name: short_name("", "run", &policy.services.join(" "), limits.policy_name),
                accept: true,
                comments: "septum: what the unit itself speaks".to_owned(),
                ..policy
            },
            part: Part::Accept,
            origin: None,
        });
    }
    let frame = (!managed.is_empty()).then(|| Frame {
        anchor: Policy {
            name: "septum_first".to_owned(),
            comments: "septum: the policies of septum begin here. Do not move or delete".to_owned(),
            enabled: false,
            ..from_anywhere(lowering, family, &managed, "manage")
        },
        rest: Policy {
            name: "septum_last".to_owned(),
            comments: "septum: management from anywhere else".to_owned(),
            ..from_anywhere(lowering, family, &managed, "manage")
        },
        rest_first: false,
    });
    match Table::new(kind, frame, rows, capability.policy_ids, previous, REMOVAL) {
        Ok(table) => Some(table),
        Err(Inexpressible { rule, what }) => {
            lowering.refuse(rule, what);
            None
        }
    }
}

/// A deny of services from everywhere to every address of the unit.
fn from_anywhere(lowering: &mut Lowering, family: Family, service: &ServiceSet, author: &str) -> Policy {
    let everything = lowering.everything(family);
    let services = match lowering.services.intern(service, &[family], author) {
        Ok(list) => list.names,
        Err(what) => {
            lowering.refuse(None, format!("management, all in all: {what}"));
            Vec::new()
        }
    };
    let mut policy = Policy {
        services,
        enabled: true,
        ..Policy::default()
    };
    match family {
        Family::V4 => (policy.source, policy.destination) = (everything.clone(), everything),
        Family::V6 => (policy.source6, policy.destination6) = (everything.clone(), everything),
    }
    policy
}

/// What others send to the unit of their own accord where it speaks these protocols, on whichever interface. Neighbour
/// discovery (RFC 4861) is always spoken.
fn spoken(local: &LocalPlan, family: Family) -> ServiceSet {
    let ports = |numbers: &[u16]| IntervalSet::from_ranges(numbers.iter().map(|n| (*n, *n)));
    let tcp = |numbers: &[u16]| ServiceSet::tcp(IntervalSet::full(), ports(numbers));
    let udp = |numbers: &[u16]| ServiceSet::udp(IntervalSet::full(), ports(numbers));
    let ip = |number: u8| ServiceSet::protocols(&IntervalSet::single(number));
    let codes = IntervalSet::range(0, 255);
    let icmpv6 = |first, last| ServiceSet::icmpv6(&IntervalSet::range(first, last), &codes);
    let services = local.run.iter().map(|run| match run.protocol {
        RunProtocol::Ospf => ip(89),
        RunProtocol::Bgp => tcp(&[179]),
        RunProtocol::Eigrp => ip(88),
        RunProtocol::Rip => udp(&[520, 521]),
        RunProtocol::Pim => ip(103),
        RunProtocol::Igmp => ip(2).union(&icmpv6(130, 132)).union(&icmpv6(143, 143)),
        RunProtocol::Hsrp => udp(&[1985, 2029]),
        RunProtocol::Vrrp => ip(112),
        RunProtocol::Bfd => udp(&[3784, 4784]),
        RunProtocol::DhcpRelay | RunProtocol::DhcpServer => udp(&[67, 547]),
        RunProtocol::DhcpClient => udp(&[68, 546]),
        RunProtocol::Ping => ServiceSet::icmp(&IntervalSet::single(8), &codes).union(&icmpv6(128, 128)),
        // As a client the unit opens these itself: answers belong to its sessions.
        RunProtocol::Ntp
        | RunProtocol::Dns
        | RunProtocol::Radius
        | RunProtocol::Tacacs
        | RunProtocol::Syslog => ServiceSet::empty(),
    });
    services
        .fold(icmpv6(133, 137), |all, service| all.union(&service))
        .in_family(family)
}
