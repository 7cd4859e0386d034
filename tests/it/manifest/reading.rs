//! What a correct manifest says.

use septum::manifest::{CheckSetting, Comments, Level, OptionValue, find};

use super::read;

const FULL: &str = r#"name: st-elsewhere
policies: ["policy/**/*.sept", extra.sept]
inventory:
  - devices.yaml
  - file: exports/cmms.csv
    columns: { name: Hostname, labels: Class }
    ignore: [fda_class]
templates:
  nftables: templates/nft.j2
capabilities:
  cisco-ios: lab/ios.yaml
checks:
  any-service: error
  lateral-port: { level: warn, ports: [tcp 22, tcp 3389], depth: 2 }
  stale: allow
labels:
  life-critical: [life-critical, ventilator]
  vendor: vendor
comments: files
output: out/configs
"#;

#[test]
fn every_setting_is_kept_with_its_place() {
    let (manifest, diagnostics) = read(FULL);
    assert_eq!(diagnostics, []);
    let name = manifest.name.unwrap();
    assert_eq!(name.value, "st-elsewhere");
    assert_eq!(&FULL[name.span.range()], "st-elsewhere");

    let globs: Vec<&str> = manifest.policies.iter().map(|glob| glob.value.as_str()).collect();
    assert_eq!(globs, ["policy/**/*.sept", "extra.sept"]);
    assert_eq!(&FULL[manifest.policies[0].span.range()], "\"policy/**/*.sept\"");

    let [first, second] = manifest.inventory.as_slice() else {
        panic!("two inventories");
    };
    assert_eq!(first.path.value, "devices.yaml");
    assert_eq!(second.path.value, "exports/cmms.csv");
    assert_eq!(second.columns.named[1].1.value, "Class");
    assert_eq!(second.columns.ignored[0].value, "fda_class");

    assert_eq!(
        find(&manifest.templates, "nftables").unwrap().value,
        "templates/nft.j2"
    );
    assert_eq!(
        find(&manifest.capabilities, "cisco-ios").unwrap().value,
        "lab/ios.yaml"
    );
    assert!(find(&manifest.templates, "cisco-ios").is_none());
    assert_eq!(manifest.comments, Comments::Files);
    assert_eq!(manifest.output.value, "out/configs");

    let roles: Vec<(&str, usize)> = manifest
        .labels
        .iter()
        .map(|role| (role.name.value.as_str(), role.value.len()))
        .collect();
    assert_eq!(roles, [("life-critical", 2), ("vendor", 1)]);
}

#[test]
fn a_check_has_a_level_and_options() {
    let (manifest, _) = read(FULL);
    let level = |name: &str| {
        find(&manifest.checks, name)
            .unwrap()
            .level
            .as_ref()
            .unwrap()
            .value
    };
    assert_eq!(level("any-service"), Level::Error);
    assert_eq!(level("stale"), Level::Allow);
    let CheckSetting { level, options } = find(&manifest.checks, "lateral-port").unwrap();
    assert_eq!(level.as_ref().unwrap().value, Level::Warn);
    match find(options, "ports").unwrap() {
        OptionValue::List(ports, span) => {
            assert_eq!(ports[1].value, "tcp 3389");
            assert_eq!(&FULL[ports[1].span.range()], "tcp 3389");
            assert_eq!(&FULL[span.range()], "[tcp 22, tcp 3389]");
        }
        OptionValue::Text(_) => panic!("a list"),
    }
    assert!(matches!(find(options, "depth").unwrap(), OptionValue::Text(depth) if depth.value == "2"));
}

#[test]
fn what_is_not_said_has_its_default() {
    for text in ["", "# nothing yet\n", "---\n", "policies:\noutput: ~\n"] {
        let (manifest, diagnostics) = read(text);
        assert_eq!(diagnostics, []);
        assert_eq!(manifest.policies[0].value, "**/*.sept");
        assert_eq!(manifest.output.value, "build");
        assert_eq!(manifest.comments, Comments::Lines);
        assert!(manifest.inventory.is_empty());
    }
}

#[test]
fn one_file_needs_no_list() {
    let (manifest, diagnostics) = read("inventory: devices.csv\npolicies: main.sept\n");
    assert_eq!(diagnostics, []);
    assert_eq!(manifest.inventory[0].path.value, "devices.csv");
    assert_eq!(manifest.policies[0].value, "main.sept");
}
