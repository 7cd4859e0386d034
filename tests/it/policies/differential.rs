//! Every configuration of every example, interpreted by the oracle of its platform, against what the policy means.

use std::net::IpAddr;

use septum::model::{Placement, ZoneId};
use septum::packet::{AddressSet, Packet, ServiceSet, protocol};
use septum::plan::DevicePlan;

use super::cases::Cases;
use super::meaning::{Meaning, is_companion, opener};
use crate::oracle::fortigate::FortiDevice;
use crate::oracle::ios::IosDevice;
use crate::oracle::nft::{NftRuleset, State};
use crate::sample;

/// Packets for each device.
const PACKETS: usize = 20_000;
/// Packets for the device itself.
const LOCAL: usize = 4_000;

/// Of how many packets something was let through, and of how many not.
#[derive(Debug, Default)]
struct Tally {
    passed: usize,
    stopped: usize,
}

impl Tally {
    fn count(&mut self, passed: bool) {
        *(if passed {
            &mut self.passed
        } else {
            &mut self.stopped
        }) += 1;
    }

    /// Fails where the packets do not tell much.
    fn speaks(&self, of: &str) {
        assert!(
            self.passed * 50 > self.stopped && self.stopped * 50 > self.passed,
            "{of}: {self:?}"
        );
    }
}

/// Calls `compare` for every device of a platform, with its number in the policy and its configuration.
fn each(
    example: &str,
    mode: Option<&str>,
    platform: &str,
    compare: impl Fn(&Meaning<'_>, usize, &DevicePlan, &str),
) {
    let loaded = sample::load(&sample::example(example)).sound();
    let meaning = Meaning::new(&loaded, mode);
    let mut compared = 0;
    for plan in sample::plans(&loaded, mode)
        .iter()
        .filter(|plan| plan.platform == platform)
    {
        let point = meaning
            .policy
            .points
            .iter()
            .position(|point| point.name == plan.device)
            .unwrap();
        compare(&meaning, point, plan, &sample::try_emit(plan).unwrap().text);
        compared += 1;
    }
    let meant = |point: &&septum::model::Point| point.platform.as_deref() == Some(platform);
    assert_eq!(compared, meaning.policy.points.iter().filter(meant).count());
}

fn manage(meaning: &Meaning<'_>, point: usize) -> Vec<(AddressSet, ServiceSet)> {
    let manage = meaning.point(point).manage.iter();
    manage
        .map(|manage| ((*manage.from.addresses).clone(), (*manage.service.set).clone()))
        .collect()
}

/// Compares a stateful router: `forward` says what the configuration does with a packet from interface to interface.
fn forwarding(
    meaning: &Meaning<'_>,
    point: usize,
    count: usize,
    forward: impl Fn(&str, &str, &Packet) -> bool,
) {
    let mut cases = Cases::new(meaning, 7 + point as u64);
    let interfaces = meaning.point(point).interfaces();
    let mut tally = Tally::default();
    for _ in 0..count {
        let packet = cases.packet_at(point);
        let (from, to) = cases.interfaces(point, &packet);
        let (from, to) = (&interfaces[from], &interfaces[to]);
        let meant = meaning.forwards(point, from.zone.index(), to.zone.index(), &packet);
        let does = forward(&from.name, &to.name, &packet);
        assert_eq!(
            does,
            meant,
            "{}: {packet} from {} to {}",
            meaning.point(point).name,
            from.name,
            to.name
        );
        tally.count(meant);
    }
    tally.speaks(&meaning.point(point).name);
}

/// Whether a device with these addresses could take a packet for itself.
fn is_for(own: &[IpAddr], destination: IpAddr) -> bool {
    let shared = match destination {
        IpAddr::V4(to) => to.is_multicast() || to.is_broadcast(),
        IpAddr::V6(to) => to.is_multicast() || to.is_unicast_link_local(),
    };
    shared || own.contains(&destination)
}

/// What a device takes for itself: all that manages it, and nothing but that, what it runs, and companions.
fn local(meaning: &Meaning<'_>, point: usize, receive: impl Fn(&str, &Packet) -> Option<bool>) {
    let mut cases = Cases::new(meaning, 11 + point as u64);
    let own: Vec<_> = meaning.own(point).into_iter().collect();
    let (manage, interfaces) = (manage(meaning, point), meaning.point(point).interfaces());
    let mut tally = Tally::default();
    for _ in 0..LOCAL {
        let packet = cases.packet_to(&own, &manage);
        if !is_for(&own, packet.destination) {
            continue;
        }
        let (from, _) = cases.interfaces(point, &packet);
        let from = &interfaces[from];
        let Some(does) = receive(&from.name, &packet) else {
            continue;
        };
        let about = || format!("{}: {packet} in by {}", meaning.point(point).name, from.name);
        let behind = meaning.ways_in(point, packet.source).contains(&from.zone.index());
        let manages = own.contains(&packet.destination) && meaning.manages(point, &packet);
        if manages && behind {
            assert!(does, "{}: this manages it", about());
        }
        if does && !manages {
            let may = meaning.may_speak(point, Some(from.zone), &packet) || is_companion(&packet);
            assert!(may, "{}: nothing says so", about());
        }
        tally.count(does);
    }
    assert!(tally.passed > 50 && tally.stopped > 50, "{tally:?}");
}

fn nftables(meaning: &Meaning<'_>, point: usize, text: &str) {
    let mut ruleset = NftRuleset::default();
    ruleset.apply(text).unwrap();
    if let Placement::On(_) = meaning.point(point).placement {
        return host(meaning, point, &ruleset);
    }
    forwarding(meaning, point, PACKETS, |from, to, packet| {
        ruleset.forward(from, to, packet, State::New).permits()
    });
    local(meaning, point, |from, packet| {
        Some(ruleset.input(from, packet, State::New).permits())
    });
}

fn host(meaning: &Meaning<'_>, point: usize, ruleset: &NftRuleset) {
    let mut cases = Cases::new(meaning, 13);
    let own: Vec<_> = meaning.own(point).into_iter().collect();
    let manage = manage(meaning, point);
    let (mut inbound, mut outbound) = (Tally::default(), Tally::default());
    let mut judge = |packet: Packet| {
        if own.contains(&packet.destination) {
            let does = ruleset.input("eth0", &packet, State::New).permits();
            let meant = meaning.permits(&packet) || meaning.manages(point, &packet);
            let may = meant || meaning.may_speak(point, None, &packet) || is_companion(&packet);
            assert!(does || !meant, "{packet} should come in");
            assert!(may || !does, "{packet} should not come in");
            inbound.count(does);
        }
        if own.contains(&packet.source) {
            let does = ruleset.output("eth0", &packet, State::New).permits();
            let meant = meaning.permits(&packet);
            assert!(does || !meant, "{packet} should go out");
            assert!(
                meant || !does || is_companion(&packet),
                "{packet} should not go out"
            );
            outbound.count(does);
        }
    };
    for _ in 0..PACKETS {
        judge(cases.packet_to(&own, &manage));
        if let Some(back) = opener(&cases.packet_to(&own, &manage)).filter(Packet::is_possible) {
            judge(back);
        }
        judge(cases.packet());
    }
    assert!(inbound.passed > 200 && inbound.stopped > 200, "{inbound:?}");
    assert!(outbound.passed > 20 && outbound.stopped > 200, "{outbound:?}");
}

fn fortigate(meaning: &Meaning<'_>, point: usize, text: &str, count: usize) {
    let names: Vec<&str> = meaning
        .point(point)
        .interfaces()
        .iter()
        .map(|interface| interface.name.as_str())
        .collect();
    let mut device = FortiDevice::new(&names);
    device.apply(text).unwrap();
    forwarding(meaning, point, count, |from, to, packet| {
        device.forward(from, to, packet).permits()
    });
    local(meaning, point, |from, packet| {
        device
            .local_in(from, packet)
            .map(super::super::oracle::Verdict::permits)
    });
}

/// A list filters what comes in by an interface, whatever it leaves by, and what is for the router itself.
fn cisco_ios(meaning: &Meaning<'_>, point: usize, text: &str) {
    let mut device = IosDevice::default();
    device.apply(text).unwrap();
    let mut cases = Cases::new(meaning, 17 + point as u64);
    let own: Vec<_> = meaning.own(point).into_iter().collect();
    let (manage, interfaces) = (manage(meaning, point), meaning.point(point).interfaces());
    let (mut opening, mut replies) = (Tally::default(), Tally::default());
    for index in 0..PACKETS + LOCAL {
        let packet = if index < PACKETS {
            cases.packet_at(point)
        } else {
            cases.packet_to(&own, &manage)
        };
        let (from, _) = cases.interfaces(point, &packet);
        let (from, zone) = (&interfaces[from], interfaces[from].zone.index());
        let forwards = meaning
            .ways(point, &packet)
            .iter()
            .any(|(before, _)| *before == zone)
            && meaning.permits(&packet);
        let answers = meaning.answers(point, zone, &packet);
        let manages =
            meaning.manages(point, &packet) && meaning.ways_in(point, packet.source).contains(&zone);
        for established in [false, true] {
            if established && packet.protocol != protocol::TCP {
                continue;
            }
            let does = device.inbound(&from.name, &packet, established).permits();
            let about = || {
                format!(
                    "{}: {packet} in by {}, established {established}",
                    meaning.point(point).name,
                    from.name
                )
            };
            let replies_here = answers && (packet.protocol != protocol::TCP || established);
            if forwards || manages || replies_here {
                assert!(
                    does,
                    "{} should pass (forwards {forwards}, manages {manages}, answers {answers})",
                    about()
                );
            }
            if does && !(forwards || replies_here) {
                let may = meaning.manages(point, &packet)
                    || meaning.may_speak(point, Some(ZoneId::from_index(zone)), &packet)
                    || is_companion(&packet);
                assert!(may, "{} should not pass", about());
            }
            if established || packet.protocol != protocol::TCP {
                replies.count(does && replies_here);
            }
            opening.count(forwards);
        }
    }
    opening.speaks("opening");
    replies.speaks("replies");
}

#[test]
fn nftables_of_the_hospital() {
    each("hospital", None, "nftables", |meaning, point, _, text| {
        nftables(meaning, point, text)
    });
}

#[test]
fn nftables_of_imaging() {
    each("imaging", None, "nftables", |meaning, point, _, text| {
        nftables(meaning, point, text)
    });
}

#[test]
fn nftables_of_the_pumps() {
    each("infusion-pumps", None, "nftables", |meaning, point, _, text| {
        nftables(meaning, point, text)
    });
}

#[test]
fn nftables_of_the_hospital_in_an_emergency() {
    each(
        "hospital",
        Some("imaging-isolation"),
        "nftables",
        |meaning, point, _, text| {
            nftables(meaning, point, text);
        },
    );
}

#[test]
fn fortigates_of_the_hospital() {
    each("hospital", None, "fortigate", |meaning, point, _, text| {
        fortigate(meaning, point, text, PACKETS)
    });
}

#[test]
fn fortigates_of_imaging() {
    each("imaging", None, "fortigate", |meaning, point, _, text| {
        fortigate(meaning, point, text, PACKETS)
    });
}

#[test]
fn fortigates_of_the_pumps() {
    each("infusion-pumps", None, "fortigate", |meaning, point, _, text| {
        fortigate(meaning, point, text, PACKETS);
    });
}

#[test]
fn fortigates_of_the_hospital_in_an_emergency() {
    each(
        "hospital",
        Some("lockdown"),
        "fortigate",
        |meaning, point, _, text| {
            fortigate(meaning, point, text, PACKETS / 4);
        },
    );
}

#[test]
fn cisco_ios_of_the_hospital() {
    each("hospital", None, "cisco-ios", |meaning, point, _, text| {
        cisco_ios(meaning, point, text)
    });
}

#[test]
fn cisco_ios_of_imaging() {
    each("imaging", None, "cisco-ios", |meaning, point, _, text| {
        cisco_ios(meaning, point, text)
    });
}

#[test]
fn cisco_ios_of_the_hospital_in_an_emergency() {
    each(
        "hospital",
        Some("buildings-isolation"),
        "cisco-ios",
        |meaning, point, _, text| {
            cisco_ios(meaning, point, text);
        },
    );
}
