//! The standard library of services, as it ships in the binary.

/// The files of the library: the path shown in messages, and the text.
pub const FILES: [(&str, &str); 1] = [("std/services.sept", include_str!("../policies/std/services.sept"))];
