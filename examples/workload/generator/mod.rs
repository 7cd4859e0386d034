//! Policy repositories made up from a shape, a size and a seed.

mod hospital;
mod network;
mod random;
mod single;
mod topology;

use std::fmt::Write;
use std::str::FromStr;

use random::Random;
use topology::Topology;

/// The files of a policy repository.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Name and text of each file.
    pub files: Vec<(String, String)>,
    /// Sources x destinations x protocols, summed over all rules.
    pub elementary_rules: u64,
}

/// What kind of network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Star,
    DualCore,
    Ring,
    Grid,
    OneService,
    Terms,
    Overlaps,
    Denies,
    Group,
}

impl FromStr for Shape {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Ok(match word {
            "star" => Self::Star,
            "dual-core" => Self::DualCore,
            "ring" => Self::Ring,
            "grid" => Self::Grid,
            "one-service" => Self::OneService,
            "terms" => Self::Terms,
            "overlaps" => Self::Overlaps,
            "denies" => Self::Denies,
            "group" => Self::Group,
            _ => return Err(format!("no shape `{word}`")),
        })
    }
}

/// How much of what. Each shape looks at what concerns it.
#[derive(Clone, Debug)]
pub struct Size {
    pub firewalls: usize,
    pub networks: usize,
    pub services: usize,
    pub protocols: usize,
    pub target: String,
    pub seed: u64,
    pub hosts: usize,
    pub ports: usize,
    pub terms: usize,
    pub members: usize,
    pub sites: usize,
    pub zones: usize,
    pub devices: usize,
}

impl Default for Size {
    fn default() -> Self {
        Self {
            firewalls: 10,
            networks: 100,
            services: 1_000,
            protocols: 5,
            target: "cisco-ios".to_owned(),
            seed: 1,
            hosts: 1_000,
            ports: 10,
            terms: 10_000,
            members: 24,
            sites: 15,
            zones: 40,
            devices: 142,
        }
    }
}

impl Size {
    /// Sets what an option of the command line names.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let number = || {
            value
                .parse::<usize>()
                .map_err(|_| format!("--{name} needs a number"))
        };
        match name {
            "firewalls" => self.firewalls = number()?.max(1),
            "networks" => self.networks = number()?.clamp(1, 60_000),
            "services" => self.services = number()?,
            "protocols" => self.protocols = number()?.clamp(1, 50_000),
            "target" => self.target = value.to_owned(),
            "seed" => self.seed = number()? as u64,
            "hosts" => self.hosts = number()?.clamp(1, 30_000),
            "ports" => self.ports = number()?.clamp(1, 1_000),
            "terms" => self.terms = number()?,
            "members" => self.members = number()?.clamp(1, 1_000),
            "sites" => self.sites = number()?.clamp(1, 200),
            "zones" => self.zones = number()?.clamp(8, 200),
            "devices" => self.devices = number()?.clamp(1, 1_000),
            _ => return Err(format!("no option `--{name}`")),
        }
        Ok(())
    }
}

/// The repository of a shape.
pub fn generate(shape: Shape, size: &Size) -> Repository {
    let mut random = Random::new(size.seed);
    match shape {
        Shape::Star => network::repository(Topology::star(size), size, &mut random),
        Shape::DualCore => network::repository(Topology::dual_core(size), size, &mut random),
        Shape::Ring => network::repository(Topology::ring(size), size, &mut random),
        Shape::Grid => network::repository(Topology::grid(size), size, &mut random),
        Shape::OneService => single::one_service(size),
        Shape::Terms => single::terms(size, &mut random),
        Shape::Overlaps => single::overlaps(size, &mut random),
        Shape::Denies => single::denies(size, &mut random),
        Shape::Group => hospital::repository(size, &mut random),
    }
}

/// The manifest that all repositories share, and what their devices can do: large ones, with object groups.
fn manifest(name: &str) -> Vec<(String, String)> {
    let text = format!(
        "name: {name}\npolicies: \"*.sept\"\ninventory: inventory.csv\n\
         capabilities: {{ cisco-ios: cisco-ios.yaml, fortigate: fortigate.yaml }}\n"
    );
    let ios = include_str!("../../../targets/cisco-ios/capability.yaml")
        .replace("object_groups: false", "object_groups: true")
        .replace("max_entries: 1000\n", "max_entries: 1000000\n")
        .replace("refuse_entries: 50000\n", "refuse_entries: 1000000\n");
    let fortigate = include_str!("../../../targets/fortigate/capability.yaml")
        .replace("policies: 10000\n", "policies: 100000\n");
    vec![
        ("septum.yaml".to_owned(), text),
        ("cisco-ios.yaml".to_owned(), ios),
        ("fortigate.yaml".to_owned(), fortigate),
    ]
}

/// Writes `tcp 443, udp 53` for some different ports.
fn services(count: usize, random: &mut Random) -> String {
    let mut text = String::new();
    for number in 0..count {
        let protocol = if random.one_in(4) { "udp" } else { "tcp" };
        // A thousand ports for each place in the list keeps the terms of one list different.
        let port = 1_000 * (number + 1) + random.below(1_000);
        let comma = if number == 0 { "" } else { ", " };
        let _ = write!(text, "{comma}{protocol} {port}");
    }
    text
}
