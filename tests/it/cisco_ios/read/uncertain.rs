//! What a device may take otherwise than it looks is reported: what it lets through is not known.

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
fn later_fragments_that_are_let_in_are_reported() {
    reported(&applied("permit ip any any fragments"), 2);
    understood(&applied("deny ip any any fragments"));
}
