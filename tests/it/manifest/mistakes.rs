//! What a manifest with mistakes is told.

use insta::assert_snapshot;

use super::{messages, read};

#[test]
fn unknown_keys_are_named_with_the_nearest_or_all() {
    assert_snapshot!(messages("name: x\npolicy: [a.sept]\ncolour: red\n"), @"
    error[unknown-key]: unknown key `policy`
     --> septum.yaml:2:1
      |
    2 | policy: [a.sept]
      | ^^^^^^
      |
      = help: did you mean `policies`?
    error[unknown-key]: unknown key `colour`
     --> septum.yaml:3:1
      |
    3 | colour: red
      | ^^^^^^
      |
      = help: the keys here are name, policies, inventory, templates, capabilities, checks, labels, comments, output
    ");
}

#[test]
fn a_repeated_key_points_at_both() {
    assert_snapshot!(messages("output: a\nname: x\noutput: b\n"), @r"
    error[duplicate-key]: the key `output` is given twice
     --> septum.yaml:3:1
      |
    1 | output: a
      | ------ first given here
    2 | name: x
    3 | output: b
      | ^^^^^^
    ");
    assert_eq!(read("output: a\noutput: b\n").0.output.value, "a");
}

#[test]
fn all_mistakes_are_told_in_one_run() {
    let text = "\
name: [a]
policies: { a: b }
inventory:
  - [a]
  -
  - files: a.csv
checks:
  any-service: loud
  stale: warning
  dead-rule: []
  port: { level: error, of: { a: b } }
labels: iomt
comments: line
output: .
";
    assert_snapshot!(messages(text), @"
    error[wrong-value]: expected a name, found a list
     --> septum.yaml:1:7
      |
    1 | name: [a]
      |       ^^^
    error[wrong-value]: expected a glob or a list, found a map
     --> septum.yaml:2:11
      |
    2 | policies: { a: b }
      |           ^^^^^^^^
    error[wrong-value]: expected a path or `{ file: … }`, found a list
     --> septum.yaml:4:5
      |
    4 |   - [a]
      |     ^^^
    error[wrong-value]: expected a path or `{ file: … }`, found nothing
     --> septum.yaml:3:1
      |
    3 | inventory:
      | ^^^^^^^^^
    error[unknown-key]: unknown key `files`
     --> septum.yaml:6:5
      |
    6 |   - files: a.csv
      |     ^^^^^
      |
      = help: did you mean `file`?
    error[missing-key]: `file` is missing
     --> septum.yaml:6:5
      |
    6 |   - files: a.csv
      |     ^^^^^^^^^^^^
    error[wrong-value]: unknown level `loud`
     --> septum.yaml:8:16
      |
    8 |   any-service: loud
      |                ^^^^
      |
      = help: a check is at `allow`, `warn` or `error`
    error[wrong-value]: unknown level `warning`
     --> septum.yaml:9:10
      |
    9 |   stale: warning
      |          ^^^^^^^
      |
      = help: a check is at `allow`, `warn` or `error`
    error[wrong-value]: expected `allow`, `warn`, `error` or a map with `level`, found a list
      --> septum.yaml:10:14
       |
    10 |   dead-rule: []
       |              ^^
    error[wrong-value]: expected text or a list of texts, found a map
      --> septum.yaml:11:29
       |
    11 |   port: { level: error, of: { a: b } }
       |                             ^^^^^^^^
    error[wrong-value]: expected a map of roles, found text
      --> septum.yaml:12:9
       |
    12 | labels: iomt
       |         ^^^^
    error[wrong-value]: comments cannot name `line`
      --> septum.yaml:13:11
       |
    13 | comments: line
       |           ^^^^
       |
       = help: comments of configurations name the `lines` of rules, or their `files` alone
    error[wrong-value]: the output cannot be the repository itself
      --> septum.yaml:14:9
       |
    14 | output: .
       |         ^
       |
       = help: name a folder of its own, such as `build`
    ");
}

#[test]
fn paths_stay_inside_the_repository() {
    let text = "\
policies: [../other/*.sept, a/../b.sept, \"[\"]
inventory: [/etc/passwd, 'C:\\devices.csv', 'a\\b.csv', ~root/a.csv, \"\"]
templates: { nftables: ../nft.j2 }
output: /tmp/build
";
    assert_snapshot!(messages(text), @r#"
    error[outside-repository]: the path `../other/*.sept` leads out of the repository
     --> septum.yaml:1:12
      |
    1 | policies: [../other/*.sept, a/../b.sept, "["]
      |            ^^^^^^^^^^^^^^^
      |
      = help: a build reads only what the repository holds
    error[outside-repository]: the path `a/../b.sept` leads out of the repository
     --> septum.yaml:1:29
      |
    1 | policies: [../other/*.sept, a/../b.sept, "["]
      |                             ^^^^^^^^^^^
      |
      = help: a build reads only what the repository holds
    error[wrong-value]: `[` is no glob: invalid range pattern
     --> septum.yaml:1:42
      |
    1 | policies: [../other/*.sept, a/../b.sept, "["]
      |                                          ^^^
    error[outside-repository]: the path `/etc/passwd` is absolute
     --> septum.yaml:2:13
      |
    2 | inventory: [/etc/passwd, 'C:\devices.csv', 'a\b.csv', ~root/a.csv, ""]
      |             ^^^^^^^^^^^
      |
      = help: write it relative to `septum.yaml`
    error[outside-repository]: the path `C:\devices.csv` is absolute
     --> septum.yaml:2:26
      |
    2 | inventory: [/etc/passwd, 'C:\devices.csv', 'a\b.csv', ~root/a.csv, ""]
      |                          ^^^^^^^^^^^^^^^^
      |
      = help: write it relative to `septum.yaml`
    error[wrong-value]: the path `a\b.csv` is written with `\`
     --> septum.yaml:2:44
      |
    2 | inventory: [/etc/passwd, 'C:\devices.csv', 'a\b.csv', ~root/a.csv, ""]
      |                                            ^^^^^^^^^
      |
      = help: separate folders with `/`
    error[outside-repository]: the path `~root/a.csv` is absolute
     --> septum.yaml:2:55
      |
    2 | inventory: [/etc/passwd, 'C:\devices.csv', 'a\b.csv', ~root/a.csv, ""]
      |                                                       ^^^^^^^^^^^
      |
      = help: write it relative to `septum.yaml`
    error[wrong-value]: a path cannot be empty
     --> septum.yaml:2:68
      |
    2 | inventory: [/etc/passwd, 'C:\devices.csv', 'a\b.csv', ~root/a.csv, ""]
      |                                                                    ^^
    error[outside-repository]: the path `../nft.j2` leads out of the repository
     --> septum.yaml:3:24
      |
    3 | templates: { nftables: ../nft.j2 }
      |                        ^^^^^^^^^
      |
      = help: a build reads only what the repository holds
    error[outside-repository]: the path `/tmp/build` is absolute
     --> septum.yaml:4:9
      |
    4 | output: /tmp/build
      |         ^^^^^^^^^^
      |
      = help: write it relative to `septum.yaml`
    "#);
    let (manifest, _) = read(text);
    assert!(manifest.policies.is_empty() && manifest.inventory.is_empty());
    assert_eq!(manifest.output.value, "build");
}

#[test]
fn a_column_is_given_to_a_field_that_exists() {
    let text = "inventory:\n  - { file: a.csv, columns: { manufacturer: Make, colour: Paint } }\n";
    assert_snapshot!(messages(text), @r"
    error[unknown-key]: no field of a device is called `manufacturer`
     --> septum.yaml:2:31
      |
    2 |   - { file: a.csv, columns: { manufacturer: Make, colour: Paint } }
      |                               ^^^^^^^^^^^^
      |
      = help: did you mean `vendor`?
    error[unknown-key]: no field of a device is called `colour`
     --> septum.yaml:2:51
      |
    2 |   - { file: a.csv, columns: { manufacturer: Make, colour: Paint } }
      |                                                   ^^^^^^
      |
      = help: the fields are name, zone, address, labels, cves, vendor, model, os, serial, location, owner, mac, asset, criticality, notes
    ");
}

#[test]
fn a_manifest_is_a_map() {
    assert_snapshot!(messages("- a\n- b\n"), @r"
    error[wrong-value]: expected a map of settings, found a list
     --> septum.yaml:1:1
      |
    1 | / - a
    2 | | - b
      | |___^
      |
      = help: begin with `name: …`
    ");
}
