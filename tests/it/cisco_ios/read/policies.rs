//! The example policies, planned as the command line does.

use std::fs;
use std::path::{Path, PathBuf};

use septum::diagnostic::Severity;
use septum::network::Network;
use septum::plan::{DevicePlan, Options, plans};
use septum::source::{SourceFile, SourceMap};
use septum::{inventory, manifest, model, standard, syntax};

/// The plans of all IOS devices of all example policies.
pub fn all() -> Vec<DevicePlan> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let mut directories = entries(&root);
    directories.retain(|path| path.join("septum.yaml").exists());
    let plans: Vec<DevicePlan> = directories.iter().flat_map(|path| of(path)).collect();
    assert!(plans.len() >= 4, "{} IOS devices", plans.len());
    plans
}

#[allow(clippy::disallowed_methods)]
fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

fn of(directory: &Path) -> Vec<DevicePlan> {
    let mut sources = SourceMap::default();
    let text = read(&directory.join("septum.yaml"));
    let file = sources.add(SourceFile::new("septum.yaml", text.clone()));
    let (manifest, mut diagnostics) = manifest::read(file, &text);
    let mut parse = |path: &str, text: &str| {
        let file = sources.add(SourceFile::new(path, text));
        let parsed = syntax::parse(file, text);
        diagnostics.extend(parsed.diagnostics);
        parsed.tree
    };
    let library: Vec<_> = standard::FILES
        .iter()
        .map(|(path, text)| parse(path, text))
        .collect();
    let policy = entries(directory);
    let policy = policy
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "sept"));
    let trees: Vec<_> = policy
        .map(|path| parse(&path.file_name().unwrap().to_string_lossy(), &read(path)))
        .collect();
    let mut devices = Vec::new();
    for entry in &manifest.inventory {
        let path = entry.path.value.as_str();
        let text = read(&directory.join(path));
        let file = sources.add(SourceFile::new(path, text.clone()));
        let (found, more) = inventory::read_with(path, file, &text, &entry.columns);
        devices.extend(found);
        diagnostics.extend(more);
    }
    let resolved = model::resolve(model::Input {
        standard: &library.iter().collect::<Vec<_>>(),
        files: &trees.iter().collect::<Vec<_>>(),
        inventory: &devices,
        platforms: &["cisco-ios", "fortigate", "nftables"],
    });
    diagnostics.extend(resolved.diagnostics);
    assert!(
        diagnostics.iter().all(|found| found.severity != Severity::Error),
        "{diagnostics:?}"
    );
    let network = Network::new(&resolved.policy);
    let options = Options {
        today: jiff::civil::date(2026, 1, 1),
        mode: None,
        stateless: &["cisco-ios"],
    };
    let mut plans = plans(&resolved.policy, &network, &sources, options);
    plans.retain(|plan| plan.platform == "cisco-ios");
    plans
}
