//! The links of a device, and where it routes packets.

use std::fmt::Write;
use std::net::IpAddr;

use ipnet::IpNet;
use septum::packet::AddressSet;
use septum::plan::{DevicePlan, Role};

use super::Namespace;

/// What the kernel never forwards, or takes for something else than a plain address.
const SPECIAL: [&str; 9] = [
    "0.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "224.0.0.0/3",
    "::/96",
    "::ffff:0:0/96",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

/// A link of the device.
#[derive(Clone, Debug)]
pub struct Port {
    /// The interface's name on the device.
    pub name: String,
    /// The device's own addresses there.
    pub addresses: Vec<IpAddr>,
    /// What the device sends out here.
    pub routes: Vec<IpNet>,
}

/// All links of a device. Where routes overlap, the longest wins.
#[derive(Clone, Debug)]
pub struct Topology {
    /// The links.
    pub ports: Vec<Port>,
    /// True for a router: it passes on what is not for itself.
    pub forwards: bool,
}

impl Topology {
    /// The links of a plan. What lives behind a side is reached by its first interface, and by the first side where
    /// several lead there. A host has one link, `eth0`, to everywhere.
    pub fn of(plan: &DevicePlan) -> Self {
        let mut rest = routable();
        match &plan.role {
            Role::Router(forwarding) => {
                let mut ports = Vec::new();
                for side in &forwarding.sides {
                    let here = side.behind.intersection(&rest);
                    rest = rest.difference(&here);
                    for (nth, interface) in side.interfaces.iter().enumerate() {
                        ports.push(Port {
                            name: interface.name.clone(),
                            addresses: interface.addresses.clone(),
                            routes: if nth == 0 { here.prefixes() } else { Vec::new() },
                        });
                    }
                }
                Self {
                    ports,
                    forwards: true,
                }
            }
            Role::Host(host) => {
                let own = host.addresses.prefixes().iter().map(IpNet::addr).collect();
                let port = Port {
                    name: "eth0".to_owned(),
                    addresses: own,
                    routes: rest.prefixes(),
                };
                Self {
                    ports: vec![port],
                    forwards: false,
                }
            }
        }
    }

    /// The link by which the device sends packets to an address: the longest route.
    pub fn way_to(&self, address: IpAddr) -> Option<&Port> {
        let longest = |port: &Port| {
            let routes = port.routes.iter().filter(|route| route.contains(&address));
            routes.map(IpNet::prefix_len).max()
        };
        self.ports
            .iter()
            .filter_map(|port| longest(port).map(|length| (length, port)))
            .max_by_key(|(length, _)| *length)
            .map(|(_, port)| port)
    }

    /// True where the address is the device's own.
    pub fn is_own(&self, address: IpAddr) -> bool {
        self.ports.iter().any(|port| port.addresses.contains(&address))
    }

    /// Makes the links between a device and the world, and the device's routes.
    pub fn build(&self, device: &Namespace, world: &Namespace) {
        if self.forwards {
            device.run(
                &[
                    "sysctl",
                    "-q",
                    "-w",
                    "net.ipv4.ip_forward=1",
                    "net.ipv6.conf.all.forwarding=1",
                ],
                "",
            );
        }
        // Without an address anywhere the kernel has no table to look next hops up in.
        let (mut links, mut far) = ("link set lo up\n".to_owned(), String::new());
        for (index, port) in self.ports.iter().enumerate() {
            let (name, (mac, peer_mac)) = (&port.name, macs(index));
            let _ = write!(
                links,
                "link add {name} address {mac} type veth peer name {peer} address {peer_mac} netns {world}\n\
                 link set {name} addrgenmode none\n\
                 link set {name} up\n",
                peer = peer(index),
                world = world.name(),
            );
            let _ = write!(
                far,
                "link set {peer} addrgenmode none arp off\nlink set {peer} up\n",
                peer = peer(index)
            );
            for address in &port.addresses {
                let flags = if address.is_ipv6() { " nodad" } else { "" };
                let _ = writeln!(links, "addr add {} dev {name}{flags}", IpNet::from(*address));
            }
            for (family, hop) in [("-4", "169.254.77.1"), ("-6", "fe80::77")] {
                let _ = writeln!(
                    links,
                    "neigh replace {hop} lladdr {peer_mac} dev {name} nud permanent"
                );
                for route in &port.routes {
                    if route.addr().is_ipv6() == (family == "-6") {
                        let _ = writeln!(links, "route add {route} via {hop} dev {name} onlink");
                    }
                }
            }
        }
        device.run(&["ip", "-batch", "-"], &links);
        world.run(&["ip", "-batch", "-"], &far);
    }
}

/// Every address that routes can lead to.
fn routable() -> AddressSet {
    let special: Vec<IpNet> = SPECIAL.iter().map(|prefix| prefix.parse().unwrap()).collect();
    AddressSet::from_prefixes(&special).complement()
}

/// The far end of a link.
pub fn peer(index: usize) -> String {
    format!("far{index}")
}

/// Hardware addresses of both ends of a link: the device's, the far one.
pub fn macs(index: usize) -> (String, String) {
    let tail = format!("{:02x}:{:02x}", index / 256, index % 256);
    (format!("02:00:00:01:{tail}"), format!("02:00:00:02:{tail}"))
}
