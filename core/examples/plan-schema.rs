//! Prints the JSON Schema of plan files. From the root of the project:
//!
//! ```text
//! cargo run -p mayfly-core --features schema --example plan-schema > docs/plan.schema.json
//! ```

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    io::stdout().write_all(mayfly_core::plan::schema().as_bytes())
}
