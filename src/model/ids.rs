//! Small typed ids. Each indexes the list of its kind in a [`super::Policy`].

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The id of the element at `index` of its list.
            pub fn from_index(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }

            /// The index of its element.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// A zone.
    ZoneId,
    /// A device.
    DeviceId,
    /// A named service.
    ServiceId,
    /// A rule.
    RuleId,
    /// A mode.
    ModeId,
    /// An enforcement point.
    PointId,
}
