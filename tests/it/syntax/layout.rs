//! The formatter.

use arbtest::arbtest;
use insta::assert_snapshot;
use septum::source::FileId;
use septum::syntax::{format, parse};

use super::grammar::Grammar;
use super::{EXAMPLE, accepted, fuzz};

#[track_caller]
fn formatted(text: &str) -> String {
    fuzz::check(text);
    format(text, &accepted(text)).expect("no errors")
}

#[test]
fn the_example_of_the_manual() {
    assert_snapshot!(formatted(EXAMPLE), @r##"
    # hospital.sept
    zone clinical.pumps "Infusion pumps, floors 2 to 5" {
        subnet 10.20.0.0/22, 2001:db8:20::/64
        label iomt, patient-connected
        trust 40
        isolate  # members may not talk to each other
    }
    zone servers.biomed { subnet 10.30.1.0/24, 2001:db8:30:1::/64; trust 60 }
    zone guest { subnet 172.16.0.0/16; trust 0 }
    zone transit.core { subnet 10.255.0.0/24 }
    zone internet { external }  # every address that no other zone claims

    device pump-gateway in servers.biomed {
        address 10.30.1.10, 2001:db8:30:1::10
        label pump-server
    }
    group pump-path = pump-gateway | clinical.pumps & label:infusion-pump

    service https = tcp 443
    service dicom = tcp 104, 11112 { clear-text; carries phi; prefer dicom-tls }
    service dicom-tls = tcp 2762
    service dns = udp 53, tcp 53
    service ping = icmp echo-request, icmpv6 echo-request

    policy pump-telemetry "Drug library and events" {
        owner biomed
        ticket CHG-20411
        reason "Pumps pull the drug library; the gateway pushes orders"

        allow clinical.pumps -> pump-gateway : https
        allow pump-gateway -> clinical.pumps : tcp 8443 { log; expires 2027-06-30 }
        deny guest -> clinical
    }

    require clinical.pumps -> pump-gateway : https "drug library must arrive"
    forbid guest -> clinical  # directly
    forbid internet ~> clinical.pumps  # through any chain of hosts
    forbid vendor ~> clinical.pumps unless via jump-host
    only pump-gateway -> clinical.pumps  # nobody else reaches the pumps
    limit vendor ~> label:patient-connected <= 40  # blast radius, in devices

    mode lockdown "Ransomware outbreak" {
        deny guest -> any
        deny business -> clinical
    }

    firewall core {
        target fortigate
        interface port1 = servers.biomed
        interface port2 = transit.core
        interface wan1 = internet
    }
    router wing-a {
        target cisco-ios
        manage from it.admin : ssh, snmp  # never cut by what we write
        run ospf, dhcp-relay  # traffic of the device itself
        interface Vlan20 = clinical.pumps { address 10.20.0.1, 2001:db8:20::1 }
        interface Te1/0/1 = transit.core { address 10.255.0.2 }
    }
    firewall pacs-1-host { target nftables; protects pacs-1; manage from it.admin : ssh }  # a host firewall
    router old-l3 { unmanaged; interface e0 = guest; interface e1 = transit.core }
    "##);
}

#[test]
fn space_and_separators_are_made_alike() {
    let text = "zone   a{trust 5;;isolate;}\n\n\n\nallow a->b|(c&d)-e:tcp 1,2{log}\ngroup g=label:x|label:\"y z\"\n\
        router r{interface eth0:1=a\ninterface Te1/0/1=b{}}";
    assert_snapshot!(formatted(text), @r##"
    zone a { trust 5; isolate }

    allow a -> b | (c & d) - e : tcp 1, 2 { log }
    group g = label:x | label:"y z"
    router r {
        interface eth0:1 = a
        interface Te1/0/1 = b {}
    }
    "##);
}

#[test]
fn every_comment_stays_where_it_was() {
    let text = "# top\n\n  # second\nzone a # name\n{ # open\n# first\n\n\nsubnet 10.0.0.0/8, # one\n  # two\n10.1.0.0/16 # three\n\
        ; trust 5; # four\nisolate # five\n# last\n} # closed\n# end";
    assert_snapshot!(formatted(text), @r##"
    # top

    # second
    zone a  # name
            {  # open
        # first

        subnet 10.0.0.0/8,  # one
                # two
                10.1.0.0/16  # three
        trust 5  # four
        isolate  # five
        # last
    }  # closed
    # end
    "##);
}

#[test]
fn long_statements_are_broken_before_operators_and_after_commas() {
    let set = (0..12)
        .map(|i| format!("zone-number-{i}"))
        .collect::<Vec<_>>()
        .join(" | ");
    let ports = (1000..1020).map(|p| p.to_string()).collect::<Vec<_>>().join(", ");
    let text = format!("allow {set} -> clinical : tcp {ports} \"why\" {{ log; owner biomed }}");
    assert_snapshot!(formatted(&text), @r##"
    allow zone-number-0 | zone-number-1 | zone-number-2 | zone-number-3 | zone-number-4 | zone-number-5
            | zone-number-6 | zone-number-7 | zone-number-8 | zone-number-9 | zone-number-10 | zone-number-11
            -> clinical : tcp 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013,
            1014, 1015, 1016, 1017, 1018, 1019 "why" {
        log
        owner biomed
    }
    "##);
}

#[test]
fn a_short_body_stays_on_its_line_and_a_long_one_is_opened() {
    assert_snapshot!(formatted("zone a { trust 5; isolate }\nzone b {\n trust 5 }\nzone c {\n}"), @r##"
    zone a { trust 5; isolate }
    zone b {
        trust 5
    }
    zone c {}
    "##);
    let text = format!(
        "zone a {{ label {}; trust 5 }}",
        ["label-of-some-length"; 5].join(", ")
    );
    assert_snapshot!(formatted(&text), @r##"
    zone a {
        label label-of-some-length, label-of-some-length, label-of-some-length, label-of-some-length,
                label-of-some-length
        trust 5
    }
    "##);
}

#[test]
fn a_text_with_errors_is_left_alone() {
    let text = "zone a { trust }";
    assert_eq!(format(text, &parse(FileId(0), text)), None);
    assert_eq!(formatted(""), "");
}

#[test]
fn no_layout_of_any_sentence_changes_what_it_says() {
    let grammar = Grammar::read();
    arbtest(|u| {
        let mut text = String::new();
        for token in grammar.sentence("file", u)? {
            text.push_str(&token);
            text.push_str(u.choose(&[" ", " ", "  ", "\t", " # c\n", "\n\n", "\r\n"])?);
        }
        // A name that is a keyword of a statement must not open a line; then there is nothing to format.
        fuzz::check(&text);
        Ok(())
    })
    .size_min(64)
    .size_max(2048);
}
