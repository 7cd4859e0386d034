//! What a device may take otherwise than it looks is reported: what it lets through is not known.

use septum::target::Platform;
use septum::target::cisco_ios::CiscoIos;

use super::statements::{applied, reported};
use super::{packet, passes, understood};

const LIST: &str = "ip access-list extended T\n permit udp any any\n";
const BOUND: &str = "interface Vlan1\n ip access-group T in\n";

#[test]
fn commands_in_a_text_of_several_lines_are_no_commands() {
    let web = packet("10.0.0.1", "10.1.0.1", 6, 9, 80);
    for (before, after) in [
        ("banner ^C", "^C"),
        ("banner #welcome", "#"),
        ("aaa authentication banner %", "%"),
        ("aaa authentication fail-message ^Cno", "way^C"),
        ("line con 0\n refuse-message ^C", "^C"),
        ("line vty 0 4\n vacant-message /", "/"),
        ("crypto isakmp client configuration group X\n banner ^C", "^C"),
    ] {
        let text = format!("{LIST}{before}\n{BOUND}{after}\n");
        assert!(passes(&understood(&text), "Vlan1", &web, false), "{text}");
    }
    // Whether that is short for `motd`, or a text between two `m`, is not said.
    reported(&format!("{LIST}banner mot ^C\n{BOUND}^C\n"), 3);
    understood("no banner motd\nbanner motd ^Chello^C\n line con 0\n refuse-message ^Cno^C\n");
}

#[test]
fn control_characters_are_reported() {
    for text in [
        "interface Vlan1\n description x\r no ip access-group T in",
        "interface Vlan1\n ip address 10.0.0.1 255.0.0.0\u{8}",
        "hostname x\u{b}y",
    ] {
        reported(text, text.lines().count());
    }
    understood("interface Vlan1\r\n\tdescription x\ty\r\n");
    understood("banner motd \u{3}\n\u{7}\n\u{3}");
}

#[test]
fn names_that_may_be_of_several_interfaces_are_reported() {
    for short in ["g0/1", "Vir1", "two1/0/1", "E0"] {
        reported(&format!("{LIST}interface {short}\n no ip access-group T in"), 3);
    }
    understood("interface Weird7\n ip address 10.0.0.1 255.0.0.0");
}

#[test]
fn global_commands_below_another_section_are_reported_when_they_are_short() {
    for command in [
        "no ip access-l ext T",
        "ip access-g T in",
        "no ipv6 traf T in",
        "vlan fil X vlan-list 1",
    ] {
        reported(&format!("{LIST}ip route 0.0.0.0 0.0.0.0 10.0.0.1\n {command}"), 4);
    }
    understood("track 1 list boolean and\n object 2\nline vty 0 4\n access-class 10 in");
}

#[test]
fn nothing_is_configured_behind_the_end() {
    for end in [
        "end",
        "hostname x\nend",
        "exit\nexit",
        "interface Vlan1\nexit\nexit",
    ] {
        let text = format!("{LIST}{end}\n{BOUND}");
        reported(&text, text.lines().count() - 1);
    }
    understood(&format!(
        "{LIST}end\nconfigure terminal\n{BOUND}exit\n{BOUND}end\n"
    ));
    // Whether a command opened a section of its own is not known of all.
    understood(&format!("{LIST}line con 0\nexit\n{BOUND}"));
}

#[test]
fn an_entry_that_stands_twice_is_not_removed() {
    for (entries, removal) in [
        ("10 permit tcp any any\n 20 permit tcp any any log", "no 10"),
        (
            "10 permit tcp any any\n 20 permit tcp any any",
            "no permit tcp any any",
        ),
    ] {
        reported(&applied(&format!("{entries}\n {removal}")), 4);
        understood(&applied(&format!(
            "{entries}\n permit udp any any\n no permit udp any any"
        )));
    }
    let group = "object-group network A\n 10.0.0.0 /24\n range 10.0.0.0 10.0.0.255\n no 10.0.0.0 /24\n";
    reported(&format!("{group}{}", applied("permit ip object-group A any")), 4);
    let group = "object-group service S\n tcp eq 80\n tcp range 80 80\n no tcp eq 80\n";
    reported(&format!("{group}{}", applied("permit object-group S any any")), 4);
}

#[test]
fn one_name_is_of_one_kind() {
    for text in [
        "ip access-list standard T\n permit any\nip access-list extended T\n permit ip any any",
        "ip access-list extended T\n permit ip any any\nip access-list standard T\n permit any",
        "ip access-list extended T\n permit ip any any\nipv6 access-list T\n permit ipv6 any any",
        "ipv6 access-list T\n permit ipv6 any any\nip access-list extended T\n permit ip any any",
        "ipv6 access-list T\n permit ipv6 any any\nip access-list standard T\n permit any",
        "object-group network T\n host 10.0.0.1\nobject-group service T\n tcp eq 80",
        "object-group v6-network T\n host 2001:db8::1\nobject-group network T\n host 10.0.0.1",
    ] {
        reported(text, 3);
    }
    understood(
        "ip access-list standard T\n permit any\nno ip access-list standard T\nip access-list extended T",
    );
    understood(
        "object-group network T\n host 10.0.0.1\nno object-group network T\nobject-group service T\n tcp",
    );
}

#[test]
fn a_line_that_may_have_left_the_interface_is_followed_by_none_of_it() {
    let script = |line: &str| format!("{LIST}interface Vlan1\n{line}\nip access-group T in\n");
    for line in [
        "logging host 10.0.0.9",
        "ip nat inside source list 1 pool P",
        "ntp server 10.0.0.9",
    ] {
        reported(&script(line), 5);
    }
    understood(&script("ip address 10.0.0.1 255.0.0.0"));
    understood(&script(" no cdp enable"));
}

#[test]
fn what_numbers_remarks_take_is_not_told() {
    let list = |entries: &str| {
        format!(
            "ip access-list extended T\n {entries}\nip access-list resequence T 10 10\nip access-list extended T\n \
             15 deny udp any any\n{BOUND}"
        )
    };
    reported(
        &list("10 remark x\n 20 permit tcp any any\n 30 permit ip any any"),
        7,
    );
    understood(&list("20 permit tcp any any\n 30 permit ip any any"));
}

#[test]
fn a_member_of_a_port_channel_filters_nothing() {
    let member = "interface Gi0/1\n channel-group 1 mode active\n ip access-group T in\n";
    reported(&format!("{LIST}{member}"), 5);
    understood(&format!("{LIST}{member} no channel-group 1 mode active\n"));
}

#[test]
fn later_fragments_that_are_let_in_are_reported() {
    reported(&applied("permit ip any any fragments"), 2);
    understood(&applied("deny ip any any fragments"));
}

#[test]
fn numbers_of_lists_are_written_in_one_way() {
    reported("access-list 0101 permit ip any any", 1);
    reported(
        "access-list 101 permit udp any any\ninterface Vlan1\n ip access-group 0101 in",
        3,
    );
    reported("ip access-list extended 0101\n permit ip any any", 1);
}

#[test]
fn what_leads_packets_on_behind_the_lists_is_reported() {
    for line in [
        "ip nat inside source static 10.0.0.5 203.0.113.5",
        "ip nat inside source static tcp 10.0.0.5 443 interface Gi0/0 443",
        "ip nat outside source static 203.0.113.5 10.0.0.5",
        "ip nat inside destination list 1 pool P",
        "ip route vrf Mgmt-vrf 0.0.0.0 0.0.0.0 10.0.0.1 global",
        "ipv6 route vrf Mgmt-vrf ::/0 nexthop-vrf default 2001:db8::1",
    ] {
        reported(line, 1);
    }
    understood("ip nat inside source list NAT interface GigabitEthernet0/0 overload");
    understood("ip route vrf Mgmt-vrf 0.0.0.0 0.0.0.0 10.0.0.1");
    understood("no ip nat inside source static 10.0.0.5 203.0.113.5");
}

#[test]
fn a_netmask_in_the_place_of_a_wildcard_is_called_one() {
    let why = |place: &str| {
        let read = CiscoIos.read(&applied(&format!("permit ip 10.10.20.0 {place} any")));
        read.not_understood.first().map(|report| report.why.clone())
    };
    assert!(why("255.255.252.0").is_some_and(|why| why.contains("netmask")));
    assert!(why("255.255.85.0").is_some_and(|why| !why.contains("netmask")));
    assert_eq!(why("0.0.3.255"), None);
}
