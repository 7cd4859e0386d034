//! Networks with ten hosts each, and services: a group of 2 to 24 hosts may reach one host by 1 to 3 of some protocols.

use std::fmt::Write;

use super::random::Random;
use super::topology::Topology;
use super::{Repository, Size, manifest};

const HOSTS: usize = 10;

/// The three upper bytes of a network.
fn prefix(network: usize) -> String {
    format!("10.{}.{}", network >> 8, network & 255)
}

fn host(random: &mut Random, networks: usize) -> String {
    format!("h{}-{}", random.below(networks), random.below(HOSTS))
}

/// A repository with the services of `size` in a network.
pub fn repository(topology: Topology, size: &Size, random: &mut Random) -> Repository {
    let (rules, elementary_rules) = rules(size, random);
    Repository {
        files: [
            manifest(topology.name),
            vec![
                ("network.sept".to_owned(), network(&topology, size)),
                ("inventory.csv".to_owned(), inventory(topology.networks)),
            ],
            files_of("services", &rules),
        ]
        .concat(),
        elementary_rules,
    }
}

/// A policy in as many files as its size asks for: one may have 16 MiB.
fn files_of(stem: &str, policy: &str) -> Vec<(String, String)> {
    let mut files: Vec<String> = Vec::new();
    for line in policy.split_inclusive('\n') {
        match files.last_mut() {
            Some(file) if file.len() + line.len() <= 15 << 20 => file.push_str(line),
            _ => files.push(line.to_owned()),
        }
    }
    let name = |number: usize| match number {
        0 => format!("{stem}.sept"),
        _ => format!("{stem}-{number}.sept"),
    };
    files
        .into_iter()
        .enumerate()
        .map(|(number, file)| (name(number), file))
        .collect()
}

fn network(topology: &Topology, size: &Size) -> String {
    let mut text = String::new();
    for (index, name) in topology.transit.iter().enumerate() {
        let _ = writeln!(
            text,
            "zone {name} {{ subnet 172.{}.{}.0/24 }}",
            16 + (index >> 8),
            index & 255
        );
    }
    for network in 0..topology.networks {
        let _ = writeln!(text, "zone n{network} {{ subnet {}.0/24 }}", prefix(network));
    }
    for (index, zones) in topology.firewalls.iter().enumerate() {
        // By a host beside it, so that no rule is needed on the way.
        let own = zones.iter().find_map(|zone| zone.strip_prefix('n'));
        let manager = match (own, zones.first()) {
            (Some(network), _) => format!("h{network}-0"),
            (None, Some(zone)) => zone.clone(),
            (None, None) => "any".to_owned(),
        };
        let _ = writeln!(
            text,
            "\nfirewall fw{index} {{\n    target {}\n    manage from {manager} : ssh",
            size.target
        );
        for (port, zone) in zones.iter().enumerate() {
            let _ = write!(text, "    interface eth{port} = {zone}");
            match zone.strip_prefix('n').and_then(|number| number.parse().ok()) {
                Some(network) => {
                    let _ = writeln!(text, " {{ address {}.1 }}", prefix(network));
                }
                None => text.push('\n'),
            }
        }
        text.push_str("}\n");
    }
    text
}

fn rules(size: &Size, random: &mut Random) -> (String, u64) {
    let (mut text, mut elementary) = (String::new(), 0);
    let protocols = protocols(size.protocols);
    for service in 0..size.services {
        let members: std::collections::BTreeSet<String> = (0..random.between(2, 24))
            .map(|_| host(random, size.networks))
            .collect();
        let count = random.between(1, 3);
        let chosen: Vec<&str> = random
            .several(count, protocols.len())
            .into_iter()
            .map(|protocol| protocols[protocol].as_str())
            .collect();
        elementary += (members.len() * chosen.len()) as u64;
        let members: Vec<String> = members.into_iter().collect();
        let _ = writeln!(text, "group g{service} = {}", members.join(" | "));
        let (server, chosen) = (host(random, size.networks), chosen.join(", "));
        let _ = writeln!(
            text,
            "policy s{service} {{ allow g{service} -> {server} : {chosen} }}"
        );
    }
    (text, elementary)
}

/// Well-known protocols first, then ports of no name.
fn protocols(count: usize) -> Vec<String> {
    let well_known = ["tcp 443", "tcp 80", "tcp 22", "udp 53", "udp 161"].map(str::to_owned);
    let unnamed = (1..).map(|port| match port % 4 {
        0 => format!("udp {}", 1_000 + port),
        _ => format!("tcp {}", 1_000 + port),
    });
    well_known.into_iter().chain(unnamed).take(count).collect()
}

fn inventory(networks: usize) -> String {
    let mut text = String::from("name,zone,address\n");
    for network in 0..networks {
        for host in 0..HOSTS {
            let _ = writeln!(
                text,
                "h{network}-{host},n{network},{}.{}",
                prefix(network),
                10 + 7 * host
            );
        }
    }
    text
}
