//! TOML and JSON as trees that know their lines, read with all problems and their places. Knows no
//! plan: what keys mean is in [`super::format`].

pub(super) mod deserializer;
pub(super) mod errors;
pub(super) mod escape;
pub(super) mod messages;
pub(super) mod read_json;
pub(super) mod read_toml;
pub(super) mod tree;
pub(super) mod write_toml;
