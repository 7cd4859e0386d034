//! Whole configurations in the manner of FortiOS's own, written after the vendor's CLI reference.

use septum::packet::{Packet, PacketRule, permits};
use septum::target::Platform;
use septum::target::fortigate::FortiGate;
use septum::target::readback::{Hook, ReadBack};

use super::list;

/// A branch unit: odd spacing, tabs, tables that are skipped, texts over several lines, objects of every kind.
const BRANCH: &str = r##"#config-version=FGT60F-7.4.10-FW-build2878-251118:opmode=0:vdom=0:user=admin
#conf_file_ver=182713293841
#buildno=2878
#global_vdom=1
config system global
    set alias "FortiGate-60F"
    set hostname "branch-7"
    set pre-login-banner enable
end
config system accprofile
    edit "prof_admin"
        set secfabgrp read-write
    next
end
config system interface
    edit "wan1"
        set vdom "root"
        set ip 192.0.2.2 255.255.255.252
        set allowaccess ping
        config ipv6
            set ip6-address 2001:db8:ffff::2/64
        end
    next
    edit "internal1"
        set vdom "root"
    next
    edit "vlan20"
        set vdom "root"
        set interface "internal1"
        set vlanid 20
    next
end
config system replacemsg admin "pre_admin-disclaimer-text"
    set buffer "Authorised use only.
config firewall policy
    edit 1
end
It\'s \"monitored\"."
end
config system federated-upgrade
    set status initialized
end
config system ssh-config
    set ssh-enc-algo chacha20-poly1305@openssh.com aes256-gcm@openssh.com
end
config system automation-condition
    edit "high CPU"
        set condition-type cpu
    next
end
config system ngfw-settings
    set match-timeout 60
end
config casb saas-application
    edit "google-office"
        set domains "docs.google.com"
    next
end
config diameter-filter profile
    edit "default"
        set comment "All diameter"
    next
end
config sctp-filter profile
    edit "default"
        config ppid-filters
            edit 1
                set ppid 3
            next
        end
    next
end
config   system	zone
    edit "office"
        set description "desks
and printers"
        set interface   "internal1"   "vlan20"
    next
end
config firewall address
    edit "none"
        set uuid 8d0a0e3e-0001-51ee-0000-000000000001
        set subnet 0.0.0.0 255.255.255.255
    next
    edit "all"
        set uuid 8d0a0e3e-0001-51ee-0000-000000000002
    next
    edit "gmail.com"
        set uuid 8d0a0e3e-0001-51ee-0000-000000000003
        set type fqdn
        set fqdn "gmail.com"
    next
    edit "desks"
        set uuid 8d0a0e3e-0001-51ee-0000-000000000004
        config tagging
            edit "site"
                set category "location"
                set tags "branch"
            next
        end
        set color 3
        set subnet 10.20.0.0 255.255.252.0
    next
    edit "server room"
        set type iprange
        set associated-interface "wan1"
        set start-ip 192.0.2.10
        set end-ip 192.0.2.19
    next
end
config firewall addrgrp
    edit "G Suite"
        set member "gmail.com"
    next
    edit "servers"
        set member "server room" "desks"
        set exclude enable
        set exclude-member "desks"
    next
end
config firewall wildcard-fqdn custom
    edit "adobe"
        set wildcard-fqdn "*.adobe.com"
    next
end
config firewall service category
    edit "Web Access"
        set comment "Web access."
    next
end
config firewall service custom
    edit "ALL"
        set category "General"
        set protocol IP
    next
    edit "HTTPS"
        set category "Web Access"
        set tcp-portrange 443
    next
    edit "PING"
        set protocol ICMP
        set icmptype 8
        unset icmpcode
    next
    edit "webproxy"
        set proxy enable
        set protocol ALL
        set tcp-portrange 0-65535:0-65535
    next
end
config firewall service group
    edit "Portal"
        set member "HTTPS" "PING"
    next
end
config firewall schedule recurring
    edit "always"
        set day sunday monday tuesday wednesday thursday friday saturday
    next
    edit "none"
    next
end
config firewall vip
    edit "vip_web"
        set extip 192.0.2.2
        set extintf "wan1"
        set mappedip "10.20.0.80"
    next
end
config firewall multicast-policy
    edit 1
        set srcintf "any"
        set dstintf "any"
        set srcaddr "all"
        set dstaddr "all"
        set action accept
    next
end
config firewall security-policy
end
config firewall policy
    edit 3
        set name "office to portal"
        set uuid 8d0a0e3e-0002-51ee-0000-000000000001
        set srcintf "office"
        set dstintf "wan1"
        set action accept
        set srcaddr "desks"
        set dstaddr "servers"
        set schedule "always"
        set service "Portal"
        set ssl-ssh-profile "certificate-inspection"
        set logtraffic all
        set comments "says \"hello\", and c:\\dir"
    next
    edit 4
        set name "old"
        set status disable
        set srcintf "wan1"
        set dstintf "office"
        set action accept
        set srcaddr "all"
        set dstaddr "vip_web"
        set internet-service enable
        set schedule "none"
        set service "webproxy"
        set nat enable
    next
    edit 5
        set srcintf "any"
        set dstintf "any"
        set srcaddr "all"
        set dstaddr "all"
        set srcaddr6 "all"
        set dstaddr6 "all"
        set schedule "always"
        set service "ALL"
        set logtraffic all
    next
end
config firewall local-in-policy
    edit 1
        set intf "any"
        set srcaddr "desks"
        set srcaddr-negate enable
        set dstaddr "all"
        set service "HTTPS"
        set schedule "always"
    next
end
config router static
    edit 1
        set gateway 192.0.2.1
        set device "wan1"
    next
end
"##;

fn packet(source: &str, destination: &str, second: u16) -> Packet {
    Packet {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        protocol: 6,
        first: 40_000,
        second,
    }
}

fn lets(read: &ReadBack, from: &str, to: &str, packet: &Packet) -> bool {
    let rules: Vec<PacketRule> = list(read, Some(from), Some(to))
        .iter()
        .map(|rule| rule.rule.clone())
        .collect();
    permits(&rules, packet)
}

#[test]
fn a_branch_is_understood_whole() {
    for text in [
        BRANCH.to_owned(),
        BRANCH.replace('\n', "\r\n"),
        BRANCH.replace("    ", "\t "),
    ] {
        let read = FortiGate.read(&text);
        assert_eq!(read.not_understood, []);
        for from in ["internal1", "vlan20"] {
            assert!(lets(
                &read,
                from,
                "wan1",
                &packet("10.20.3.255", "192.0.2.10", 443)
            ));
            assert!(!lets(
                &read,
                from,
                "wan1",
                &packet("10.20.4.0", "192.0.2.10", 443)
            ));
            assert!(!lets(
                &read,
                from,
                "wan1",
                &packet("10.20.0.1", "192.0.2.20", 443)
            ));
            assert!(!lets(&read, from, "wan1", &packet("10.20.0.1", "192.0.2.10", 80)));
        }
        assert!(!lets(
            &read,
            "internal1",
            "vlan20",
            &packet("10.20.0.1", "192.0.2.10", 443)
        ));
        assert!(!lets(
            &read,
            "wan1",
            "vlan20",
            &packet("192.0.2.10", "10.20.0.80", 443)
        ));
        let input = read
            .filters
            .iter()
            .find(|filter| filter.hook == (Hook::Input { interface: None }))
            .unwrap();
        let rules: Vec<PacketRule> = input.rules.iter().map(|rule| rule.rule.clone()).collect();
        assert!(permits(&rules, &packet("10.20.0.1", "10.20.0.254", 443)));
        assert!(!permits(&rules, &packet("192.0.2.99", "192.0.2.2", 443)));
        assert!(
            permits(&rules, &packet("192.0.2.99", "192.0.2.2", 22)),
            "left to allowaccess"
        );
    }
}

/// True where a line of the configuration belongs to something that decides.
fn decides(before: &str) -> bool {
    let table = before
        .rfind("\nconfig ")
        .map_or("", |at| before[at + 1..].lines().next().unwrap_or(""));
    [
        "zone",
        "address",
        "addrgrp",
        "service custom",
        "service group",
        "firewall policy",
        "local-in-policy",
    ]
    .iter()
    .any(|name| table.ends_with(name))
}

#[test]
fn an_unknown_statement_in_a_table_that_decides_is_reported_with_its_line() {
    let mut tried = 0;
    let lines: Vec<&str> = BRANCH.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        // Not in an entry that nobody uses, nor inside of tags or a text.
        let before = lines[..at].join("\n");
        let entry = before.rsplit("edit ").next().unwrap_or_default();
        let passed_over = entry.contains("disable") || entry.starts_with('4');
        if !line.starts_with("        set ") || !decides(&before) || passed_over {
            continue;
        }
        for wrong in [
            "frobnicate",
            "set frobnicate yes",
            "execute reboot",
            "config frobnicate\nset a b\nend",
        ] {
            let text = [&lines[..at], &[wrong], &lines[at..]].concat().join("\n");
            let found = FortiGate.read(&text).not_understood;
            assert!(
                found.iter().any(|one| one.line == at + 1),
                "{at} `{line}`: {wrong}: {found:?}"
            );
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn an_unknown_statement_outside_of_a_table_is_reported_with_its_line() {
    for wrong in [
        "frobnicate",
        "FGT # show",
        "edit 1",
        "set a b",
        "diagnose sys session clear",
    ] {
        let text = BRANCH.replace("config router static", &format!("{wrong}\nconfig router static"));
        assert_eq!(FortiGate.read(&text).not_understood.len(), 1, "{wrong}");
    }
}
