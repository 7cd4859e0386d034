//! Small networks: which devices hold which rule, and what becomes of everything else in a plan.

use septum::plan::{DevicePlan, PlanRule, Role};
use septum::syntax::tree::Action;

use crate::sample;

/// What each device lets through, a line a rule: `device: from>to allow source destination rule`.
fn planned(text: &str, mode: Option<&str>) -> Vec<String> {
    let loaded = sample::policy(text).sound();
    let mut lines = Vec::new();
    for plan in sample::plans(&loaded, mode) {
        match &plan.role {
            Role::Router(forwarding) => {
                for pair in &forwarding.pairs {
                    let way = format!(
                        "{}>{}",
                        forwarding.sides[pair.from].zone, forwarding.sides[pair.to].zone
                    );
                    lines.extend(pair.rules.iter().map(|rule| line(&plan, &way, rule)));
                }
            }
            Role::Host(host) => {
                lines.extend(host.inbound.iter().map(|rule| line(&plan, "in", rule)));
                lines.extend(host.outbound.iter().map(|rule| line(&plan, "out", rule)));
            }
        }
    }
    lines
}

fn line(plan: &DevicePlan, way: &str, rule: &PlanRule) -> String {
    let verb = match rule.said.action {
        Action::Allow => "allow",
        Action::Deny => "deny",
    };
    format!(
        "{}: {way} {verb} {} -> {} : {} ({})",
        plan.device, rule.said.source, rule.said.destination, rule.said.service, rule.said.origin.location
    )
}

/// Zones `a` to `d`; `one` joins a, b and t, `two` joins t and c.
const LINE: &str = "
zone a { subnet 10.1.0.0/24 }
zone b { subnet 10.2.0.0/24 }
zone c { subnet 10.3.0.0/24 }
zone t { subnet 10.9.0.0/24 }
device c-1 in c { address 10.3.0.10 }
router one { target nftables; interface e0 = a; interface e1 = b; interface e2 = t }
router two { target nftables; interface e0 = t; interface e1 = c }
";

#[test]
fn a_rule_is_on_every_device_of_the_way_and_on_no_other() {
    let planned = |rule: &str| planned(&format!("{LINE}{rule}\n"), None);
    assert_eq!(
        planned("allow a -> c : https"),
        [
            "one: a>t allow a -> c : https (policy.sept:9)",
            "two: t>c allow a -> c : https (policy.sept:9)"
        ]
    );
    assert_eq!(
        planned("allow a -> b : https"),
        ["one: a>b allow a -> b : https (policy.sept:9)"]
    );
    assert_eq!(
        planned("allow a -> a : https"),
        Vec::<String>::new(),
        "no device sees it"
    );
}

/// What comes back on the side of a router that it came from, of a policy with the rules and interfaces below.
fn returning(zones: &str, rules: &str, interfaces: &str) -> Vec<String> {
    let text = format!(
        "{zones}\nzone b {{ subnet 10.2.0.0/24 }}\n{rules}\n\
         router one {{ target cisco-ios; {interfaces}; interface e9 = b }}\n"
    );
    let lines = planned(&text, None);
    let same = |line: &String| {
        let way = line.split(' ').nth(1).and_then(|way| way.split_once('>'));
        way.is_some_and(|(from, to)| from == to)
    };
    let cut = |line: String| line.split(" (").next().unwrap().to_owned();
    lines.into_iter().filter(same).map(cut).collect()
}

#[test]
fn a_router_with_several_interfaces_in_a_zone_lets_through_what_is_inside_the_zone() {
    let zone = "zone a { subnet 10.1.0.0/24, 2001:db8:1::/64 }";
    let (one, two) = ("interface e0 = a", "interface e0 = a; interface e1 = a");
    assert_eq!(
        returning(zone, "", one),
        Vec::<String>::new(),
        "no router sees it"
    );
    assert_eq!(returning(zone, "", two), ["one: a>a allow a -> a : any"]);
    assert_eq!(
        returning(zone, "deny a -> 10.1.0.7 : ssh\nallow a -> any : https", two),
        [
            "one: a>a deny a -> 10.1.0.7 : ssh",
            "one: a>a allow a -> a : any",
            "one: a>a allow a -> any : https"
        ]
    );
    let isolated = "zone a { subnet 10.1.0.0/24; isolate }";
    assert_eq!(returning(isolated, "", two), Vec::<String>::new());
    let external = "zone a { external }";
    assert_eq!(
        returning(external, "allow b -> a : https", two),
        Vec::<String>::new()
    );
}

#[test]
fn a_zone_of_several_prefixes_is_routed_between_them_by_one_interface() {
    let zone = "zone a { subnet 10.1.0.0/24, 10.1.1.0/24 }";
    assert_eq!(
        returning(zone, "", "interface e0 = a"),
        ["one: a>a allow a -> a : any"]
    );
}

#[test]
fn a_router_that_joins_a_zone_of_transit_lets_through_what_the_zones_behind_it_may_do() {
    let zones = "
zone a { subnet 10.1.0.0/24; stub }
zone c { subnet 10.3.0.0/24 }
zone d { subnet 10.4.0.0/24 }
router c-rtr { target nftables; interface e0 = t; interface e1 = c }
router d-rtr { target nftables; interface e0 = t; interface e1 = d }
zone t { subnet 10.9.0.0/24";
    let rules = "allow c -> d : https\nallow c -> b : ssh\ndeny c -> d : ssh";
    let two = "interface e0 = t; interface e1 = t";
    assert_eq!(
        returning(&format!("{zones} }}"), rules, two),
        ["one: t>t allow t -> t : any", "one: t>t allow c -> d : https"]
    );
    assert_eq!(
        returning(&format!("{zones}; isolate }}"), rules, two),
        ["one: t>t allow c -> d : https"]
    );
    assert_eq!(
        returning(&format!("{zones} }}"), rules, "interface e0 = t"),
        Vec::<String>::new(),
        "other routers are neighbours there"
    );
}

#[test]
fn denies_come_first_and_only_where_they_cut_something() {
    let text = format!("{LINE}allow a | b -> c : https, ssh\ndeny b -> c-1 : ssh\n");
    let lines = planned(&text, None);
    let way: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("one: b>t "))
        .collect();
    assert!(
        way[0].starts_with("deny b -> c-1 : ssh") && way[1].starts_with("allow"),
        "{way:?}"
    );
    assert!(
        !lines.iter().any(|line| line.starts_with("one: a>t deny")),
        "{lines:?}"
    );
}

#[test]
fn a_rule_past_its_day_is_in_no_plan() {
    let on = |day: &str| planned(&format!("{LINE}allow a -> b : https {{ expires {day} }}\n"), None).len();
    assert_eq!((on("2027-01-14"), on("2027-01-15"), on("2027-01-16")), (0, 1, 1));
}

#[test]
fn a_mode_adds_its_denies() {
    let text = format!("{LINE}allow a | b -> c : https\nmode quiet {{ deny a -> any }}\n");
    let passes = |mode| {
        let loaded = sample::policy(&text).sound();
        let plans = sample::plans(&loaded, mode);
        let Role::Router(forwarding) = &plans[0].role else {
            panic!("a router")
        };
        let from = |zone: &str| {
            let side = forwarding
                .sides
                .iter()
                .position(|side| side.zone == zone)
                .unwrap();
            forwarding.pairs.iter().any(|pair| {
                let allow = pair
                    .rules
                    .iter()
                    .position(|rule| rule.said.action == Action::Allow);
                let deny = pair
                    .rules
                    .iter()
                    .position(|rule| rule.said.action == Action::Deny);
                pair.from == side && allow.is_some() && deny.is_none()
            })
        };
        (from("a"), from("b"))
    };
    assert_eq!(passes(None), (true, true));
    assert_eq!(passes(Some("quiet")), (false, true));
}

#[test]
fn a_host_firewall_sees_its_neighbours() {
    let text = "
zone c { subnet 10.3.0.0/24; isolate }
device c-1 in c { address 10.3.0.10 }
device c-2 in c { address 10.3.0.11 }
firewall c-1-host { target nftables; protects c-1; manage from c-2 : ssh }
allow c-2 -> c-1 : https
";
    assert_eq!(
        planned(text, None),
        ["c-1-host: in allow c-2 -> c-1 : https (policy.sept:6)"]
    );
    let loaded = sample::policy(text).sound();
    let plans = sample::plans(&loaded, None);
    assert_eq!(plans[0].local.manage.len(), 1);
    assert!(plans[0].local.run.is_empty());
}

#[test]
fn what_a_device_needs_for_itself_is_in_its_plan() {
    let text = "
zone a { subnet 10.1.0.0/24 }
zone b { subnet 10.2.0.0/24 }
router one {
    target nftables
    manage from a : ssh
    run ospf, dhcp-relay
    interface e0 = a { address 10.1.0.1 }
    interface e1 = b { address 10.2.0.1 }
}
";
    let loaded = sample::policy(text).sound();
    let plans = sample::plans(&loaded, None);
    let local = &plans[0].local;
    assert_eq!((local.manage.len(), local.run.len()), (1, 2));
    let own = |address: &str| local.own.contains(address.parse().unwrap());
    assert!(own("10.1.0.1") && own("10.2.0.1") && !own("10.1.0.2"));
}
