//! Inventories as large as hospitals are, and hostile ones.

use std::fmt::Write as _;

use super::read;

const DEVICES: usize = 20_000;

#[test]
fn twenty_thousand_devices_are_read_from_both_formats() {
    let mut yaml = "devices:\n".to_owned();
    let mut csv = "name,zone,address,labels,vendor,model,os\n".to_owned();
    for n in 0..DEVICES {
        let (high, low) = (n / 250, n % 250 + 1);
        let _ = writeln!(
            yaml,
            "  - name: pump-{n}\n    zone: clinical.pumps\n    address: [10.20.{high}.{low}, 2001:db8::{n:x}]\n    \
             labels: [iomt, life-critical]\n    vendor: BD\n    model: Alaris\n    os: RTOS"
        );
        let _ = writeln!(
            csv,
            "pump-{n},clinical.pumps,10.20.{high}.{low} 2001:db8::{n:x},iomt life-critical,BD,Alaris,RTOS"
        );
    }
    let (from_yaml, yaml_diagnostics) = read("a.yaml", &yaml);
    let (from_csv, csv_diagnostics) = read("a.csv", &csv);
    assert_eq!((yaml_diagnostics.len(), csv_diagnostics.len()), (0, 0));
    assert_eq!((from_yaml.len(), from_csv.len()), (DEVICES, DEVICES));
    assert_eq!(super::shown(&from_yaml), super::shown(&from_csv));
    let last = &from_yaml[DEVICES - 1];
    assert_eq!(&yaml[last.name.span.range()], "pump-19999");
}

#[test]
fn mistakes_beyond_a_thousand_are_counted() {
    let csv = format!("name,address\n{}", "a,bad\n".repeat(3_000));
    let yaml = format!("devices:\n{}", "  - { name: a, address: bad }\n".repeat(3_000));
    for (path, text) in [("a.csv", csv), ("a.yaml", yaml)] {
        let (devices, diagnostics) = read(path, &text);
        assert_eq!(devices.len(), 3_000);
        assert_eq!(diagnostics.len(), 1_001);
        assert_eq!(diagnostics[1_000].message, "2000 more errors are not shown");
    }
}

#[test]
fn a_file_of_quotes_or_commas_is_read_once() {
    for piece in ["\"", "\"\"", "\"\n", ",", "\n", "#", "\"\",\"\n", "\0"] {
        let text = format!("name,zone\n{}", piece.repeat(2_000_000 / piece.len()));
        let (devices, diagnostics) = read("a.csv", &text);
        assert!(devices.len() <= 1_000_000 && diagnostics.len() <= 1_002);
    }
}
