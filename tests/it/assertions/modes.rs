//! What modes cut: management, and the summary of everything.

use insta::assert_snapshot;
use septum::model::ModeId;
use septum::reach::mode_cuts;

use super::harness::{load, messages};

const SITE: &str = "zone admin { subnet 10.50.0.0/24 }
zone core-net { subnet 10.255.0.0/24 }
zone wards { subnet 10.20.0.0/22 }
zone guest { subnet 172.16.0.0/16 }
zone internet { external }
allow admin -> core-net : ssh
allow guest -> internet : https, http
allow guest -> wards : ping
deny guest -> wards : icmp
firewall edge {
    target fortigate
    manage from admin : ssh
    interface a = admin { address 10.50.0.1 }
    interface b = core-net { address 10.255.0.1 }
    interface c = guest
    interface d = internet
}
router wing {
    target cisco-ios
    manage from admin : ssh
    interface up = core-net { address 10.255.0.2 }
    interface down = wards { address 10.20.0.1 }
}
";

#[test]
fn a_mode_that_cuts_the_way_to_a_device_is_found() {
    assert_snapshot!(messages(&format!("{SITE}mode lockdown {{ deny admin -> core-net }}\n")), @r#"
error[mode-widens]: mode `lockdown` cuts the management of `wing`
  --> policy.sept:24:6
   |
20 |     manage from admin : ssh
   |     ----------------------- promised here
...
24 | mode lockdown { deny admin -> core-net }
   |      ^^^^^^^^   ---------------------- takes it away
   |
   = example: tcp 10.50.0.2:49152 -> 10.255.0.2:22
   = help: narrow `deny admin -> core-net`: the way to `wing` leads over other devices, which the mode closes
"#);
}

#[test]
fn a_device_at_hand_is_managed_whatever_a_mode_denies() {
    let mode = "mode lockdown { deny admin -> 10.255.0.1; deny guest -> any }\n";
    assert_eq!(messages(&format!("{SITE}{mode}")), "");
}

#[test]
fn what_a_mode_cuts_is_listed_by_zones_and_without_what_was_denied_before() {
    let loaded = load(&format!(
        "{SITE}mode lockdown {{ deny guest -> any : tcp 443, icmp, icmpv6 }}\n"
    ));
    let day = jiff::civil::date(2026, 6, 1);
    let cuts = mode_cuts(&loaded.policy, day, ModeId::from_index(0));
    let lines: Vec<String> = cuts.iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["guest -> internet : part of https, http"]);
}
