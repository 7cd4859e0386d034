//! `septum contain`.

use std::path::Path;

use super::{Clinic, TODAY, septum};

const CLINIC: &str = "zone ward { subnet 10.1.0.0/24; trust 40 }
zone lab { subnet 10.2.0.0/24; trust 40 }
zone it { subnet 10.9.0.0/24; trust 80 }
device scope in ward { address 10.1.0.9 }
device lis in lab { address 10.2.0.9 }
device dns in lab { address 10.2.0.53 }
device admin in it { address 10.9.0.9, 10.9.0.10 }
allow ward -> lab
allow lab -> scope : https
allow it -> ward | lab : ssh
require ward -> lis : https
require scope -> lis | dns : udp 53
require lis -> scope : https
router r {
    target nftables
    manage from it : ssh
    interface eth0 = ward { address 10.1.0.1 }
    interface eth1 = lab { address 10.2.0.1 }
    interface eth2 = it { address 10.9.0.1 }
}
";

#[test]
fn what_is_required_of_the_device_stays_and_nothing_else() {
    let clinic = Clinic::new(CLINIC);
    let run = clinic.contain("scope");
    assert_eq!(run.code, 0, "{}", run.err);
    insta::assert_snapshot!(run.out);
    assert_eq!(
        run.err,
        "not cut, as not every platform can tell it from others: proto 0 10.1.0.9 -> 10.2.0.9
no managed device stands between `scope` and `ward`: shut its switch port to cut that too\n"
    );
    clinic.write("contain.sept", &run.out);
    let fmt = septum(&clinic.path(""), &["fmt", "--check"]);
    assert_eq!(fmt.code, 0, "{}", fmt.err);
    let check = clinic.check(&[
        "--only",
        "require-unmet",
        "--only",
        "mode-widens",
        "--only",
        "empty-rule",
    ]);
    assert_eq!(check.code, 0, "{}", check.err);
    assert!(check.err.ends_with("no findings\n"), "{}", check.err);
}

#[test]
fn a_zone_that_only_claims_to_isolate_its_members_is_told_of() {
    let clinic = Clinic::new(&CLINIC.replace("trust 40 }\nzone lab", "trust 40; isolate }\nzone lab"));
    let run = clinic.contain("scope");
    assert_eq!(run.code, 0, "{}", run.err);
    let told = "`ward` says `isolate`, and no managed device makes it so: \
        shut the switch port of `scope` if the access network does not\n";
    assert!(run.err.ends_with(told), "{}", run.err);
}

/// Whether a packet passes in the mode of `contain.sept`.
fn passes(clinic: &Clinic, mode: &str, packet: [&str; 3]) -> bool {
    let [source, destination, service] = packet;
    let run = septum(
        &clinic.path(""),
        &[
            "trace",
            source,
            destination,
            service,
            "--mode",
            mode,
            "--as-of",
            TODAY,
        ],
    );
    assert!(run.code < 2, "{}", run.err);
    run.code == 0
}

#[test]
fn packets_of_the_device_pass_as_required_and_those_of_others_as_before() {
    let clinic = Clinic::new(CLINIC);
    clinic.write("contain.sept", &clinic.contain("scope").out);
    for (packet, expected) in [
        (["scope", "lis", "https"], true),
        (["scope", "lis", "udp 53"], true),
        (["scope", "dns", "udp 53"], true),
        (["lis", "scope", "https"], true),
        (["scope", "dns", "https"], false),
        (["scope", "lis", "ssh"], false),
        (["scope", "10.2.0.77", "https"], false),
        (["dns", "scope", "https"], false),
        (["it", "scope", "ssh"], false),
        (["10.1.0.77", "lis", "ssh"], true),
        (["it", "lis", "ssh"], true),
    ] {
        assert_eq!(passes(&clinic, "contain-scope", packet), expected, "{packet:?}");
    }
}

#[test]
fn nothing_required_is_cut_off_altogether() {
    let clinic = Clinic::new(&CLINIC.replace("require", "# require"));
    let run = clinic.contain("dns");
    assert_eq!(
        run.out,
        "# Cuts dns off from everything: nothing is required of it.
mode contain-dns \"Cut off dns\" {
    deny dns -> any
    deny any -> dns
}
"
    );
}

#[test]
fn what_manages_a_device_through_another_may_go_on() {
    // `core` is behind `r`: its management from the administrator's machine crosses a managed device.
    let clinic = Clinic::new(&format!(
        "{CLINIC}zone plant {{ subnet 10.4.0.0/24 }}
router core {{
    target cisco-ios
    manage from admin : ssh
    interface Gi0/1 = lab {{ address 10.2.0.2 }}
    interface Gi0/2 = plant {{ address 10.4.0.1 }}
}}
"
    ));
    let run = clinic.contain("admin");
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("#   admin -> 10.2.0.2"), "{}", run.out);
    clinic.write("contain.sept", &run.out);
    let check = clinic.check(&["--only", "mode-widens"]);
    assert_eq!(check.code, 0, "{}", check.err);
    assert!(!passes(&clinic, "contain-admin", ["admin", "lis", "ssh"]));
    assert!(passes(&clinic, "contain-admin", ["admin", "10.2.0.2", "ssh"]));
}

#[test]
fn addresses_of_one_device_may_keep_different_flows() {
    let clinic = Clinic::new(&CLINIC.replace("require ward -> lis : https", "require 10.9.0.9 -> lis : ssh"));
    clinic.write("contain.sept", &clinic.contain("admin").out);
    assert!(passes(&clinic, "contain-admin", ["10.9.0.9", "lis", "ssh"]));
    assert!(!passes(&clinic, "contain-admin", ["10.9.0.10", "lis", "ssh"]));
}

#[test]
fn peers_that_share_addresses_keep_what_each_of_them_does() {
    let clinic = Clinic::new(&CLINIC.replace(
        "require ward -> lis : https",
        "require scope -> lab : tcp 5000\nrequire scope -> lis : https\nrequire ward -> lab - dns : tcp 6000",
    ));
    let run = clinic.contain("scope");
    assert_eq!(run.code, 0, "{}", run.err);
    clinic.write("contain.sept", &run.out);
    for (packet, expected) in [
        (["scope", "lis", "https"], true),
        (["scope", "lis", "tcp 5000"], true),
        (["scope", "lis", "tcp 6000"], true),
        (["scope", "dns", "tcp 5000"], true),
        (["scope", "dns", "tcp 6000"], false),
        (["scope", "dns", "https"], false),
        (["scope", "10.2.0.77", "https"], false),
        (["scope", "10.2.0.77", "tcp 6000"], true),
    ] {
        assert_eq!(passes(&clinic, "contain-scope", packet), expected, "{packet:?}");
    }
}

#[test]
fn a_name_that_needs_quotes_gets_them() {
    let clinic = Clinic::new(&CLINIC.replace(" dns", " \"DNS 1\""));
    let run = clinic.contain("DNS 1");
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.contains("mode \"contain-DNS 1\" \"Cut off DNS 1\" {"),
        "{}",
        run.out
    );
    clinic.write("contain.sept", &run.out);
    assert!(!passes(&clinic, "contain-DNS 1", ["it", "\"DNS 1\"", "ssh"]));
}

#[test]
fn a_second_containment_has_a_name_of_its_own() {
    let clinic = Clinic::new(CLINIC);
    clinic.write("contain.sept", &clinic.contain("scope").out);
    let run = clinic.contain("scope");
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("mode contain-scope-2 "), "{}", run.out);
}

#[test]
fn every_device_of_the_hospital_can_be_contained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for device in ["ct-1", "pacs-1", "jump-1", "pump-gateway", "ntp-1", "nursecall-1"] {
        let run = septum(
            root,
            &["contain", device, "-p", "policies/hospital", "--as-of", TODAY],
        );
        assert_eq!(run.code, 0, "{device}: {}", run.err);
        assert!(
            run.out.contains(&format!("mode contain-{device} ")),
            "{}",
            run.out
        );
    }
}

#[test]
fn what_is_no_device_is_wrong_usage() {
    let clinic = Clinic::new(CLINIC);
    for (name, said) in [
        ("scop", "there is no device `scop`; did you mean `scope`?"),
        ("ward", "there is no device `ward`; that is the name of a zone"),
        (
            "r",
            "there is no device `r`; that is the name of a firewall or router",
        ),
        (
            "nothing-like-it",
            "there is no device `nothing-like-it` in the policy or its inventory",
        ),
    ] {
        let run = clinic.contain(name);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{name}");
        assert_eq!(run.err, format!("error: {said}\n"));
    }
}

/// What `build` says of a mode that `contain` printed.
fn build(clinic: &Clinic, mode: &str) -> super::Run {
    septum(&clinic.path(""), &["build", "--mode", mode, "--as-of", TODAY])
}

#[test]
fn every_platform_can_write_the_mode() {
    for platform in ["nftables", "cisco-ios", "fortigate"] {
        for kept in [
            "https",
            "icmp destination-unreachable/4",
            "tcp 1, 3, 5, 7, icmp 8",
        ] {
            let policy = CLINIC.replace("target nftables", &format!("target {platform}"));
            let clinic = Clinic::new(&policy.replace("lis : https", &format!("lis : {kept}")));
            let run = clinic.contain("scope");
            clinic.write("contain.sept", &run.out);
            let build = build(&clinic, "contain-scope");
            assert_eq!(build.code, 0, "{platform}: {}", build.err);
        }
    }
}

#[test]
fn what_a_device_on_the_way_cannot_write_is_left_and_said() {
    // Without state, answers to what is left of every service would be let in protocol by protocol.
    let clinic = Clinic::new(&CLINIC.replace("target nftables", "target cisco-ios"));
    let run = clinic.contain("scope");
    assert_eq!(run.code, 1, "{}", run.err);
    insta::assert_snapshot!("left", format!("{}---\n{}", run.out, run.err));
    clinic.write("contain.sept", &run.out);
    for (packet, expected) in [
        (["scope", "lis", "ssh"], true),
        (["scope", "10.2.0.77", "https"], false),
        (["dns", "scope", "https"], false),
        (["lis", "scope", "https"], true),
        (["it", "scope", "ssh"], false),
    ] {
        assert_eq!(passes(&clinic, "contain-scope", packet), expected, "{packet:?}");
    }
}

#[test]
fn a_mode_that_no_device_could_write_is_not_printed() {
    // The list has room for normal times alone.
    let policy = CLINIC.replace("target nftables", "target cisco-ios");
    let clinic = Clinic::new(&policy.replace("allow ward -> lab\n", "allow ward -> lab : https, udp 53\n"));
    clinic.write(
        "septum.yaml",
        "name: clinic\ncapabilities: { cisco-ios: small.yaml }\n",
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let capability = std::fs::read_to_string(root.join("targets/cisco-ios/capability.yaml")).unwrap();
    let small = capability.replace("refuse_entries: 50000", "refuse_entries: 17");
    clinic.write("small.yaml", &small);
    let normal = septum(&clinic.path(""), &["build", "--as-of", TODAY]);
    assert_eq!(normal.code, 0, "{}", normal.err);
    let run = clinic.contain("scope");
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    assert!(
        run.err.contains("more than the 17 that `refuse_entries` allows"),
        "{}",
        run.err
    );
    assert!(
        run.err
            .ends_with("no mode cuts `scope` off: `septum build` could not write it\n"),
        "{}",
        run.err
    );
}

#[test]
fn what_stops_a_build_without_the_mode_as_well_is_said_and_the_mode_is_printed() {
    // A side of IPv4 and ports of SCTP.
    let policy = CLINIC.replace("target nftables", "target cisco-ios");
    let clinic = Clinic::new(&policy.replace(
        "allow ward -> lab\n",
        "allow ward -> lab : https, udp 53, sctp 5\n",
    ));
    let run = clinic.contain("scope");
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.out.contains("mode contain-scope"), "{}", run.err);
    assert!(run.err.contains("with or without the mode"), "{}", run.err);
}
