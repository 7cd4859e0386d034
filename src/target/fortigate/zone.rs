//! Zones. A zone's name holds a digest of its interfaces: a zone whose interfaces change is a new one, with
//! policies of its own, so that no policy ever widens because an interface joined.

use std::collections::BTreeSet;

use serde::Serialize;

use super::capability::Limits;
use super::text::short_name;
use crate::plan::Side;
use crate::target::Inexpressible;

/// A zone as the template writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Zone {
    /// `z_clinical_pumps_<digest>`
    pub name: String,
    /// Its interfaces, as written in the policy.
    pub interfaces: Vec<String>,
}

/// One zone a side, in the order of the plan.
pub fn zones(sides: &[Side], limits: &Limits, faults: &mut Vec<Inexpressible>) -> Vec<Zone> {
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let mut zones = Vec::new();
    for side in sides {
        let mut interfaces: Vec<String> = Vec::new();
        for interface in &side.interfaces {
            let name = interface.name.as_str();
            if let Some(reason) = refusal(name, limits.interface_name) {
                faults.push(fault(format!(
                    "interface name `{}` {reason}",
                    name.escape_debug()
                )));
            } else if interfaces.iter().any(|known| known == name) {
                continue;
            } else if !taken.insert(name) {
                faults.push(fault(format!(
                    "interface `{name}` in two zones: FortiOS takes it in one"
                )));
            }
            interfaces.push(name.to_owned());
        }
        let mut sorted = interfaces.clone();
        sorted.sort();
        let content = format!("{}\n{}", side.zone, sorted.join("\n"));
        zones.push(Zone {
            name: short_name("z", &side.zone, &content, limits.zone_name),
            interfaces,
        });
    }
    zones
}

fn refusal(name: &str, limit: usize) -> Option<String> {
    let refused = |c: char| !c.is_ascii_graphic() || "<>\"'()#\\?$`".contains(c);
    if name.is_empty() {
        Some("is empty".to_owned())
    } else if name.len() > limit {
        Some(format!("is longer than {limit} characters"))
    } else if name == "any" {
        Some("means every interface to FortiOS".to_owned())
    } else if name.chars().any(refused) {
        Some("holds a character that FortiOS refuses in names".to_owned())
    } else {
        None
    }
}

fn fault(what: String) -> Inexpressible {
    Inexpressible { rule: None, what }
}
