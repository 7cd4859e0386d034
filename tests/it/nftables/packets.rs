//! Real packets through the loaded file: the kernel decides as the plan does.

use septum::packet::Packet;
use septum::plan::{DevicePlan, LocalPlan, PlanRule};
use septum::target::Owned;

use super::harness::{
    Entry, Probe, Random, Topology, Verdict, disagreements, expect, permitted, run, sample,
};
use super::plans::*;
use super::random::mesh;

/// Sends about `count` probes; how many passed. Fails where the kernel decides otherwise than the plan.
fn agree(plan: &DevicePlan, count: usize) -> Option<(usize, usize)> {
    if !permitted() {
        return None;
    }
    let file = emit(plan, &Owned::new()).text;
    let topology = Topology::of(plan);
    let probes = sample(plan, &topology, count);
    let expected = expect(plan, &topology, &probes);
    let real = run(&file, &topology, &probes);
    let wrong = disagreements(&probes, &expected, &real);
    let shown = wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{shown}\n{file}",
        wrong.len(),
        probes.len()
    );
    let passed = real
        .iter()
        .filter(|verdict| **verdict != Verdict::Dropped)
        .count();
    Some((probes.len(), passed))
}

#[test]
fn a_router_with_every_shape_of_rule() {
    let mut plan = busy(1000);
    plan.local = LocalPlan {
        run: Vec::new(),
        ..plan.local
    };
    let Some((sent, passed)) = agree(&plan, 20_000) else {
        return;
    };
    assert!(
        sent > 20_000 && passed > sent / 4 && sent - passed > sent / 4,
        "{passed} of {sent} passed"
    );
}

#[test]
fn a_firewall_in_a_mesh() {
    let mut random = Random(7);
    let groups = |n: usize| {
        let sources: String = (0..1 + n % 9).map(|k| format!("10.0.{k}.{n} ")).collect();
        allow(
            &format!("group-{n}"),
            &sources,
            &format!("10.1.0.{}", n % 31),
            "tcp:80,443 udp:53",
        )
    };
    let mut rules: Vec<PlanRule> = (0..60).map(groups).collect();
    rules.insert(0, deny("closed", "10.0.3.0/24", "10.1.0.0/28", "udp:53"));
    let plan = mesh(&mut random, &rules);
    let text = emit(&plan, &Owned::new()).text;
    assert!(text.contains("jump c_shared_1"), "{text}");
    let Some((sent, passed)) = agree(&plan, 5_000) else {
        return;
    };
    assert!(
        passed > sent / 8 && sent - passed > sent / 8,
        "{passed} of {sent}"
    );
}

/// Three sides with complements, holes, source ports, ICMP, other protocols, hairpins and denies over allows.
pub fn mixed() -> DevicePlan {
    let (pumps, servers) = ("10.20.0.0/22 2001:db8:20::/64", "10.30.1.0/24 2001:db8:30:1::/64");
    let internet = "0.0.0.0-10.19.255.255 10.20.4.0-10.30.0.255 10.30.2.0-255.255.255.255 2001:db8:ffff::/48";
    let mut to_servers = vec![
        deny(
            "no-telnet",
            "10.20.0.0/24 2001:db8:20::/80",
            servers,
            "tcp:23,2000-2010 icmp:13",
        ),
        logged(deny("no-host", "10.20.1.7 2001:db8:20::7", servers, "any")),
        logged(allow(
            "ping",
            pumps,
            "10.30.1.10-10.30.1.14 2001:db8:30:1::/126",
            "icmp:8/0-3 icmpv6:128",
        )),
        allow("trap", pumps, servers, "udp:162/1024-49151 proto:50 sctp:2905"),
        allow("stamp", pumps, "10.30.1.14", "icmp:13,17"),
        allow(
            "all",
            "10.20.2.0-10.20.2.17 2001:db8:20::2",
            "10.30.1.128/25 2001:db8:30:1::9",
            "any",
        ),
    ];
    for n in 0..20 {
        let (from, to) = (
            format!("10.20.{}.0/25", n % 4),
            format!("10.30.1.{}-10.30.1.{}", n * 3, n * 3 + 40),
        );
        to_servers.push(allow(
            &format!("wide-{n}"),
            &from,
            &to,
            &format!("tcp:{}-{}", 1990 + n, 2030 + n * 2),
        ));
    }
    for n in 0..20 {
        let deny = deny(
            &format!("hole-{n}"),
            &format!("10.20.{}.{}", n % 3, n),
            "10.30.1.40",
            &format!("tcp:{}", 2000 + n),
        );
        to_servers.insert(0, deny);
    }
    let internet_rules = vec![
        deny("no-doh", pumps, "8.8.8.0-8.8.8.9", "any"),
        allow("web", pumps, internet, "tcp:80,443"),
    ];
    router(
        vec![
            side("clinical.pumps", "eth0 eth1", pumps),
            side("servers", "eth2", servers),
            side("internet", "wan", internet),
        ],
        vec![
            pair(
                0,
                0,
                vec![allow("peer", "10.20.0.0/24", "10.20.0.0/22", "tcp:9000")],
            ),
            pair(0, 1, to_servers),
            pair(0, 2, internet_rules),
            pair(
                2,
                1,
                vec![allow("in", internet, "10.30.1.80 2001:db8:30:1::80", "tcp:443")],
            ),
        ],
        LocalPlan::default(),
    )
}

#[test]
fn a_router_with_denies_complements_and_odd_services() {
    let Some((sent, passed)) = agree(&mixed(), 12_000) else {
        return;
    };
    assert!(
        passed > sent / 5 && sent - passed > sent / 5,
        "{passed} of {sent} passed"
    );
}

fn protected() -> DevicePlan {
    let own = "10.30.1.20 2001:db8:30:1::20";
    let local = LocalPlan {
        own: addresses(own),
        manage: vec![allow("manage", "10.9.0.0/24 2001:db8:9::/64", own, "tcp:22")],
        run: Vec::new(),
    };
    let inbound = vec![
        deny("no", "10.40.3.0/24", own, "any"),
        allow(
            "dicom",
            "10.40.0.0/16 2001:db8:40::/64",
            own,
            "tcp:104,11112 icmp:8 icmpv6:128",
        ),
        allow("sync", "10.30.1.0/24", own, "udp:123"),
    ];
    let outbound = vec![
        deny("no-out", own, "10.30.0.0/16", "any"),
        allow("web", own, "any", "tcp:443 udp:53"),
        allow(
            "ping",
            own,
            "10.40.0.0/16 2001:db8:40::/64",
            "icmp:8 icmpv6:128 proto:50",
        ),
    ];
    host(addresses(own), inbound, outbound, local)
}

#[test]
fn a_host_in_both_directions() {
    let Some((sent, passed)) = agree(&protected(), 6_000) else {
        return;
    };
    assert!(
        passed > sent / 5 && sent - passed > sent / 5,
        "{passed} of {sent} passed"
    );
}

#[test]
fn a_router_lets_its_managers_in_from_where_they_live_only() {
    let mut plan = mixed();
    let own = "10.20.0.1 10.30.1.1 2001:db8:20::1";
    plan.local = LocalPlan {
        own: addresses(own),
        manage: vec![allow(
            "manage",
            "10.30.1.0/25 10.20.3.9 2001:db8:20::99",
            own,
            "tcp:22 udp:161",
        )],
        run: Vec::new(),
    };
    if let septum::plan::Role::Router(forwarding) = &mut plan.role {
        forwarding.pairs.truncate(1);
        let own = ["10.20.0.1", "2001:db8:20::1"].map(|address| address.parse().unwrap());
        forwarding.sides[0].interfaces[0].addresses = own.to_vec();
        forwarding.sides[1].interfaces[0].addresses = vec!["10.30.1.1".parse().unwrap()];
    }
    let Some((sent, passed)) = agree(&plan, 4_000) else {
        return;
    };
    assert!(
        passed > sent / 10 && sent - passed > sent / 5,
        "{passed} of {sent} passed"
    );
}

fn tcp(source: &str, destination: &str, port: u16) -> Packet {
    Packet {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        protocol: 6,
        first: 49152,
        second: port,
    }
}

#[test]
fn a_spoofed_source_never_passes() {
    if !permitted() {
        return;
    }
    let plan = mixed();
    let topology = Topology::of(&plan);
    // Each may pass by its own interface, and is tried by all others.
    let packets = [
        ("eth2 wan", tcp("10.20.0.50", "1.1.1.1", 443)),
        ("eth0 eth1 eth2", tcp("1.1.1.1", "10.30.1.80", 443)),
        ("eth2 wan", tcp("10.20.2.3", "10.30.1.200", 4000)),
    ];
    let probes: Vec<Probe> = packets
        .iter()
        .flat_map(|(names, packet)| {
            names
                .split(' ')
                .map(|name| Probe::opens(Entry::Interface(name.to_owned()), *packet))
        })
        .collect();
    let real = run(&emit(&plan, &Owned::new()).text, &topology, &probes);
    assert!(
        real.iter().all(|verdict| *verdict == Verdict::Dropped),
        "{real:?}"
    );
    let honest: Vec<Probe> = ["eth0", "wan", "eth1"]
        .iter()
        .zip(&packets)
        .map(|(name, (_, packet))| Probe::opens(Entry::Interface((*name).to_owned()), *packet))
        .collect();
    let real = run(&emit(&plan, &Owned::new()).text, &topology, &honest);
    assert!(
        real.iter().all(|verdict| *verdict != Verdict::Dropped),
        "{real:?}"
    );
}

#[test]
fn an_answer_without_its_opener_does_not_pass() {
    if !permitted() {
        return;
    }
    let plan = mixed();
    let opener = Probe::opens(
        Entry::Interface("eth0".to_owned()),
        tcp("10.20.0.50", "1.1.1.1", 443),
    );
    let answer = Probe::answer(0, &opener, Entry::Interface("wan".to_owned())).unwrap();
    let alone = Probe::opens(answer.entry.clone(), answer.packet);
    let topology = Topology::of(&plan);
    let file = emit(&plan, &Owned::new()).text;
    assert_eq!(run(&file, &topology, &[alone]), [Verdict::Dropped]);
    let both = run(&file, &topology, &[opener, answer]);
    assert_eq!(
        both,
        [Verdict::Left("wan".to_owned()), Verdict::Left("eth0".to_owned())]
    );
}

/// The harness itself must see a fault: a file that differs from its plan in one place.
#[test]
fn a_corrupted_file_is_caught() {
    if !permitted() {
        return;
    }
    let busy = LocalPlan::default();
    let plans = [
        (
            DevicePlan {
                local: busy,
                ..super::plans::busy(1000)
            },
            "10.20.1.0 . 10.30.1.0 . 17 . 4005 ",
            "10.20.1.0 . 10.30.1.0 . 17 . 2999 ",
        ),
        (mixed(), "tcp dport { 80, 443 }", "tcp dport { 80, 444 }"),
        (protected(), "ip saddr 10.40.3.0/24", "ip saddr 10.40.3.0/25"),
    ];
    for (plan, right, wrong) in plans {
        let file = emit(&plan, &Owned::new()).text;
        assert!(file.contains(right), "{right} is not in\n{file}");
        let topology = Topology::of(&plan);
        let probes = sample(&plan, &topology, 8_000);
        let real = run(&file.replacen(right, wrong, 1), &topology, &probes);
        assert!(
            !disagreements(&probes, &expect(&plan, &topology, &probes), &real).is_empty(),
            "{wrong} for {right} was not noticed"
        );
    }
}
