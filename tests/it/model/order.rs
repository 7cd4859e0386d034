//! The order of statements means nothing, and neither does their distribution over files.

use septum::plan::DevicePlan;
use septum::syntax::tree::{File, Item, PolicyStatement};

use crate::oracle::packets::Random;
use crate::sample::{self, Loaded};

fn shuffle<T>(items: &mut [T], random: &mut Random) {
    for last in (1..items.len()).rev() {
        items.swap(last, random.below(last + 1));
    }
}

/// The same statements in another order and in other files. Each keeps its place in the text, so that even the line
/// numbers of the result have to be the same.
fn rearranged(loaded: &Loaded, random: &mut Random) -> Loaded {
    let mut items: Vec<Item> = loaded.trees.iter().flat_map(|tree| tree.items.clone()).collect();
    shuffle(&mut items, random);
    for item in &mut items {
        match item {
            Item::Policy(block) => shuffle::<PolicyStatement>(&mut block.body, random),
            Item::Mode(mode) => shuffle(&mut mode.rules, random),
            Item::Zone(zone) => shuffle(&mut zone.body, random),
            _ => {}
        }
    }
    let mut files = vec![File::default(); 1 + random.below(5)];
    for item in items {
        let file = random.below(files.len());
        files[file].items.push(item);
    }
    let mut inventory = loaded.inventory.clone();
    shuffle(&mut inventory, random);
    sample::resolve(loaded.sources.clone(), files, inventory, Vec::new())
}

fn sorted(mut plans: Vec<DevicePlan>) -> Vec<DevicePlan> {
    plans.sort_by(|a, b| a.device.cmp(&b.device));
    plans
}

fn holds_for(loaded: &Loaded, rounds: u64) {
    let modes = loaded.policy.modes.iter().map(|mode| Some(mode.name.as_str()));
    let modes: Vec<Option<&str>> = modes.chain([None]).collect();
    for seed in 0..rounds {
        let mut random = Random::new(seed + 1);
        let other = rearranged(loaded, &mut random).sound();
        let mode = modes[random.below(modes.len())];
        let (before, after) = (
            sorted(sample::plans(loaded, mode)),
            sorted(sample::plans(&other, mode)),
        );
        assert_eq!(before.len(), after.len());
        for (before, after) in before.iter().zip(&after) {
            assert!(
                before == after,
                "{} differs in {mode:?}, seed {seed}",
                before.device
            );
            assert_eq!(
                sample::try_emit(before).unwrap().text,
                sample::try_emit(after).unwrap().text
            );
        }
    }
}

#[test]
fn the_examples_mean_the_same_in_any_order() {
    for (name, rounds) in [("hospital", 4), ("imaging", 8), ("infusion-pumps", 8)] {
        holds_for(&sample::load(&sample::example(name)).sound(), rounds);
    }
}

/// Rings, zones within zones, twins that say one thing under two tickets.
const TANGLED: &str = "
zone a { subnet 10.0.0.0/24, 2001:db8:a::/64; label x }
zone a.b { subnet 10.0.1.0/24; trust 5 }
zone c { subnet 10.1.0.0/16 }
zone d { subnet 10.1.7.0/24; within c }
zone e { subnet 10.1.7.128/25; within d; label x }
zone f { subnet 2001:db8:f::/64 }
zone net { external }
device one in a { address 10.0.0.1, 2001:db8:a::1; label y }
device two in c { address 10.1.0.2; label x, y }
group all = some | f
group some = label:x | d
service odd = even, tcp 1
service even = tcp 2, udp 4
allow all -> net : odd
allow some -> any - net : https, odd { log }
deny a -> e
policy p { owner o; allow c -> a : ssh; allow c -> a : ssh { ticket T-1 }; allow c -> a : ssh { ticket T-2 } }
policy q { allow label:y -> f | c : ping; deny two -> one : odd; allow net -> one : https { rate 5/second } }
mode m { deny net -> any; deny a -> c }
router r1 { target nftables; manage from c : ssh; manage from a : https; interface e0 = a; interface e1 = c; interface e2 = f }
router r2 { target nftables; interface e0 = a.b; interface e1 = c; interface e2 = net }
router r3 { target nftables; interface e0 = f; interface e1 = a.b; interface e2 = d }
router r4 { target nftables; interface e0 = net; interface e1 = f }
firewall h { target nftables; protects two; manage from a : ssh }
";

#[test]
fn a_tangled_policy_means_the_same_in_any_order() {
    holds_for(&sample::policy(TANGLED).sound(), 200);
}
