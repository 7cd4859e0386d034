//! `--kev`: the catalogue of known exploited vulnerabilities.

use super::{Clinic, TODAY, checks_of, septum};

const CLINIC: &str = "zone guest { subnet 172.16.0.0/16; trust 0 }
zone imaging { subnet 10.30.0.0/24; trust 60 }
device ct-1 in imaging { address 10.30.0.21; cves CVE-2019-0708 }
device mri-1 in imaging { address 10.30.0.22; cves CVE-2001-0001 }
allow guest -> ct-1 | mri-1 : https
";

/// A catalogue released on a day.
fn catalogue(released: &str) -> String {
    format!(
        r#"{{
  "title": "Known exploited", "catalogVersion": "1", "dateReleased": "{released}T15:00:00.0Z", "count": 1,
  "vulnerabilities": [
    {{ "cveID": "CVE-2019-0708", "vendorProject": "Microsoft", "product": "Remote Desktop Services",
       "vulnerabilityName": "Remote code execution", "dateAdded": "2021-11-03",
       "knownRansomwareCampaignUse": "Known", "notes": "" }}
  ]
}}"#
    )
}

#[test]
fn devices_with_an_exploited_vulnerability_are_found_and_others_not() {
    let clinic = Clinic::new(CLINIC);
    clinic.write("kev.json", &catalogue("2026-05-30"));
    let run = clinic.check(&["--kev", "kev.json", "--only", "exploited-exposed"]);
    assert_eq!(run.code, 1);
    assert!(
        run.err
            .contains("`ct-1` has CVE-2019-0708 and is open to a zone of lower trust"),
        "{}",
        run.err
    );
    assert!(!run.err.contains("`mri-1` has"), "{}", run.err);
    assert!(
        run.err
            .starts_with("known exploited vulnerabilities: 1, of 2026-05-30, 2 days old\n"),
        "{}",
        run.err
    );
}

#[test]
fn an_old_catalogue_is_a_finding_by_the_day_of_the_check() {
    let clinic = Clinic::new(CLINIC);
    clinic.write("kev.json", &catalogue("2026-05-30"));
    let on = |day: &str| {
        let run = septum(
            &clinic.path(""),
            &[
                "check",
                "--kev",
                "kev.json",
                "--only",
                "exploited-exposed",
                "--as-of",
                day,
                "--format",
                "json",
            ],
        );
        checks_of(&run.out).len()
    };
    assert_eq!(on("2026-06-29"), 1, "30 days old");
    assert_eq!(on("2026-06-30"), 2, "31 days old");
}

#[test]
fn the_file_can_be_named_in_septum_yaml_for_check_and_build() {
    let clinic = Clinic::new(CLINIC);
    std::fs::create_dir(clinic.path("lists")).unwrap();
    clinic.write("lists/kev.json", &catalogue("2026-05-30"));
    let manifest = "name: clinic\nchecks:\n  exploited-exposed:\n    file: lists/kev.json\n";
    clinic.write("septum.yaml", manifest);
    let here = clinic.path("lists");
    let run = septum(&here, &["check", "..", "--as-of", TODAY, "--format", "json"]);
    assert!(
        checks_of(&run.out).contains(&"exploited-exposed".to_owned()),
        "{}",
        run.out
    );
    let build = septum(&here, &["build", "..", "--as-of", TODAY]);
    assert_eq!(build.code, 1);
    assert!(build.err.contains("error[exploited-exposed]"), "{}", build.err);
    // What is given counts.
    clinic.write("empty.json", r#"{"vulnerabilities": []}"#);
    let run = clinic.check(&["--kev", "empty.json", "--format", "json"]);
    assert!(!checks_of(&run.out).contains(&"exploited-exposed".to_owned()));
    assert!(
        run.err
            .starts_with("known exploited vulnerabilities: 0, without a date\n"),
        "{}",
        run.err
    );
}

#[test]
fn without_a_catalogue_a_waiver_of_it_is_not_called_useless() {
    let clinic = Clinic::new(&format!(
        "{CLINIC}waive exploited-exposed on ct-1 until 2026-12-31 because \"patched in July\"\n"
    ));
    let run = clinic.check(&["--only", "useless-waiver"]);
    assert_eq!(run.code, 0, "{}", run.err);
    clinic.write("kev.json", r#"{"vulnerabilities": []}"#);
    let run = clinic.check(&[
        "--only",
        "useless-waiver",
        "--kev",
        "kev.json",
        "--format",
        "json",
    ]);
    assert_eq!(checks_of(&run.out), ["useless-waiver"]);
}

#[test]
fn a_file_that_is_no_catalogue_is_an_error() {
    let clinic = Clinic::new(CLINIC);
    for text in ["", "<html>", "{}", r#"{"vulnerabilities": [{"name": "x"}]}"#] {
        clinic.write("kev.json", text);
        let run = clinic.check(&["--kev", "kev.json"]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{text}");
        assert!(
            run.err
                .starts_with("error: `kev.json` is not a catalogue of known exploited vulnerabilities: "),
            "{}",
            run.err
        );
    }
}
