//! The network: which zones hang together through which enforcement points, and what must be placed where.
//!
//! Zones and enforcement points are the vertices of one graph. A rule from A to B belongs on every managed device
//! that some loop-free path from A to B crosses, for the pair of sides that the path uses. Which pairs those are
//! follows from the graph's blocks and cut vertices; no path is ever listed.

mod block_tree;
mod blocks;
mod graph;
mod path;
mod placement;
mod unmanaged;

pub use graph::{Network, NetworkSide, Vertex};
pub use path::Hop;
pub use placement::{Crossing, Placement, ZoneProduct, ZonesBehind};
pub use unmanaged::Unenforced;
