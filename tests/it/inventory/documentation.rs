//! The examples of `docs/inventory.md` are read without a finding, and its table is that of the program.

use septum::inventory::Field;
use septum::manifest;
use septum::source::FileId;

use super::read;

const PAGE: &str = include_str!("../../../docs/inventory.md");

/// The fenced examples, each with its language.
fn examples() -> Vec<(&'static str, &'static str)> {
    PAGE.split("```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.split_once('\n'))
        .collect()
}

#[test]
fn the_examples_are_read_without_a_finding() {
    let examples = examples();
    let [(_, settings), (_, yaml), (_, csv)] = examples.as_slice() else {
        panic!("three examples");
    };
    let (manifest, diagnostics) = manifest::read(FileId(0), settings);
    assert_eq!(diagnostics, []);
    assert_eq!(manifest.inventory.len(), 2);
    for (path, text) in [("devices.yaml", yaml), ("devices.csv", csv)] {
        let (devices, diagnostics) = read(path, text);
        assert_eq!(diagnostics, []);
        assert_eq!(devices.len(), 2);
    }
}

#[test]
fn the_table_of_fields_is_complete_and_true() {
    let rows: Vec<(&str, &str)> = PAGE
        .lines()
        .skip_while(|line| !line.starts_with("| field"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            (cells[1].trim_matches('`'), cells[3])
        })
        .collect();
    let names: Vec<&str> = rows.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, Field::names());
    for (name, titles) in rows {
        for title in titles.split('`').filter(|title| !title.trim().is_empty()) {
            let title = title.replace("(es)", "");
            assert_eq!(Field::titled(&title), Field::named(name), "{title}");
        }
    }
}
