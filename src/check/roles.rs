//! Roles: what checks mean by "medical" or "guest", as labels that a repository may name otherwise.

use std::collections::BTreeSet;

use crate::manifest::Manifest;

/// A part that zones and devices play, by their labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Medical devices.
    Medical,
    /// Medical devices that a patient is attached to.
    PatientConnected,
    /// Networks of visitors.
    Guest,
    /// Where suppliers come in.
    Vendor,
    /// Computers that people work at.
    User,
    /// Administrators' computers.
    It,
    /// Building systems.
    Building,
    /// Hosts that remote access must pass.
    JumpHost,
    /// Servers that medical devices talk to.
    Server,
    /// What the hospital cannot work without.
    Critical,
}

/// A role, its name in `septum.yaml`, and the labels that play it unless the file says otherwise.
#[derive(Clone, Copy, Debug)]
pub struct RoleSpec {
    /// The role.
    pub role: Role,
    /// Its name.
    pub name: &'static str,
    /// Its labels.
    pub labels: &'static [&'static str],
}

/// Every role.
pub const ROLES: [RoleSpec; 10] = [
    spec(
        Role::Medical,
        "medical",
        &["medical", "iomt", "patient-connected"],
    ),
    spec(
        Role::PatientConnected,
        "patient-connected",
        &["patient-connected"],
    ),
    spec(Role::Guest, "guest", &["guest"]),
    spec(Role::Vendor, "vendor", &["vendor"]),
    spec(Role::User, "user", &["user", "workstation"]),
    spec(Role::It, "it", &["it"]),
    spec(Role::Building, "building", &["building"]),
    spec(Role::JumpHost, "jump-host", &["jump-host"]),
    spec(Role::Server, "server", &["server", "server-room"]),
    spec(Role::Critical, "critical", &["critical"]),
];

const fn spec(role: Role, name: &'static str, labels: &'static [&'static str]) -> RoleSpec {
    RoleSpec { role, name, labels }
}

/// The labels that play a role in a repository.
pub(super) fn labels(manifest: &Manifest, role: Role) -> BTreeSet<String> {
    let Some(spec) = ROLES.iter().find(|spec| spec.role == role) else {
        return BTreeSet::new();
    };
    match crate::manifest::find(&manifest.labels, spec.name) {
        Some(labels) => labels.iter().map(|label| label.value.clone()).collect(),
        None => spec.labels.iter().map(|label| (*label).to_owned()).collect(),
    }
}
