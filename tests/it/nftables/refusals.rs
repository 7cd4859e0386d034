//! What the platform refuses to write.

use septum::plan::LocalPlan;
use septum::syntax::tree::{Rate, RateUnit};
use septum::target::nftables::Nftables;
use septum::target::{Assets, EmitError, Owned, Platform};

use super::plans::*;

fn faults(plan: &septum::plan::DevicePlan) -> Vec<String> {
    match Nftables.emit(plan, &Nftables.assets(), &Owned::new()) {
        Err(EmitError::Inexpressible(faults)) => faults.into_iter().map(|fault| fault.what).collect(),
        Err(error) => panic!("{error}"),
        Ok(emitted) => panic!("was written:\n{}", emitted.text),
    }
}

#[test]
fn interfaces_that_nft_would_take_for_something_else() {
    for name in [
        "",
        "eth*",
        "e\"h0",
        "eth 0",
        "eth/0",
        "sixteen-bytes-xx",
        "e\\0",
        "ë0",
        "eth0:1",
        "..",
        "a\nb",
    ] {
        let mut here = side("a", "", "10.0.0.0/8");
        here.interfaces = vec![septum::plan::PortInterface {
            name: name.to_owned(),
            addresses: Vec::new(),
        }];
        let plan = router(vec![here], Vec::new(), LocalPlan::default());
        assert_eq!(faults(&plan).len(), 1, "{name:?}");
    }
    let plan = router(
        vec![side("a", "eth0", "10.0.0.0/8"), side("b", "eth0", "11.0.0.0/8")],
        Vec::new(),
        LocalPlan::default(),
    );
    assert_eq!(faults(&plan), ["interface `eth0` is written twice"]);
}

#[test]
fn a_rate_of_nothing() {
    let rule = rated(
        allow("r", "10.0.0.1", "11.0.0.1", "tcp:80"),
        Rate {
            count: 0,
            per: RateUnit::Hour,
        },
    );
    let plan = router(
        vec![side("a", "eth0", "10.0.0.0/8"), side("b", "eth1", "11.0.0.0/8")],
        vec![pair(0, 1, vec![rule])],
        LocalPlan::default(),
    );
    assert_eq!(
        faults(&plan),
        ["a rate of 0 cannot be written: nft takes rates of 1 and more"]
    );
}

#[test]
fn a_pair_of_sides_that_do_not_exist() {
    let rules = vec![allow("r", "10.0.0.1", "11.0.0.1", "tcp:80")];
    let plan = router(
        vec![side("a", "eth0", "10.0.0.0/8")],
        vec![pair(0, 7, rules)],
        LocalPlan::default(),
    );
    assert_eq!(faults(&plan).len(), 1);
}

#[test]
fn assets_that_are_broken() {
    let plan = router(Vec::new(), Vec::new(), LocalPlan::default());
    let own = Nftables.assets();
    let capability = |text: &str| Assets {
        capability: text.to_owned(),
        ..own.clone()
    };
    let template = |text: &str| Assets {
        template: text.to_owned(),
        ..own.clone()
    };
    let emit = |assets: &Assets| match Nftables.emit(&plan, assets, &Owned::new()) {
        Err(error) => error.to_string(),
        Ok(emitted) => emitted.text,
    };
    let unknown = format!("{}colour: red\n", own.capability);
    assert!(emit(&capability(&unknown)).contains("colour"));
    assert!(emit(&capability("comment_bytes: 128\n")).contains("missing"));
    let long = own.capability.replace("comment_bytes: 128", "comment_bytes: 129");
    assert!(emit(&capability(&long)).contains("`comment_bytes` must be 16 to 128, not 129"));
    assert!(emit(&template("{{ nothing }}")).contains("undefined"));
    assert_eq!(emit(&template("table {{ table }}")), "table septum\n");
}
