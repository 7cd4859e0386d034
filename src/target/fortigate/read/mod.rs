//! What a FortiGate configuration does: commands typed one after the other, or what `show` and a backup print.
//!
//! The text is run as FortiOS runs it, each `next`, `end`, `delete` and `move` at once; what stands in the tables
//! afterwards is what the unit does. A command that FortiOS would refuse leaves the unit in a state that the text does
//! not tell, and is reported: a reference to what does not exist, an object that is deleted while it is used, a
//! setting that its type does not have. Deleting what is not there is no such thing: the unit says so and goes on.
//!
//! # What is read
//!
//! - `firewall address`, `address6`, `addrgrp`, `addrgrp6`, `service custom`, `service group`, `system zone`, the
//!   schedule `always`; `firewall policy`, `local-in-policy`, `local-in-policy6`; of `system settings` what decides
//!   how policies are applied; of `system global` whether packets meet policies that leave by the interface by which
//!   they came. Fields that are not set have the defaults of FortiOS 7.x. Objects that the unit ships
//!   with are known where the text does not define them.
//! - Disabled policies decide nothing and may hold anything. Of enabled ones, and of what they refer to, every field is
//!   either modelled, or in a list of fields that do not decide who opens a flow, or reported. Objects that nobody uses
//!   may be of kinds that are not modelled, but not malformed.
//! - Tables that do not decide about forwarding are skipped, by the list in [`table`]. Every other table is reported
//!   once, unless it is empty. `firewall multicast-policy`, `DoS-policy`, `interface-policy` and `sniffer` are skipped:
//!   the first is about multicast alone, the others hand packets to sensors.
//! - A text with firewall policies in several VDOMs is not understood: which of them a plan is about is not said.

mod address;
mod console;
mod entry;
mod field;
mod pairs;
mod policy;
mod predefined;
mod redirect;
mod report;
mod sequence;
mod service;
mod table;
mod vdom;
mod words;

use self::console::Console;
use self::policy::Policies;
use self::report::Report;
use self::words::Statements;
use super::super::readback::ReadBack;

/// What the text does.
pub fn read(text: &str) -> ReadBack {
    let mut report = Report::new(text);
    let mut console = Console::default();
    let (mut statements, mut words) = (Statements::new(text), Vec::new());
    while let Some(line) = statements.next(&mut words, &mut report) {
        console.run(line, &words, &mut report);
    }
    let backup = backup(text);
    let redirected = console.redirect().open(backup);
    let vdom = console.finish(&mut report);
    // A backup prints each object whole; a script changes what stands there.
    let (forward, local) = Policies::new(&vdom, backup.is_some(), &mut report).rules();
    let mut filters = pairs::forward(&forward, &vdom, &redirected, &mut report);
    filters.extend(pairs::input(&local, &mut report));
    ReadBack {
        filters,
        not_understood: report.finish(),
        ..ReadBack::default()
    }
}

/// What the first line of a backup says of the unit that made it: `FGT60F-7.4.4-FW-build2662-…`.
fn backup(text: &str) -> Option<&str> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let unit = text.strip_prefix("#config-version=")?;
    Some(unit.lines().next().unwrap_or_default())
}
