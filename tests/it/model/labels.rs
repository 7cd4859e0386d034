//! What `label:x` names.

use crate::sample;

/// Zones within zones, and zones under a name, around one that is labelled.
const ZONES: &str = "
zone campus { subnet 10.1.0.0/16; label blue }
zone campus.shop { subnet 10.2.0.0/24 }
zone library { subnet 10.1.0.0/24; within campus }
zone archive { subnet 10.1.0.128/25; within library }
zone kiosk { subnet 10.2.0.128/25; within campus.shop }
zone other { subnet 10.3.0.0/24 }
";

#[test]
fn a_label_names_what_the_name_of_its_zone_names() {
    let text = format!("{ZONES}deny other -> label:blue\ndeny other -> campus\n");
    let policy = sample::policy(&text).sound().policy;
    let [by_label, by_name] = [0, 1].map(|rule| policy.rules[rule].destination.addresses.clone());
    assert_eq!(by_label, by_name);
    assert_eq!(
        by_label
            .prefixes()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        ["10.1.0.0/16", "10.2.0.0/24"]
    );
}
