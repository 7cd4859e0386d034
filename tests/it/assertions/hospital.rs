//! The hospital of the repository: every assertion holds, and the attack that matters is found once it is possible.

use insta::assert_snapshot;

use super::harness::messages_of;
use crate::sample::{self, Loaded};

/// The hospital with some texts replaced, each of which must be there once.
fn hospital(changes: &[(&str, &str)]) -> Loaded {
    sample::load_edited(&sample::example("hospital"), changes).sound()
}

#[test]
fn every_assertion_of_the_hospital_holds() {
    let hospital = hospital(&[]);
    assert!(hospital.policy.assertions.len() > 30);
    assert_eq!(messages_of(&hospital), "");
}

#[test]
fn the_way_from_a_supplier_over_a_scanner_to_the_archive_is_found() {
    // Two rules that name the zone of the jump hosts instead of the hosts: each looks harmless by itself.
    let widened = hospital(&[
        (
            "allow vendor.vpn -> jump-hosts : https, rdp",
            "allow vendor.vpn -> jump : https, rdp",
        ),
        (
            "allow jump-hosts -> imaging.modalities : ssh",
            "allow jump -> imaging.modalities : ssh",
        ),
        (
            "forbid vendor ~> label:iomt unless via jump-hosts",
            "forbid vendor ~> pacs-1 unless via jump-hosts",
        ),
        (
            "only jump-hosts | imaging.modalities -> imaging.modalities : ssh",
            "",
        ),
    ]);
    let chain = messages_of(&widened)
        .split("\n\n")
        .find(|message| message.contains("`pacs-1`"))
        .unwrap()
        .to_owned();
    assert_snapshot!(chain, @r#"
error[forbid-path]: `vendor` reaches `pacs-1` in 3 steps around `jump-hosts`
  --> assertions.sept:41:1
   |
41 | forbid vendor ~> pacs-1 unless via jump-hosts
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
  ::: vendor.sept:10:5
   |
10 |     allow vendor.vpn -> jump : https, rdp
   |     ------------------------------------- lets step 1 through
...
30 |     allow jump -> imaging.modalities : ssh
   |     -------------------------------------- lets step 2 through
   |
  ::: imaging.sept:8:5
   |
 8 |     allow imaging.modalities -> pacs-1 : dicom "images"
   |     --------------------------------------------------- lets step 3 through
   |
   = chain: 1. 10.59.0.2 (vendor.vpn) -> 10.50.8.2 (jump): tcp 10.59.0.2:49152 -> 10.50.8.2:443
   = chain: 2. 10.50.8.2 (jump) -> ct-1 (imaging.modalities): tcp 10.50.8.2:49152 -> 10.30.0.20:22
   = chain: 3. ct-1 (imaging.modalities) -> pacs-1 (imaging.pacs): tcp 10.30.0.20:49152 -> 10.30.4.10:11112
   = devices: 1 in imaging.pacs (pacs-1)
   = help: without `allow jump -> imaging.modalities : ssh` there is no such chain
"#);
}

#[test]
fn a_rule_that_names_the_zone_of_the_jump_hosts_is_found() {
    let vendor = (
        "allow vendor.vpn -> jump-hosts : https, rdp",
        "allow vendor.vpn -> jump : https, rdp",
    );
    assert_eq!(
        messages_of(&hospital(&[vendor])),
        "",
        "from other addresses of the zone nothing leads on"
    );
    let open = hospital(&[(
        "allow jump-hosts -> imaging.modalities : ssh",
        "allow jump -> imaging.modalities : ssh",
    )]);
    assert_snapshot!(messages_of(&open), @r#"
error[only-violated]: not only `jump-hosts | imaging.modalities` may open flows of `ssh` to `imaging.modalities`
  --> assertions.sept:50:1
   |
50 | only jump-hosts | imaging.modalities -> imaging.modalities : ssh
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
  ::: vendor.sept:30:5
   |
30 |     allow jump -> imaging.modalities : ssh
   |     -------------------------------------- lets the example through
   |
   = example: tcp 10.50.8.2:49152 -> 10.30.0.20:22
   = devices: 25 in imaging.modalities (ct-1, ct-2, mri-1, …)
   = help: only `allow jump -> imaging.modalities : ssh` lets it through: narrow or remove it
"#);
}
