//! What a device may take otherwise than it looks is reported: what it lets through is not known.

use super::statements::reported;
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
