//! Namespaces and packets: what the kernel really does with a ruleset.
//!
//! One namespace is the device, with its interfaces and routes; another holds the far ends of all its links and
//! plays everybody else, with raw frames that may claim any source. `prober.py` sends and listens.

mod expectation;
mod namespace;
mod probe;
mod sample;
mod topology;

pub use expectation::{disagreements, expect};
pub use namespace::{Namespace, permitted};
pub use probe::{Entry, Kind, Probe, Verdict, run};
pub use sample::{Random, packet, sample};
pub use topology::Topology;
