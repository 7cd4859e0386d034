//! What is read back from a configuration, held against the plan behind it.

mod broken_templates;
mod emitted;
mod fuzz;
mod mutations;
mod printed;
mod repositories;
mod show;
mod statements;
mod vendor;

use arbtest::arbitrary::Unstructured;
use septum::plan::DevicePlan;
use septum::proof::{self, Options, Proof};
use septum::target::Platform;
use septum::target::fortigate::FortiGate;
use septum::target::readback::{Hook, ReadBack, ReadRule};

use super::plans::{plan_of, random_rules, usual_sides};
use crate::oracle::packets::Random;

/// What the proof says of a text.
fn proof(plan: &DevicePlan, text: &str) -> Proof {
    let options = Options {
        guards_itself: FortiGate.guards_itself(),
        ..Options::default()
    };
    proof::prove(plan, &FortiGate.read(text), &options)
}

fn assert_proven(plan: &DevicePlan, text: &str) {
    let proof = proof(plan, text);
    assert!(
        proof.holds(),
        "{:#?}\n{:#?}\n{text}",
        proof.unknown,
        proof.mismatches
    );
    assert!(proof.places > 0);
}

/// The list between two interfaces, whether they are named or not.
fn list<'r>(read: &'r ReadBack, from: Option<&str>, to: Option<&str>) -> &'r [ReadRule] {
    let find = |from: Option<&str>, to: Option<&str>| {
        let hook = Hook::Forward {
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
        };
        read.filters.iter().find(|filter| filter.hook == hook)
    };
    let named = |interface: Option<&str>| find(interface, None).is_some();
    let filter = find(from.filter(|_| named(from)), to.filter(|_| named(to)));
    &filter.unwrap().rules
}

/// A plan with rules of every kind, some of them for management. The same seed gives the same plan.
fn some_plan(seed: u64) -> DevicePlan {
    let mut random = Random::new(seed);
    let bytes: Vec<u8> = (0..8192).map(|_| random.next().to_be_bytes()[0]).collect();
    let mut u = Unstructured::new(&bytes);
    let mut plan = plan_of(usual_sides(), &random_rules(&mut u).unwrap());
    if seed.is_multiple_of(2) {
        let mut manage = random_rules(&mut u).unwrap().swap_remove(0);
        manage.sort_by_key(|rule| rule.said.action == septum::syntax::tree::Action::Allow);
        plan.local.manage = manage;
    }
    plan
}
