//! All integration tests, as one binary. One module an area.

mod assertions;
mod cisco_ios;
mod cli;
mod diff;
mod fortigate;
mod fuzz;
mod inventory;
mod layering;
mod manifest;
mod model;
mod network;
mod nftables;
mod oracle;
mod outputs;
mod packet;
mod plan;
mod policies;
mod proof;
mod sample;
mod syntax;
