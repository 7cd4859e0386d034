//! The two examples after NIST practice guides (SP 1800-8, infusion pumps; SP 1800-24, imaging) permit and refuse what
//! the guides ask for, flow by flow.

use std::net::IpAddr;

use septum::packet::Packet;

use super::meaning::Meaning;
use crate::sample::{self, Loaded};

/// A flow of a guide: its number, who to whom, protocol, ports. Every other port from one to the other is closed where
/// the row permits; `&[]` means any port.
type Row = (u8, bool, &'static str, &'static str, u8, &'static [u16]);

const TCP: u8 = 6;
const UDP: u8 = 17;

const PUMPS: &[Row] = &[
    (1, true, "pump-301", "pump-server", TCP, &[443, 3613, 8100]),
    (2, true, "pump-301", "dhcp-1", UDP, &[67]),
    (3, true, "pump-301", "dns-1", UDP, &[53]),
    (3, true, "pump-301", "dns-1", TCP, &[53]),
    (4, true, "pump-301", "ntp-1", UDP, &[123]),
    (5, true, "wlc-1", "radius-1", UDP, &[1812, 1813]),
    (6, true, "pump-server", "interface-engine", TCP, &[2575]),
    (7, true, "interface-engine", "pump-server", TCP, &[2575]),
    (8, true, "pump-server", "pump-database", TCP, &[1433]),
    (9, true, "biomed-ws-1", "pump-server", TCP, &[443]),
    (10, true, "vendor", "biomed-jump", TCP, &[443]),
    (11, true, "biomed-jump", "pump-server", TCP, &[3389]),
    (12, true, "pump-server", "siem-1", TCP, &[6514]),
    (13, false, "guest", "pump-server", TCP, &[]),
    (13, false, "guest", "business", TCP, &[]),
    (14, false, "pump-301", "pump-302", TCP, &[]),
    (15, false, "pump-301", "internet", TCP, &[]),
    (16, false, "business", "pump-301", TCP, &[]),
    (17, false, "pump-301", "pump-database", TCP, &[]),
    (18, false, "vendor", "pump-301", TCP, &[]),
    (19, false, "pump-server", "pump-301", TCP, &[20, 21, 23, 8443]),
    (20, false, "vendor", "pump-server", TCP, &[]),
];

const IMAGING: &[Row] = &[
    (1, true, "ct-1", "pacs-scp", TCP, &[104, 11112]),
    (2, true, "ct-1", "ris-1", TCP, &[104]),
    (4, true, "pacs-scp", "ct-1", TCP, &[104]),
    (5, true, "reading", "pacs-scp", TCP, &[11112]),
    (6, true, "pacs-scp", "reading", TCP, &[11112]),
    (7, true, "reading", "pacs-web", TCP, &[443]),
    (8, true, "pacs-scp", "vna-1", TCP, &[2762]),
    (10, true, "interface-engine", "ris-1", TCP, &[2575]),
    (11, true, "ris-1", "interface-engine", TCP, &[2575]),
    (12, true, "pacs-app", "pacs-database", TCP, &[1433]),
    (13, true, "ct-1", "dns-1", UDP, &[53]),
    (14, true, "ct-1", "ntp-1", UDP, &[123]),
    (15, true, "pacs-app", "siem-1", TCP, &[6514]),
    (16, true, "pam-gateway", "ct-1", TCP, &[22, 3389]),
    (17, false, "ct-1", "internet", TCP, &[]),
    (18, false, "ct-1", "mri-1", TCP, &[]),
    (19, false, "reading", "ct-1", TCP, &[]),
    (20, false, "pacs-scp", "ct-1", TCP, &[445, 3389, 5900]),
    (21, false, "guest", "pacs-scp", TCP, &[]),
    (22, false, "wifi", "ct-1", TCP, &[]),
];

/// A device's address, one of a zone, or one of the internet.
fn address(loaded: &Loaded, name: &str) -> IpAddr {
    let policy = &loaded.policy;
    if let Some(device) = policy.devices.iter().find(|device| device.name == name) {
        return device.addresses[0].0;
    }
    let zone = policy
        .zones
        .iter()
        .find(|zone| zone.name == name)
        .unwrap_or_else(|| panic!("there is no {name}"));
    let Some((net, _)) = zone.subnets.first() else {
        return "198.51.100.7".parse().unwrap();
    };
    match net.addr() {
        IpAddr::V4(first) => IpAddr::V4((u32::from(first) + 77).into()),
        IpAddr::V6(_) => panic!("{name} begins with IPv6"),
    }
}

fn holds(example: &str, rows: &[Row]) {
    let loaded = sample::load(&sample::example(example)).sound();
    let meaning = Meaning::new(&loaded, None);
    for (number, permitted, source, destination, protocol, ports) in rows {
        let permits = |port: u16| {
            meaning.permits(&Packet {
                source: address(&loaded, source),
                destination: address(&loaded, destination),
                protocol: *protocol,
                first: 50_000,
                second: port,
            })
        };
        let about = |port: u16| format!("{example} {number}: {source} to {destination}, port {port}");
        let all: Vec<u16> = if ports.is_empty() {
            (1..1_200).collect()
        } else {
            ports.to_vec()
        };
        for port in all {
            assert_eq!(permits(port), *permitted, "{}", about(port));
        }
        // Next to a permitted port lies none that the guide does not have.
        let others = rows
            .iter()
            .filter(|row| (row.2, row.3, row.4) == (source, destination, *protocol));
        let known: Vec<u16> = others.flat_map(|row| row.5).copied().collect();
        for port in ports.iter().flat_map(|port| [port - 1, port + 1]) {
            if *permitted && !known.contains(&port) && (*number, port) != (2, 68) {
                assert!(!permits(port), "{}", about(port));
            }
        }
    }
}

#[test]
fn infusion_pumps() {
    holds("infusion-pumps", PUMPS);
}

#[test]
fn imaging() {
    holds("imaging", IMAGING);
}

#[test]
fn off_site_copies_go_to_the_provider_alone() {
    let loaded = sample::load(&sample::example("imaging")).sound();
    let meaning = Meaning::new(&loaded, None);
    let copies = |to: &str| {
        meaning.permits(&Packet {
            source: address(&loaded, "vna-1"),
            destination: to.parse().unwrap(),
            protocol: TCP,
            first: 50_000,
            second: 443,
        })
    };
    assert!(copies("203.0.113.32") && copies("203.0.113.39"));
    assert!(!copies("203.0.113.31") && !copies("203.0.113.40") && !copies("198.51.100.7"));
}
