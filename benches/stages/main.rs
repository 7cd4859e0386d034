//! What each stage of `septum build policies/hospital` takes, from text to proof.
//!
//! `cargo bench --bench stages`; another repository: `SEPTUM_BENCH_POLICY=DIR cargo bench --bench stages`. What each
//! check takes, once and without statistics: `cargo bench --bench stages -- --checks`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a benchmark reads its own input and may fail loudly"
)]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use criterion::Criterion;
use septum::check::{self, CHECKS, Context, Input, Settings};
use septum::inventory::{self, InventoryDevice};
use septum::manifest::{self, Manifest};
use septum::model::{self, Policy, Resolved};
use septum::network::Network;
use septum::plan::{self, DevicePlan};
use septum::proof::{self, Proof};
use septum::source::{FileId, SourceFile, SourceMap};
use septum::standard;
use septum::syntax::{self, Parsed, tree::File};
use septum::target::readback::ReadBack;
use septum::target::{Emitted, Owned, PLATFORMS, Platform, platform};

/// The texts of a repository.
struct Repository {
    directory: PathBuf,
    sources: SourceMap,
    standard: Vec<FileId>,
    policies: Vec<FileId>,
    manifest: Manifest,
    inventory: Vec<InventoryDevice>,
}

impl Repository {
    fn read(directory: &Path) -> Self {
        let text = |path: &Path| std::fs::read_to_string(path).unwrap();
        let mut sources = SourceMap::default();
        let standard = standard::FILES.map(|(path, text)| sources.add(SourceFile::new(path, text)));
        let manifest_text = text(&directory.join("septum.yaml"));
        let (manifest, _) = manifest::read(
            sources.add(SourceFile::new("septum.yaml", &*manifest_text)),
            &manifest_text,
        );
        let mut paths: Vec<PathBuf> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "sept"))
            .collect();
        paths.sort();
        let policies = paths
            .iter()
            .map(|path| sources.add(SourceFile::new(path.to_string_lossy(), text(path))))
            .collect();
        let mut inventory = Vec::new();
        for entry in &manifest.inventory {
            let path = entry.path.value.as_str();
            let text = text(&directory.join(path));
            let file = sources.add(SourceFile::new(path, &*text));
            inventory.extend(inventory::read_with(path, file, &text, &entry.columns).0);
        }
        Self {
            directory: directory.to_owned(),
            sources,
            standard: standard.to_vec(),
            policies,
            manifest,
            inventory,
        }
    }

    fn parse(&self, files: &[FileId]) -> Vec<Parsed> {
        let text = |file: &FileId| self.sources.file(*file).unwrap().text();
        files
            .iter()
            .map(|file| syntax::parse(*file, text(file)))
            .collect()
    }

    fn resolve(&self, standard: &[Parsed], policies: &[Parsed]) -> Resolved {
        model::resolve(model::Input {
            standard: &standard.iter().map(|parsed| &parsed.tree).collect::<Vec<_>>(),
            files: &policies.iter().map(|parsed| &parsed.tree).collect::<Vec<_>>(),
            inventory: &self.inventory,
            platforms: &PLATFORMS.map(|platform| platform.name()),
        })
    }

    fn plan(&self, policy: &Policy, network: &Network) -> Vec<DevicePlan> {
        let options = plan::Options {
            today: today(),
            mode: None,
            stateless: &stateless(),
        };
        plan::plans(policy, network, &self.sources, options)
    }

    fn emit(&self, plans: &[DevicePlan]) -> Vec<Emitted> {
        let emit = |plan: &DevicePlan| {
            let mut assets = target(plan).assets();
            if let Some(path) = manifest::find(&self.manifest.capabilities, &plan.platform) {
                assets.capability = std::fs::read_to_string(self.directory.join(&path.value)).unwrap();
            }
            target(plan).emit(plan, &assets, &Owned::new()).unwrap()
        };
        plans.iter().map(emit).collect()
    }

    /// Calls `run` with what checks look at.
    fn with_context<T>(
        &self,
        policies: &[Parsed],
        policy: &Policy,
        network: &Network,
        run: impl FnOnce(&Context<'_>) -> T,
    ) -> T {
        let (settings, _) = Settings::new(&self.manifest);
        let trees: Vec<&File> = policies.iter().map(|parsed| &parsed.tree).collect();
        let stateless = stateless();
        let context = Context::new(Input {
            policy,
            network,
            sources: &self.sources,
            trees: &trees,
            settings: &settings,
            stateless: &stateless,
            kev: None,
            today: today(),
        });
        run(&context)
    }
}

fn today() -> jiff::civil::Date {
    jiff::civil::date(2027, 1, 15)
}

fn stateless() -> Vec<&'static str> {
    let platforms = PLATFORMS.iter().filter(|platform| platform.stateless());
    platforms.map(|platform| platform.name()).collect()
}

fn target(plan: &DevicePlan) -> &'static dyn Platform {
    platform(&plan.platform).unwrap()
}

fn read(plans: &[DevicePlan], emitted: &[Emitted]) -> Vec<ReadBack> {
    let both = plans.iter().zip(emitted);
    both.map(|(plan, emitted)| target(plan).read(&emitted.text))
        .collect()
}

fn prove(plans: &[DevicePlan], read: &[ReadBack]) -> Vec<Proof> {
    let both = plans.iter().zip(read);
    both.map(|(plan, read)| proof::prove(plan, read, &proof::Options::of(target(plan))))
        .collect()
}

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

fn main() {
    let directory = std::env::var("SEPTUM_BENCH_POLICY").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/hospital"),
        PathBuf::from,
    );
    let repository = Repository::read(&directory);
    let standard = repository.parse(&repository.standard);
    let policies = repository.parse(&repository.policies);
    let resolved = repository.resolve(&standard, &policies);
    let policy = &resolved.policy;
    let network = Network::new(policy);
    if std::env::args().any(|argument| argument == "--checks") {
        repository.with_context(&policies, policy, &network, each_check);
        return;
    }
    let plans = repository.plan(policy, &network);
    let emitted = repository.emit(&plans);
    let back = read(&plans, &emitted);
    assert!(prove(&plans, &back).iter().all(Proof::holds));

    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_secs(2))
        .configure_from_args();
    let mut stage = |name: &str, run: &dyn Fn() -> usize| {
        criterion.bench_function(name, |bencher| bencher.iter(|| black_box(run())));
    };
    stage("read and parse", &|| {
        Repository::read(&directory).parse(&repository.policies).len()
    });
    stage("resolve", &|| {
        repository.resolve(&standard, &policies).policy.rules.len()
    });
    stage("network", &|| Network::new(policy).zones_at.len());
    stage("plan", &|| repository.plan(policy, &network).len());
    stage("check", &|| {
        repository.with_context(&policies, policy, &network, |context| {
            check::run(context, &[]).len()
        })
    });
    stage("emit", &|| repository.emit(&plans).len());
    stage("read back", &|| read(&plans, &emitted).len());
    stage("prove", &|| prove(&plans, &back).len());
    criterion.final_summary();
}
