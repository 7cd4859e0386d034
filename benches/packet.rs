//! Figures of the packet engines on hospital-like lists: prefixes x prefixes x services, one rule in twenty denies.
//!
//! `cargo bench --bench packet` times; `cargo bench --bench packet -- --memory 10000` compares two lists of that
//! many rules once and prints the peak of resident memory (Linux).
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark makes its own input and may fail loudly"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use criterion::Criterion;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use septum::packet::{
    AddressSet, Budget, Comparison, FlowSet, IntervalSet, PacketRule, RuleIndex, ServiceSet, compare,
};

/// A small generator of our own (xorshift64*), so that the lists are the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }
}

fn net(index: usize, length: u8) -> [IpNet; 2] {
    let index = index as u32;
    let v4 = Ipv4Net::new((0x0a00_0000 + (index << 8)).into(), length)
        .unwrap()
        .trunc();
    let wide = (0x2001_0db8_u128 << 96) + (u128::from(index) << 64);
    let v6 = Ipv6Net::new(wide.into(), length * 2 + 16).unwrap().trunc();
    [v4.into(), v6.into()]
}

/// Zones (/24 and wider), groups of them, and single devices.
fn objects(dice: &mut Dice, zones: usize) -> Vec<Arc<AddressSet>> {
    let mut objects = vec![Arc::new(AddressSet::full())];
    for zone in 0..zones {
        objects.push(Arc::new(AddressSet::from_prefixes(&net(zone, 24))));
        let device = AddressSet::from_prefixes(&net(zone, 24)).first().unwrap();
        objects.push(Arc::new(AddressSet::from_addresses([device])));
        if zone % 8 == 0 {
            objects.push(Arc::new(AddressSet::from_prefixes(&net(zone, 21))));
            let members: Vec<IpNet> = (0..5).flat_map(|_| net(dice.below(zones), 24)).collect();
            objects.push(Arc::new(AddressSet::from_prefixes(&members)));
        }
    }
    objects
}

fn services() -> Vec<Arc<ServiceSet>> {
    let mut services = vec![Arc::new(ServiceSet::full())];
    for port in [
        22, 53, 80, 104, 123, 389, 443, 445, 1433, 2575, 2762, 3389, 5060, 8080, 8443, 11112,
    ] {
        let ports = IntervalSet::single(port);
        services.push(Arc::new(ServiceSet::tcp(IntervalSet::full(), ports.clone())));
        services.push(Arc::new(ServiceSet::udp(IntervalSet::full(), ports)));
    }
    services.push(Arc::new(ServiceSet::tcp(
        IntervalSet::full(),
        IntervalSet::range(5000, 5100),
    )));
    services
}

fn hospital(count: usize) -> Vec<PacketRule> {
    let mut dice = Dice(0x5e97);
    let objects = objects(&mut dice, (count / 20).clamp(20, 2_000));
    let services = services();
    (0..count)
        .map(|_| {
            let permit = dice.below(20) != 0;
            // `any` now and then on one side, never on both with a permit.
            let mut side = |any: usize| match dice.below(any) {
                0 => 0,
                _ => 1 + dice.below(objects.len() - 1),
            };
            let (source, destination) = (side(40), side(80));
            let service = if permit {
                1 + dice.below(services.len() - 1)
            } else {
                dice.below(4)
            };
            PacketRule {
                permit,
                flow: FlowSet {
                    source: Arc::clone(&objects[source]),
                    destination: Arc::clone(&objects[destination]),
                    service: Arc::clone(&services[service]),
                },
            }
        })
        .collect()
}

/// The same meaning, written differently: neighbours of one action swapped, dead lines at the end.
fn rewritten(rules: &[PacketRule]) -> Vec<PacketRule> {
    let mut rules = rules.to_vec();
    for i in (1..rules.len()).step_by(2) {
        if rules[i - 1].permit == rules[i].permit {
            rules.swap(i - 1, i);
        }
    }
    rules.extend(rules[..rules.len() / 20].to_vec());
    rules
}

fn compared(a: &[PacketRule], b: &[PacketRule]) -> Comparison {
    compare(black_box(a), black_box(b), Budget::default()).unwrap()
}

fn timings() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_secs(2))
        .configure_from_args();
    for count in [30, 300, 1_000, 10_000] {
        let a = hospital(count);
        let same = rewritten(&a);
        let mut less = same.clone();
        less.remove(count / 2);
        assert_eq!(compared(&a, &same), Comparison::Equal);
        criterion.bench_function(&format!("equal/{count}"), |b| b.iter(|| compared(&a, &same)));
        criterion.bench_function(&format!("different/{count}"), |b| b.iter(|| compared(&a, &less)));
    }
    for count in [1_000, 10_000, 100_000] {
        let rules = hospital(count);
        criterion.bench_function(&format!("dead/{count}"), |b| {
            b.iter(|| {
                RuleIndex::new(&rules, Budget::default())
                    .unwrap()
                    .all_dead()
                    .unwrap()
                    .len()
            });
        });
    }
    criterion.final_summary();
}

fn memory(count: usize) {
    let (a, start) = (hospital(count), Instant::now());
    let answer = compared(&a, &rewritten(&a)) == Comparison::Equal;
    println!("{count} rules: equal {answer}, {:?}", start.elapsed());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM"));
    println!("{}", peak.unwrap_or("peak memory: not known on this system"));
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after = arguments
        .iter()
        .skip_while(|argument| *argument != "--memory")
        .nth(1);
    match after.and_then(|count| count.parse().ok()) {
        Some(count) => memory(count),
        None => timings(),
    }
}
