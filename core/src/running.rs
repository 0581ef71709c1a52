//! What runs: a compiled plan, its users, the shard that has them, and the loop that connects them with the world.

mod course;
pub mod drive;
mod judge;
pub mod program;
pub mod script;
pub mod shard;
pub mod trial;
mod user;
pub mod watch;
