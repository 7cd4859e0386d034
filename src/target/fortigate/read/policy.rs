//! Policies as first-match rules.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::address::Addresses;
use super::entry::{Entry, Field};
use super::report::{Doubt, Report};
use super::service::Services;
use super::table::Table;
use super::vdom::Vdom;
use super::words::Word;
use crate::packet::{AddressSet, Family, FlowSet, ServiceSet};
use crate::target::readback::ReadRule;

/// A firewall policy that is enabled, and the interfaces and zones that it names.
pub struct Forward<'v> {
    pub from: &'v [Word<'v>],
    pub to: &'v [Word<'v>],
    pub rule: ReadRule,
}

/// A local-in policy that is enabled.
pub struct Local<'v> {
    pub interfaces: &'v [Word<'v>],
    pub rule: ReadRule,
}

/// The policies for traffic through the unit, and those for traffic to it; the latter are none where the text has
/// no such table, so that the unit decides by other settings alone.
pub type Rules<'v> = (Vec<Forward<'v>>, Option<Vec<Local<'v>>>);

/// Fields that do not decide who opens a flow: names, logs, marks and timers; translation of what was let through to
/// a virtual address, which has to be named; and inspection, which needs `utm-status`.
const PLAIN: [&str; 32] = [
    "name",
    "uuid",
    "comments",
    "label",
    "global-label",
    "logtraffic",
    "logtraffic-start",
    "match-vip",
    "send-deny-packet",
    "timeout-send-rst",
    "anti-replay",
    "auto-asic-offload",
    "np-acceleration",
    "block-notification",
    "capture-packet",
    "delay-tcp-npu-session",
    "diffserv-forward",
    "diffserv-reverse",
    "diffservcode-forward",
    "diffservcode-rev",
    "firewall-session-dirty",
    "inspection-mode",
    "policy-offload",
    "profile-protocol-options",
    "replacemsg-override-group",
    "schedule-timeout",
    "session-ttl",
    "ssl-ssh-profile",
    "tcp-mss-receiver",
    "tcp-mss-sender",
    "tcp-session-without-syn",
    "vlan-cos-fwd",
];

/// Fields that change what a policy lets through, or to where, unless they are off.
const OFF: [&str; 34] = [
    "captive-portal-exempt",
    "disclaimer",
    "dsri",
    "dstaddr6-negate",
    "dynamic-shaping",
    "email-collect",
    "fixedport",
    "fsso",
    "geoip-anycast",
    "ha-mgmt-intf-only",
    "http-policy-redirect",
    "internet-service",
    "internet-service-src",
    "internet-service6",
    "internet-service6-src",
    "ippool",
    "match-vip-only",
    "nat",
    "nat46",
    "nat64",
    "natinbound",
    "natoutbound",
    "passive-wan-health-measurement",
    "permit-any-host",
    "permit-stun-host",
    "policy-expiry",
    "radius-mac-auth-bypass",
    "rtp-nat",
    "ssh-policy-redirect",
    "tos-negate",
    "utm-status",
    "virtual-patch",
    "wccp",
    "ztna-status",
];

const MODELLED: [&str; 16] = [
    "srcintf",
    "dstintf",
    "intf",
    "srcaddr",
    "dstaddr",
    "srcaddr6",
    "dstaddr6",
    "srcaddr-negate",
    "dstaddr-negate",
    "srcaddr6-negate",
    "dstaddr6-negate",
    "service-negate",
    "service",
    "action",
    "schedule",
    "status",
];

/// Names and whether they are negated, of each family.
type SideKey<'v> = Vec<(Family, bool, &'v [Word<'v>])>;

/// Reads the policies of a VDOM.
pub struct Policies<'v, 'r, 't> {
    vdom: &'v Vdom<'v>,
    report: &'r mut Report<'t>,
    printed: bool,
    addresses: Addresses<'v, 'v>,
    services: Services<'v, 'v>,
    /// Equal sides and services are shared.
    sides: FxHashMap<SideKey<'v>, Arc<AddressSet>>,
    service_sets: FxHashMap<(bool, &'v [Word<'v>]), Arc<ServiceSet>>,
}

impl<'v, 'r, 't> Policies<'v, 'r, 't> {
    /// `printed` where the text shows objects whole.
    pub fn new(vdom: &'v Vdom<'v>, printed: bool, report: &'r mut Report<'t>) -> Self {
        Self {
            vdom,
            report,
            printed,
            addresses: Addresses::new(vdom, printed),
            services: Services::new(vdom, printed),
            sides: FxHashMap::default(),
            service_sets: FxHashMap::default(),
        }
    }

    /// All of them, in order.
    pub fn rules(mut self) -> Rules<'v> {
        let vdom = self.vdom;
        let malformed = [self.addresses.malformed(), self.services.malformed()].concat();
        for (line, why) in malformed {
            self.report.add(line, why);
        }
        let mut forward = Vec::new();
        for entry in vdom.in_order(Table::Policy) {
            let sides = [
                (Family::V4, "srcaddr", "dstaddr"),
                (Family::V6, "srcaddr6", "dstaddr6"),
            ];
            self.check_families(entry);
            if let Some(rule) = self.read(entry, &["srcintf", "dstintf"], &sides) {
                forward.push(Forward {
                    from: entry.list("srcintf"),
                    to: entry.list("dstintf"),
                    rule,
                });
            }
        }
        let mut local = None;
        for family in Family::BOTH {
            for entry in vdom.in_order(Table::LocalIn(family)) {
                let local = local.get_or_insert_with(Vec::new);
                let needed = ["intf", "srcaddr", "dstaddr"];
                if let Some(rule) = self.read(entry, &needed, &[(family, "srcaddr", "dstaddr")]) {
                    local.push(Local {
                        interfaces: entry.list("intf"),
                        rule,
                    });
                }
            }
        }
        (forward, local)
    }

    /// A policy matches a family by source and destination: FortiOS wants both, and one family at least.
    fn check_families(&mut self, entry: &Entry) {
        // What is not modelled may stand in for them.
        if !is_modelled(entry) {
            return;
        }
        let set = |field: &str| !entry.list(field).is_empty();
        let (v4, v6) = (
            [set("srcaddr"), set("dstaddr")],
            [set("srcaddr6"), set("dstaddr6")],
        );
        if v4[0] != v4[1] || v6[0] != v6[1] || !(v4[0] || v6[0]) {
            self.report
                .add(entry.line, "source and destination need each other");
        }
    }

    /// A policy as a rule; none where it is disabled, or not understood. Some fields are `needed`.
    fn read(
        &mut self,
        entry: &'v Entry<'v>,
        needed: &[&str],
        sides: &[(Family, &str, &str)],
    ) -> Option<ReadRule> {
        let known = is_modelled(entry);
        for field in needed.iter().chain(&["service", "schedule"]) {
            // Whatever its state, FortiOS does not store a policy that lacks one of these.
            if known && entry.list(field).is_empty() {
                self.report.add(entry.line, format!("`{field}` is not set"));
            }
        }
        match entry.enabled("status") {
            Ok(true) => {}
            Ok(false) => return None,
            Err((line, why)) => {
                self.report.add(line, why);
                return None;
            }
        }
        let mut understood = true;
        for field in &entry.fields {
            if let Some(why) = field_doubt(field) {
                self.report.add(field.line, why);
                understood = false;
            }
        }
        match self.rule(entry, sides) {
            Ok(rule) => Some(rule).filter(|_| understood),
            Err((line, why)) => {
                self.report.add(line, why);
                None
            }
        }
    }

    fn rule(&mut self, entry: &'v Entry<'v>, sides: &[(Family, &str, &str)]) -> Result<ReadRule, Doubt> {
        let permit = match entry.one("action", "deny")? {
            "accept" => true,
            "deny" => false,
            other => {
                return Err((
                    entry.line_of("action"),
                    format!("action `{other}` is not modelled"),
                ));
            }
        };
        self.check_schedule(entry)?;
        let flow = FlowSet {
            source: self.side(entry, sides.iter().map(|(family, from, _)| (*family, *from)))?,
            destination: self.side(entry, sides.iter().map(|(family, _, to)| (*family, *to)))?,
            service: self.service(entry)?,
        };
        Ok(ReadRule::new(permit, flow, entry.line))
    }

    /// The addresses of some fields, each of one family. `…-negate` takes all the others of that family.
    fn side<'f>(
        &mut self,
        entry: &'v Entry<'v>,
        fields: impl Iterator<Item = (Family, &'f str)> + Clone,
    ) -> Result<Arc<AddressSet>, Doubt> {
        let present = fields.filter(|(_, field)| !entry.list(field).is_empty());
        let mut key = SideKey::new();
        for (family, field) in present.clone() {
            let negated = entry.enabled(&format!("{field}-negate"))?;
            key.push((family, negated, entry.list(field)));
        }
        if let Some(known) = self.sides.get(&key) {
            return Ok(Arc::clone(known));
        }
        let mut all = AddressSet::empty();
        for ((family, negated, names), (_, field)) in key.iter().zip(present) {
            let mut set = self.addresses.union(*family, names, entry.line_of(field))?;
            if *negated {
                set = set.complement().only(*family);
            }
            all = all.union(&set);
        }
        let all = Arc::new(all);
        self.sides.insert(key, Arc::clone(&all));
        Ok(all)
    }

    fn service(&mut self, entry: &'v Entry<'v>) -> Result<Arc<ServiceSet>, Doubt> {
        let negated = entry.enabled("service-negate")?;
        let key = (negated, entry.list("service"));
        if let Some(known) = self.service_sets.get(&key) {
            return Ok(Arc::clone(known));
        }
        let mut set = self.services.union(key.1, entry.line_of("service"))?;
        if negated {
            set = ServiceSet::full().difference(&set);
        }
        let set = Arc::new(set);
        self.service_sets.insert(key, Arc::clone(&set));
        Ok(set)
    }

    /// Only the schedule `always` is modelled, and only as it is shipped: every day, all day.
    fn check_schedule(&self, entry: &Entry) -> Result<(), Doubt> {
        let line = entry.line_of("schedule");
        match entry.one("schedule", "")? {
            "always" => {}
            other => return Err((line, format!("schedule `{other}` is not modelled"))),
        }
        let Some(schedule) = self.vdom.find(Table::Schedule, "always") else {
            return Ok(());
        };
        const WEEK: [&str; 7] = [
            "sunday",
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
        ];
        let days = schedule.list("day");
        let whole = match days {
            // Changing another field leaves the days as they are.
            [] => !self.printed,
            days => WEEK.iter().all(|day| days.iter().any(|known| known == day)),
        };
        for field in &schedule.fields {
            let plain = matches!(&*field.name, "day" | "color" | "uuid" | "fabric-object");
            if !whole || !(plain || field.values == ["00:00"]) {
                return Err((field.line, "schedule `always` is changed".to_owned()));
            }
        }
        if whole {
            Ok(())
        } else {
            Err((schedule.line, "schedule `always` is changed".to_owned()))
        }
    }
}

/// True where no field of the policy is beyond the model.
fn is_modelled(entry: &Entry) -> bool {
    entry.fields.iter().all(|field| field_doubt(field).is_none())
}

fn field_doubt(field: &Field) -> Option<String> {
    let name = &*field.name;
    let known = MODELLED.contains(&name) || PLAIN.contains(&name);
    let off = OFF.contains(&name) && field.values == ["disable"];
    (!known && !off).then(|| format!("`{name}` of a policy is not modelled"))
}
