//! The example hospital's own routers in the kernel, against what its policy says: no plan stands between.

use septum::target::Owned;

use super::harness::{Entry, Kind, Topology, Verdict, permitted, run, sample as probes_of};
use super::plans::emit;
use crate::policies::meaning::Meaning;
use crate::sample;

/// Probes for each router.
const PROBES: usize = 20_000;

#[test]
fn the_routers_of_the_hospital_decide_as_its_policy_does() {
    if !permitted() {
        return;
    }
    let loaded = sample::load(&sample::example("hospital")).sound();
    let meaning = Meaning::new(&loaded, None);
    let mut routers = 0;
    for mut plan in sample::plans(&loaded, None) {
        let point = meaning.policy.points.iter();
        let point = point.clone().position(|point| point.name == plan.device).unwrap();
        let interfaces = meaning.point(point).interfaces();
        if plan.platform != "nftables" || interfaces.is_empty() {
            continue;
        }
        // What the router takes for itself is compared elsewhere; here nothing but `manage` is asked for.
        plan.local.run.clear();
        let file = emit(&plan, &Owned::new()).text;
        let topology = Topology::of(&plan);
        let probes = probes_of(&plan, &topology, PROBES);
        let real = run(&file, &topology, &probes);
        let zone = |name: &str| {
            let interface = interfaces.iter().find(|interface| interface.name == name);
            interface.unwrap().zone.index()
        };
        let (mut passed, mut dropped) = (0, 0);
        for (probe, verdict) in probes.iter().zip(&real) {
            let Entry::Interface(from) = &probe.entry else {
                continue;
            };
            let to = topology.way_to(probe.packet.destination);
            let (Kind::Opens, Some(to)) = (&probe.kind, to) else {
                continue;
            };
            if topology.is_own(probe.packet.destination) {
                continue;
            }
            let meant = meaning.forwards(point, zone(from), zone(&to.name), &probe.packet);
            let expected = match meant {
                true => Verdict::Left(to.name.clone()),
                false => Verdict::Dropped,
            };
            assert_eq!(*verdict, expected, "{}: {probe}", plan.device);
            *(if meant { &mut passed } else { &mut dropped }) += 1;
        }
        assert!(
            probes.len() >= PROBES && passed > 1_000 && dropped > 1_000,
            "{}: {passed} passed and {dropped} dropped of {}",
            plan.device,
            probes.len()
        );
        routers += 1;
    }
    assert_eq!(routers, 2);
}
