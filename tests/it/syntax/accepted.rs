//! Every construct, and what it becomes.

use septum::syntax::tree::{
    Action, Arrow, Assertion, AssertionKind, DeviceStatement, Item, Meta, PointKind, PointStatement,
    PolicyStatement, PortProtocol, RateUnit, Rule, ServiceStatement, ServiceTerm, Set, ZoneStatement,
};

use super::{EXAMPLE, accepted};

/// A set as text with all parentheses.
fn show(set: &Set) -> String {
    let joined = |operands: &[Set], operator: &str| {
        let operands: Vec<String> = operands.iter().map(show).collect();
        format!("({})", operands.join(operator))
    };
    match set {
        Set::Name(name) => name.text.to_string(),
        Set::Label(label) => format!("label:{}", label.name.text),
        Set::Prefix(prefix) => prefix.value.to_string(),
        Set::Any(_) => "any".to_owned(),
        Set::Union(operands) => joined(operands, " | "),
        Set::Intersection(operands) => joined(operands, " & "),
        Set::Difference(operands) => joined(&operands[..], " - "),
        Set::Group(inner, _) => format!("[{}]", show(inner)),
        Set::Error(_) => "error".to_owned(),
    }
}

fn term(term: &ServiceTerm) -> String {
    match term {
        ServiceTerm::Any(_) => "any".to_owned(),
        ServiceTerm::Name(name) => name.text.to_string(),
        ServiceTerm::Ports {
            protocol,
            destination,
            source,
            ..
        } => {
            let word = match protocol {
                PortProtocol::Tcp => "tcp",
                PortProtocol::Udp => "udp",
                PortProtocol::Sctp => "sctp",
            };
            let ports = |list: &[septum::syntax::tree::Spanned<(u16, u16)>]| {
                list.iter()
                    .map(|p| format!("{}-{}", p.value.0, p.value.1))
                    .collect::<Vec<_>>()
                    .join("+")
            };
            format!("{word}[{}<{}]", ports(destination), ports(source))
        }
        ServiceTerm::Icmp { v6, types, .. } => {
            let types: Vec<String> = types
                .iter()
                .map(|t| match t.code {
                    Some(code) => format!("{}/{code}", t.name.text),
                    None => t.name.text.to_string(),
                })
                .collect();
            format!("icmp{}[{}]", if *v6 { "v6" } else { "" }, types.join("+"))
        }
        ServiceTerm::Protocol(number, _) => format!("proto[{}]", number.value),
    }
}

fn terms(list: &[ServiceTerm]) -> String {
    list.iter().map(term).collect::<Vec<_>>().join(", ")
}

/// The set of `group g = …`.
fn group(text: &str) -> String {
    let parsed = accepted(&format!("group g = {text}"));
    match parsed.tree.items.as_slice() {
        [Item::Group(group)] => show(&group.set),
        other => panic!("{other:?}"),
    }
}

/// The terms of `service s = …`.
fn service(text: &str) -> String {
    let parsed = accepted(&format!("service s = {text}"));
    match parsed.tree.items.as_slice() {
        [Item::Service(service)] => terms(&service.terms),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_example_of_the_manual_is_read_whole() {
    let parsed = accepted(EXAMPLE);
    let mut kinds = Vec::new();
    for item in &parsed.tree.items {
        kinds.push(match item {
            Item::Zone(z) => format!("zone {} {}", z.name.text, z.body.len()),
            Item::Device(d) => format!("device {} in {} {}", d.name.text, d.zone.text, d.body.len()),
            Item::Group(g) => format!("group {} = {}", g.name.text, show(&g.set)),
            Item::Service(s) => format!("service {} = {} +{}", s.name.text, terms(&s.terms), s.body.len()),
            Item::Policy(p) => format!("policy {} {}", p.name.text, p.body.len()),
            Item::Rule(_) => "rule".to_owned(),
            Item::Assertion(a) => format!(
                "assert {} to {}{}",
                show(&a.source),
                show(&a.destination),
                a.title
                    .as_ref()
                    .map_or(String::new(), |t| format!(" {:?}", t.value))
            ),
            Item::Mode(m) => format!("mode {} {}", m.name.text, m.rules.len()),
            Item::Point(p) => format!("{:?} {} {}", p.kind, p.name.text, p.body.len()),
            Item::Waiver(w) => format!("waive {}", w.check.text),
            Item::Error(_) => "error".to_owned(),
        });
    }
    insta::assert_snapshot!(kinds.join("\n"), @r#"
    zone clinical.pumps 4
    zone servers.biomed 2
    zone guest 2
    zone transit.core 1
    zone internet 1
    device pump-gateway in servers.biomed 2
    group pump-path = (pump-gateway | (clinical.pumps & label:infusion-pump))
    service https = tcp[443-443<] +0
    service dicom = tcp[104-104+11112-11112<] +3
    service dicom-tls = tcp[2762-2762<] +0
    service dns = udp[53-53<], tcp[53-53<] +0
    service ping = icmp[echo-request], icmpv6[echo-request] +0
    policy pump-telemetry 6
    assert clinical.pumps to pump-gateway "drug library must arrive"
    assert guest to clinical
    assert internet to clinical.pumps
    assert vendor to clinical.pumps
    assert pump-gateway to clinical.pumps
    assert vendor to label:patient-connected
    mode lockdown 2
    Firewall core 4
    Router wing-a 5
    Firewall pacs-1-host 3
    Router old-l3 3
    "#);
    assert_eq!(parsed.tree.comments.len(), 10);
}

#[test]
fn zones() {
    let parsed = accepted(
        r#"zone clinical.pumps "Pumps \"A\"\nfloor 2" {
            subnet 10.20.0.5/22, 2001:db8::/32, 192.0.2.1/32, ::1/128
            label iomt, patient-connected; trust 40 isolate external within drop owner "Dr. Müller"
        }"#,
    );
    let [Item::Zone(zone)] = parsed.tree.items.as_slice() else {
        panic!()
    };
    assert_eq!(zone.title.as_ref().unwrap().value, "Pumps \"A\"\nfloor 2");
    let [
        ZoneStatement::Subnet(nets, _),
        ZoneStatement::Label(labels, _),
        ZoneStatement::Trust(trust, _),
        ZoneStatement::Isolate(_),
        ZoneStatement::External(_),
        ZoneStatement::Within(within, _),
        ZoneStatement::Owner(owner, _),
    ] = zone.body.as_slice()
    else {
        panic!("{:?}", zone.body)
    };
    let nets: Vec<String> = nets.iter().map(|n| n.value.to_string()).collect();
    assert_eq!(nets, ["10.20.0.5/22", "2001:db8::/32", "192.0.2.1/32", "::1/128"]);
    assert_eq!(labels.len(), 2);
    assert_eq!(trust.value, 40);
    assert_eq!(&*within.text, "drop");
    assert_eq!(&*owner.text, "Dr. Müller");
}

#[test]
fn devices() {
    let parsed = accepted(
        "device gw in servers \"Gateway\" { address 10.0.0.1, 2001:db8::1; label a
            vendor BBraun; model \"Space 2\"; os x }",
    );
    let [Item::Device(device)] = parsed.tree.items.as_slice() else {
        panic!()
    };
    assert_eq!(device.title.as_ref().unwrap().value, "Gateway");
    assert_eq!(device.body.len(), 5);
    let DeviceStatement::Fact(key, values, _) = &device.body[2] else {
        panic!()
    };
    assert_eq!((&*key.text, values[0].value.as_str()), ("vendor", "BBraun"));
    accepted("device a in b");
    accepted("device a in b { cves CVE-2024-1234, \"CVE-2025-1\" }");
}

#[test]
fn sets_bind_as_in_arithmetic() {
    assert_eq!(group("a | b & c - d"), "((a | (b & c)) - d)");
    assert_eq!(group("a - b - c"), "((a - b) - c)");
    assert_eq!(group("(a | b) & label:x"), "([(a | b)] & label:x)");
    assert_eq!(group("a-b | a - b | a -b"), "((((a-b | a) - b) | a) - b)");
    assert_eq!(
        group("any - 10.0.0.0/8 - 2001:db8::1"),
        "((any - 10.0.0.0/8) - 2001:db8::1/128)"
    );
    assert_eq!(
        group("\"any\" | \"Room 5\" | label | label:\"x y\" | 3-tesla"),
        "(any | Room 5 | label | label:x y | 3-tesla)"
    );
    assert_eq!(group("xn--a"), "xn--a");
}

#[test]
fn arrows_need_no_space() {
    let parsed = accepted("allow web->db:https\nforbid web~>db\nlimit a~>b<=3");
    let [Item::Rule(rule), Item::Assertion(forbid), Item::Assertion(limit)] = parsed.tree.items.as_slice()
    else {
        panic!("{:?}", parsed.tree.items)
    };
    assert_eq!(show(&rule.source), "web");
    assert_eq!(show(&rule.destination), "db");
    assert_eq!(terms(&rule.services), "https");
    assert_eq!(forbid.kind, AssertionKind::Forbid(Arrow::Chain, None));
    assert!(matches!(&limit.kind, AssertionKind::Limit(n) if n.value == 3));
}

#[test]
fn services() {
    assert_eq!(service("tcp 104, 11112"), "tcp[104-104+11112-11112<]");
    assert_eq!(service("udp 53, tcp 53"), "udp[53-53<], tcp[53-53<]");
    assert_eq!(service("https, ssh"), "https, ssh");
    assert_eq!(
        service("https, tcp 8443, 9000-9100"),
        "https, tcp[8443-8443+9000-9100<]"
    );
    assert_eq!(
        service("tcp 80 from 1024-65535, 99"),
        "tcp[80-80<1024-65535+99-99]"
    );
    assert_eq!(service("tcp from 20, udp"), "tcp[<20-20], udp[<]");
    assert_eq!(service("sctp 1"), "sctp[1-1<]");
    assert_eq!(
        service("icmp echo-request, icmpv6"),
        "icmp[echo-request], icmpv6[]"
    );
    assert_eq!(
        service("icmp 3/4, 8, icmp unreachable/1"),
        "icmp[3/4+8], icmp[unreachable/1]"
    );
    assert_eq!(service("proto 50, 51, any"), "proto[50], proto[51], any");
    assert_eq!(service("\"odd name\", 9p"), "odd name, 9p");
}

#[test]
fn a_service_without_ports_ends_before_the_next_statement() {
    let parsed = accepted("service a = icmp\nservice b = tcp\nallow a -> b : icmp\nlimit a ~> b <= 1");
    assert_eq!(parsed.tree.items.len(), 4);
    let parsed = accepted("service d = tcp 104 { clear-text; carries phi; prefer dicom-tls }");
    let [Item::Service(service)] = parsed.tree.items.as_slice() else {
        panic!()
    };
    assert!(matches!(
        service.body.as_slice(),
        [
            ServiceStatement::ClearText(_),
            ServiceStatement::Carries(..),
            ServiceStatement::Prefer(..)
        ]
    ));
}

#[test]
fn policies_and_rules() {
    let parsed = accepted(
        "policy p \"t\" { owner biomed; ticket 20411; reason \"r\"; expires 2028-02-29; log; rate 10/second
            allow a -> b : https, tcp 1 \"why\" { rate 5/day; ticket CHG-1 }
            deny a -> any
            require a -> b }
        deny x -> y",
    );
    let [Item::Policy(policy), Item::Rule(deny)] = parsed.tree.items.as_slice() else {
        panic!("{:?}", parsed.tree.items)
    };
    assert_eq!(policy.body.len(), 9);
    let PolicyStatement::Rule(Rule { meta, title, .. }) = &policy.body[6] else {
        panic!()
    };
    assert_eq!(title.as_ref().unwrap().value, "why");
    assert!(matches!(&meta[0], Meta::Rate(rate, _) if rate.count == 5 && rate.per == RateUnit::Day));
    assert_eq!(deny.action, Action::Deny);
    assert!(deny.services.is_empty());
}

#[test]
fn assertions() {
    let parsed = accepted(
        "require a -> b : https \"must\"
        forbid a -> b : tcp 1
        forbid a ~> b unless via c | d \"because\"
        only a -> b
        limit a ~> b : ssh <= 40",
    );
    let all: Vec<&Assertion> = parsed
        .tree
        .items
        .iter()
        .map(|item| match item {
            Item::Assertion(a) => &**a,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(all[0].title.as_ref().unwrap().value, "must");
    assert!(matches!(&all[2].kind, AssertionKind::Forbid(Arrow::Chain, Some(via)) if show(via) == "(c | d)"));
    assert_eq!(terms(&all[4].services), "ssh");
}

#[test]
fn enforcement_points() {
    let parsed = accepted(
        "router wing-a \"Wing A\" {
            target cisco-ios
            manage from it.admin | label:ops : ssh, snmp
            run ospf, bfd on a, b; run dhcp-relay
            interface Te1/0/1 = a { address 10.0.0.1, ::1; address 10.0.0.2 }
            interface eth0:1=b
            interface \"Gi 0/1\" = c
            interface 7 = d
        }
        firewall host { protects pacs; unmanaged }",
    );
    let [Item::Point(router), Item::Point(firewall)] = parsed.tree.items.as_slice() else {
        panic!()
    };
    assert_eq!(
        (router.kind, firewall.kind),
        (PointKind::Router, PointKind::Firewall)
    );
    let runs = router.body.iter().filter_map(|statement| match statement {
        PointStatement::Run { protocols, on } => Some((protocols.len(), on.len())),
        _ => None,
    });
    assert_eq!(runs.collect::<Vec<_>>(), [(2, 2), (1, 0)]);
    let names: Vec<(&str, usize)> = router
        .body
        .iter()
        .filter_map(|s| match s {
            PointStatement::Interface(i) => Some((&*i.name.text, i.addresses.len())),
            _ => None,
        })
        .collect();
    assert_eq!(names, [("Te1/0/1", 3), ("eth0:1", 0), ("Gi 0/1", 0), ("7", 0)]);
    assert!(matches!(
        &router.body[1],
        PointStatement::Manage { from, services, .. }
            if show(from) == "(it.admin | label:ops)" && terms(services) == "ssh, snmp"
    ));
}

#[test]
fn modes_and_waivers() {
    let parsed = accepted(
        "mode lockdown \"Outbreak\" { deny a -> any; allow a -> b }
        waive lateral-port on pacs until 2027-06-30 because \"vendor fix due\"",
    );
    let [Item::Mode(mode), Item::Waiver(waiver)] = parsed.tree.items.as_slice() else {
        panic!()
    };
    assert_eq!(mode.rules.len(), 2);
    assert_eq!(waiver.until.value.to_string(), "2027-06-30");
    assert_eq!(waiver.because.value, "vendor fix due");
}

#[test]
fn keywords_are_names_where_a_name_stands() {
    let parsed = accepted(
        "zone drop {} zone log {} zone policy {} zone zone { label label, trust } zone any {}
        allow drop | log -> policy & zone : service\ngroup tcp = from\npolicy deny { allow allow -> deny }",
    );
    assert_eq!(parsed.tree.items.len(), 8);
}

#[test]
fn line_ends_and_a_byte_order_mark_mean_nothing() {
    let unix = "zone a {\n  subnet 10.0.0.0/8 # c\n}\n";
    let dos = format!("\u{FEFF}{}", unix.replace('\n', "\r\n"));
    let (a, b) = (accepted(unix), accepted(&dos));
    assert_eq!(super::shape(&a), super::shape(&b));
    let comment = b.tree.comments[0];
    assert_eq!(&dos[comment.range()], "# c");
    assert_eq!(accepted("").tree.items.len(), 0);
    assert_eq!(accepted("# only\n# comments").tree.comments.len(), 2);
}
