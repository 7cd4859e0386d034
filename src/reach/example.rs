//! Concrete hosts and packets for the steps of a chain.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::chain::Chain;
use super::view::{Edge, Passage, View};
use crate::model::DeviceId;
use crate::packet::{AddressSet, Budget, FlowSet, Hints, Packet, PacketSet, ServiceSet};

/// Ports that examples prefer: what break-ins use, and what hospitals speak.
const PORTS: [u16; 16] = [
    443, 22, 3389, 445, 80, 11112, 104, 2762, 2575, 8443, 1433, 53, 123, 161, 5900, 23,
];

/// Hosts of the internet: addresses that are kept for documentation (RFC 5737, RFC 3849).
const DOCUMENTED: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 9)),
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
        self.example_of(edge, &self.services(edge).intersection(service))
    }

    /// An example between two atoms with some of the services, whether they are possible or not.
    pub fn example_of(&self, edge: Edge, service: &ServiceSet) -> Option<Step> {
        let sender = self.host_at(edge.from, None, None)?;
        let receiver = match self.host_at(edge.to, None, Some(sender)) {
            Some(receiver) => receiver,
            None => {
                return self.step(
                    edge,
                    self.host_at(edge.from, None, self.host_at(edge.to, None, None))?,
                    self.host_at(edge.to, None, None)?,
                    service,
                );
            }
        };
        self.step(edge, sender, receiver, service)
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
        let one = |host, atom| {
            Some(Arc::new(AddressSet::from_addresses([
                self.address_of(host, atom)?
            ])))
        };
        let flow = FlowSet {
            source: one(from, edge.from)?,
            destination: one(to, edge.to)?,
            service: Arc::new(service.clone()),
        };
        let hints = Hints {
            addresses: Vec::new(),
            ports: PORTS.to_vec(),
        };
        let packet = PacketSet::from_flow(&flow, Budget::default())
            .ok()?
            .witness(&hints)?;
        Some(Step {
            from,
            to,
            packet,
            by: edge.by,
        })
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
        let external = self.policy.zone(here.zone).is_some_and(|zone| zone.external);
        let documented = DOCUMENTED
            .into_iter()
            .filter(|address| external && here.addresses.contains(*address));
        documented
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
