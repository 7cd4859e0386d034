//! What becomes of a device's plan, each step as `septum build` makes it.

use std::collections::HashMap;

use septum::model::Describer;
use septum::plan::{self, DevicePlan, PlanArchive};
use septum::proof::{self, Proof};
use septum::source::SourceMap;
use septum::target::readback::ReadBack;
use septum::target::source_map;
use septum::target::{Assets, Emitted, Owned, Platform, platform};
use sha2::{Digest, Sha256};

use super::shallow_json::shallow_json;

fn target(plan: &DevicePlan) -> &'static dyn Platform {
    platform(&plan.platform).unwrap()
}

pub fn emit(plan: &DevicePlan, assets: &HashMap<&'static str, Assets>) -> Emitted {
    let assets = assets.get(plan.platform.as_str()).unwrap();
    target(plan).emit(plan, assets, &Owned::new()).unwrap()
}

pub fn read(plan: &DevicePlan, emitted: &Emitted) -> ReadBack {
    target(plan).read(&emitted.text)
}

pub fn prove(plan: &DevicePlan, read: &ReadBack, describer: &Describer) -> Proof {
    let options = proof::Options {
        hints: describer.hints().clone(),
        ..proof::Options::of(target(plan))
    };
    proof::prove(plan, read, &options)
}

/// What is written beside the configurations: the plans, where each line comes from, and the hashes of everything.
/// Returns its size.
pub fn report(plans: &[DevicePlan], emitted: &[Emitted], sources: &SourceMap) -> usize {
    let hash = |bytes: &[u8]| Sha256::digest(bytes).len();
    let mut plans: Vec<&DevicePlan> = plans.iter().collect();
    let pairs = plans.iter().zip(emitted);
    let map: source_map::LineMap = pairs
        .map(|(plan, emitted)| (plan.device.clone(), source_map::of_file(&emitted.lines)))
        .collect();
    // What each proof is about is hashed, so that the next build can take it over.
    let hashes = plan::Hashes::of(plans.iter().copied());
    let subjects: usize = plans.iter().map(|plan| plan::digest(plan, &hashes).len()).sum();
    plans.sort_by(|a, b| a.device.cmp(&b.device));
    let (mut archive, mut lines) = (Vec::new(), Vec::new());
    shallow_json(&mut archive, &PlanArchive::new(plans), 2).unwrap();
    shallow_json(&mut lines, &map, 2).unwrap();
    let mut bytes = subjects + archive.len() + lines.len() + hash(&archive);
    for (_, file) in sources.files() {
        bytes += hash(file.text().as_bytes());
    }
    for one in emitted {
        bytes += hash(one.text.as_bytes());
    }
    bytes
}
