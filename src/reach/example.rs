//! Concrete hosts and packets for the steps of a chain.

use std::net::IpAddr;
use std::sync::Arc;

use super::chain::Chain;
use super::direct::Missing;
use super::view::{Edge, Passage, View};
use crate::model::{DOCUMENTATION, DeviceId};
use crate::packet::{AddressSet, Budget, FlowSet, Hints, Packet, PacketSet, ServiceSet};

/// Ports that examples prefer: what break-ins use, and what hospitals speak.
const PORTS: [u16; 16] = [
    443, 22, 3389, 445, 80, 11112, 104, 2762, 2575, 8443, 1433, 53, 123, 161, 5900, 23,
];

/// A host of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// A device.
    Device(DeviceId),
    /// An address that no device has.
    Address(IpAddr),
}

/// A step of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The sender.
    pub from: Host,
    /// The receiver.
    pub to: Host,
    /// The packet that opens the flow.
    pub packet: Packet,
    /// What lets it through.
    pub by: Passage,
}

impl View<'_> {
    /// The name of a host: that of the device, or the address.
    pub fn host_name(&self, host: Host) -> String {
        match host {
            Host::Device(id) => self
                .policy
                .devices
                .get(id.index())
                .map_or_else(String::new, |device| device.name.clone()),
            Host::Address(address) => address.to_string(),
        }
    }

    /// An example of one step with some of the services.
    pub fn example(&self, edge: Edge, service: &ServiceSet) -> Option<Step> {
        let (sender, receiver) = self.ends(edge.from, edge.to)?;
        self.step(edge, sender, receiver, &self.services(edge).intersection(service))
    }

    /// A packet that a required step lacks.
    pub fn example_missing(&self, missing: &Missing) -> Option<Packet> {
        let Missing {
            from, to, services, ..
        } = missing;
        let (sender, receiver) = self.ends(*from, *to)?;
        self.packet((sender, *from), (receiver, *to), services)
    }

    /// Two different hosts, one of each atom.
    fn ends(&self, from: usize, to: usize) -> Option<(Host, Host)> {
        let sender = self.host_at(from, None, None)?;
        if let Some(receiver) = self.host_at(to, None, Some(sender)) {
            return Some((sender, receiver));
        }
        // Where the sender is the only receiver, somebody else has to send.
        let receiver = self.host_at(to, None, None)?;
        Some((self.host_at(from, None, Some(receiver))?, receiver))
    }

    /// An example of a chain: each host but the last sends the next packet.
    pub fn example_chain(&self, chain: &Chain, last: &ServiceSet) -> Option<Vec<Step>> {
        let mut steps = Vec::new();
        let first_atom = chain.steps.first()?.0.from;
        let start = self.host_at(first_atom, Some(chain.start), None)?;
        let mut sender = start;
        for (at, (edge, class)) in chain.steps.iter().enumerate() {
            // Classes on the way differ, but for the last, which may hold the first host too.
            let receiver = self.host_at(edge.to, Some(*class), Some(start))?;
            let mut service = self.services(*edge);
            if at + 1 == chain.steps.len() {
                service = service.intersection(last);
            }
            steps.push(self.step(*edge, sender, receiver, &service)?);
            sender = receiver;
        }
        Some(steps)
    }

    fn step(&self, edge: Edge, from: Host, to: Host, service: &ServiceSet) -> Option<Step> {
        Some(Step {
            from,
            to,
            packet: self.packet((from, edge.from), (to, edge.to), service)?,
            by: edge.by,
        })
    }

    /// A packet from a host to another, each with an address in an atom.
    fn packet(&self, from: (Host, usize), to: (Host, usize), service: &ServiceSet) -> Option<Packet> {
        let one = |(host, atom)| {
            let address = self.address_of(host, atom)?;
            Some(Arc::new(AddressSet::from_addresses([address])))
        };
        let flow = FlowSet {
            source: one(from)?,
            destination: one(to)?,
            service: Arc::new(service.clone()),
        };
        let hints = Hints {
            addresses: Vec::new(),
            ports: PORTS.to_vec(),
        };
        let set = PacketSet::from_flow(&flow, Budget::default()).ok()?;
        set.witness(&hints)
    }

    /// A host of an atom, and of a class if that is given, other than `not`: devices first.
    fn host_at(&self, atom: usize, class: Option<usize>, not: Option<Host>) -> Option<Host> {
        let here = self.hosts.atoms.get(atom)?;
        let classes = here
            .classes
            .iter()
            .filter(|index| class.is_none_or(|class| class == **index))
            .filter_map(|index| self.hosts.classes.get(*index));
        let mut devices: Vec<DeviceId> = classes
            .flat_map(|class| class.devices.iter().copied().take(2))
            .collect();
        devices.sort_unstable();
        let device = devices
            .into_iter()
            .map(Host::Device)
            .find(|host| Some(*host) != not);
        device.or_else(|| self.bare_host(atom, class, not))
    }

    /// An address of an atom that no device has. The first of a range is often that of the network itself.
    fn bare_host(&self, atom: usize, class: Option<usize>, not: Option<Host>) -> Option<Host> {
        let here = self.hosts.atoms.get(atom)?;
        let bare = here.classes.iter().any(|index| {
            class.is_none_or(|class| class == *index)
                && self.hosts.classes.get(*index).is_some_and(|class| class.bare > 0)
        });
        if !bare {
            return None;
        }
        let v4 = here.addresses.v4.ranges().iter();
        let v6 = here.addresses.v6.ranges().iter();
        let v4 = v4.flat_map(|(first, last)| (*first..=*last).map(|a| IpAddr::V4(a.into())));
        let v6 = v6.flat_map(|(first, last)| (*first..=*last).map(|a| IpAddr::V6(a.into())));
        let first = here.addresses.first();
        let all = v4.chain(v6);
        let internet = DOCUMENTATION.into_iter().filter(|address| {
            let external = self.policy.zone(here.zone).is_some_and(|zone| zone.external);
            external && here.addresses.contains(*address)
        });
        internet
            .chain(all.filter(|address| Some(*address) != first))
            .chain(first)
            .filter(|address| !self.hosts.is_used(*address))
            .map(Host::Address)
            .find(|host| Some(*host) != not)
    }

    fn address_of(&self, host: Host, atom: usize) -> Option<IpAddr> {
        match host {
            Host::Address(address) => Some(address),
            Host::Device(id) => {
                let device = self.policy.devices.get(id.index())?;
                let mut addresses = device.addresses.iter().map(|(address, _)| *address);
                addresses.find(|address| self.hosts.atom_of(*address) == Some(atom))
            }
        }
    }
}
