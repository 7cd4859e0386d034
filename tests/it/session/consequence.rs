//! One mistake is one message: what only follows from it is not said.

use std::fs;

use super::{add, clinic, septum};

/// What `check` says of the starter after its `file` has been rewritten: exit code and the codes of what it says.
fn said(file: &str, rewrite: impl Fn(String) -> Vec<u8>) -> (i32, Vec<String>) {
    let directory = clinic();
    let path = directory.path().join("clinic").join(file);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, rewrite(text)).unwrap();
    let ran = septum(directory.path(), &["check", "clinic"]);
    let heads = ran.err.lines().filter_map(|line| {
        let (severity, rest) = line.split_once('[')?;
        ["error", "warning"]
            .contains(&severity)
            .then(|| rest.split(']').next().unwrap().to_owned())
    });
    (ran.code, heads.collect())
}

fn only(code: &str) -> (i32, Vec<String>) {
    (2, vec![code.to_owned()])
}

#[test]
fn of_a_zone_that_cannot_be_read() {
    let broken =
        |from: &'static str, to: &'static str| move |text: String| text.replace(from, to).into_bytes();
    for (from, to) in [
        ("zone pumps", "zone pumps ward"),
        ("10.20.0.0/24", "10.20.0.0/255.255.255.0"),
        ("10.20.0.0/24", "10.20.0.0 255.255.255.0"),
        ("10.20.0.0/24", "10.20.0.0"),
        ("10.20.0.0/24", "10.20.0.0/33"),
    ] {
        assert_eq!(said("clinic.sept", broken(from, to)), only("syntax"), "{to}");
    }
}

#[test]
fn of_an_inventory_that_cannot_be_read() {
    assert_eq!(said("devices.csv", |_| Vec::new()), only("csv-syntax"));
    let latin = |text: String| [text.as_bytes(), b"x,pumps,10.20.0.9,M\xfcller,,\n"].concat();
    assert_eq!(said("devices.csv", latin), only("inventory-file"));
    let unnamed = |text: String| text.replacen("name,", "nmae,", 1).into_bytes();
    let (code, said) = said("devices.csv", unnamed);
    assert_eq!(
        (code, said.join(" ")),
        (2, "unknown-column missing-column".to_owned())
    );
}

#[test]
fn of_a_device_that_has_a_mistake() {
    let zone = |text: String| {
        text.replace("pump-gateway,servers", "pump-gateway,server")
            .into_bytes()
    };
    assert_eq!(said("devices.csv", zone), only("unknown-name"));
    let address = |text: String| text.replace("10.30.0.10", "10.30.0.310").into_bytes();
    assert_eq!(said("devices.csv", address), only("bad-address"));
}

#[test]
fn of_a_manifest_that_cannot_be_read() {
    let tab = |_| b"name: x\ninventory:\n\t- devices.csv\n".to_vec();
    assert_eq!(said("septum.yaml", tab), only("yaml-syntax"));
}

#[test]
fn of_an_interface_that_has_a_mistake() {
    let router =
        |interface: &str| format!("router wing {{ target cisco-ios; interface Vlan1{interface} }}\n");
    let with = |interface: &'static str| move |text: String| (text + &router(interface)).into_bytes();
    assert_eq!(said("clinic.sept", with(" = pump")), only("unknown-name"));
    assert_eq!(said("clinic.sept", with("")), only("syntax"));
}

#[test]
fn mistakes_that_have_nothing_to_do_with_each_other_are_all_told() {
    let directory = clinic();
    add(
        &directory,
        "allow pump -> servers : ssh\nallow guest -> nowhere : ssh\nzone guest { subnet 10.1.0.0/16 }\n",
    );
    let ran = septum(directory.path(), &["check", "clinic"]).ends(2);
    ran.says("`pump`")
        .says("`nowhere`")
        .says("zone `guest` is defined twice");
}
