//! One device: a single service between very many hosts, or very many rules between networks.

use std::fmt::Write;

use super::random::Random;
use super::{Repository, Size, manifest, services};

fn firewall(target: &str) -> String {
    format!(
        "firewall fw {{\n    target {target}\n    interface eth0 = clients {{ address 10.0.0.1 }}\n    \
         interface eth1 = servers {{ address 11.0.0.1 }}\n}}\n"
    )
}

const ZONES: &str = "zone clients { subnet 10.0.0.0/8 }\nzone servers { subnet 11.0.0.0/8 }\n";

/// Two groups of hosts, no two of which have adjacent addresses, and one service of several ports.
pub fn one_service(size: &Size) -> Repository {
    let mut inventory = String::from("name,zone,address,labels\n");
    for (first, zone, label) in [(10, "clients", "client"), (11, "servers", "server")] {
        for host in 0..size.hosts {
            let number = 2 * (host + 1);
            let address = format!("{first}.0.{}.{}", number >> 8, number & 255);
            let _ = writeln!(inventory, "{label}-{host},{zone},{address},{label}");
        }
    }
    let ports: Vec<String> = (0..size.ports)
        .map(|port| (1_000 + 2 * port).to_string())
        .collect();
    let policy = format!(
        "{ZONES}{}policy service {{ allow label:client -> label:server : tcp {} }}\n",
        firewall(&size.target),
        ports.join(", ")
    );
    Repository {
        files: [
            manifest("one-service"),
            vec![
                ("policy.sept".to_owned(), policy),
                ("inventory.csv".to_owned(), inventory),
            ],
        ]
        .concat(),
        elementary_rules: (size.hosts * size.hosts * size.ports) as u64,
    }
}

/// Rules between two groups of 2 networks and more with 1 to 3 ports; between single networks where groups have one.
pub fn terms(size: &Size, random: &mut Random) -> Repository {
    let mut policy = format!("{ZONES}{}", firewall(&size.target));
    let mut elementary = 0;
    for term in 0..size.terms {
        let mut group = |first: usize| {
            let count = random.between(size.members.min(2), size.members);
            let networks = random.several(count, 20_000);
            let text: Vec<String> = networks
                .iter()
                .map(|n| format!("{first}.{}.{}.{}/27", 1 + (n >> 10), (n >> 2) & 255, (n & 3) << 6))
                .collect();
            (text.len(), text.join(" | "))
        };
        let ((sources, from), (destinations, to)) = (group(10), group(11));
        let protocols = random.between(1, 3);
        elementary += sources * destinations * protocols;
        let ports = services(protocols, random);
        let _ = writeln!(policy, "policy t{term} {{ allow {from} -> {to} : {ports} }}");
    }
    of_one_file("terms", policy, elementary)
}

/// Rules both ways between a few hosts and networks of every size, which overlap in ever other ways. Every fifth is a
/// deny.
pub fn overlaps(size: &Size, random: &mut Random) -> Repository {
    let mut policy = format!("{ZONES}{}", firewall(&size.target));
    for term in 0..size.terms {
        let mut group = |first: usize| {
            let members = (0..random.between(1, 6)).map(|_| {
                let length = [32, 32, 28, 26, 24, 22, 20][random.below(7)];
                let number = random.below(1 << 18) & !((1 << (32 - length)) - 1);
                let (high, middle, low) = (1 + (number >> 16), (number >> 8) & 255, number & 255);
                format!("{first}.{high}.{middle}.{low}/{length}")
            });
            members.collect::<Vec<String>>().join(" | ")
        };
        let (clients, servers) = (group(10), group(11));
        let (from, to) = match random.one_in(2) {
            true => (clients, servers),
            false => (servers, clients),
        };
        let word = if random.one_in(5) { "deny" } else { "allow" };
        let ports = services(random.between(1, 3), random);
        let _ = writeln!(policy, "policy t{term} {{ {word} {from} -> {to} : {ports} }}");
    }
    of_one_file("overlaps", policy, size.terms)
}

/// Allows between whole zones, each of which as many denies between two hosts cut.
pub fn denies(size: &Size, random: &mut Random) -> Repository {
    let mut policy = format!("{ZONES}{}", firewall(&size.target));
    for term in 0..size.terms {
        let ports = services(random.between(1, 3), random);
        let _ = writeln!(policy, "policy t{term} {{ allow clients -> servers : {ports} }}");
        let mut host = |first: usize| {
            let number = random.below(1 << 24);
            format!(
                "{first}.{}.{}.{}",
                number >> 16,
                (number >> 8) & 255,
                number & 255
            )
        };
        let (from, to) = (host(10), host(11));
        let _ = writeln!(policy, "policy d{term} {{ deny {from} -> {to} }}");
    }
    of_one_file("denies", policy, 2 * size.terms)
}

fn of_one_file(name: &str, policy: String, elementary_rules: usize) -> Repository {
    Repository {
        files: [
            manifest(name),
            vec![
                ("policy.sept".to_owned(), policy),
                ("inventory.csv".to_owned(), "name,zone,address\n".to_owned()),
            ],
        ]
        .concat(),
        elementary_rules: elementary_rules as u64,
    }
}
