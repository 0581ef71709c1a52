//! Makes smaller what the page loads, after the tools that write it: short names between a program and its
//! JavaScript, no spaces, and functions in an order that packs well.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ExportSection, ImportSection, Module, RawSection};
use wasmparser::{Parser, Payload};

use crate::command::{command, finish, root};

/// Shrinks a program and the JavaScript that wasm-bindgen made for it, which are in `folder`.
///
/// wasm-bindgen gives each function that the two share a name with a hash: 300 of them for the page, in both
/// files, and no two hashes have anything in common. esbuild renames them in the JavaScript, and writes
/// down how; the program is made to agree.
///
/// # Errors
///
/// Fails with the step that failed, and if the program would not find what it asks for.
pub(crate) fn program(folder: &Path, stem: &str) -> anyhow::Result<()> {
    let (glue, wasm) = (
        folder.join(format!("{stem}.js")),
        folder.join(format!("{stem}_bg.wasm")),
    );
    let names = rename_in_glue(&glue, &format!("./{stem}_bg.js"))?;
    fs::write(&wasm, renamed(&fs::read(&wasm)?, &names)?)?;
    optimize(&wasm)
}

/// Shrinks a program that has no JavaScript of its own.
///
/// # Errors
///
/// Fails if wasm-opt does.
pub(crate) fn optimize(path: &Path) -> anyhow::Result<()> {
    let mut wasm_opt = command("wasm-opt");
    // A mangled name begins with where the function was written, so like stands by like. By how often
    // functions are called, the engine becomes larger.
    wasm_opt.args(["-O3", "--reorder-functions-by-name"]);
    wasm_opt.args(["--strip-debug", "--strip-producers"]);
    finish(wasm_opt.arg("-o").args([path, path]))
}

/// Shrinks a file of JavaScript.
///
/// # Errors
///
/// Fails if esbuild does.
pub(crate) fn text(path: &Path) -> anyhow::Result<()> {
    minify(path, &[])
}

/// What Cargo builds into.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Names that the program and its JavaScript share: what they were, and what they are now.
type Names = BTreeMap<String, String>;

/// Shrinks the JavaScript. `module` is what the program calls it.
fn rename_in_glue(glue: &Path, module: &str) -> anyhow::Result<Names> {
    // What wasm-bindgen and rustc call functions. No property of the browser is called so.
    const SHARED: &str = "^(__wb|__externref_|_ZN)";
    const MODULE: &str = "a";
    let script = fs::read_to_string(glue)?;
    let place = format!("\"{module}\":");
    ensure!(
        script.matches(&place).count() == 1,
        "expected {place} once in {}",
        glue.display()
    );
    fs::write(glue, script.replace(&place, &format!("\"{MODULE}\":")))?;
    let cache = target().join("names.json");
    let _ = fs::remove_file(&cache); // Of another program.
    let cache_option = format!("--mangle-cache={}", cache.display());
    minify(glue, &[&format!("--mangle-props={SHARED}"), &cache_option])?;
    let mut names = names(&fs::read_to_string(&cache)?);
    names.insert(module.to_owned(), MODULE.to_owned());
    Ok(names)
}

/// Reads what esbuild writes: an object with one pair of names per line.
fn names(json: &str) -> Names {
    let pair = |line: &str| {
        let mut words = line.split('"').skip(1).step_by(2);
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    };
    json.lines().filter_map(pair).collect()
}

fn minify(path: &Path, options: &[&str]) -> anyhow::Result<()> {
    let mut outfile = std::ffi::OsString::from("--outfile=");
    outfile.push(path);
    let mut esbuild = command("esbuild");
    esbuild.args(["--minify", "--allow-overwrite", "--log-level=warning"]);
    // wasm-bindgen names the script that loads parts once for each of them.
    esbuild.arg("--log-override:duplicate-object-key=silent");
    esbuild.args(options).arg(outfile).arg(path);
    finish(&mut esbuild).with_context(|| format!("cannot shrink {}", path.display()))
}

/// The program with the new names. All others stay: of other files, and those that a debugger sees.
fn renamed(program: &[u8], names: &Names) -> anyhow::Result<Vec<u8>> {
    let new = |name| names.get(name).map_or(name, String::as_str);
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(program) {
        match payload? {
            Payload::ImportSection(section) => {
                let mut imports = ImportSection::new();
                for import in section.into_imports() {
                    let import = import?;
                    ensure!(
                        !names.contains_key(import.module) || names.contains_key(import.name),
                        "expected {} in {}",
                        import.name,
                        import.module
                    );
                    let kind = RoundtripReencoder.entity_type(import.ty)?;
                    imports.import(new(import.module), new(import.name), kind);
                }
                module.section(&imports);
            }
            Payload::ExportSection(section) => {
                let mut exports = ExportSection::new();
                for export in section {
                    let export = export?;
                    let kind = RoundtripReencoder.export_kind(export.kind)?;
                    exports.export(new(export.name), kind, export.index);
                }
                module.section(&exports);
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    let data = &program[usize::try_from(range.start)?..usize::try_from(range.end)?];
                    module.section(&RawSection { id, data });
                }
            }
        }
    }
    Ok(module.finish())
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        CodeSection, EntityType, ExportKind, Function, FunctionSection, TypeSection,
    };

    use super::*;

    fn program(imports: &[(&str, &str)], exports: &[&str]) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut import_section = ImportSection::new();
        for (module, name) in imports {
            import_section.import(module, name, EntityType::Function(0));
        }
        let mut functions = FunctionSection::new();
        functions.function(0);
        let mut export_section = ExportSection::new();
        for name in exports {
            export_section.export(name, ExportKind::Func, 0);
        }
        let mut code = CodeSection::new();
        let mut function = Function::new([]);
        function.instructions().end();
        code.function(&function);
        let mut module = Module::new();
        module.section(&types).section(&import_section);
        module.section(&functions).section(&export_section);
        module.section(&code);
        module.finish()
    }

    #[test]
    fn a_program_has_the_names_of_its_script_and_keeps_all_others() {
        let names = names(
            "{\n  \"./it_bg.js\": \"a\",\n  \"__wbg_new_1\": \"b\",\n  \"__wbindgen_free\": \"c\"\n}\n",
        );
        let old = program(
            &[("./it_bg.js", "__wbg_new_1"), ("./link.js", "load")],
            &["__wbindgen_free", "memory"],
        );
        let new = program(&[("a", "b"), ("./link.js", "load")], &["c", "memory"]);
        assert_eq!(renamed(&old, &names).unwrap(), new);
    }

    #[test]
    fn a_program_cannot_ask_its_script_for_what_it_does_not_have() {
        let names = names("  \"./it_bg.js\": \"a\"");
        let error = renamed(&program(&[("./it_bg.js", "lost")], &[]), &names).unwrap_err();
        assert_eq!(error.to_string(), "expected lost in ./it_bg.js");
    }
}
