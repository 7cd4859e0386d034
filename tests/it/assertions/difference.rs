//! What changes between two policies, against looking at every packet.

use std::net::IpAddr;

use septum::diff::{Version, ZoneChange, diff, unexpected};
use septum::packet::{Budget, Hints, Packet};

use super::harness::load;
use super::property::{PACKETS, World};
use super::reach::{TODAY, packet};

/// The packets between all addresses, as numbers tell them apart.
fn every_packet(world: &World) -> Vec<(IpAddr, IpAddr, usize)> {
    let all: Vec<IpAddr> = world.zones.iter().flatten().copied().collect();
    let ends = all.iter().flat_map(|a| all.iter().map(move |b| (*a, *b)));
    let ends = ends.filter(|(a, b)| a.is_ipv4() == b.is_ipv4());
    ends.flat_map(|(a, b)| (0..PACKETS).map(move |number| (a, b, number)))
        .collect()
}

/// True where the changes hold exactly these packets, each between its zones.
fn hold(changes: &[ZoneChange], world: &World, expected: impl Fn(IpAddr, IpAddr, usize) -> bool) {
    for (a, b, number) in every_packet(world) {
        let packet: Packet = packet(a, b, number);
        let pair = (format!("z{}", world.zone(a)), format!("z{}", world.zone(b)));
        let holding: Vec<(String, String)> = changes
            .iter()
            .filter(|change| change.flows.iter().any(|flow| flow.contains(&packet)))
            .map(|change| (change.from.clone(), change.to.clone()))
            .collect();
        let right = if expected(a, b, number) {
            vec![pair]
        } else {
            Vec::new()
        };
        assert_eq!(holding, right, "{packet}\n{}", world.text);
    }
    for change in changes {
        assert!(change.complete);
        let flows = &change.flows;
        assert!(
            flows.iter().any(|flow| flow.contains(&change.witness)),
            "{change:?}"
        );
    }
}

#[test]
fn what_opens_and_closes_is_what_packets_show() {
    let mut changed = 0;
    arbtest::arbtest(|u| {
        let old = World::arbitrary(u)?;
        let Some(new) = old.without_some_rule(u)? else {
            return Ok(());
        };
        let policies = [load(&old.text), load(&new.text)];
        let [before, after] = policies.each_ref().map(|loaded| Version {
            policy: &loaded.policy,
            today: TODAY,
            mode: None,
        });
        let permitted = |world: &World, a, b, number| world.permitted(a, b, number, None);
        let opens = |a, b, number| permitted(&new, a, b, number) && !permitted(&old, a, b, number);
        let closes = |a, b, number| permitted(&old, a, b, number) && !permitted(&new, a, b, number);
        let (hints, budget) = (Hints::default(), Budget::default());
        let found = diff(before, after, &hints, budget).unwrap();
        hold(&found.opened, &old, opens);
        hold(&found.closed, &old, closes);
        changed += usize::from(!found.is_empty());

        let (text, source) = old.endpoint(u)?;
        let asked = format!(
            "{}allow {text} -> any : tcp 1\ndeny {text} -> any : tcp 1\n",
            old.text
        );
        let rules = load(&asked).policy.rules;
        let normal: Vec<_> = rules.into_iter().filter(|rule| rule.mode.is_none()).collect();
        let stated = &normal[normal.len() - 2..];
        let beyond = unexpected((before, after), &found.paths, stated, &hints, budget).unwrap();
        let is_stated = |a: IpAddr, number: usize| source.contains(&a) && number == 0;
        for (beyond, changes) in [(&beyond.opened, &found.opened), (&beyond.closed, &found.closed)] {
            // Of many products the first ones are shown.
            let complete = beyond.iter().all(|beyond| beyond.products.complete);
            for (a, b, number) in every_packet(&old) {
                let packet = packet(a, b, number);
                let changes = changes.iter().flat_map(|change| &change.flows);
                let mut left = beyond.iter().flat_map(|beyond| &beyond.products.flows);
                let all = changes.filter(|flow| flow.contains(&packet)).count();
                let expected = all > 0 && !is_stated(a, number);
                let shown = left.any(|flow| flow.contains(&packet));
                assert!(shown == expected || (expected && !complete), "{packet}\n{asked}");
            }
        }
        Ok(())
    })
    .size_min(1 << 9)
    .size_max(1 << 12)
    .budget_ms(2_000);
    assert!(changed > 50, "{changed}");
}
