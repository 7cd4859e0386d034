//! The network: which zones hang together through which enforcement points, and what must be placed where.
//!
//! Zones and enforcement points are the vertices of one graph. A rule from A to B belongs on every managed device
//! that some loop-free path from A to B crosses, for the pair of sides that the path uses. Which pairs those are
//! follows from the graph's blocks and cut vertices; no path is ever listed.

mod block_tree;
mod blocks;
mod crossing;
mod graph;
mod inner;
mod path;
mod placement;
mod returning;
mod unmanaged;
mod walk;
mod whereabouts;

pub use crossing::{Crossing, ZoneProduct};
pub use graph::{Network, NetworkSide, Vertex};
pub use path::{End, Hop, Way};
pub use placement::Placement;
pub use unmanaged::Unenforced;
pub use whereabouts::{Apart, Whereabouts, ZonesBehind};
