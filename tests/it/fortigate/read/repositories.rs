//! The policies that ship with Septum: what is written for their gateways is proven.

use std::fs;
use std::path::{Path, PathBuf};

use septum::model::{self, Input};
use septum::network::Network;
use septum::plan::{self, DevicePlan, Role};
use septum::source::{SourceFile, SourceMap};
use septum::syntax::{self, Parsed};
use septum::target::fortigate::FortiGate;
use septum::target::{Owned, Platform};
use septum::{inventory, manifest, standard};

use super::assert_proven;
use super::show::Memory;

/// Every plan of a repository.
fn plans(directory: &Path) -> Vec<DevicePlan> {
    let mut sources = SourceMap::default();
    let mut parse = |name: &str, text: &str| -> Parsed {
        let file = sources.add(SourceFile::new(name, text));
        syntax::parse(file, text)
    };
    let standard: Vec<Parsed> = standard::FILES
        .iter()
        .map(|(path, text)| parse(path, text))
        .collect();
    let mut paths: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut files = Vec::new();
    for path in paths
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "sept"))
    {
        files.push(parse(
            &path.display().to_string(),
            &fs::read_to_string(path).unwrap(),
        ));
    }
    let text = fs::read_to_string(directory.join("septum.yaml")).unwrap();
    let file = sources.add(SourceFile::new("septum.yaml", text.clone()));
    let mut devices = Vec::new();
    for entry in manifest::read(file, &text).0.inventory {
        let path = entry.path.value.as_str();
        let text = fs::read_to_string(directory.join(path)).unwrap();
        let file = sources.add(SourceFile::new(path, text.clone()));
        devices.extend(inventory::read_with(path, file, &text, &entry.columns).0);
    }
    let resolved = model::resolve(Input {
        standard: &standard.iter().map(|parsed| &parsed.tree).collect::<Vec<_>>(),
        files: &files.iter().map(|parsed| &parsed.tree).collect::<Vec<_>>(),
        inventory: &devices,
        platforms: &["nftables", "cisco-ios", "fortigate"],
    });
    let options = plan::Options {
        today: jiff::civil::date(2026, 11, 1),
        mode: None,
        stateless: &["cisco-ios"],
    };
    let network = Network::new(&resolved.policy);
    plan::plans(&resolved.policy, &network, &sources, options)
}

#[test]
fn every_gateway_that_ships_is_proven() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let (mut native, mut foreign) = (0, 0);
    for name in ["hospital", "imaging", "infusion-pumps"] {
        for plan in plans(&root.join(name)) {
            if !matches!(plan.role, Role::Router(_)) {
                continue;
            }
            let emitted = FortiGate.emit(&plan, &FortiGate.assets(), &Owned::new());
            let own = plan.platform == "fortigate";
            // Plans of other platforms name interfaces that FortiOS may refuse.
            let emitted = match emitted {
                Ok(emitted) => emitted,
                Err(error) if own => panic!("{name} {}: {error:?}", plan.device),
                Err(_) => continue,
            };
            *(if own { &mut native } else { &mut foreign }) += 1;
            assert_proven(&plan, &emitted.text);
            assert_proven(&plan, &Memory::typed(&emitted.text).backup());
        }
    }
    assert!(native >= 3, "{native}");
    assert!(foreign >= 1, "{foreign}");
}
