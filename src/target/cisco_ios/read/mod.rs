//! What an IOS configuration does: what Septum writes, and what `show running-config` prints.
//!
//! Lines are taken one after the other, as the router would ([`device`]); what they add up to is worked out at the
//! end ([`meaning`]), because a running configuration names lists before it defines them. A line is either modelled,
//! or on the list of those that cannot change what an access list lets through ([`harmless`]), or reported.

mod address;
mod binding;
mod device;
mod entry;
mod group;
mod harmless;
mod interface;
mod keyword;
mod list;
mod lists;
mod meaning;
mod names;
mod ports;
mod script;

use self::device::Device;
use self::script::Script;
use crate::target::readback::{NotUnderstood, ReadBack};

pub use self::interface::canonical;

/// Reads a configuration. Never fails: what is not understood is reported by line.
pub fn read(text: &str) -> ReadBack {
    let mut device = Device::default();
    let mut script = Script::of(text);
    for line in script.by_ref() {
        device.line(&line);
    }
    if let Some(line) = script.unterminated() {
        device.report(&line, "a banner without an end");
    }
    let mut read = meaning::of(device);
    quote(text, &mut read.not_understood);
    read
}

/// Fills in the lines of entries, which are not kept with them.
fn quote(text: &str, reports: &mut [NotUnderstood]) {
    let mut lines = (1..).zip(text.lines()).peekable();
    // Reports are in the order of the lines.
    for report in reports.iter_mut().filter(|report| report.text.is_empty()) {
        while lines.next_if(|(number, _)| *number < report.line).is_some() {}
        if let Some((_, line)) = lines.peek() {
            report.text = device::shown(line);
        }
    }
}
