//! Everything that a plan says, as one hash.
//!
//! Each value is fed with its length or its variant before it, so that no two plans feed the same bytes.

use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use super::{
    DevicePlan, Forwarding, HostPlan, LocalPlan, Origin, PairPlan, PlanRule, PortInterface, Role, Said, Side,
};
use crate::packet::{AddressSet, FlowSet, ServiceSet};

/// Sets of more ranges are hashed once, and stand by that hash where they are met.
const SHORT: usize = 16;

/// The hashes of what authors said, each made once for all plans.
#[derive(Debug)]
pub struct Hashes<'p> {
    /// By places in memory, which the plans hold.
    of_said: FxHashMap<usize, [u8; 32]>,
    plans: PhantomData<&'p DevicePlan>,
}

impl<'p> Hashes<'p> {
    /// Of everything that some plans hold.
    pub fn of(plans: impl IntoIterator<Item = &'p DevicePlan>) -> Self {
        let mut of_said = FxHashMap::default();
        for rule in plans.into_iter().flat_map(DevicePlan::rules) {
            let hash = || Bytes::of(|bytes| bytes.said(&rule.said));
            of_said.entry(place(&rule.said)).or_insert_with(hash);
        }
        Self {
            of_said,
            plans: PhantomData,
        }
    }
}

fn place<T>(shared: &Arc<T>) -> usize {
    Arc::as_ptr(shared).addr()
}

/// The SHA-256 of all that a plan says. Plans that differ in anything have different ones.
pub fn digest(plan: &DevicePlan, hashes: &Hashes<'_>) -> [u8; 32] {
    let DevicePlan {
        device,
        platform,
        claimed,
        role,
        local,
    } = plan;
    let mut feed = Feed {
        bytes: Bytes::default(),
        hashes,
        sets: FxHashMap::default(),
    };
    (device, platform).hash(&mut feed.bytes);
    feed.addresses(claimed);
    match role {
        Role::Router(Forwarding { sides, pairs }) => {
            feed.bytes.write_u8(0);
            feed.each(sides, Feed::side);
            feed.each(pairs, Feed::pair);
        }
        Role::Host(HostPlan {
            addresses,
            inbound,
            outbound,
        }) => {
            feed.bytes.write_u8(1);
            feed.addresses(addresses);
            feed.each(inbound, Feed::rule);
            feed.each(outbound, Feed::rule);
        }
    }
    let LocalPlan { own, manage, run } = local;
    feed.addresses(own);
    feed.each(manage, Feed::rule);
    run.hash(&mut feed.bytes);
    feed.bytes.digest()
}

struct Feed<'h> {
    bytes: Bytes,
    hashes: &'h Hashes<'h>,
    /// The hashes of services and of long sets of addresses, by their places in memory: the plan holds them.
    sets: FxHashMap<usize, [u8; 32]>,
}

impl Feed<'_> {
    fn each<T>(&mut self, list: &[T], feed: impl Fn(&mut Self, &T)) {
        self.bytes.write_usize(list.len());
        for one in list {
            feed(self, one);
        }
    }

    fn addresses(&mut self, set: &Arc<AddressSet>) {
        if set.range_count() <= SHORT {
            self.bytes.write_u8(0);
            self.bytes.addresses(set);
            return;
        }
        let hash = || Bytes::of(|bytes| bytes.addresses(set));
        let hash = self.sets.entry(place(set)).or_insert_with(hash);
        self.bytes.write_u8(1);
        self.bytes.write(hash);
    }

    fn service(&mut self, service: &Arc<ServiceSet>) {
        let hash = || Bytes::of(|bytes| service.hash(bytes));
        let hash = self.sets.entry(place(service)).or_insert_with(hash);
        self.bytes.write(hash);
    }

    fn side(&mut self, side: &Side) {
        let Side {
            zone,
            interfaces,
            behind,
        } = side;
        zone.hash(&mut self.bytes);
        self.each(interfaces, |feed, PortInterface { name, addresses }| {
            (name, addresses).hash(&mut feed.bytes);
        });
        self.addresses(behind);
    }

    fn pair(&mut self, pair: &PairPlan) {
        let PairPlan {
            from,
            to,
            rules,
            replies,
        } = pair;
        (from, to).hash(&mut self.bytes);
        self.each(rules, Self::rule);
        self.each(replies, Self::rule);
    }

    fn rule(&mut self, rule: &PlanRule) {
        let PlanRule { flow, said } = rule;
        let FlowSet {
            source,
            destination,
            service,
        } = flow;
        self.addresses(source);
        self.addresses(destination);
        self.service(service);
        let known = self.hashes.of_said.get(&place(said)).copied();
        let hash = known.unwrap_or_else(|| Bytes::of(|bytes| bytes.said(said)));
        self.bytes.write(&hash);
    }
}

/// Bytes on their way into a hash. Numbers are written alike on every machine.
#[derive(Default)]
struct Bytes {
    hash: Sha256,
    waiting: Vec<u8>,
}

/// How many bytes wait.
const PIECE: usize = 4096;

impl Bytes {
    /// Most of what is hashed are addresses: this is their [`Hash`], range by range.
    fn addresses(&mut self, AddressSet { v4, v6 }: &AddressSet) {
        self.write_usize(v4.ranges().len());
        for (first, last) in v4.ranges() {
            self.write_u64(u64::from(*first) << 32 | u64::from(*last));
        }
        self.write_usize(v6.ranges().len());
        for (first, last) in v6.ranges() {
            self.write_u128(*first);
            self.write_u128(*last);
        }
    }

    /// The hash of some bytes.
    fn of(feed: impl FnOnce(&mut Self)) -> [u8; 32] {
        let mut bytes = Self::default();
        feed(&mut bytes);
        bytes.digest()
    }

    fn said(&mut self, said: &Said) {
        let Said {
            action,
            source,
            destination,
            service,
            log,
            rate,
            origin,
        } = said;
        (action, source, destination, service, log, rate).hash(self);
        let Origin {
            id,
            location: _,
            cited: _,
            ticket,
            owner,
            title,
        } = &**origin;
        // Lines that no comment names decide nothing.
        (id, origin.cited(), ticket, owner, title).hash(self);
    }

    fn digest(mut self) -> [u8; 32] {
        self.hash.update(&self.waiting);
        self.hash.finalize().into()
    }
}

impl Hasher for Bytes {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        if self.waiting.len() >= PIECE {
            self.hash.update(&self.waiting);
            self.waiting.clear();
        }
        self.waiting.extend_from_slice(bytes);
    }

    #[inline]
    fn write_u8(&mut self, number: u8) {
        self.write(&[number]);
    }

    #[inline]
    fn write_u16(&mut self, number: u16) {
        self.write(&number.to_le_bytes());
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.write(&number.to_le_bytes());
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        self.write(&number.to_le_bytes());
    }

    #[inline]
    fn write_u128(&mut self, number: u128) {
        self.write(&number.to_le_bytes());
    }

    #[inline]
    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    #[inline]
    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }

    /// Nobody asks for a short hash.
    fn finish(&self) -> u64 {
        0
    }
}
