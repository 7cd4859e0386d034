//! Inventories that people write.

use insta::assert_snapshot;
use septum::inventory::Field;

use super::{messages, read, shown};

const WARD: &str = r#"
x-defaults: &pump { zone: clinical.pumps, vendor: BD }
devices:
  - name: pump-gateway
    zone: servers.biomed
    address: [10.30.1.10, 2001:db8:30:1::10]
    labels: [pump-server, no]
    os: "Windows 10 LTSC"
    cves: [CVE-2024-1234, CVE-2023-98765]
  - { <<: *pump, name: pump-0001, address: 10.20.0.11/22 2001:db8:20::b, labels: "iomt, life-critical" }
  - name: 0755
    addresses: 10.20.0.12
    serial: 1.10
"#;

#[test]
fn devices_are_read_as_they_are_spelled() {
    let (devices, diagnostics) = read("ward.yaml", WARD);
    assert_eq!(diagnostics, []);
    assert_snapshot!(shown(&devices), @r"
    pump-gateway in servers.biomed: 10.30.1.10 2001:db8:30:1::10 [pump-server no] {os=Windows 10 LTSC} CVE-2024-1234 CVE-2023-98765
    pump-0001 in clinical.pumps: 10.20.0.11 2001:db8:20::b [iomt life-critical] {vendor=BD} 
    0755 in -: 10.20.0.12 [] {serial=1.10}
    ");
}

#[test]
fn every_value_stands_where_its_span_says() {
    let (devices, _) = read("ward.yaml", WARD);
    let at = |span: septum::source::Span| &WARD[span.range()];
    assert_eq!(at(devices[0].addresses[1].span), "2001:db8:30:1::10");
    assert_eq!(at(devices[0].cves[1].span), "CVE-2023-98765");
    assert_eq!(
        at(devices[0].facts.get(Field::Os).unwrap().span),
        "\"Windows 10 LTSC\""
    );
    assert_eq!(at(devices[1].addresses[0].span), "10.20.0.11/22");
    assert_eq!(at(devices[1].labels[1].span), "life-critical");
    assert_eq!(at(devices[1].zone.as_ref().unwrap().span), "clinical.pumps");
    assert_eq!(
        at(devices[2].span),
        "name: 0755\n    addresses: 10.20.0.12\n    serial: 1.10"
    );
}

#[test]
fn all_mistakes_are_told_and_the_rest_is_kept() {
    let text = "\
devices:
  - name: a
    adress: 10.0.0.1
    manufacturer: BD
    colour: red
    zone: [x]
  - name: b
    address: [10.0.0.256, 10.0.0.2, {}]
    labels: { a: b }
    cves: 2024-1
    labels: c
  - zone: clinical
  - just-text
  - name: [c]
  - name: \"x\\ny\"
    labels: [infusion pump]
";
    assert_snapshot!(messages("a.yaml", text), @r#"
    error[duplicate-key]: the key `labels` is given twice
      --> a.yaml:11:5
       |
     9 |     labels: { a: b }
       |     ------ first given here
    10 |     cves: 2024-1
    11 |     labels: c
       |     ^^^^^^
    error[unknown-key]: unknown key `adress`
     --> a.yaml:3:5
      |
    3 |     adress: 10.0.0.1
      |     ^^^^^^
      |
      = help: did you mean `address`?
    error[unknown-key]: unknown key `manufacturer`
     --> a.yaml:4:5
      |
    4 |     manufacturer: BD
      |     ^^^^^^^^^^^^
      |
      = help: did you mean `vendor`?
    error[unknown-key]: unknown key `colour`
     --> a.yaml:5:5
      |
    5 |     colour: red
      |     ^^^^^^
      |
      = help: a device has name, zone, address, labels, cves, vendor, model, os, serial, location, owner, mac, asset, criticality, notes
    error[wrong-value]: expected text, found a list
     --> a.yaml:6:11
      |
    6 |     zone: [x]
      |           ^^^
    error[bad-address]: `10.0.0.256` is no address
     --> a.yaml:8:15
      |
    8 |     address: [10.0.0.256, 10.0.0.2, {}]
      |               ^^^^^^^^^^
      |
      = help: write it as `10.20.0.5` or `2001:db8:20::5`
    error[wrong-value]: expected text, found a map
     --> a.yaml:8:37
      |
    8 |     address: [10.0.0.256, 10.0.0.2, {}]
      |                                     ^^
    error[wrong-value]: expected text or a list, found a map
     --> a.yaml:9:13
      |
    9 |     labels: { a: b }
      |             ^^^^^^^^
    error[wrong-value]: `2024-1` is no CVE number
      --> a.yaml:10:11
       |
    10 |     cves: 2024-1
       |           ^^^^^^
       |
       = help: write it as `CVE-2024-1234`
    error[missing-name]: this device gives no name
      --> a.yaml:12:5
       |
    12 |   - zone: clinical
       |     ^^^^
    error[wrong-value]: expected a device, found text
      --> a.yaml:13:5
       |
    13 |   - just-text
       |     ^^^^^^^^^
       |
       = help: write it as `- name: …`
    error[wrong-value]: expected text, found a list
      --> a.yaml:14:11
       |
    14 |   - name: [c]
       |           ^^^
    error[wrong-value]: `x\ny` holds a control character
      --> a.yaml:15:11
       |
    15 |   - name: "x\ny"
       |           ^^^^^^
    error[wrong-value]: the label `infusion pump` is more than one word
      --> a.yaml:16:14
       |
    16 |     labels: [infusion pump]
       |              ^^^^^^^^^^^^^
       |
       = help: join the words with `-`
    "#);
    let (devices, _) = read("a.yaml", text);
    assert_snapshot!(shown(&devices), @r"
    a in -:  [] {} 
    b in -: 10.0.0.2 [] {}
    ");
}

#[test]
fn an_address_is_that_of_a_device() {
    let text = "devices: [{ name: a, address: [10.0.0.0/24, 10.0.0.4/31, 010.0.0.1, 'fe80::1%eth0', ::ffff:10.0.0.1, 0.0.0.0, 224.0.0.1, ::1, 10.0.0.1/33, host] }]\n";
    let (devices, diagnostics) = read("a.yaml", text);
    assert_eq!(shown(&devices), "a in -: 10.0.0.4 [] {} \n");
    let told: Vec<String> = diagnostics
        .iter()
        .map(|d| format!("{} ({})", d.message, d.help.as_deref().unwrap_or("")))
        .collect();
    assert_snapshot!(told.join("\n"), @r"
    `10.0.0.0/24` is a subnet, not the address of a device (a zone has subnets; a device has addresses)
    `010.0.0.1` is no address (write each number without leading zeros)
    `fe80::1%eth0` is no address (leave out the `%` and what follows: it names an interface, not an address)
    `::ffff:10.0.0.1` is an IPv4 address written as IPv6 (write `10.0.0.1`)
    no device can have the address `0.0.0.0` ()
    no device can have the address `224.0.0.1` ()
    no device can have the address `::1` ()
    `10.0.0.1/33` is no address (write it as `10.20.0.5` or `2001:db8:20::5`)
    `host` is no address (write it as `10.20.0.5` or `2001:db8:20::5`)
    ");
}

#[test]
fn the_top_is_a_map_with_devices() {
    assert_snapshot!(messages("a.yaml", "- name: a\n"), @r"
    error[wrong-value]: expected a map with `devices`, found a list
     --> a.yaml:1:1
      |
    1 | - name: a
      | ^^^^^^^^^
      |
      = help: begin with `devices:`, and a list of devices below it
    ");
    assert_snapshot!(messages("a.yaml", "device:\n  - name: a\n"), @r"
    error[unknown-key]: unknown key `device`
     --> a.yaml:1:1
      |
    1 | device:
      | ^^^^^^
      |
      = help: did you mean `devices`?
    ");
    assert_snapshot!(messages("a.yaml", "x-pump: { os: RTOS }\n"), @r"
    error[missing-key]: `devices` is missing
     --> a.yaml:1:1
      |
    1 | x-pump: { os: RTOS }
      | ^^^^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(messages("a.yaml", "devices: { a: b }\n"), @r"
    error[wrong-value]: expected a list of devices, found a map
     --> a.yaml:1:10
      |
    1 | devices: { a: b }
      |          ^^^^^^^^
    ");
    assert_snapshot!(messages("a.yaml", ""), @r"
    error[wrong-value]: expected a map with `devices`, found nothing
     --> a.yaml:1:1
      |
    1 |
      | ^
      |
      = help: begin with `devices:`, and a list of devices below it
    ");
    assert_eq!(read("a.yaml", "devices:\n").1, []);
}

#[test]
fn devices_of_one_name_are_all_kept() {
    let (devices, diagnostics) = read("a.yaml", "devices: [{ name: a }, { name: a }]\n");
    assert_eq!((devices.len(), diagnostics.len()), (2, 0));
}
