//! What is written is proven; and the proof asks for all that the device and its users depend on.

use septum::plan::{DevicePlan, RunProtocol};
use septum::proof::Unknown;
use septum::target::Platform;
use septum::target::cisco_ios::CiscoIos;
use septum::target::readback::ReadBack;

use super::super::emit;
use super::super::plans::small;
use super::{busy, examples, options, proof};

pub fn holds(plan: &DevicePlan, text: &str) {
    let proof = proof(plan, text);
    let wrong: Vec<String> = proof
        .mismatches
        .iter()
        .map(|m| {
            format!(
                "{} opened={} {} line {:?}",
                m.place, m.opened, m.change.witness, m.line
            )
        })
        .collect();
    assert!(proof.holds(), "{}: {wrong:#?} {:?}", plan.device, proof.unknown);
    assert!(proof.places > 0);
}

#[test]
fn small_routers_are_proven() {
    holds(&small(), &emit(&small()).text);
    holds(&busy(), &emit(&busy()).text);
}

#[test]
fn each_protocol_that_a_device_runs_is_proven() {
    for (word, run) in RunProtocol::ALL {
        let mut plan = small();
        plan.local.run = vec![run.into()];
        let proof = proof(&plan, &emit(&plan).text);
        assert!(
            proof.holds(),
            "{word}: {:?} {:?}",
            proof.mismatches,
            proof.unknown
        );
        assert!(!proof.residuals.is_empty());
    }
}

#[test]
fn the_example_policies_are_proven() {
    for plan in examples() {
        holds(&plan, &emit(&plan).text);
    }
}

#[test]
fn object_groups_are_proven() {
    let mut assets = CiscoIos.assets();
    assets.capability = assets
        .capability
        .replace("object_groups: false", "object_groups: true");
    for plan in examples().into_iter().chain([busy()]) {
        let emitted = CiscoIos.emit(&plan, &assets, &Default::default()).unwrap();
        assert!(emitted.text.contains("object-group network"));
        holds(&plan, &emitted.text);
    }
}

/// Without the line, some packet is dropped that must pass.
#[track_caller]
fn needs(plan: &DevicePlan, part: &str) {
    let text = emit(plan).text;
    let shorter: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with('!') || !line.contains(part))
        .collect();
    assert!(shorter.len() < text.lines().count(), "no line has `{part}`");
    let proof = proof(plan, &shorter.join("\n"));
    assert!(proof.unknown.is_empty(), "{:?}", proof.unknown);
    assert!(
        proof.mismatches.iter().any(|mismatch| !mismatch.opened),
        "`{part}` is not needed"
    );
}

#[test]
fn management_must_come_in() {
    needs(&busy(), "host 10.1.0.1 eq 22");
    needs(&busy(), "host 2001:db8:1::1 eq 22");
}

#[test]
fn management_comes_in_by_the_side_where_it_lives_alone() {
    let plan = busy();
    let text = emit(&plan).text.replace(
        "ip access-list extended SEPTUM_SERVERS",
        "ip access-list extended SEPTUM_SERVERS_IN_0\n permit tcp 10.1.7.0 0.0.0.255 host 10.1.0.1 eq 22\n\
         ip access-list extended SEPTUM_SERVERS",
    );
    // The list of that name is applied nowhere.
    holds(&plan, &text);
    let list = text
        .lines()
        .find(|line| line.contains("access-list extended SEPTUM_SERVERS_IN_") && !line.ends_with("_0"))
        .unwrap();
    let text = text.replace(
        list,
        &format!("{list}\n 1 permit tcp 10.1.7.0 0.0.0.255 host 10.1.0.1 eq 22"),
    );
    let proof = proof(&plan, &text);
    let opened: Vec<&str> = proof
        .mismatches
        .iter()
        .filter(|m| m.opened)
        .map(|m| m.place.as_str())
        .collect();
    assert_eq!(
        opened,
        ["GigabitEthernet0/0/2 in", "GigabitEthernet0/0/2 in (established)"]
    );
}

#[test]
fn replies_errors_and_neighbours_must_come_in() {
    needs(&small(), "permit udp host 10.2.0.53 eq 53");
    needs(&small(), "permit tcp 10.2.0.16 0.0.0.15 eq 443");
    needs(&small(), "permit icmp 10.1.0.0 0.0.255.255 any 3");
    needs(&small(), "permit icmp 2001:db8:1::/48 any 2");
    needs(&small(), "nd-ns");
    needs(&small(), "nd-na");
    needs(&small(), "router-solicitation");
}

#[test]
fn what_the_device_runs_must_come_in() {
    for part in [
        "permit 89 any host 224.0.0.5",
        "permit 89 fe80::/10 host ff02::6",
        "permit 2 any",
        "224.0.0.102",
        "permit 112 any",
        "eq 3784",
        "permit udp any eq 68 host 255.255.255.255 eq 67",
        "eq 123",
        "permit tcp any eq 49 ",
        "permit udp any range 1812 1813",
    ] {
        needs(&busy(), part);
    }
}

#[test]
fn of_established_packets_tcp_alone_is_compared() {
    let proof = proof(&busy(), &emit(&busy()).text);
    for residual in &proof.residuals {
        let tcp_only = residual.products.flows.iter().all(|flow| {
            let service = &flow.service;
            service.udp.is_empty() && service.icmp.is_empty() && service.other.is_empty()
        });
        assert_eq!(
            residual.place.ends_with("(established)"),
            tcp_only,
            "{}",
            residual.place
        );
    }
    assert!(proof.residuals.iter().any(|r| r.place.ends_with("(established)")));
}

#[test]
fn an_interface_without_a_list_is_open() {
    let plan = small();
    for text in ["", "interface GigabitEthernet0/0/1\n no shutdown\n"] {
        let proof = proof(&plan, text);
        assert!(proof.unknown.is_empty());
        assert_eq!(proof.mismatches.iter().filter(|m| m.opened).count(), 6);
    }
}

#[test]
fn without_filters_nothing_is_known() {
    let proof = septum::proof::prove(&small(), &ReadBack::default(), &options());
    assert!(!proof.holds());
    assert!(matches!(&proof.unknown[0], Unknown::Missing { place } if place == "GigabitEthernet0/0/1 in"));
}
