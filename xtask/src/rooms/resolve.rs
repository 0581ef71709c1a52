//! What names mean: which module has what they stand for.

use super::package::{Module, Package};

/// How many imports lead to one another, at the most. Only one that names itself has more.
const MAX_IMPORTS: usize = 16;

/// The index of the module that has what `names` stand for in the module `from`, or `None` if it is
/// of another package.
///
/// A re-export leads to where a thing is declared, unless that is another room than the one which
/// re-exports it: that one answers for it. The root does not.
pub(crate) fn resolve(package: &Package, from: usize, names: &[String]) -> Option<usize> {
    let resolver = Resolver { package, from };
    resolver.resolve(from, names, 0).map(|found| match found {
        Found::Module(index) | Found::Item(index) => index,
    })
}

/// What names lead to.
#[derive(Clone, Copy)]
enum Found {
    /// A module.
    Module(usize),
    /// Something that the module declares.
    Item(usize),
}

struct Resolver<'a> {
    package: &'a Package,
    /// The module whose names are resolved.
    from: usize,
}

impl Resolver<'_> {
    /// Whether the package itself is called so.
    fn is_of_package(&self, name: &str) -> bool {
        self.package.crate_name == name
    }

    fn resolve(&self, at: usize, names: &[String], n_imports: usize) -> Option<Found> {
        if MAX_IMPORTS < n_imports {
            return None;
        }
        let (first, mut rest) = names.split_first()?;
        let mut found = match first.as_str() {
            "crate" => Found::Module(self.root(at)),
            "self" => Found::Module(at),
            "super" => Found::Module(self.module(at).parent?),
            name if self.is_of_package(name) => Found::Module(self.root_of_package()?),
            name => self.look_up(at, name, n_imports)?,
        };
        while let Found::Module(index) = found {
            let Some((name, others)) = rest.split_first() else {
                break;
            };
            rest = others;
            found = match name.as_str() {
                "super" => Found::Module(self.module(index).parent?),
                name => self
                    .look_up(index, name, n_imports)
                    .unwrap_or(Found::Item(index)),
            };
        }
        Some(found)
    }

    /// What `name` stands for within the module `at`.
    fn look_up(&self, at: usize, name: &str, n_imports: usize) -> Option<Found> {
        let module = self.module(at);
        if let Some(&child) = module.children.get(name) {
            return Some(Found::Module(child));
        }
        if module.found.items.contains(name) {
            return Some(Found::Item(at));
        }
        if let Some(names) = module.found.imports.get(name) {
            let found = self.resolve(at, names, n_imports + 1)?;
            return Some(self.re_exported(at, found));
        }
        // Those of other packages are left out: their names would be looked for in all others.
        let mut globs = module.found.globs.iter().filter(|it| self.is_own(at, it));
        globs.find_map(|names| {
            let Found::Module(index) = self.resolve(at, names, n_imports + 1)? else {
                return None;
            };
            let found = self.look_up(index, name, n_imports + 1)?;
            Some(self.re_exported(at, found))
        })
    }

    /// Whether `names` begin within this package.
    fn is_own(&self, at: usize, names: &[String]) -> bool {
        let module = self.module(at);
        names.first().is_some_and(|name| {
            ["crate", "self", "super", &self.package.crate_name].contains(&name.as_str())
                || module.children.contains_key(name)
                || module.found.imports.contains_key(name)
        })
    }

    /// What names that lead on from the module `at` to `found` count for.
    fn re_exported(&self, at: usize, found: Found) -> Found {
        let (Found::Module(index) | Found::Item(index)) = found;
        let room = self.module(at).room();
        let is_answered_for = room.is_some()
            && room != self.module(self.from).room()
            && room != self.module(index).room();
        if is_answered_for {
            Found::Item(at)
        } else {
            found
        }
    }

    fn module(&self, index: usize) -> &Module {
        &self.package.modules[index]
    }

    fn root(&self, mut index: usize) -> usize {
        while let Some(parent) = self.module(index).parent {
            index = parent;
        }
        index
    }

    fn root_of_package(&self) -> Option<usize> {
        let is_library = |it: &Module| it.file == "src/lib.rs" && it.parent.is_none();
        self.package.modules.iter().position(is_library)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::package::Sources;

    const SOURCES: [(&str, &str); 6] = [
        (
            "src/lib.rs",
            "mod a; pub mod b; mod c; pub use b::Re; pub struct Root;",
        ),
        ("src/a.rs", "use crate::b; use super::c::*;"),
        (
            "src/b/mod.rs",
            "mod d; pub use self::d::D; pub use crate::c::C; pub struct Re; struct B;",
        ),
        ("src/b/d.rs", "use super::*; pub struct D;"),
        ("src/c.rs", "pub struct C; use c::Itself;"),
        ("src/main.rs", "use mayfly::b;"),
    ];

    #[track_caller]
    fn check(from: &str, names: &str, expected: Option<&str>) {
        let sources: Sources = SOURCES
            .map(|(file, text)| (file.to_owned(), text.to_owned()))
            .into();
        let package = Package::parse("cli", "mayfly", &sources).unwrap();
        let from = package.modules.iter().position(|it| it.file == from);
        let names: Vec<String> = names.split("::").map(str::to_owned).collect();
        let found = resolve(&package, from.unwrap(), &names);
        let file = found.map(|it| package.modules[it].file.as_str());
        assert_eq!(file, expected);
    }

    #[test]
    fn paths_lead_from_the_root_from_the_parent_and_from_the_name_of_the_package() {
        check("src/a.rs", "crate::b::B", Some("src/b/mod.rs"));
        check("src/b/d.rs", "super::B", Some("src/b/mod.rs"));
        check("src/b/d.rs", "super::super::c::C", Some("src/c.rs"));
        check("src/main.rs", "mayfly::b::d::D", Some("src/b/d.rs"));
    }

    #[test]
    fn imported_names_lead_to_what_was_imported() {
        check("src/a.rs", "b::D::new", Some("src/b/d.rs"));
        check("src/a.rs", "C", Some("src/c.rs"));
        check("src/b/d.rs", "B", Some("src/b/mod.rs"));
    }

    #[test]
    fn a_re_export_of_the_root_leads_to_its_room() {
        check("src/a.rs", "crate::Re", Some("src/b/mod.rs"));
        check("src/a.rs", "crate::Root", Some("src/lib.rs"));
    }

    #[test]
    fn a_room_answers_for_what_it_re_exports_of_another() {
        check("src/a.rs", "crate::b::C", Some("src/b/mod.rs"));
        check("src/b/d.rs", "super::C", Some("src/c.rs"));
    }

    #[test]
    fn other_packages_are_not_looked_into() {
        check("src/a.rs", "serde::Serialize", None);
        check("src/c.rs", "c::Itself", None);
    }
}
