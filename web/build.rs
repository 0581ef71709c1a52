//! Keeps in the two programs what splitting them needs to know.

fn main() {
    let is_wasm = std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|it| it == "wasm32");
    if is_wasm && std::env::var_os("CARGO_FEATURE_SPLIT").is_some() {
        for program in ["mayfly-engine", "mayfly-page"] {
            println!("cargo::rustc-link-arg-bin={program}=--emit-relocs");
        }
    }
}
