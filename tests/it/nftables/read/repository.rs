//! The policies of the repository, as plans.

use std::path::Path;

use septum::plan::{self, DevicePlan};
use septum::source::{SourceFile, SourceMap};
use septum::{inventory, manifest, model, network, standard, syntax};

/// The plans of every device of every policy.
pub fn plans() -> Vec<DevicePlan> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    ["hospital", "imaging", "infusion-pumps"]
        .iter()
        .flat_map(|name| of(&root.join(name)))
        .collect()
}

fn of(directory: &Path) -> Vec<DevicePlan> {
    let mut sources = SourceMap::default();
    let mut open = |path: &str| {
        let text = std::fs::read_to_string(directory.join(path)).unwrap();
        (sources.add(SourceFile::new(path, text.clone())), text)
    };
    let (file, text) = open("septum.yaml");
    let (manifest, _) = manifest::read(file, &text);
    let mut names: Vec<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".sept"))
        .collect();
    names.sort();
    let parsed: Vec<syntax::Parsed> = names
        .iter()
        .map(|name| {
            let (file, text) = open(name);
            syntax::parse(file, &text)
        })
        .collect();
    let mut devices = Vec::new();
    for entry in &manifest.inventory {
        let path = entry.path.value.as_str();
        let (file, text) = open(path);
        devices.extend(inventory::read_with(path, file, &text, &entry.columns).0);
    }
    let standard: Vec<syntax::Parsed> = standard::FILES
        .iter()
        .map(|(path, text)| syntax::parse(sources.add(SourceFile::new(*path, *text)), text))
        .collect();
    let standard: Vec<_> = standard.iter().map(|parsed| &parsed.tree).collect();
    let trees: Vec<_> = parsed.iter().map(|parsed| &parsed.tree).collect();
    let resolved = model::resolve(model::Input {
        standard: &standard,
        files: &trees,
        inventory: &devices,
        platforms: &["nftables", "cisco-ios", "fortigate"],
    });
    let policy = resolved.policy;
    let network = network::Network::new(&policy);
    let options = plan::Options {
        today: "2026-01-15".parse().unwrap(),
        mode: None,
        stateless: &["cisco-ios"],
    };
    plan::plans(&policy, &network, &sources, options)
}
