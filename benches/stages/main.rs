//! What each stage of `septum build policies/hospital` takes, from text to proof.
//!
//! `cargo bench --bench stages`; another repository: `SEPTUM_BENCH_POLICY=DIR cargo bench --bench stages`. Once and
//! without statistics: `-- --shares` has the CPU share and the memory of each stage, `-- --checks` the time of each
//! check.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a benchmark reads its own input and may fail loudly"
)]

mod device;
mod repository;
#[path = "../../src/cli/shallow_json.rs"]
#[allow(unused_imports, reason = "its tests run elsewhere")]
mod shallow_json;
mod shares;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use criterion::Criterion;
use septum::check::{self, CHECKS, Context};
use septum::model::Describer;
use septum::network::Network;
use septum::plan::DevicePlan;
use septum::proof::Proof;

use repository::Repository;

/// What each check takes, once.
fn each_check(context: &Context<'_>) {
    for check in CHECKS {
        let start = Instant::now();
        let findings = (check.run)(context).len();
        println!(
            "{:9.1} ms  {} ({findings})",
            start.elapsed().as_secs_f64() * 1e3,
            check.name
        );
    }
}

/// Makes a step for each plan and what the step before it made of it.
fn each<A, B>(plans: &[DevicePlan], before: &[A], step: impl Fn(&DevicePlan, &A) -> B) -> Vec<B> {
    plans
        .iter()
        .zip(before)
        .map(|(plan, one)| step(plan, one))
        .collect()
}

fn main() {
    let directory = std::env::var("SEPTUM_BENCH_POLICY").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/hospital"),
        PathBuf::from,
    );
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--shares") {
        // Cargo adds arguments of its own.
        let name = arguments.get(at + 1).filter(|name| !name.starts_with("--"));
        shares::print(&directory, name.map(String::as_str));
        return;
    }
    let repository = Repository::read(&directory);
    let (standard, policies) = repository.parse();
    let inventory = repository.inventory();
    let resolved = repository.resolve(&standard, &policies, &inventory);
    let policy = &resolved.policy;
    let network = Network::new(policy);
    if arguments.iter().any(|argument| argument == "--checks") {
        repository.with_context(&policies, policy, &network, each_check);
        return;
    }
    let plans = repository.plan(policy, &network);
    let (assets, describer) = (repository.assets(), Describer::new(policy));
    let emit = || each(&plans, &plans, |plan, _| device::emit(plan, &assets));
    let emitted = emit();
    let read = || each(&plans, &emitted, device::read);
    let back = read();
    let prove = || each(&plans, &back, |plan, read| device::prove(plan, read, &describer));
    assert!(prove().iter().all(Proof::holds));

    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_secs(2))
        .configure_from_args();
    let mut stage = |name: &str, run: &dyn Fn() -> usize| {
        criterion.bench_function(name, |bencher| bencher.iter(|| black_box(run())));
    };
    stage("read", &|| Repository::read(&directory).sources.files().count());
    stage("parse", &|| repository.parse().1.len());
    stage("inventory", &|| repository.inventory().len());
    stage("resolve", &|| {
        let resolved = repository.resolve(&standard, &policies, &inventory);
        resolved.policy.rules.len()
    });
    stage("network", &|| Network::new(policy).zones_at.len());
    stage("plan", &|| repository.plan(policy, &network).len());
    stage("check", &|| {
        repository.with_context(&policies, policy, &network, |context| {
            check::run(context, &[]).len()
        })
    });
    stage("emit", &|| emit().len());
    stage("read back", &|| read().len());
    stage("prove", &|| prove().len());
    stage("report", &|| {
        device::report(&plans, &emitted, &repository.sources)
    });
    criterion.final_summary();
}
