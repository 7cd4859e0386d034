//! Every mistake that names and sets can hold, with its whole message: read them as a user would.

use insta::assert_snapshot;

use crate::sample;

fn messages(text: &str) -> String {
    sample::policy(text).rendered()
}

#[test]
fn a_zone_twice() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nzone a { subnet 10.0.1.0/24 }\n"), @"");
}

#[test]
fn a_device_twice() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
device d in a { address 10.0.0.1 }
device d in a { address 10.0.0.2 }
";
    assert_snapshot!(messages(text), @"");
}

#[test]
fn a_group_twice() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\ngroup g = a\ngroup g = any\n"), @"");
}

#[test]
fn a_group_with_the_name_of_a_zone() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\ngroup a = any\n"), @"");
}

#[test]
fn a_device_with_the_name_of_a_hierarchy() {
    assert_snapshot!(messages("zone a.b { subnet 10.0.0.0/24 }\ndevice a in a.b { address 10.0.0.1 }\n"), @"");
}

#[test]
fn a_service_twice() {
    assert_snapshot!(messages("service s = tcp 1\nservice s = tcp 2\n"), @"");
}

#[test]
fn a_service_of_the_standard_library() {
    assert_snapshot!(messages("service https = tcp 8443\n"), @"");
}

#[test]
fn a_policy_twice() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
policy p { allow a -> any }
policy p { allow any -> a }
";
    assert_snapshot!(messages(text), @"");
}

#[test]
fn a_mode_twice() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nmode m { deny a -> any }\nmode m { deny any -> a }\n"), @"");
}

#[test]
fn two_points_whose_names_differ_by_case() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
router core { unmanaged; interface e0 = a }
router Core { unmanaged; interface e0 = a }
";
    assert_snapshot!(messages(text), @"");
}

#[test]
fn an_interface_twice() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
router r { unmanaged; interface e0 = a; interface e0 = a }
";
    assert_snapshot!(messages(text), @"");
}

#[test]
fn an_unknown_name_in_a_rule() {
    assert_snapshot!(messages("zone guests { subnet 10.0.0.0/24 }\nallow guest -> any\n"), @"");
}

#[test]
fn an_unknown_name_far_from_any_other() {
    assert_snapshot!(messages("zone guests { subnet 10.0.0.0/24 }\nallow elephant -> guests\n"), @"");
}

#[test]
fn a_label_used_as_a_name() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24; label iomt }\nallow iomt -> any\n"), @"");
}

#[test]
fn an_unknown_label() {
    let text = "\
zone a { subnet 10.0.0.0/24; label patient-connected }
allow label:patient-conected -> any
";
    assert_snapshot!(messages(text), @"");
}

#[test]
fn a_label_that_nothing_has() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nallow label:iomt -> a\n"), @"");
}

#[test]
fn an_unknown_zone_around() {
    assert_snapshot!(messages("zone campus { subnet 10.0.0.0/16 }\nzone a { subnet 10.0.0.0/24; within campsu }\n"), @"");
}

#[test]
fn an_unknown_zone_of_a_device() {
    assert_snapshot!(messages("zone servers { subnet 10.0.0.0/24 }\ndevice d in server { address 10.0.0.1 }\n"), @"");
}

#[test]
fn an_interface_into_a_hierarchy() {
    assert_snapshot!(messages("zone a.b { subnet 10.0.0.0/24 }\nrouter r { unmanaged; interface e0 = a }\n"), @"");
}

#[test]
fn an_unknown_device_to_protect() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
device pacs-1 in a { address 10.0.0.1 }
firewall f { target nftables; protects pacs1 }
";
    assert_snapshot!(messages(text), @"");
}

#[test]
fn an_unknown_service() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nallow a -> any : htps\n"), @"");
}

#[test]
fn an_unknown_target() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nrouter r { target cisco; interface e0 = a }\n"), @"");
}

#[test]
fn a_target_nobody_heard_of() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nrouter r { target abacus; interface e0 = a }\n"), @"");
}

#[test]
fn an_unknown_protocol_to_run() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nrouter r { unmanaged; run ospv; interface e0 = a }\n"), @"");
}

#[test]
fn a_protocol_to_run_that_is_nothing_like_any() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
router r { unmanaged; run hamster-wheel; interface e0 = a }
";
    assert_snapshot!(messages(text), @"");
}

#[test]
fn an_unknown_icmp_type() {
    assert_snapshot!(messages("service p = icmp echo-requst\n"), @"");
}

#[test]
fn an_icmp_type_of_the_other_family() {
    assert_snapshot!(messages("service p = icmpv6 timestamp-request\n"), @"");
}

#[test]
fn a_protocol_that_has_a_word() {
    assert_snapshot!(messages("service s = proto 6\n"), @"");
}

#[test]
fn two_zones_with_one_prefix() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/16 }\nzone b { subnet 10.0.7.0/24 }\n"), @"");
}

#[test]
fn a_zone_within_itself() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24; within b }\nzone b { subnet 10.0.0.0/23; within a }\n"), @"");
}

#[test]
fn a_zone_beside_a_circle() {
    let text = "\
zone a { subnet 10.0.0.0/24; within b }
zone b { subnet 10.0.0.0/23; within c }
zone c { subnet 10.0.0.0/22; within b }
";
    assert_snapshot!(messages(text), @"");
}

#[test]
fn a_zone_that_sticks_out_of_the_one_around() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nzone b { subnet 10.0.0.0/25, 10.9.0.0/24; within a }\n"), @"");
}

#[test]
fn host_bits_in_a_subnet() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.7/24 }\n"), @"");
}

#[test]
fn host_bits_in_a_set() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nallow a -> 192.0.2.7/24\n"), @"");
}

#[test]
fn a_trust_above_100() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24; trust 101 }\n"), @"");
}

#[test]
fn a_statement_that_is_said_twice() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24; trust 1; trust 2 }\n"), @"");
}

#[test]
fn an_external_zone_with_a_subnet() {
    assert_snapshot!(messages("zone a { external; subnet 10.0.0.0/24 }\n"), @"");
}

#[test]
fn two_external_zones() {
    assert_snapshot!(messages("zone a { external }\nzone b { external }\n"), @"");
}

#[test]
fn one_address_for_two_devices() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
device c in a { address 10.0.0.1 }
device d in a { address 10.0.0.1 }
";
    assert_snapshot!(messages(text), @"");
}

#[test]
fn one_address_twice_in_a_device() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\ndevice c in a { address 10.0.0.1, 10.0.0.1 }\n"), @"");
}

#[test]
fn an_interface_with_the_address_of_a_device() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
device c in a { address 10.0.0.1 }
router r { unmanaged; interface e0 = a { address 10.0.0.1 } }
";
    assert_snapshot!(messages(text), @"");
}

#[test]
fn a_device_outside_its_zone() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
zone b { subnet 10.0.1.0/24 }
device c in a { address 10.0.1.1 }
";
    assert_snapshot!(messages(text), @"");
}

#[test]
fn a_device_in_the_zone_inside_its_zone() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
zone b { subnet 10.0.0.0/26; within a }
device c in a { address 10.0.0.1 }
";
    assert_snapshot!(messages(text), @"");
}

#[test]
fn an_interface_outside_its_zone() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
router r { unmanaged; interface e0 = a { address 10.0.1.1 } }
";
    assert_snapshot!(messages(text), @"");
}

#[test]
fn groups_in_a_circle() {
    assert_snapshot!(messages("group a = b\ngroup b = c | 10.0.0.1\ngroup c = a\n"), @"");
}

#[test]
fn a_group_of_itself() {
    assert_snapshot!(messages("group a = a | 10.0.0.1\n"), @"");
}

#[test]
fn services_in_a_circle() {
    assert_snapshot!(messages("service a = b\nservice b = tcp 1, a\n"), @"");
}

#[test]
fn a_mode_that_allows() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nmode m { allow a -> any }\n"), @"");
}

#[test]
fn a_point_without_a_target() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nrouter r { interface e0 = a }\n"), @"");
}

#[test]
fn a_point_with_a_target_and_unmanaged() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
router r { target nftables; unmanaged; interface e0 = a }
";
    assert_snapshot!(messages(text), @"");
}

#[test]
fn a_point_without_interfaces() {
    assert_snapshot!(messages("router r { unmanaged }\n"), @"");
}

#[test]
fn a_host_firewall_with_an_interface() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
device d in a { address 10.0.0.1 }
firewall f { target nftables; protects d; interface e0 = a }
";
    assert_snapshot!(messages(text), @"");
}

#[test]
fn a_host_firewall_on_a_device_without_an_address() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
device d in a
firewall f { target nftables; protects d }
";
    assert_snapshot!(messages(text), @"");
}

#[test]
fn a_rule_from_nobody() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nallow a - a -> any\n"), @"");
}

#[test]
fn a_rule_to_nobody() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nzone b { subnet 10.0.1.0/24 }\nallow a -> a & b\n"), @"");
}

#[test]
fn a_rule_between_families() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nzone b { subnet 2001:db8::/64 }\nallow a -> b\n"), @"");
}

#[test]
fn a_rule_whose_service_is_of_the_other_family() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nallow a -> any : icmpv6 echo-request\n"), @"");
}

#[test]
fn a_rule_about_a_device_without_an_address() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\ndevice d in a\nallow d -> any\n"), @"");
}

#[test]
fn an_assertion_about_nobody() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nforbid a - a -> any\n"), @"");
}

#[test]
fn management_by_nobody() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
router r { target nftables; manage from a - a : ssh; interface e0 = a }
";
    assert_snapshot!(messages(text), @"");
}

#[test]
fn management_from_the_other_family() {
    let text = "\
zone a { subnet 10.0.0.0/24, 2001:db8::/64 }
zone b { subnet 10.0.1.0/24 }
router r {
    target nftables
    manage from b : ssh
    interface e0 = a { address 2001:db8::1 }
    interface e1 = b
}
";
    assert_snapshot!(messages(text), @"");
}

#[test]
fn management_with_what_the_family_does_not_have() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
router r { target nftables; manage from a : icmpv6; interface e0 = a }
";
    assert_snapshot!(messages(text), @"");
}
