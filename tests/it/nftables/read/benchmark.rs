//! What the benchmark in the kernel loads beside Septum's own file says the same of the flows that it sends.

use std::net::IpAddr;
use std::process::Command;

use septum::packet::{Packet, PacketRule, permits};
use septum::plan::{LocalPlan, PlanArchive};

use super::{forward, read};
use crate::nftables::harness::permitted;
use crate::nftables::plans::{allow, pair, router, side};

#[test]
fn lists_of_the_kernel_benchmark_permit_the_flows_of_the_plan_alone() {
    // Where packets can be sent there is Python.
    if !permitted() {
        return;
    }
    let plan = router(
        vec![
            side("ward", "eth0", "10.1.0.0/16"),
            side("servers", "eth1", "10.2.0.0/16"),
        ],
        vec![pair(
            0,
            1,
            vec![
                allow("his", "10.1.0.0/24 10.1.3.0/24", "10.2.0.1", "tcp:443,8000-8080"),
                allow("names", "10.1.0.0/16", "10.2.0.53", "udp:53"),
            ],
        )],
        LocalPlan::default(),
    );
    let scratch = tempfile::tempdir().unwrap();
    let plans = scratch.path().join("plans.json");
    std::fs::write(&plans, serde_json::to_string(&PlanArchive::new([&plan])).unwrap()).unwrap();
    let made = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/kernel/rules.py"))
        .args([&plans, &scratch.path().to_path_buf()])
        .arg("200")
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let file = |name: &str| std::fs::read_to_string(scratch.path().join(name)).unwrap();
    let linear = read(&file("linear.nft"));
    assert!(linear.not_understood.is_empty(), "{:?}", linear.not_understood);
    let rules = forward(&linear, "*", "*").iter().map(|rule| rule.rule.clone());
    let rules: Vec<PacketRule> = rules.collect();
    let flows = file("flows");
    assert_eq!(flows.lines().count(), 200);
    for line in flows.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [from, protocol, source, first, destination, second] = words[..] else {
            panic!("{line}")
        };
        assert_eq!(from, "eth0");
        let mut packet = Packet {
            source: source.parse::<IpAddr>().unwrap(),
            destination: destination.parse::<IpAddr>().unwrap(),
            protocol: protocol.parse().unwrap(),
            first: first.parse().unwrap(),
            second: second.parse().unwrap(),
        };
        assert!(permits(&rules, &packet), "{packet}");
        packet.destination = [10, 2, 9, 9].into();
        assert!(!permits(&rules, &packet), "{packet}");
    }
}
