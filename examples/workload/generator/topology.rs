//! Which firewalls join which networks.

use super::Size;

/// Firewalls with the zones that they are attached to. User networks are named `n0`, `n1`, …
pub struct Topology {
    pub name: &'static str,
    /// How many networks hold users.
    pub networks: usize,
    /// Zones that only join firewalls.
    pub transit: Vec<String>,
    /// For each firewall its zones, transit first.
    pub firewalls: Vec<Vec<String>>,
}

impl Topology {
    /// Every firewall has its share of the networks.
    fn with_networks(
        name: &'static str,
        size: &Size,
        transit: Vec<String>,
        mut firewalls: Vec<Vec<String>>,
    ) -> Self {
        let count = firewalls.len();
        for network in 0..size.networks {
            firewalls[network % count].push(format!("n{network}"));
        }
        Self {
            name,
            networks: size.networks,
            transit,
            firewalls,
        }
    }

    pub fn star(size: &Size) -> Self {
        let cores = vec!["core".to_owned()];
        let firewalls = vec![cores.clone(); size.firewalls];
        Self::with_networks("star", size, cores, firewalls)
    }

    pub fn dual_core(size: &Size) -> Self {
        let cores = vec!["core-a".to_owned(), "core-b".to_owned()];
        let firewalls = vec![cores.clone(); size.firewalls];
        Self::with_networks("dual-core", size, cores, firewalls)
    }

    pub fn ring(size: &Size) -> Self {
        let count = size.firewalls;
        let links: Vec<String> = (0..count).map(|i| format!("link-{i}")).collect();
        let firewalls = (0..count)
            .map(|i| vec![links[i].clone(), links[(i + 1) % count].clone()])
            .collect();
        Self::with_networks("ring", size, links, firewalls)
    }

    /// A square, with a network of its own on every link between neighbours.
    pub fn grid(size: &Size) -> Self {
        let width = (1..).find(|width| width * width >= size.firewalls).unwrap_or(1);
        let mut links = Vec::new();
        let mut firewalls = vec![Vec::new(); width * width];
        for row in 0..width {
            for column in 0..width {
                let here = row * width + column;
                let right = (column + 1 < width).then_some(here + 1);
                let below = (row + 1 < width).then_some(here + width);
                for there in right.into_iter().chain(below) {
                    let link = format!("link-{}", links.len());
                    firewalls[here].push(link.clone());
                    firewalls[there].push(link.clone());
                    links.push(link);
                }
            }
        }
        Self::with_networks("grid", size, links, firewalls)
    }
}
