//! The source code of a package, as its modules. Tests are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use syn::{Attribute, Item, Meta};

use super::references::{self, Found};

/// The source files of a package by their path below its folder, such as `src/lib.rs`.
pub(crate) type Sources = BTreeMap<String, String>;

/// A package.
pub(crate) struct Package {
    /// The folder that it is in.
    pub(crate) folder: String,
    /// Its name in paths of Rust.
    pub(crate) crate_name: String,
    /// A module comes after the one that it is in.
    pub(crate) modules: Vec<Module>,
}

/// A module of a package.
#[derive(Default)]
pub(crate) struct Module {
    /// Its path from the root, which itself has none.
    pub(crate) path: Vec<String>,
    /// The file that has its text, below the folder of the package.
    pub(crate) file: String,
    /// The index of the module that it is in; `None` for a root.
    pub(crate) parent: Option<usize>,
    /// The indices of the modules that are in it.
    pub(crate) children: BTreeMap<String, usize>,
    /// What it declares, imports and names.
    pub(crate) found: Found,
}

impl Module {
    /// Its room; `None` for a root.
    pub(crate) fn room(&self) -> Option<&str> {
        self.path.first().map(String::as_str)
    }
}

impl Package {
    /// Reads a package from its folder.
    ///
    /// # Errors
    ///
    /// Fails if a file cannot be read or parsed.
    pub(crate) fn read(root: &Path, folder: &str) -> anyhow::Result<Self> {
        let path = root.join(folder);
        let mut sources = Sources::new();
        read_sources(&path, "src", &mut sources)?;
        let manifest = fs::read_to_string(path.join("Cargo.toml"))
            .with_context(|| format!("cannot read {folder}/Cargo.toml"))?;
        let crate_name = crate_name(&manifest).with_context(|| format!("{folder}/Cargo.toml"))?;
        Self::parse(folder, &crate_name, &sources)
    }

    /// Parses a package.
    ///
    /// # Errors
    ///
    /// Fails if a file is not Rust, or if the file of a module is missing.
    pub(crate) fn parse(folder: &str, crate_name: &str, sources: &Sources) -> anyhow::Result<Self> {
        let mut package = Self {
            folder: folder.to_owned(),
            crate_name: crate_name.to_owned(),
            modules: Vec::new(),
        };
        for file in sources.keys().filter(|it| is_root(it)) {
            let module = Module {
                file: file.clone(),
                ..Module::default()
            };
            package.add_file(sources, module)?;
        }
        Ok(package)
    }

    /// Its rooms, by name.
    pub(crate) fn rooms(&self) -> BTreeSet<&str> {
        self.modules.iter().filter_map(Module::room).collect()
    }

    fn add_file(&mut self, sources: &Sources, module: Module) -> anyhow::Result<()> {
        let name = format!("{}/{}", self.folder, module.file);
        let text = sources
            .get(&module.file)
            .with_context(|| format!("expected the file {name}"))?;
        let file = syn::parse_file(text).with_context(|| format!("cannot parse {name}"))?;
        self.add(sources, module, &file.items)
    }

    fn add(&mut self, sources: &Sources, module: Module, items: &[Item]) -> anyhow::Result<()> {
        let index = self.modules.len();
        if let (Some(parent), Some(name)) = (module.parent, module.path.last()) {
            self.modules[parent].children.insert(name.clone(), index);
        }
        let (path, file) = (module.path.clone(), module.file.clone());
        self.modules.push(Module {
            found: references::find(items),
            ..module
        });
        for item in items {
            let Item::Mod(item) = item else { continue };
            let name = item.ident.to_string();
            if is_test(&item.attrs) || name == "tests" {
                continue;
            }
            let mut child = Module {
                path: [&*path, std::slice::from_ref(&name)].concat(),
                file: file.clone(),
                parent: Some(index),
                ..Module::default()
            };
            if let Some((_, items)) = &item.content {
                self.add(sources, child, items)?;
            } else {
                child.file = file_of(sources, &file, &name);
                self.add_file(sources, child)?;
            }
        }
        Ok(())
    }
}

/// Whether something is compiled for tests only.
pub(crate) fn is_test(attributes: &[Attribute]) -> bool {
    let conditions = attributes.iter().filter(|it| it.path().is_ident("cfg"));
    conditions
        .filter_map(|it| it.parse_args::<Meta>().ok())
        .any(|it| is_for_tests(&it))
}

/// Whether a condition holds in tests only. What is not known of it may hold elsewhere.
fn is_for_tests(condition: &Meta) -> bool {
    let parts = |list: &syn::MetaList| {
        let parse = syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated;
        list.parse_args_with(parse).unwrap_or_default()
    };
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::NameValue(pair) => pair.path.is_ident("feature") && is_testing(&pair.value),
        Meta::List(list) if list.path.is_ident("all") => parts(list).iter().any(is_for_tests),
        Meta::List(list) if list.path.is_ident("any") => parts(list).iter().all(is_for_tests),
        Meta::List(_) => false,
    }
}

fn is_testing(value: &syn::Expr) -> bool {
    let syn::Expr::Lit(value) = value else {
        return false;
    };
    matches!(&value.lit, syn::Lit::Str(text) if text.value() == "testing")
}

/// Whether a file is the root of a library or a program.
fn is_root(file: &str) -> bool {
    let is_program = |it: &str| it.ends_with(".rs") && !it.contains('/');
    matches!(file, "src/lib.rs" | "src/main.rs")
        || file.strip_prefix("src/bin/").is_some_and(is_program)
}

/// The file of the module `name`, which `parent` declares.
fn file_of(sources: &Sources, parent: &str, name: &str) -> String {
    let (folder, file) = parent.rsplit_once('/').unwrap_or(("", parent));
    let folder = if is_root(parent) || file == "mod.rs" {
        folder.to_owned()
    } else {
        format!("{folder}/{}", file.trim_end_matches(".rs"))
    };
    let in_folder = format!("{folder}/{name}/mod.rs");
    if sources.contains_key(&in_folder) {
        return in_folder;
    }
    format!("{folder}/{name}.rs")
}

fn read_sources(package: &Path, below: &str, sources: &mut Sources) -> anyhow::Result<()> {
    let folder = package.join(below);
    let entries = fs::read_dir(&folder);
    for entry in entries.with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let below = format!("{below}/{name}");
        if path.is_dir() {
            read_sources(package, &below, sources)?;
        } else if below.ends_with(".rs") {
            sources.insert(below, fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// The name of the library or program in paths.
fn crate_name(manifest: &str) -> anyhow::Result<String> {
    let manifest: toml::Table = manifest.parse()?;
    let name = |table: &str| manifest.get(table)?.get("name")?.as_str();
    let name = name("lib").or_else(|| name("package"));
    let name = name.context("expected a name")?.replace('-', "_");
    ensure!(!name.is_empty(), "expected a name that is not empty");
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths of the modules that are found below a library with `items`.
    #[track_caller]
    fn check(items: &str, others: &[&str], expected: &[&str]) {
        let mut sources = Sources::from([("src/lib.rs".to_owned(), items.to_owned())]);
        sources.extend(others.iter().map(|it| ((*it).to_owned(), String::new())));
        let package = Package::parse("core", "mayfly_core", &sources).unwrap();
        let paths: Vec<String> = package.modules[1..]
            .iter()
            .map(|it| it.path.join("::"))
            .collect();
        assert_eq!(paths, expected);
    }

    #[test]
    fn modules_are_found_in_files_in_folders_and_in_place() {
        check(
            "mod a; pub mod b; mod c { mod d {} }",
            &["src/a.rs", "src/b/mod.rs"],
            &["a", "b", "c", "c::d"],
        );
    }

    #[test]
    fn tests_are_left_out() {
        check(
            "#[cfg(test)] mod a; mod tests; #[cfg(feature = \"testing\")] pub mod testing;
             #[cfg(all(test, unix))] mod b; #[cfg(any(test, feature = \"testing\"))] mod c;",
            &[],
            &[],
        );
    }

    #[test]
    fn what_may_be_compiled_elsewhere_stays() {
        check(
            "#[cfg(not(test))] mod a {} #[cfg(any(test, unix))] mod b {} #[cfg(feature = \"c\")] mod c {}",
            &[],
            &["a", "b", "c"],
        );
    }

    #[test]
    fn a_module_of_a_file_is_in_the_folder_of_that_name() {
        let text = |it: &str| it.to_owned();
        let sources = Sources::from([
            (text("src/lib.rs"), text("mod a;")),
            (text("src/a.rs"), text("mod b;")),
            (text("src/a/b.rs"), String::new()),
        ]);
        let package = Package::parse("core", "mayfly_core", &sources).unwrap();
        assert_eq!(package.modules[2].file, "src/a/b.rs");
    }

    #[test]
    fn a_missing_file_is_named() {
        let sources = Sources::from([("src/lib.rs".to_owned(), "mod a;".to_owned())]);
        let error = Package::parse("core", "mayfly_core", &sources).err();
        assert_eq!(
            error.map(|it| it.to_string()).as_deref(),
            Some("expected the file core/src/a.rs")
        );
    }

    #[test]
    fn the_name_of_the_library_is_that_of_the_package_unless_it_has_one() {
        let name = |manifest: &str| crate_name(manifest).unwrap();
        assert_eq!(name("[package]\nname = \"mayfly-core\""), "mayfly_core");
        assert_eq!(
            name("[package]\nname = \"a\"\n[lib]\nname = \"mayfly_web\""),
            "mayfly_web"
        );
    }
}
