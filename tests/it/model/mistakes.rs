//! Every mistake that names and sets can hold, with its whole message: read them as a user would.

use insta::assert_snapshot;

use crate::sample;

fn messages(text: &str) -> String {
    sample::policy(text).rendered()
}

#[test]
fn a_zone_twice() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nzone a { subnet 10.0.1.0/24 }\n"), @"
    error[duplicate-name]: zone `a` is defined twice
     --> policy.sept:2:6
      |
    1 | zone a { subnet 10.0.0.0/24 }
      |      - first defined here
    2 | zone a { subnet 10.0.1.0/24 }
      |      ^
      |
      = help: rename one of them, or join the two
    ");
}

#[test]
fn a_device_twice() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
device d in a { address 10.0.0.1 }
device d in a { address 10.0.0.2 }
";
    assert_snapshot!(messages(text), @"
    error[duplicate-name]: device `d` is defined twice
     --> policy.sept:3:8
      |
    2 | device d in a { address 10.0.0.1 }
      |        - first defined here
    3 | device d in a { address 10.0.0.2 }
      |        ^
      |
      = help: rename one of them, or join the two
    ");
}

#[test]
fn a_group_twice() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\ngroup g = a\ngroup g = any\n"), @"
    error[duplicate-name]: group `g` is defined twice
     --> policy.sept:3:7
      |
    2 | group g = a
      |       - first defined here
    3 | group g = any
      |       ^
      |
      = help: rename one of them, or join the two
    ");
}

#[test]
fn a_group_with_the_name_of_a_zone() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\ngroup a = any\n"), @"
    error[duplicate-name]: group `a` has the name of something else that a set can hold
     --> policy.sept:2:7
      |
    1 | zone a { subnet 10.0.0.0/24 }
      |      - the other one
    2 | group a = any
      |       ^
      |
      = help: zones, devices and groups share one space of names: rename one of the two
    ");
}

#[test]
fn a_device_with_the_name_of_a_hierarchy() {
    assert_snapshot!(messages("zone a.b { subnet 10.0.0.0/24 }\ndevice a in a.b { address 10.0.0.1 }\n"), @"
    error[duplicate-name]: device `a` has the name of something else that a set can hold
     --> policy.sept:2:8
      |
    2 | device a in a.b { address 10.0.0.1 }
      |        ^
      |
      = help: zones, devices and groups share one space of names: rename one of the two
    ");
}

#[test]
fn a_service_twice() {
    assert_snapshot!(messages("service s = tcp 1\nservice s = tcp 2\n"), @"
    error[duplicate-name]: service `s` is defined twice
     --> policy.sept:2:9
      |
    1 | service s = tcp 1
      |         - first defined here
    2 | service s = tcp 2
      |         ^
      |
      = help: rename one of them, or join the two
    ");
}

#[test]
fn a_service_of_the_standard_library() {
    assert_snapshot!(messages("service https = tcp 8443\n"), @r#"
    error[standard-name]: `https` is a service of the standard library
      --> policy.sept:1:9
       |
     1 | service https = tcp 8443
       |         ^^^^^
       |
      ::: std/services.sept:37:1
       |
    37 | service https "Web over TLS" = tcp 443
       | -------------------------------------- defined here
       |
       = help: use it as it is, or choose another name, such as `site-https`
    "#);
}

#[test]
fn a_policy_twice() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
policy p { allow a -> any }
policy p { allow any -> a }
";
    assert_snapshot!(messages(text), @"
    error[duplicate-name]: policy `p` is defined twice
     --> policy.sept:3:8
      |
    2 | policy p { allow a -> any }
      |        - first defined here
    3 | policy p { allow any -> a }
      |        ^
      |
      = help: rename one of them, or join the two
    ");
}

#[test]
fn a_mode_twice() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nmode m { deny a -> any }\nmode m { deny any -> a }\n"), @"
    error[duplicate-name]: mode `m` is defined twice
     --> policy.sept:3:6
      |
    2 | mode m { deny a -> any }
      |      - first defined here
    3 | mode m { deny any -> a }
      |      ^
      |
      = help: rename one of them, or join the two
    ");
}

#[test]
fn two_points_whose_names_differ_by_case() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
router core { unmanaged; interface e0 = a }
router Core { unmanaged; interface e0 = a }
";
    assert_snapshot!(messages(text), @"
    error[duplicate-name]: enforcement point `Core` is defined twice
     --> policy.sept:3:8
      |
    2 | router core { unmanaged; interface e0 = a }
      |        ---- first defined here
    3 | router Core { unmanaged; interface e0 = a }
      |        ^^^^
      |
      = help: rename one of them, or join the two
    ");
}

#[test]
fn an_interface_twice() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
router r { unmanaged; interface e0 = a; interface e0 = a }
";
    assert_snapshot!(messages(text), @"
    error[duplicate-name]: interface `e0` is defined twice
     --> policy.sept:2:51
      |
    2 | router r { unmanaged; interface e0 = a; interface e0 = a }
      |                                 --                ^^
      |                                 |
      |                                 first defined here
      |
      = help: rename one of them, or join the two
    ");
}

#[test]
fn an_unknown_name_in_a_rule() {
    assert_snapshot!(messages("zone guests { subnet 10.0.0.0/24 }\nallow guest -> any\n"), @"
    error[unknown-name]: there is no zone, device or group `guest`
     --> policy.sept:2:7
      |
    2 | allow guest -> any
      |       ^^^^^
      |
      = help: did you mean `guests`?
    ");
}

#[test]
fn an_unknown_name_far_from_any_other() {
    assert_snapshot!(messages("zone guests { subnet 10.0.0.0/24 }\nallow elephant -> guests\n"), @"
    error[unknown-name]: there is no zone, device or group `elephant`
     --> policy.sept:2:7
      |
    2 | allow elephant -> guests
      |       ^^^^^^^^
    ");
}

#[test]
fn a_label_used_as_a_name() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24; label iomt }\nallow iomt -> any\n"), @"
    error[unknown-name]: `iomt` is a label, not a zone, device or group
     --> policy.sept:2:7
      |
    2 | allow iomt -> any
      |       ^^^^
      |
      = help: write `label:iomt`
    ");
}

#[test]
fn an_unknown_label() {
    let text = "\
zone a { subnet 10.0.0.0/24; label patient-connected }
allow label:patient-conected -> any
";
    assert_snapshot!(messages(text), @"
    error[unknown-label]: no zone or device has the label `patient-conected`
     --> policy.sept:2:13
      |
    2 | allow label:patient-conected -> any
      |             ^^^^^^^^^^^^^^^^
      |
      = help: did you mean `patient-connected`?
    ");
}

#[test]
fn a_label_that_nothing_has() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nallow label:iomt -> a\n"), @"
    error[unknown-label]: no zone or device has the label `iomt`
     --> policy.sept:2:13
      |
    2 | allow label:iomt -> a
      |             ^^^^
    ");
}

#[test]
fn an_unknown_zone_around() {
    assert_snapshot!(messages("zone campus { subnet 10.0.0.0/16 }\nzone a { subnet 10.0.0.0/24; within campsu }\n"), @"
    error[overlapping-zones]: zones `campus` and `a` both claim `10.0.0.0/24`
     --> policy.sept:2:17
      |
    1 | zone campus { subnet 10.0.0.0/16 }
      |                      ----------- `10.0.0.0/16` is of `campus`
    2 | zone a { subnet 10.0.0.0/24; within campsu }
      |                 ^^^^^^^^^^^
      |
      = help: if `a` is a part of `campus`, say `within campus` in it

    error[unknown-name]: there is no zone `campsu`
     --> policy.sept:2:37
      |
    2 | zone a { subnet 10.0.0.0/24; within campsu }
      |                                     ^^^^^^
      |
      = help: did you mean `campus`?
    ");
}

#[test]
fn an_unknown_zone_of_a_device() {
    assert_snapshot!(messages("zone servers { subnet 10.0.0.0/24 }\ndevice d in server { address 10.0.0.1 }\n"), @"
    error[unknown-name]: device `d` is in zone `server`, which does not exist
     --> policy.sept:2:13
      |
    2 | device d in server { address 10.0.0.1 }
      |             ^^^^^^
      |
      = help: did you mean `servers`?
    ");
}

#[test]
fn an_interface_into_a_hierarchy() {
    assert_snapshot!(messages("zone a.b { subnet 10.0.0.0/24 }\nrouter r { unmanaged; interface e0 = a }\n"), @"
    warning[no-interface]: `r` has no interface
     --> policy.sept:2:8
      |
    2 | router r { unmanaged; interface e0 = a }
      |        ^

    error[unknown-name]: there is no zone `a`
     --> policy.sept:2:38
      |
    2 | router r { unmanaged; interface e0 = a }
      |                                      ^
      |
      = note: an interface leads into one zone, not into a device, a group or a hierarchy
      = help: did you mean `a.b`?
    ");
}

#[test]
fn an_unknown_device_to_protect() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
device pacs-1 in a { address 10.0.0.1 }
firewall f { target nftables; protects pacs1 }
";
    assert_snapshot!(messages(text), @"
    error[unknown-name]: there is no device `pacs1`
     --> policy.sept:3:40
      |
    3 | firewall f { target nftables; protects pacs1 }
      |                                        ^^^^^
      |
      = help: did you mean `pacs-1`?
    ");
}

#[test]
fn an_unknown_service() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nallow a -> any : htps\n"), @"
    error[unknown-service]: there is no service `htps`
     --> policy.sept:2:18
      |
    2 | allow a -> any : htps
      |                  ^^^^
      |
      = help: did you mean `https`?
    ");
}

#[test]
fn an_unknown_target() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nrouter r { target cisco; interface e0 = a }\n"), @"
    error[unknown-target]: there is no target `cisco`
     --> policy.sept:2:19
      |
    2 | router r { target cisco; interface e0 = a }
      |                   ^^^^^
      |
      = help: did you mean `cisco-ios`?
    ");
}

#[test]
fn a_target_nobody_heard_of() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nrouter r { target abacus; interface e0 = a }\n"), @"
    error[unknown-target]: there is no target `abacus`
     --> policy.sept:2:19
      |
    2 | router r { target abacus; interface e0 = a }
      |                   ^^^^^^
      |
      = help: there are `cisco-ios`, `fortigate`, `nftables`
    ");
}

#[test]
fn an_unknown_protocol_to_run() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nrouter r { unmanaged; run ospv; interface e0 = a }\n"), @"
    error[unknown-protocol]: a device cannot `run ospv`
     --> policy.sept:2:27
      |
    2 | router r { unmanaged; run ospv; interface e0 = a }
      |                           ^^^^
      |
      = help: did you mean `ospf`?
    ");
}

#[test]
fn a_protocol_to_run_where_no_interface_leads() {
    let text = "\
zone transit { subnet 10.0.0.0/24 }
zone guest { subnet 10.1.0.0/24 }
zone far { subnet 10.2.0.0/24 }
router r { unmanaged; run ospf on transi, far, zoo; run ping on guest, no; interface e0 = transit; interface e1 = guest }
router s { unmanaged; run ospf on nowhere; interface e0 = nowhere; interface e1 = far }
router t { unmanaged; run ospf on }
";
    assert_snapshot!(messages(text), @"
    error[unknown-name]: there is no zone `transi`
     --> policy.sept:4:35
      |
    4 | router r { unmanaged; run ospf on transi, far, zoo; run ping on guest, no; interface e0 = transit; interface e1 = guest }
      |                                   ^^^^^^
      |
      = help: did you mean `transit`?

    error[run-on]: `r` has no interface into `far`
     --> policy.sept:4:43
      |
    4 | router r { unmanaged; run ospf on transi, far, zoo; run ping on guest, no; interface e0 = transit; interface e1 = guest }
      |                                           ^^^
      |
      = help: its interfaces lead into `guest`, `transit`

    error[unknown-name]: there is no zone `zoo`
     --> policy.sept:4:48
      |
    4 | router r { unmanaged; run ospf on transi, far, zoo; run ping on guest, no; interface e0 = transit; interface e1 = guest }
      |                                                ^^^
      |
      = help: its interfaces lead into `guest`, `transit`

    error[unknown-name]: there is no zone `no`
     --> policy.sept:4:72
      |
    4 | router r { unmanaged; run ospf on transi, far, zoo; run ping on guest, no; interface e0 = transit; interface e1 = guest }
      |                                                                        ^^
      |
      = help: its interfaces lead into `guest`, `transit`

    error[unknown-name]: there is no zone `nowhere`
     --> policy.sept:5:59
      |
    5 | router s { unmanaged; run ospf on nowhere; interface e0 = nowhere; interface e1 = far }
      |                                                           ^^^^^^^

    warning[no-interface]: `t` has no interface
     --> policy.sept:6:8
      |
    6 | router t { unmanaged; run ospf on }
      |        ^

    error[syntax]: expected the name of a zone, found `}`
     --> policy.sept:6:35
      |
    6 | router t { unmanaged; run ospf on }
      |                                   ^
    ");
}

#[test]
fn a_host_firewall_speaks_on_every_interface() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
device d in a { address 10.0.0.5 }
firewall h { target nftables; protects d; run ping on a }
";
    assert_snapshot!(messages(text), @"
    error[run-on]: `h` has no interface into `a`
     --> policy.sept:3:55
      |
    3 | firewall h { target nftables; protects d; run ping on a }
      |                                                       ^
      |
      = help: it has no interfaces; leave `on` out
    ");
}

#[test]
fn a_protocol_to_run_that_is_nothing_like_any() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
router r { unmanaged; run hamster-wheel; interface e0 = a }
";
    assert_snapshot!(messages(text), @"
    error[unknown-protocol]: a device cannot `run hamster-wheel`
     --> policy.sept:2:27
      |
    2 | router r { unmanaged; run hamster-wheel; interface e0 = a }
      |                           ^^^^^^^^^^^^^
      |
      = help: it can run ospf, bgp, eigrp, rip, pim, igmp, hsrp, vrrp, bfd, dhcp-relay, dhcp-client, dhcp-server, ping, ntp, dns, radius, tacacs, syslog
    ");
}

#[test]
fn an_unknown_icmp_type() {
    assert_snapshot!(messages("service p = icmp echo-requst\n"), @"
    error[unknown-icmp-type]: ICMP has no type `echo-requst`
     --> policy.sept:1:18
      |
    1 | service p = icmp echo-requst
      |                  ^^^^^^^^^^^
      |
      = help: did you mean `echo-request`?
    ");
}

#[test]
fn an_icmp_type_of_the_other_family() {
    assert_snapshot!(messages("service p = icmpv6 timestamp-request\n"), @"
    error[unknown-icmp-type]: ICMPv6 has no type `timestamp-request`
     --> policy.sept:1:20
      |
    1 | service p = icmpv6 timestamp-request
      |                    ^^^^^^^^^^^^^^^^^
      |
      = help: write a name such as `echo-request`, or the number of the type, 0 to 255
    ");
}

#[test]
fn a_protocol_that_has_a_word() {
    assert_snapshot!(messages("service s = proto 6\n"), @"
    error[protocol-word]: protocol 6 is `tcp`
     --> policy.sept:1:19
      |
    1 | service s = proto 6
      |                   ^
      |
      = help: write `tcp`
    ");
}

#[test]
fn two_zones_with_one_prefix() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/16 }\nzone b { subnet 10.0.7.0/24 }\n"), @"
    error[overlapping-zones]: zones `a` and `b` both claim `10.0.7.0/24`
     --> policy.sept:2:17
      |
    1 | zone a { subnet 10.0.0.0/16 }
      |                 ----------- `10.0.0.0/16` is of `a`
    2 | zone b { subnet 10.0.7.0/24 }
      |                 ^^^^^^^^^^^
      |
      = help: if `b` is a part of `a`, say `within a` in it
    ");
}

#[test]
fn a_zone_within_itself() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24; within b }\nzone b { subnet 10.0.0.0/23; within a }\n"), @"
    error[within-itself]: zone `a` lies within itself
     --> policy.sept:1:6
      |
    1 | zone a { subnet 10.0.0.0/24; within b }
      |      ^

    error[outside-parent]: zone `b` is within `a`, but not all of its addresses are
     --> policy.sept:2:6
      |
    2 | zone b { subnet 10.0.0.0/23; within a }
      |      ^
    ");
}

#[test]
fn a_zone_beside_a_circle() {
    let text = "\
zone a { subnet 10.0.0.0/24; within b }
zone b { subnet 10.0.0.0/23; within c }
zone c { subnet 10.0.0.0/22; within b }
";
    assert_snapshot!(messages(text), @"
    error[overlapping-zones]: zones `c` and `a` both claim `10.0.0.0/24`
     --> policy.sept:1:17
      |
    1 | zone a { subnet 10.0.0.0/24; within b }
      |                 ^^^^^^^^^^^
    2 | zone b { subnet 10.0.0.0/23; within c }
    3 | zone c { subnet 10.0.0.0/22; within b }
      |                 ----------- `10.0.0.0/22` is of `c`
      |
      = help: if `a` is a part of `c`, say `within c` in it

    error[within-itself]: zone `b` lies within itself
     --> policy.sept:2:6
      |
    2 | zone b { subnet 10.0.0.0/23; within c }
      |      ^
    ");
}

#[test]
fn a_zone_that_sticks_out_of_the_one_around() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nzone b { subnet 10.0.0.0/25, 10.9.0.0/24; within a }\n"), @"
    error[outside-parent]: zone `b` is within `a`, but not all of its addresses are
     --> policy.sept:2:6
      |
    2 | zone b { subnet 10.0.0.0/25, 10.9.0.0/24; within a }
      |      ^
    ");
}

#[test]
fn host_bits_in_a_subnet() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.7/24 }\n"), @"
    error[host-bits]: `10.0.0.7/24` has bits set behind its prefix length: an address, not a network
     --> policy.sept:1:17
      |
    1 | zone a { subnet 10.0.0.7/24 }
      |                 ^^^^^^^^^^^
      |
      = help: write `10.0.0.0/24`
    ");
}

#[test]
fn host_bits_in_a_set() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nallow a -> 192.0.2.7/24\n"), @"
    error[host-bits]: `192.0.2.7/24` has bits set behind its prefix length
     --> policy.sept:2:12
      |
    2 | allow a -> 192.0.2.7/24
      |            ^^^^^^^^^^^^
      |
      = help: write `192.0.2.0/24` for the network, or the address alone
    ");
}

#[test]
fn a_trust_above_100() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24; trust 101 }\n"), @"
    error[trust-range]: trust `101` is above 100
     --> policy.sept:1:30
      |
    1 | zone a { subnet 10.0.0.0/24; trust 101 }
      |                              ^^^^^^^^^
      |
      = help: write 0 to 100
    ");
}

#[test]
fn a_statement_that_is_said_twice() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24; trust 1; trust 2 }\n"), @"
    error[repeated-statement]: `trust` is said twice here
     --> policy.sept:1:39
      |
    1 | zone a { subnet 10.0.0.0/24; trust 1; trust 2 }
      |                                       ^^^^^^^
      |
      = help: keep one of the two
    ");
}

#[test]
fn an_external_zone_with_a_subnet() {
    assert_snapshot!(messages("zone a { external; subnet 10.0.0.0/24 }\n"), @"
    error[external-subnet]: zone `a` is external and has a subnet
     --> policy.sept:1:27
      |
    1 | zone a { external; subnet 10.0.0.0/24 }
      |          --------         ^^^^^^^^^^^
      |          |
      |          external: every address that no other zone claims
      |
      = help: remove one of the two
    ");
}

#[test]
fn two_external_zones() {
    assert_snapshot!(messages("zone a { external }\nzone b { external }\n"), @"
    error[second-external]: zones `a` and `b` are both external
     --> policy.sept:2:6
      |
    1 | zone a { external }
      |      - the first
    2 | zone b { external }
      |      ^
      |
      = help: give one of them its subnets: an address can have one owner only
    ");
}

#[test]
fn one_address_for_two_devices() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
device c in a { address 10.0.0.1 }
device d in a { address 10.0.0.1 }
";
    assert_snapshot!(messages(text), @"
    error[duplicate-address]: devices `c` and `d` have the same address `10.0.0.1`
     --> policy.sept:3:25
      |
    2 | device c in a { address 10.0.0.1 }
      |                         -------- first here
    3 | device d in a { address 10.0.0.1 }
      |                         ^^^^^^^^
    ");
}

#[test]
fn one_address_twice_in_a_device() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\ndevice c in a { address 10.0.0.1, 10.0.0.1 }\n"), @"
    error[duplicate-address]: device `c` has the address `10.0.0.1` twice
     --> policy.sept:2:35
      |
    2 | device c in a { address 10.0.0.1, 10.0.0.1 }
      |                         --------  ^^^^^^^^
      |                         |
      |                         first here
    ");
}

#[test]
fn an_interface_with_the_address_of_a_device() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
device c in a { address 10.0.0.1 }
router r { unmanaged; interface e0 = a { address 10.0.0.1 } }
";
    assert_snapshot!(messages(text), @"
    error[duplicate-address]: `c` and `r` have the same address `10.0.0.1`
     --> policy.sept:3:50
      |
    2 | device c in a { address 10.0.0.1 }
      |                         -------- first here
    3 | router r { unmanaged; interface e0 = a { address 10.0.0.1 } }
      |                                                  ^^^^^^^^
    ");
}

#[test]
fn a_device_outside_its_zone() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
zone b { subnet 10.0.1.0/24 }
device c in a { address 10.0.1.1 }
";
    assert_snapshot!(messages(text), @"
    error[device-outside-zone]: `10.0.1.1` of device `c` is not an address of zone `a`
     --> policy.sept:3:25
      |
    1 | zone a { subnet 10.0.0.0/24 }
      |      - its zone
    2 | zone b { subnet 10.0.1.0/24 }
    3 | device c in a { address 10.0.1.1 }
      |                         ^^^^^^^^
      |
      = help: `10.0.1.1` is of zone `b`
    ");
}

#[test]
fn a_device_in_the_zone_inside_its_zone() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
zone b { subnet 10.0.0.0/26; within a }
device c in a { address 10.0.0.1 }
";
    assert_snapshot!(messages(text), @"
    error[device-outside-zone]: `10.0.0.1` of device `c` is not an address of zone `a`
     --> policy.sept:3:25
      |
    1 | zone a { subnet 10.0.0.0/24 }
      |      - its zone
    2 | zone b { subnet 10.0.0.0/26; within a }
    3 | device c in a { address 10.0.0.1 }
      |                         ^^^^^^^^
      |
      = help: `10.0.0.1` is of zone `b`
    ");
}

#[test]
fn an_interface_outside_its_zone() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
router r { unmanaged; interface e0 = a { address 10.0.1.1 } }
";
    assert_snapshot!(messages(text), @"
    error[interface-outside-zone]: `10.0.1.1` of interface `e0` is not an address of zone `a`
     --> policy.sept:2:50
      |
    1 | zone a { subnet 10.0.0.0/24 }
      |      - its zone
    2 | router r { unmanaged; interface e0 = a { address 10.0.1.1 } }
      |                                                  ^^^^^^^^
    ");
}

#[test]
fn groups_in_a_circle() {
    assert_snapshot!(messages("group a = b\ngroup b = c | 10.0.0.1\ngroup c = a\n"), @"
    error[group-cycle]: group `c` contains itself: a -> b -> c -> a
     --> policy.sept:3:11
      |
    3 | group c = a
      |           ^
    ");
}

#[test]
fn a_group_of_itself() {
    assert_snapshot!(messages("group a = a | 10.0.0.1\n"), @"
    error[group-cycle]: group `a` contains itself: a -> a
     --> policy.sept:1:11
      |
    1 | group a = a | 10.0.0.1
      |           ^
    ");
}

#[test]
fn services_in_a_circle() {
    assert_snapshot!(messages("service a = b\nservice b = tcp 1, a\n"), @"
    error[service-cycle]: service `b` contains itself through `a`
     --> policy.sept:2:20
      |
    2 | service b = tcp 1, a
      |                    ^
    ");
}

#[test]
fn a_mode_that_allows() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nmode m { allow a -> any }\n"), @"
    error[mode-allows]: mode `m` allows something: modes may only deny
     --> policy.sept:2:10
      |
    2 | mode m { allow a -> any }
      |          ^^^^^^^^^^^^^^
      |
      = help: put the rule into a policy block, where it holds always
    ");
}

#[test]
fn a_point_without_a_target() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nrouter r { interface e0 = a }\n"), @"
    error[no-target]: `r` has no target
     --> policy.sept:2:8
      |
    2 | router r { interface e0 = a }
      |        ^
      |
      = help: say `target cisco-ios`, `target fortigate`, `target nftables`, or `unmanaged` for one that Septum does not write
    ");
}

#[test]
fn a_point_with_a_target_and_unmanaged() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
router r { target nftables; unmanaged; interface e0 = a }
";
    assert_snapshot!(messages(text), @"
    error[unmanaged-target]: `r` has a target and is unmanaged
     --> policy.sept:2:29
      |
    2 | router r { target nftables; unmanaged; interface e0 = a }
      |            ---------------  ^^^^^^^^^
      |            |
      |            the target
    ");
}

#[test]
fn a_point_without_interfaces() {
    assert_snapshot!(messages("router r { unmanaged }\n"), @"
    warning[no-interface]: `r` has no interface
     --> policy.sept:1:8
      |
    1 | router r { unmanaged }
      |        ^
    ");
}

#[test]
fn a_host_firewall_with_an_interface() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
device d in a { address 10.0.0.1 }
firewall f { target nftables; protects d; interface e0 = a }
";
    assert_snapshot!(messages(text), @"
    error[host-interface]: `f` protects a device and has an interface
     --> policy.sept:3:53
      |
    3 | firewall f { target nftables; protects d; interface e0 = a }
      |                                                     ^^
      |
      = help: a host firewall filters its own device only; remove one of the two
    ");
}

#[test]
fn a_host_firewall_on_a_device_without_an_address() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
device d in a
firewall f { target nftables; protects d }
";
    assert_snapshot!(messages(text), @"
    error[no-address]: `f` protects `d`, which has no address
     --> policy.sept:3:10
      |
    2 | device d in a
      |        - the device
    3 | firewall f { target nftables; protects d }
      |          ^
    ");
}

#[test]
fn a_rule_from_nobody() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nallow a - a -> any\n"), @"
    warning[empty-rule]: the rule holds no packet: `a - a` holds no address
     --> policy.sept:2:7
      |
    2 | allow a - a -> any
      |       ^^^^^
      |
      = help: nothing is written for it; remove it, or give both sides an address of one family
    ");
}

#[test]
fn a_rule_to_nobody() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nzone b { subnet 10.0.1.0/24 }\nallow a -> a & b\n"), @"
    warning[empty-rule]: the rule holds no packet: `a & b` holds no address
     --> policy.sept:3:12
      |
    3 | allow a -> a & b
      |            ^^^^^
      |
      = help: nothing is written for it; remove it, or give both sides an address of one family
    ");
}

#[test]
fn a_rule_between_families() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nzone b { subnet 2001:db8::/64 }\nallow a -> b\n"), @"
    warning[empty-rule]: the rule holds no packet: `a` has only IPv4 addresses and `b` only IPv6
     --> policy.sept:3:1
      |
    3 | allow a -> b
      | ^^^^^^^^^^^^
      |
      = help: nothing is written for it; remove it, or give both sides an address of one family
    ");
}

#[test]
fn a_rule_whose_service_is_of_the_other_family() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nallow a -> any : icmpv6 echo-request\n"), @"
    warning[empty-rule]: the rule holds no packet: `icmpv6 echo-request` does not exist in IPv4, the only family in which both sides have addresses
     --> policy.sept:2:18
      |
    2 | allow a -> any : icmpv6 echo-request
      |                  ^^^^^^^^^^^^^^^^^^^
      |
      = help: nothing is written for it; remove it, or give both sides an address of one family
    ");
}

#[test]
fn a_rule_about_a_device_without_an_address() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\ndevice d in a\nallow d -> any\n"), @"
    warning[empty-rule]: the rule holds no packet: `d` holds no address
     --> policy.sept:3:7
      |
    3 | allow d -> any
      |       ^
      |
      = help: nothing is written for it; remove it, or give both sides an address of one family
    ");
}

#[test]
fn an_assertion_about_nobody() {
    assert_snapshot!(messages("zone a { subnet 10.0.0.0/24 }\nforbid a - a -> any\n"), @"
    warning[empty-assertion]: the assertion says nothing: `a - a` holds no address
     --> policy.sept:2:8
      |
    2 | forbid a - a -> any
      |        ^^^^^
    ");
}

#[test]
fn management_by_nobody() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
router r { target nftables; manage from a - a : ssh; interface e0 = a }
";
    assert_snapshot!(messages(text), @"
    error[empty-manage]: nobody can manage `r` by this: `a - a` holds no address
     --> policy.sept:2:41
      |
    2 | router r { target nftables; manage from a - a : ssh; interface e0 = a }
      |                                         ^^^^^
      |
      = help: name a set that holds an address of a family that the device has
    ");
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
    assert_snapshot!(messages(text), @"
    error[empty-manage]: nobody can manage `r` by this: `b` has only IPv4 addresses and `r` only IPv6
     --> policy.sept:5:5
      |
    5 |     manage from b : ssh
      |     ^^^^^^^^^^^^^^^^^^^
      |
      = help: name a set that holds an address of a family that the device has
    ");
}

#[test]
fn management_with_what_the_family_does_not_have() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
router r { target nftables; manage from a : icmpv6; interface e0 = a }
";
    assert_snapshot!(messages(text), @"
    error[empty-manage]: nobody can manage `r` by this: `icmpv6` does not exist in IPv4, the only family in which both sides have addresses
     --> policy.sept:2:45
      |
    2 | router r { target nftables; manage from a : icmpv6; interface e0 = a }
      |                                             ^^^^^^
      |
      = help: name a set that holds an address of a family that the device has
    ");
}

#[test]
fn a_firewall_where_a_set_stands() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
device pacs in a { address 10.0.0.9 }
firewall edge { target nftables; interface eth0 = a { address 10.0.0.1 } }
firewall pacs-host { target nftables; protects pacs }
allow a -> edge : ssh
allow a -> pacs-host : ssh
";
    assert_snapshot!(messages(text), @"
    error[unknown-name]: there is no zone, device or group `edge`
     --> policy.sept:5:12
      |
    5 | allow a -> edge : ssh
      |            ^^^^
      |
      = help: `edge` is a firewall, which no set holds: write an address of it, such as `10.0.0.1`

    error[unknown-name]: there is no zone, device or group `pacs-host`
     --> policy.sept:6:12
      |
    6 | allow a -> pacs-host : ssh
      |            ^^^^^^^^^
      |
      = help: `pacs-host` is a firewall, which no set holds: name the device that it protects, `pacs`
    ");
}

#[test]
fn a_name_that_only_quotes_can_spell() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
device \"ct scanner\" in a { address 10.0.0.9 }
allow a -> ct-scanner : ssh
";
    assert_snapshot!(messages(text), @r##"
    error[unknown-name]: there is no zone, device or group `ct-scanner`
     --> policy.sept:3:12
      |
    3 | allow a -> ct-scanner : ssh
      |            ^^^^^^^^^^
      |
      = help: did you mean `"ct scanner"`?
    "##);
}

#[test]
fn what_needs_quotes_is_suggested_with_them_wherever_it_is_named() {
    let text = "\
zone \"ward 1\" { subnet 10.0.0.0/24; label \"bed side\" }
zone inner { subnet 10.0.0.128/25; within ward-1 }
device \"ct scanner\" in \"ward 1\" { address 10.0.0.9 }
device other in ward-1 { address 10.0.0.10 }
service \"call home\" = tcp 8443
router r { target nftables; interface eth0 = ward-1 }
firewall f { target nftables; protects ct-scanner }
allow label:bed-side -> any : call-hom
allow \"bed side\" -> any : \"call home\"
";
    assert_snapshot!(messages(text), @r##"
    error[overlapping-zones]: zones `ward 1` and `inner` both claim `10.0.0.128/25`
     --> policy.sept:2:21
      |
    1 | zone "ward 1" { subnet 10.0.0.0/24; label "bed side" }
      |                        ----------- `10.0.0.0/24` is of `ward 1`
    2 | zone inner { subnet 10.0.0.128/25; within ward-1 }
      |                     ^^^^^^^^^^^^^
      |
      = help: if `inner` is a part of `ward 1`, say `within "ward 1"` in it

    error[unknown-name]: there is no zone `ward-1`
     --> policy.sept:2:43
      |
    2 | zone inner { subnet 10.0.0.128/25; within ward-1 }
      |                                           ^^^^^^
      |
      = help: did you mean `"ward 1"`?

    error[unknown-name]: device `other` is in zone `ward-1`, which does not exist
     --> policy.sept:4:17
      |
    4 | device other in ward-1 { address 10.0.0.10 }
      |                 ^^^^^^
      |
      = help: did you mean `"ward 1"`?

    warning[no-interface]: `r` has no interface
     --> policy.sept:6:8
      |
    6 | router r { target nftables; interface eth0 = ward-1 }
      |        ^

    error[unknown-name]: there is no zone `ward-1`
     --> policy.sept:6:46
      |
    6 | router r { target nftables; interface eth0 = ward-1 }
      |                                              ^^^^^^
      |
      = help: did you mean `"ward 1"`?

    error[unknown-name]: there is no device `ct-scanner`
     --> policy.sept:7:40
      |
    7 | firewall f { target nftables; protects ct-scanner }
      |                                        ^^^^^^^^^^
      |
      = help: did you mean `"ct scanner"`?

    error[unknown-label]: no zone or device has the label `bed-side`
     --> policy.sept:8:13
      |
    8 | allow label:bed-side -> any : call-hom
      |             ^^^^^^^^
      |
      = help: did you mean `"bed side"`?

    error[unknown-service]: there is no service `call-hom`
     --> policy.sept:8:31
      |
    8 | allow label:bed-side -> any : call-hom
      |                               ^^^^^^^^
      |
      = help: did you mean `"call home"`?

    error[unknown-name]: `bed side` is a label, not a zone, device or group
     --> policy.sept:9:7
      |
    9 | allow "bed side" -> any : "call home"
      |       ^^^^^^^^^^
      |
      = help: write `label:"bed side"`
    "##);
}

#[test]
fn a_device_in_an_unknown_zone_and_what_refers_to_it() {
    let text = "\
zone wards { subnet 10.0.0.0/24 }
device pump in ward { address 10.0.0.9 }
allow wards -> pump : ssh
firewall pump-host { target nftables; protects pump }
";
    assert_snapshot!(messages(text), @"
    error[unknown-name]: device `pump` is in zone `ward`, which does not exist
     --> policy.sept:2:16
      |
    2 | device pump in ward { address 10.0.0.9 }
      |                ^^^^
      |
      = help: did you mean `wards`?
    ");
}

#[test]
fn an_interface_with_an_address_of_another_zone() {
    let text = "\
zone a { subnet 10.0.0.0/24 }
zone b { subnet 10.0.1.0/24 }
router r { target nftables; interface eth0 = a { address 10.0.1.1 }; interface eth1 = b }
";
    assert_snapshot!(messages(text), @"
    error[interface-outside-zone]: `10.0.1.1` of interface `eth0` is not an address of zone `a`
     --> policy.sept:3:58
      |
    1 | zone a { subnet 10.0.0.0/24 }
      |      - its zone
    2 | zone b { subnet 10.0.1.0/24 }
    3 | router r { target nftables; interface eth0 = a { address 10.0.1.1 }; interface eth1 = b }
      |                                                          ^^^^^^^^
      |
      = help: `10.0.1.1` is of zone `b`
    ");
}
