//! The example policies: they load, are laid out, and build in every mode.

mod cases;
mod differential;
mod fail_open;
mod guides;
pub mod meaning;
mod placement;
mod redundant;
mod services;
mod stability;

use septum::model::Placement;
use septum::source::FileId;
use septum::syntax;

use super::sample;

#[test]
fn every_example_loads_without_an_error() {
    assert_eq!(sample::examples(), ["hospital", "imaging", "infusion-pumps"]);
    for name in sample::examples() {
        sample::load(&sample::example(&name)).sound();
    }
}

#[test]
fn every_example_and_the_standard_library_are_laid_out() {
    let mut files = sample::policy_files(&sample::example(""));
    files.sort();
    assert!(files.len() > 10);
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let parsed = syntax::parse(FileId(0), &text);
        assert_eq!(
            syntax::format(&text, &parsed).as_ref(),
            Some(&text),
            "{}",
            path.display()
        );
    }
}

#[test]
fn every_example_builds_in_every_mode() {
    for name in sample::examples() {
        let loaded = sample::load(&sample::example(&name)).sound();
        let modes = loaded.policy.modes.iter().map(|mode| Some(mode.name.as_str()));
        assert!(!loaded.policy.modes.is_empty(), "{name} has a mode");
        for mode in modes.chain([None]) {
            let plans = sample::plans(&loaded, mode);
            let emitted = sample::emit(&plans);
            let managed = loaded
                .policy
                .points
                .iter()
                .filter(|point| point.platform.is_some());
            assert_eq!(emitted.len(), managed.count(), "{name} in {mode:?}");
        }
    }
}

#[test]
fn the_hospital_is_as_large_as_a_hospital() {
    let policy = sample::load(&sample::example("hospital")).sound().policy;
    assert!(policy.zones.len() >= 25, "{} zones", policy.zones.len());
    assert!(policy.rules.len() >= 60, "{} rules", policy.rules.len());
    let inventory = std::fs::read_to_string(sample::example("hospital/inventory.csv")).unwrap();
    let rows = inventory.lines().filter(|line| !line.starts_with('#')).count() - 1;
    assert!(rows >= 300, "{rows} devices in the inventory");
    let devices = policy.devices.len();
    assert!(devices >= rows, "{devices} devices of {rows} in the inventory");

    let count = |platform: Option<&str>, host: bool| {
        let like = |point: &&septum::model::Point| {
            point.platform.as_deref() == platform && matches!(point.placement, Placement::On(_)) == host
        };
        policy.points.iter().filter(like).count()
    };
    assert_eq!(count(Some("fortigate"), false), 2);
    assert_eq!(count(Some("cisco-ios"), false), 3);
    assert_eq!(count(Some("nftables"), false), 2);
    assert_eq!(count(Some("nftables"), true), 1);
    assert_eq!(count(None, false), 1);
    assert_eq!(policy.points.len(), 9);
    // Dual stack in part: some zones have both families, some only one.
    let both = policy.zones.iter().filter(|zone| {
        let v6 = |six: bool| zone.subnets.iter().any(|(net, _)| net.addr().is_ipv6() == six);
        v6(true) && v6(false)
    });
    let both = both.count();
    assert!(
        (5..policy.zones.len()).contains(&both),
        "{both} zones with both families"
    );
    assert!(policy.modes.len() >= 2, "{} modes", policy.modes.len());
    assert!(
        policy.assertions.len() >= 10,
        "{} assertions",
        policy.assertions.len()
    );
}
