//! What services are in nft: each is worked out once for all rules of a device that have it.

use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::atom::{self, Part};
use crate::packet::{Family, ServiceSet};

/// Protocols with their ports, ascending.
pub type Ports = Vec<(u8, u16)>;

/// What one rule can test of a service, and what tables ask for in its place.
#[derive(Debug)]
pub struct Test {
    /// The test.
    pub part: Part,
    /// TCP, UDP or SCTP; 0 for all else.
    pub protocol: u8,
    /// Destination ports, each by itself. Empty where these are too many, or the test has none.
    pub ports: Vec<u16>,
}

impl Test {
    fn new(part: Part, port_values: usize) -> Self {
        let (protocol, ports) = match &part {
            Part::Ports {
                protocol,
                destination,
            } => {
                let ranges = destination.ranges().iter();
                let all = ranges.flat_map(|(first, last)| *first..=*last);
                let ports: Vec<u16> = all.take(port_values.saturating_add(1)).collect();
                let few = ports.len() <= port_values;
                (*protocol, if few { ports } else { Vec::new() })
            }
            Part::Test(_) => (0, Vec::new()),
        };
        Self {
            part,
            protocol,
            ports,
        }
    }
}

/// A service in one family.
#[derive(Debug)]
pub struct Service {
    /// Together exactly the service.
    pub tests: Vec<Rc<Test>>,
    /// The ports of all its tests.
    pub ports: Rc<Ports>,
}

/// A service's place in memory, and a family.
type Place = (*const ServiceSet, Family);

/// The services of a device.
#[derive(Debug)]
pub struct Services {
    port_values: usize,
    /// The sets are held, so that their places stay their own.
    known: FxHashMap<Place, (Arc<ServiceSet>, Rc<Service>)>,
}

impl Services {
    /// None yet. Tests of up to so many ports name each by itself.
    pub fn new(port_values: usize) -> Self {
        Self {
            port_values,
            known: FxHashMap::default(),
        }
    }

    /// What a service is in a family.
    pub fn of(&mut self, service: &Arc<ServiceSet>, family: Family) -> Rc<Service> {
        let key = (Arc::as_ptr(service), family);
        let port_values = self.port_values;
        let (_, known) = self.known.entry(key).or_insert_with(|| {
            let parts = atom::service(service, family).into_iter();
            let tests: Vec<Rc<Test>> = parts.map(|part| Rc::new(Test::new(part, port_values))).collect();
            let each = |test: &Rc<Test>| {
                let protocol = test.protocol;
                test.ports.iter().map(|port| (protocol, *port)).collect::<Ports>()
            };
            let mut ports: Ports = tests.iter().flat_map(each).collect();
            ports.sort_unstable();
            ports.dedup();
            let ports = Rc::new(ports);
            (Arc::clone(service), Rc::new(Service { tests, ports }))
        });
        Rc::clone(known)
    }
}
