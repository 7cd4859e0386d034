//! Tests of `inventory`.

mod csv;
mod size;
mod yaml;

use insta::assert_snapshot;
use septum::diagnostic::Diagnostic;
use septum::diagnostic::text::render;
use septum::inventory::{self, InventoryDevice};
use septum::source::{FileId, SourceFile, SourceMap};

fn read(path: &str, text: &str) -> (Vec<InventoryDevice>, Vec<Diagnostic>) {
    inventory::read(path, FileId(0), text)
}

/// The messages of an inventory, as a terminal shows them.
fn messages(path: &str, text: &str) -> String {
    let mut sources = SourceMap::default();
    sources.add(SourceFile::new(path, text));
    let (_, diagnostics) = read(path, text);
    diagnostics
        .iter()
        .map(|diagnostic| render(diagnostic, &sources, false))
        .collect()
}

/// A device a line: `name in zone: addresses [labels] {facts} cves`.
fn shown(devices: &[InventoryDevice]) -> String {
    let mut lines = String::new();
    for device in devices {
        let join = |texts: Vec<String>| texts.join(" ");
        let zone = device.zone.as_ref().map_or("-", |zone| &*zone.value);
        let addresses = join(device.addresses.iter().map(|a| a.value.to_string()).collect());
        let labels = join(device.labels.iter().map(|l| l.value.to_string()).collect());
        let facts = device.facts.iter();
        let mut facts: Vec<String> = facts
            .map(|(fact, text)| format!("{}={}", fact.name(), text.value))
            .collect();
        facts.sort();
        let cves = join(device.cves.iter().map(|c| c.value.clone()).collect());
        lines.push_str(&format!(
            "{} in {zone}: {addresses} [{labels}] {{{}}} {cves}\n",
            device.name.value,
            facts.join(", ")
        ));
    }
    lines
}

#[test]
fn the_extension_names_the_format() {
    let yaml = "devices: [{ name: a }]\n";
    for path in ["devices.yaml", "lab/devices.YML"] {
        assert_eq!(read(path, yaml).0[0].name.value.as_ref(), "a");
    }
    assert_eq!(read("devices.csv", "name\na\n").0[0].name.value.as_ref(), "a");
    assert_snapshot!(messages("devices.xlsx", "PK"), @r"
    error[unknown-format]: `devices.xlsx` is no inventory that can be read
     --> devices.xlsx:1:1
      |
    1 | PK
      | ^
      |
      = help: an inventory ends in `.yaml`, `.yml` or `.csv`
    ");
    assert_eq!(read("lab.yaml/devices", yaml).1[0].code, "unknown-format");
}
