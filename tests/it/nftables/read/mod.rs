//! What a configuration does, read back and held against its plan.

mod benchmark;
mod broken_templates;
mod elements;
mod foreign;
mod hostile;
mod mutation;
mod plans;
mod size;
mod surprises;

use septum::plan::DevicePlan;
use septum::proof::{Options, Proof, prove};
use septum::target::Platform;
use septum::target::nftables::Nftables;
use septum::target::readback::{Hook, ReadBack, ReadRule};

fn read(text: &str) -> ReadBack {
    Nftables.read(text)
}

fn proof(plan: &DevicePlan, text: &str) -> Proof {
    prove(
        plan,
        &read(text),
        &Options {
            guards_itself: true,
            ..Options::default()
        },
    )
}

/// Fails where the text is not proven to do what the plan says.
pub fn assert_proven(plan: &DevicePlan, text: &str) {
    let proof = proof(plan, text);
    assert!(
        proof.holds(),
        "{}: {:#?}\n{:#?}\n{}",
        plan.device,
        proof.unknown.iter().take(5).collect::<Vec<_>>(),
        proof
            .mismatches
            .iter()
            .map(|m| format!(
                "{} opened {}: {} (line {:?})",
                m.place, m.opened, m.change.witness, m.line
            ))
            .take(10)
            .collect::<Vec<_>>(),
        text.chars().take(3_000).collect::<String>()
    );
    assert!(proof.places > 0, "{}: no place was compared", plan.device);
}

fn find<'r>(read: &'r ReadBack, hook: &Hook) -> &'r [ReadRule] {
    let filter = read.filters.iter().find(|filter| filter.hook == *hook);
    &filter
        .unwrap_or_else(|| panic!("no filter for {hook:?} in {read:#?}"))
        .rules
}

/// The filter of packets between two interfaces; `*` for those that nobody names.
fn forward<'r>(read: &'r ReadBack, from: &str, to: &str) -> &'r [ReadRule] {
    let name = |name: &str| (name != "*").then(|| name.to_owned());
    find(
        read,
        &Hook::Forward {
            from: name(from),
            to: name(to),
        },
    )
}
