//! What the unit can hold, from its capability file.

use serde::Deserialize;

use crate::target::EmitError;

/// The capability file. Every key is required, none may be unknown.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capability {
    /// The VDOM that holds the policy.
    pub vdom: Option<String>,
    /// Lengths and table sizes.
    pub limits: Limits,
    /// Ids of the policies that Septum writes.
    pub policy_ids: PolicyIds,
    /// `set logtraffic` of an allow that is not logged.
    pub logtraffic: QuietLog,
}

/// Lengths and table sizes of the unit.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Characters of an object's name.
    pub object_name: usize,
    /// Characters of a policy's name.
    pub policy_name: usize,
    /// Characters of a zone's name.
    pub zone_name: usize,
    /// Characters of an interface's name.
    pub interface_name: usize,
    /// Characters of a policy's comments.
    pub comments: usize,
    /// Members of one address group.
    pub group_members: usize,
    /// Port ranges in one service.
    pub port_ranges: usize,
    /// Services in one policy.
    pub services: usize,
    /// Policies in one table.
    pub policies: usize,
    /// Addresses of each family; not counted where absent, as the next three.
    pub addresses: Option<usize>,
    /// Address groups of each family.
    pub address_groups: Option<usize>,
    /// Services.
    pub custom_services: Option<usize>,
    /// Zones.
    pub zones: Option<usize>,
}

/// The range of policy ids.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyIds {
    /// The policy that marks where Septum's begin.
    pub first: u32,
    /// The policy that denies the rest.
    pub last: u32,
}

/// What an allow that is not logged writes to the traffic log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuietLog {
    /// Security events.
    Utm,
    /// Nothing.
    Disable,
}

impl QuietLog {
    /// As FortiOS writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Utm => "utm",
            Self::Disable => "disable",
        }
    }
}

impl Capability {
    /// Reads and checks a capability file.
    ///
    /// # Errors
    /// When it is not of the shape above, or a limit leaves no room for the names Septum makes.
    pub fn read(text: &str) -> Result<Self, EmitError> {
        let failed = |message: String| EmitError::Capability {
            platform: super::NAME.to_owned(),
            message,
        };
        let capability: Self = crate::yaml::from_str(text).map_err(|error| failed(error.to_string()))?;
        match capability.fault() {
            Some(fault) => Err(failed(fault)),
            None => Ok(capability),
        }
    }

    fn fault(&self) -> Option<String> {
        let Limits {
            object_name,
            policy_name,
            zone_name,
            interface_name,
            comments,
            group_members,
            port_ranges,
            services,
            policies,
            addresses: _,
            address_groups: _,
            custom_services: _,
            zones: _,
        } = self.limits;
        // A range of two full IPv6 addresses takes 67 characters; other names take a prefix and a digest.
        let bounds = [
            ("object_name", object_name, 70, 79),
            ("policy_name", policy_name, 24, 35),
            ("zone_name", zone_name, 24, 35),
            ("interface_name", interface_name, 1, 15),
            ("comments", comments, 32, 1023),
            ("group_members", group_members, 2, 100_000),
            ("port_ranges", port_ranges, 1, 100_000),
            ("services", services, 1, 100_000),
            ("policies", policies, 2, 1_000_000),
        ];
        if let Some((name, value, least, most)) = bounds
            .into_iter()
            .find(|(_, value, least, most)| !(least..=most).contains(&value))
        {
            return Some(format!(
                "`limits.{name}` is {value}, not within {least} to {most}"
            ));
        }
        // The API takes ids from 1 to 2147482999.
        let PolicyIds { first, last } = self.policy_ids;
        if first == 0 || last > 2_147_482_999 || last.saturating_sub(first) < 2 {
            return Some(format!(
                "`policy_ids` {first} to {last} holds no room for policies"
            ));
        }
        let vdom = self.vdom.as_deref()?;
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let fits = !vdom.is_empty() && vdom.len() <= 31 && vdom.chars().all(word);
        (!fits).then(|| {
            format!(
                "`vdom` is not a name of letters, digits, `_` and `-`: `{}`",
                vdom.escape_debug()
            )
        })
    }
}
