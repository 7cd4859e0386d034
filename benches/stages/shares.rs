//! CPU time and memory of each stage of one build, on one thread and in the order of `septum build`.

use std::fs;

use septum::check;
use septum::model::Describer;
use septum::network::Network;
use septum::proof::Proof;

use super::repository::Repository;
use super::{Path, device};

/// What was measured of one stage.
struct Stage {
    name: &'static str,
    seconds: f64,
    /// The largest memory while it ran.
    peak: f64,
}

/// Stages in the order in which they first ran. One that runs once a device adds up.
#[derive(Default)]
struct Meter(Vec<Stage>);

impl Meter {
    fn measure<T>(&mut self, name: &'static str, run: impl FnOnce() -> T) -> T {
        // Starts a new peak; where the kernel does not allow it, each stage has the peak of those before it.
        let _ = fs::write("/proc/self/clear_refs", "5");
        let start = cpu_seconds();
        let result = run();
        let seconds = cpu_seconds() - start;
        let peak = peak_megabytes();
        match self.0.iter_mut().find(|stage| stage.name == name) {
            Some(stage) => {
                stage.seconds += seconds;
                stage.peak = stage.peak.max(peak);
            }
            None => self.0.push(Stage { name, seconds, peak }),
        }
        result
    }
}

/// CPU time of this process.
fn cpu_seconds() -> f64 {
    // The kernel brings its count up to date when the coarse one is read.
    let _ = fs::read("/proc/self/stat");
    let text = fs::read_to_string("/proc/self/schedstat").unwrap();
    let nanoseconds: f64 = text.split(' ').next().unwrap().parse().unwrap();
    nanoseconds / 1e9
}

fn peak_megabytes() -> f64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kilobytes / 1e3
}

/// Builds the repository once and prints a line of a table: for each stage its share of the CPU time and the peak of
/// memory while it ran. Without a name of its own for the line, the heads of the columns come first.
pub fn print(directory: &Path, name: Option<&str>) {
    // One thread, this one: its time is the time of the process.
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .use_current_thread();
    pool.build_global().unwrap();
    let stages = measure(directory).0;
    let total: f64 = stages.iter().map(|stage| stage.seconds).sum();
    if name.is_none() {
        let names: String = stages.iter().map(|stage| format!(" {} |", stage.name)).collect();
        println!(
            "| workload | CPU s |{names}\n|---|---|{}",
            "---|".repeat(stages.len())
        );
    }
    let cells: String = stages
        .iter()
        .map(|stage| format!(" {:.0} %, {:.0} MB |", 100.0 * stage.seconds / total, stage.peak))
        .collect();
    let directory = directory
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let name = name.map(str::to_owned).or(directory).unwrap_or_default();
    println!("| {name} | {total:.2} |{cells}");
}

fn measure(directory: &Path) -> Meter {
    let mut meter = Meter::default();
    let repository = meter.measure("read", || Repository::read(directory));
    let (standard, policies) = meter.measure("parse", || repository.parse());
    let inventory = meter.measure("inventory", || repository.inventory());
    let resolved = meter.measure("resolve", || repository.resolve(&standard, &policies, &inventory));
    let policy = &resolved.policy;
    let network = meter.measure("network", || Network::new(policy));
    let plans = meter.measure("plan", || repository.plan(policy, &network));
    meter.measure("check", || {
        repository.with_context(&policies, policy, &network, |context| {
            check::run(context, &[]).len()
        })
    });
    // A device's configuration stays until all are written; what was read back of it does not.
    let assets = repository.assets();
    let describer = meter.measure("describe", || Describer::new(policy));
    let mut emitted = Vec::new();
    for plan in &plans {
        let one = meter.measure("emit", || device::emit(plan, &assets));
        let read = meter.measure("read back", || device::read(plan, &one));
        let proof: Proof = meter.measure("prove", || device::prove(plan, &read, &describer));
        assert!(proof.holds(), "`{}` is not proven", plan.device);
        emitted.push(one);
    }
    meter.measure("report", || device::report(&plans, &emitted, &repository.sources));
    meter
}
