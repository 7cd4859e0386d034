//! One device cut off from everything but what must go on: its `require`d flows, and the management of others.

mod mode;
mod proof;
mod service;

use std::sync::Arc;

use crate::model::{AssertionKind, Device, Endpoint, Placement, Point, Policy, ServiceUse};
use crate::packet::{AddressSet, FlowSet, ServiceSet};
use crate::source::{SourceMap, Span};
use crate::syntax::spelled;
use crate::syntax::tree::Action;

pub use proof::Leak;

/// A flow of the device that goes on.
#[derive(Clone, Debug)]
pub struct Kept {
    /// True where the device opens it.
    pub outbound: bool,
    /// Those addresses of the device that it is about.
    own: Arc<AddressSet>,
    peer: Named<AddressSet>,
    service: Named<ServiceSet>,
    /// True where every service goes on in place of the ones that must.
    pub whole: bool,
    /// The `require` or `manage` that it is kept for.
    pub span: Span,
}

/// A set, and what the language calls it.
#[derive(Clone, Debug)]
struct Named<T> {
    text: String,
    set: Arc<T>,
}

impl Kept {
    /// Its packets.
    fn flow(&self) -> FlowSet {
        let (own, peer) = (Arc::clone(&self.own), Arc::clone(&self.peer.set));
        let (source, destination) = if self.outbound { (own, peer) } else { (peer, own) };
        FlowSet {
            source,
            destination,
            service: Arc::clone(&self.service.set),
        }
    }
}

/// What a mode that contains one device leaves of it.
#[derive(Clone, Debug)]
pub struct Containment<'a> {
    policy: &'a Policy,
    device: &'a Device,
    today: jiff::civil::Date,
    /// What goes on.
    pub kept: Vec<Kept>,
}

impl<'a> Containment<'a> {
    /// The containment of a device on a day.
    pub fn new(
        policy: &'a Policy,
        sources: &SourceMap,
        device: &'a Device,
        today: jiff::civil::Date,
    ) -> Self {
        let mut containment = Self {
            policy,
            device,
            today,
            kept: Vec::new(),
        };
        containment.required(sources);
        containment.managed(sources);
        containment
    }

    /// The same and others that leave more, each more than the one before: every service with peers of which rules permit
    /// protocols that are named by number, which not every platform can tell apart, and then with every kept peer.
    pub fn wider(self) -> Vec<Self> {
        let numbered = self.widened(|kept| {
            let permitted = self.permitted(kept.outbound, &kept.own, &kept.peer.set);
            !service::numbered(&permitted).is_empty()
        });
        let every = self.widened(|_| true);
        let mut all = vec![self];
        for wider in [numbered, every] {
            let count = |containment: &Self| containment.kept.iter().filter(|kept| kept.whole).count();
            if all.last().is_some_and(|last| count(last) < count(&wider)) {
                all.push(wider);
            }
        }
        all
    }

    fn widened(&self, whole: impl Fn(&Kept) -> bool) -> Self {
        let mut wider = self.clone();
        for kept in wider.kept.iter_mut().filter(|kept| whole(kept)) {
            kept.whole = true;
            kept.service = Named {
                text: "any".to_owned(),
                set: Arc::new(ServiceSet::full()),
            };
        }
        wider
    }

    /// What assertions require of the device.
    fn required(&mut self, sources: &SourceMap) {
        for assertion in &self.policy.assertions {
            if !matches!(assertion.kind, AssertionKind::Require) {
                continue;
            }
            let (from, to) = (&assertion.source, &assertion.destination);
            for (outbound, own, peer) in [(true, from, to), (false, to, from)] {
                let peer = named_side(sources, peer);
                self.keep(outbound, &own.addresses, peer, &assertion.service, assertion.span);
            }
        }
    }

    /// The management of enforcement points, as far as rules permit it now: no mode may cut it.
    fn managed(&mut self, sources: &SourceMap) {
        let points = self.policy.points.iter();
        for point in points.filter(|point| point.platform.is_some()) {
            let own = self.policy.own_addresses(point);
            for manage in &point.manage {
                let before = self.kept.len();
                let at = Named {
                    text: self.place(point, &own),
                    set: Arc::clone(&own),
                };
                self.keep(true, &manage.from.addresses, at, &manage.service, manage.span);
                let from = named_side(sources, &manage.from);
                self.keep(false, &own, from, &manage.service, manage.span);
                let added = self.kept.split_off(before);
                let used = added.into_iter().filter(|kept| self.is_permitted(&kept.flow()));
                let used: Vec<Kept> = used.collect();
                self.kept.extend(used);
            }
        }
    }

    /// What an enforcement point is called where a set can stand: the device it protects, else its addresses.
    fn place(&self, point: &Point, own: &AddressSet) -> String {
        match point.placement {
            Placement::On(device) => match self.policy.devices.get(device.index()) {
                Some(device) => spelled(&device.name),
                None => prefixes(own),
            },
            Placement::Between(_) => prefixes(own),
        }
    }

    fn keep(
        &mut self,
        outbound: bool,
        side: &AddressSet,
        peer: Named<AddressSet>,
        service: &ServiceUse,
        span: Span,
    ) {
        let own = Arc::new(self.device.set.intersection(side));
        let kept = Kept {
            outbound,
            own,
            peer,
            service: Named {
                text: service.text.to_string(),
                set: Arc::clone(&service.set),
            },
            whole: false,
            span,
        };
        if !kept.flow().is_empty() {
            self.kept.push(kept);
        }
    }

    /// True where some rule permits some of it in normal times.
    fn is_permitted(&self, flow: &FlowSet) -> bool {
        let mut rules = self.policy.active_rules(self.today, None);
        rules.any(|rule| rule.action == Action::Allow && rule.flow().overlaps(flow))
    }

    /// `ct-1 -> pacs : dicom`
    pub fn words(&self, kept: &Kept) -> String {
        let own = self.own_text(&kept.own);
        let (from, to) = match kept.outbound {
            true => (own, kept.peer.text.clone()),
            false => (kept.peer.text.clone(), own),
        };
        format!("{from} -> {to} : {}", kept.service.text)
    }

    fn own_text(&self, own: &AddressSet) -> String {
        match *own == *self.device.set {
            true => spelled(&self.device.name),
            false => prefixes(own),
        }
    }
}

/// One side of a statement as it is written there; its prefixes where a comment stands inside.
fn named_side(sources: &SourceMap, side: &Endpoint) -> Named<AddressSet> {
    let written = sources.text(side.span);
    let text = match written.contains('#') || written.is_empty() {
        true => prefixes(&side.addresses),
        false => written.split_whitespace().collect::<Vec<_>>().join(" "),
    };
    Named {
        text,
        set: Arc::clone(&side.addresses),
    }
}

fn prefixes(set: &AddressSet) -> String {
    let prefixes = set.prefixes();
    let texts = prefixes.iter().map(|prefix| match prefix.prefix_len() {
        length if length == prefix.max_prefix_len() => prefix.addr().to_string(),
        _ => prefix.to_string(),
    });
    texts.collect::<Vec<_>>().join(" | ")
}
