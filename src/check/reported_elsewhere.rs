//! Checks whose findings come from resolving names or from writing configurations. They stand in the table so that
//! they can be explained and given a level.

use super::{Check, Context, Finding};
use crate::diagnostic::Severity;

const fn entry(
    name: &'static str,
    severity: Severity,
    summary: &'static str,
    explain: &'static str,
) -> Check {
    Check {
        name,
        severity,
        enabled: true,
        summary,
        explain,
        options: &[],
        run: nothing,
    }
}

fn nothing(_: &Context<'_>) -> Vec<Finding> {
    Vec::new()
}

/// A side of a rule came out empty.
pub const EMPTY_RULE: Check = entry(
    "empty-rule",
    Severity::Warning,
    "a rule holds no packet: a side of it is empty",
    "A side of a rule holds no address, or the two sides have no address family in common. Nothing is written for
it, and nothing is ever widened to `any`.

# Why it matters
Somebody expects the rule to do something. Most often the devices have moved to another zone, or have no address of
the family that the other side has.

# Example
```text
allow ward & label:infusion-pump -> pump-gateway : https     # the pumps have a zone of their own now
```

# Fix
Correct the set, give the devices addresses of the family, or remove the rule.

# Supports
NIST SP 800-41 section 5.2.",
);

/// Two devices claim one address.
pub const DUPLICATE_ADDRESS: Check = entry(
    "duplicate-address",
    Severity::Error,
    "two devices claim one address",
    "Two devices have the same address. A rule about one of them would be a rule about both. This is a contradiction
and stays an error whatever `septum.yaml` says.

# Why it matters
Permits would reach a device that nobody meant.

# Fix
Correct the inventory: one of the two has moved.

# Supports
NIST SP 800-53 CM-8.",
);

/// Two zones claim one address.
pub const OVERLAPPING_ZONES: Check = entry(
    "overlapping-zones",
    Severity::Error,
    "two zones claim one address",
    "Two zones have addresses in common, and neither is `within` the other. This is a contradiction and stays an
error whatever `septum.yaml` says.

# Why it matters
Nobody could say which zone's rules hold for the addresses.

# Fix
Correct a prefix, or say `within` where one zone is a part of the other.

# Supports
IEC 62443-3-2 ZCR 3.",
);

/// A device has an address outside its zone.
pub const DEVICE_OUTSIDE_ZONE: Check = entry(
    "device-outside-zone",
    Severity::Error,
    "a device has an address outside its zone",
    "A device is said to be in a zone that does not own its address. This is a contradiction and stays an error
whatever `septum.yaml` says.

# Why it matters
Rules would be placed on the way to the zone, and the packets would take another.

# Fix
Correct the device's zone or address: inventories often keep the old one after a move.

# Supports
NIST SP 800-53 CM-8.",
);

/// A platform cannot hold what the policy says.
pub const TARGET_LIMIT: Check = entry(
    "target-limit",
    Severity::Error,
    "a platform cannot express a rule, or a list outgrows it",
    "A platform cannot express what a rule says, a name is too long for it, or a list is longer than its budget.
Found by `septum build`, which then writes nothing.

# Why it matters
What a target cannot express is never widened or dropped in silence.

# Fix
Say it in another way, shorten the name, or raise the limit in the platform's capability file.

# Supports
NIST SP 800-53 CM-6.",
);
