//! A group of hospitals: sites round a wide-area network, each with a firewall, two wings that share some wards, and a
//! gateway for medical devices. A third of the zones has IPv6 as well, and one rule in twenty denies.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::random::Random;
use super::{Repository, Size, manifest, services};

/// What stands between a zone and the site's backbone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Firewall,
    Wing,
    Gateway,
}

struct Kind {
    name: &'static str,
    /// Of each device.
    device: &'static str,
    /// Of each zone.
    label: &'static str,
    trust: u32,
    place: Place,
}

const fn kind(
    name: &'static str,
    device: &'static str,
    label: &'static str,
    trust: u32,
    place: Place,
) -> Kind {
    Kind {
        name,
        device,
        label,
        trust,
        place,
    }
}

/// The first eight are there once at every site; the others fill the wards.
const KINDS: [Kind; 18] = [
    kind("his", "application-server", "server", 70, Place::Firewall),
    kind("engine", "interface-engine", "server", 70, Place::Firewall),
    kind("pacs", "image-archive", "server", 65, Place::Firewall),
    kind("lis", "laboratory-server", "server", 65, Place::Firewall),
    kind("gateways", "device-gateway", "server", 60, Place::Gateway),
    kind("admin", "admin-desk", "admin", 80, Place::Firewall),
    kind("infra", "infrastructure-server", "server", 80, Place::Firewall),
    kind("guest", "guest-device", "guest", 0, Place::Firewall),
    kind("pumps", "infusion-pump", "iomt", 60, Place::Gateway),
    kind("monitors", "patient-monitor", "iomt", 60, Place::Wing),
    kind("ventilators", "ventilator", "iomt", 60, Place::Wing),
    kind("modalities", "scanner", "iomt", 60, Place::Gateway),
    kind("analysers", "analyser", "iomt", 55, Place::Wing),
    kind("workstations", "ward-computer", "user", 50, Place::Wing),
    kind("wireless", "handset", "user", 45, Place::Wing),
    kind("offices", "office-computer", "user", 40, Place::Wing),
    kind("voice", "telephone", "voice", 40, Place::Wing),
    kind("building", "building-controller", "building", 30, Place::Wing),
];
const ONCE: usize = 8;
const SERVERS: usize = 7;

struct Zone {
    name: String,
    site: usize,
    kind: usize,
    /// Place among the zones of its site.
    number: usize,
    dual: bool,
    devices: usize,
}

impl Zone {
    /// True for the wards whose gateways both wings are.
    fn of_both_wings(&self) -> bool {
        KINDS[self.kind].place == Place::Wing && self.number % 8 == 7
    }

    fn v4(&self) -> String {
        format!("10.{}.{}", self.site, 4 * self.number)
    }

    fn v6(&self) -> String {
        format!("2001:db8:{:x}:{:x}::", self.site, self.number)
    }

    fn device(&self, index: usize) -> String {
        format!(
            "{}-{}-{}-{index}",
            KINDS[self.kind].device, self.site, self.number
        )
    }
}

/// The repository of a group of `size.sites` hospitals.
pub fn repository(size: &Size, random: &mut Random) -> Repository {
    let zones = zones(size, random);
    let (rules, elementary_rules) = rules(size, &zones, random);
    Repository {
        files: [
            manifest("hospital-group"),
            vec![
                ("zones.sept".to_owned(), zone_text(&zones, size)),
                ("network.sept".to_owned(), network_text(&zones, size)),
                ("services.sept".to_owned(), rules),
                ("inventory.csv".to_owned(), inventory(&zones, random)),
            ],
        ]
        .concat(),
        elementary_rules,
    }
}

fn zones(size: &Size, random: &mut Random) -> Vec<Zone> {
    let mut zones = Vec::new();
    for site in 0..size.sites {
        for number in 0..size.zones.min(60) {
            let kind = if number < ONCE {
                number
            } else {
                ONCE + (number - ONCE) % (KINDS.len() - ONCE)
            };
            let floor = if number < ONCE {
                String::new()
            } else {
                format!(".f{}", (number - ONCE) / (KINDS.len() - ONCE))
            };
            zones.push(Zone {
                name: format!("s{site}.{}{floor}", KINDS[kind].name),
                site,
                kind,
                number,
                dual: random.one_in(3),
                devices: size.devices,
            });
        }
    }
    zones
}

fn zone_text(zones: &[Zone], size: &Size) -> String {
    let mut text = String::from("zone internet { external }\nzone wan { subnet 172.16.0.0/24; trust 80 }\n");
    for site in 0..size.sites {
        let _ = writeln!(
            text,
            "zone s{site}.transit {{ subnet 172.17.{site}.0/24; trust 80 }}"
        );
    }
    for zone in zones {
        let kind = &KINDS[zone.kind];
        let v6 = if zone.dual {
            format!(", {}/64", zone.v6())
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "zone {} {{ subnet {}.0/22{v6}; label {}; trust {}; owner {}{} }}",
            zone.name,
            zone.v4(),
            kind.label,
            kind.trust,
            kind.name,
            if zone.of_both_wings() { "; stub" } else { "" }
        );
        if kind.label == "iomt" && zone.number % 4 == 0 {
            // The upper end: no device of the outer zone has an address there.
            let _ = writeln!(
                text,
                "zone {}.critical {{ subnet 10.{}.{}.192/26; within {}; trust 65 }}",
                zone.name,
                zone.site,
                4 * zone.number + 3,
                zone.name
            );
            // They share a segment, so that nothing could keep them apart.
            let _ = writeln!(
                text,
                "policy near-{} {{\n    owner {}\n    ticket CHG-10000\n    reason \"one segment\"\n    allow {} -> {}\n}}",
                zone.name.replace('.', "-"),
                kind.name,
                zone.name,
                zone.name
            );
        }
    }
    text
}

fn network_text(zones: &[Zone], size: &Size) -> String {
    let mut text = String::new();
    for site in 0..size.sites {
        let here = |place: Place| {
            zones
                .iter()
                .filter(move |z| z.site == site && KINDS[z.kind].place == place)
        };
        let transit = |last: usize| format!("s{site}.transit {{ address 172.17.{site}.{last} }}");
        let _ = writeln!(
            text,
            "firewall s{site}-fw {{\n    target fortigate\n    manage from s{site}.admin : ssh, https\n    run ospf, ping\n    \
             interface port1 = wan {{ address 172.16.0.{} }}\n    interface port2 = {}",
            site + 1,
            transit(1)
        );
        if site == 0 {
            text.push_str("    interface wan1 = internet\n");
        }
        for (port, zone) in here(Place::Firewall).enumerate() {
            let _ = writeln!(
                text,
                "    interface port{} = {} {{ address {}.1 }}",
                port + 3,
                zone.name,
                zone.v4()
            );
        }
        text.push_str("}\n");
        for wing in 0..2 {
            let _ = writeln!(
                text,
                "router s{site}-wing-{wing} {{\n    target cisco-ios\n    manage from s{site}.admin : ssh\n    \
                 run ospf, hsrp, dhcp-relay, ping\n    interface Te1/0/1 = {}",
                transit(2 + wing)
            );
            for zone in here(Place::Wing).filter(|zone| zone.number % 2 == wing || zone.of_both_wings()) {
                let _ = writeln!(
                    text,
                    "    interface Vlan{} = {} {{ address {}.{} }}",
                    100 + zone.number,
                    zone.name,
                    zone.v4(),
                    2 + wing
                );
            }
            text.push_str("}\n");
        }
        let _ = writeln!(
            text,
            "router s{site}-gateway {{\n    target nftables\n    manage from s{site}.admin : ssh\n    interface eth0 = {}",
            transit(4)
        );
        for zone in here(Place::Gateway) {
            let _ = writeln!(
                text,
                "    interface eth{} = {} {{ address {}.1 }}",
                zone.number,
                zone.name,
                zone.v4()
            );
        }
        text.push_str("}\n\n");
    }
    text
}

/// A side of a rule: its text, and how many members it has.
fn client(
    zones: &[Zone],
    site: usize,
    group: &mut String,
    number: usize,
    random: &mut Random,
) -> (String, usize) {
    let here: Vec<&Zone> = zones
        .iter()
        .filter(|zone| zone.site == site && zone.kind >= ONCE)
        .collect();
    let Some(zone) = here.get(random.below(here.len())) else {
        return ("wan".to_owned(), 1);
    };
    let kind = &KINDS[zone.kind];
    let same = here.iter().filter(|other| other.kind == zone.kind);
    match random.below(20) {
        0 => (
            format!("label:{}", kind.device),
            zones.iter().filter(|z| z.kind == zone.kind).count() * zone.devices,
        ),
        1..=5 => (format!("s{site}.{}", kind.name), same.count()),
        6..=8 => (
            format!("s{site} & label:{}", kind.device),
            same.count() * zone.devices,
        ),
        9..=12 => (zone.name.clone(), 1),
        _ => {
            let members: BTreeSet<String> = (0..random.between(2, 24))
                .map(|_| random.choose(&here).device(random.below(zone.devices)))
                .collect();
            let text: Vec<&str> = members.iter().map(String::as_str).collect();
            let _ = writeln!(group, "group clients-{number} = {}", text.join(" | "));
            (format!("clients-{number}"), members.len())
        }
    }
}

fn server(zones: &[Zone], site: usize, random: &mut Random) -> (String, usize) {
    let here: Vec<&Zone> = zones
        .iter()
        .filter(|zone| zone.site == site && zone.kind < SERVERS)
        .collect();
    let Some(zone) = here.get(random.below(here.len())) else {
        return ("wan".to_owned(), 1);
    };
    let devices: BTreeSet<String> = (0..random.between(1, 3))
        .map(|_| zone.device(random.below(zone.devices)))
        .collect();
    let text: Vec<&str> = devices.iter().map(String::as_str).collect();
    (text.join(" | "), devices.len())
}

fn rules(size: &Size, zones: &[Zone], random: &mut Random) -> (String, u64) {
    let (mut text, mut elementary) = (String::new(), 0);
    for service in 0..size.services {
        let site = random.below(size.sites);
        // Most services stay on their site; others are of the first, which is the data centre.
        let server_site = if random.one_in(5) { 0 } else { site };
        let (clients, sources) = client(zones, site, &mut text, service, random);
        let (servers, destinations) = server(zones, server_site, random);
        let protocols = random.between(1, 3);
        elementary += (sources * destinations * protocols) as u64;
        let ports = services(protocols, random);
        let action = if random.one_in(20) { "deny" } else { "allow" };
        let (from, to) = if random.one_in(4) {
            (servers, clients)
        } else {
            (clients, servers)
        };
        let log = if random.one_in(10) { " { log }" } else { "" };
        let _ = writeln!(
            text,
            "policy service-{service} {{\n    owner owner-{}\n    ticket CHG-{}\n    reason \"flow {service} of the catalogue\"\n    \
             {action} {from} -> {to} : {ports}{log}\n}}",
            service % 40,
            20_000 + service
        );
    }
    for site in 0..size.sites {
        let _ = writeln!(text, "allow s{site}.admin -> s{site}.transit : ssh, https");
        let _ = writeln!(text, "allow s{site} -> s{site}.infra : dns, ntp");
        let _ = writeln!(text, "deny s{site}.guest -> label:iomt");
        let _ = writeln!(text, "allow s{site}.guest -> internet : http, https");
        let _ = writeln!(text, "forbid s{site}.guest -> s{site}.pumps");
        let _ = writeln!(text, "mode isolate-{site} {{ deny s{site} -> wan | internet }}");
    }
    (text, elementary)
}

fn inventory(zones: &[Zone], random: &mut Random) -> String {
    let mut text = String::from("name,zone,address,labels,vendor,model,os\n");
    for zone in zones {
        let label = KINDS[zone.kind].device;
        for index in 0..zone.devices {
            // Some neighbours, some gaps.
            let last = 10 + index + index / 3;
            let v4 = format!(
                "10.{}.{}.{}",
                zone.site,
                4 * zone.number + (last >> 8),
                last & 255
            );
            let v6 = if zone.dual {
                format!(" {}{:x}", zone.v6(), last)
            } else {
                String::new()
            };
            let vendor = random.below(12);
            let _ = writeln!(
                text,
                "{},{},{v4}{v6},{label},Maker {vendor},Model {vendor}-{},os {}",
                zone.device(index),
                zone.name,
                random.below(5),
                random.below(9)
            );
        }
    }
    text
}
