//! Figures of the packet engines on lists like those of hospitals, and on filter sets.
//!
//! `cargo bench --bench packet` times; `cargo bench --bench packet -- --memory 10000` compares two lists of that
//! many rules once and prints the peak of resident memory (Linux); `cargo bench --bench packet -- --filters FILE` looks
//! for dead rules in a filter set of ClassBench.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark makes its own input and may fail loudly"
)]

mod dice;
mod filters;
mod hospital;

use std::hint::black_box;
use std::time::Instant;

use criterion::Criterion;
use septum::packet::{Budget, Comparison, PacketRule, RuleIndex, compare};

use filters::Family;

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
        let a = hospital::list(count);
        let same = rewritten(&a);
        let mut less = same.clone();
        less.remove(count / 2);
        assert_eq!(compared(&a, &same), Comparison::Equal);
        criterion.bench_function(&format!("equal/{count}"), |b| b.iter(|| compared(&a, &same)));
        criterion.bench_function(&format!("different/{count}"), |b| b.iter(|| compared(&a, &less)));
    }
    for count in [1_000, 10_000, 100_000] {
        let rules = hospital::list(count);
        criterion.bench_function(&format!("dead/{count}"), |b| b.iter(|| dead(&rules)));
    }
    for (name, family) in [("firewall", Family::Firewall), ("chain", Family::Chain)] {
        for count in [1_000, 10_000] {
            let rules = filters::like(family, count);
            criterion.bench_function(&format!("dead/{name}/{count}"), |b| b.iter(|| dead(&rules)));
        }
    }
    criterion.final_summary();
}

/// How many rules never decide a packet.
fn dead(rules: &[PacketRule]) -> usize {
    let index = RuleIndex::new(black_box(rules), Budget::default()).unwrap();
    index.all_dead().unwrap().len()
}

fn dead_filters(file: &str) {
    let rules = filters::read(&std::fs::read_to_string(file).unwrap());
    let start = Instant::now();
    let dead = dead(&rules);
    println!("{} filters: {dead} dead, {:?}", rules.len(), start.elapsed());
}

fn memory(count: usize) {
    let (a, start) = (hospital::list(count), Instant::now());
    let answer = compared(&a, &rewritten(&a)) == Comparison::Equal;
    println!("{count} rules: equal {answer}, {:?}", start.elapsed());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM"));
    println!("{}", peak.unwrap_or("peak memory: not known on this system"));
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |option: &str| {
        let mut rest = arguments.iter().skip_while(|argument| *argument != option);
        rest.nth(1)
    };
    match (after("--filters"), after("--memory")) {
        (Some(file), _) => dead_filters(file),
        (_, Some(count)) => memory(count.parse().unwrap()),
        _ => timings(),
    }
}
