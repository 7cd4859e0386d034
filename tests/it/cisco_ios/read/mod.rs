//! What is written, read back and proven; what is printed back; what is broken on purpose.

mod broken_templates;
mod configurations;
mod fuzz;
mod mutations;
mod printed;
pub mod proven;
mod statements;
mod strangers;
mod uncertain;

use septum::packet::{Hints, Packet, permits};
use septum::plan::{DevicePlan, RunProtocol};
use septum::proof::{Options, Proof, prove};
use septum::target::Platform;
use septum::target::cisco_ios::CiscoIos;
use septum::target::readback::{Hook, ReadBack};

use super::plans::{allow, small, tcp};
use crate::sample;

/// The plans of all IOS devices of all examples.
fn examples() -> Vec<DevicePlan> {
    let mut plans = sample::example_plans();
    plans.retain(|plan| plan.platform == CiscoIos.name());
    assert!(plans.len() >= 4, "{} IOS devices", plans.len());
    plans
}

fn packet(source: &str, destination: &str, protocol: u8, first: u16, second: u16) -> Packet {
    Packet {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        protocol,
        first,
        second,
    }
}

/// What the read-back says of a packet. An interface that it does not name is one of all others.
fn passes(read: &ReadBack, interface: &str, packet: &Packet, ack: bool) -> bool {
    let hook = |interface| Hook::Inbound {
        interface,
        established: ack && packet.protocol == 6,
    };
    let name = (CiscoIos.interface_name())(interface);
    let find = |hook: &Hook| read.filters.iter().find(|filter| filter.hook == *hook);
    let filter = find(&hook(Some(name))).or_else(|| find(&hook(None))).unwrap();
    let rules: Vec<_> = filter.rules.iter().map(|rule| rule.rule.clone()).collect();
    permits(&rules, packet)
}

/// Reads text of which every line is understood.
fn understood(text: &str) -> ReadBack {
    let read = CiscoIos.read(text);
    assert_eq!(read.not_understood, [], "{text}");
    read
}

fn options() -> Options {
    Options {
        hints: Hints::default(),
        ..Options::of(&CiscoIos)
    }
}

fn proof(plan: &DevicePlan, text: &str) -> Proof {
    prove(plan, &CiscoIos.read(text), &options())
}

/// The small router, with management and every protocol that a device can run.
fn busy() -> DevicePlan {
    let mut plan = small();
    plan.local.manage = vec![allow(
        "ssh-55",
        "10.1.7.0/24 2001:db8:1:7::/64",
        "10.1.0.1/32 10.2.0.1/32 192.0.2.1/32 2001:db8:1::1/128",
        tcp(22),
    )];
    plan.local.run = RunProtocol::ALL.iter().map(|(_, run)| (*run).into()).collect();
    plan
}
