//! What the text of a module declares, imports and names, before it is known what the names mean.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItem, Item, ItemUse, Macro, UseTree, VisRestricted};

use super::package::is_test;

/// Names from left to right, as `crate`, `plan`, `Plan`.
pub(crate) type Names = Vec<String>;

/// What is found in a module, without the modules in it and without tests.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Found {
    /// What it declares itself.
    pub(crate) items: BTreeSet<String>,
    /// What it imports, by the name that it has here.
    pub(crate) imports: BTreeMap<String, Names>,
    /// Modules and enums of which it imports everything.
    pub(crate) globs: Vec<Names>,
    /// What it names, with the line.
    pub(crate) references: Vec<(Names, usize)>,
}

/// Finds it in the items of a module.
pub(crate) fn find(items: &[Item]) -> Found {
    let mut found = Found::default();
    for item in items {
        if is_test(attributes(item)) {
            continue;
        }
        found.items.extend(declared(item));
        found.visit_item(item);
    }
    found
}

impl<'ast> Visit<'ast> for Found {
    fn visit_item(&mut self, item: &'ast Item) {
        // A module stands for itself.
        if !is_test(attributes(item)) && !matches!(item, Item::Mod(_)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes: &[Attribute] = match item {
            ImplItem::Const(it) => &it.attrs,
            ImplItem::Fn(it) => &it.attrs,
            ImplItem::Type(it) => &it.attrs,
            _ => &[],
        };
        if !is_test(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            self.add_use(&item.tree, &Names::new());
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let names = path.segments.iter().map(|it| it.ident.to_string());
            let line = path.segments.first().map(|it| it.ident.span().start().line);
            self.references
                .push((names.collect(), line.unwrap_or_default()));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        self.visit_path(&called.path);
        self.add_tokens(called.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.add_tokens(list.tokens.clone());
        }
    }

    /// How visible something is uses nothing.
    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {}
}

impl Found {
    fn add_use(&mut self, tree: &UseTree, before: &[String]) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        match tree {
            UseTree::Path(it) => self.add_use(&it.tree, &with(&it.ident)),
            UseTree::Group(it) => {
                for tree in &it.items {
                    self.add_use(tree, before);
                }
            }
            UseTree::Glob(it) => {
                let line = it.star_token.spans[0].start().line;
                self.references.push((before.to_vec(), line));
                self.globs.push(before.to_vec());
            }
            UseTree::Name(it) if it.ident == "self" => {
                let name = before.last().cloned().unwrap_or_default();
                self.add_import(name, before.to_vec(), &it.ident);
            }
            UseTree::Name(it) => self.add_import(it.ident.to_string(), with(&it.ident), &it.ident),
            UseTree::Rename(it) => {
                let names = match it.ident == "self" {
                    true => before.to_vec(),
                    false => with(&it.ident),
                };
                self.add_import(it.rename.to_string(), names, &it.ident);
            }
        }
    }

    fn add_import(&mut self, name: String, names: Names, ident: &syn::Ident) {
        self.references
            .push((names.clone(), ident.span().start().line));
        self.imports.insert(name, names);
    }

    /// Adds the paths in what a macro or an attribute gets. It can be any language, so it is read for
    /// names with `::` between them, and for names of types.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path = Names::new();
        let mut line = 0;
        let mut n_colons = 2;
        for token in tokens {
            match &token {
                TokenTree::Punct(it) if it.as_char() == ':' && !path.is_empty() => n_colons += 1,
                TokenTree::Ident(it) => {
                    if n_colons != 2 || path.is_empty() {
                        self.add_path(&mut path, line);
                        line = it.span().start().line;
                    }
                    path.push(it.to_string());
                    n_colons = 0;
                    continue;
                }
                _ => self.add_path(&mut path, line),
            }
            match token {
                TokenTree::Group(it) => self.add_tokens(it.stream()),
                TokenTree::Literal(it) => {
                    self.add_text(&it.to_string(), it.span().start().line);
                }
                _ => (),
            }
        }
        self.add_path(&mut path, line);
    }

    fn add_path(&mut self, path: &mut Names, line: usize) {
        let path = std::mem::take(path);
        let is_type = |it: &String| it.starts_with(char::is_uppercase);
        if 1 < path.len() || path.first().is_some_and(is_type) {
            self.references.push((path, line));
        }
    }

    /// Adds a path in quotes, as in `#[serde(with = "crate::names")]`.
    fn add_text(&mut self, literal: &str, line: usize) {
        let text = literal.trim_matches('"');
        let is_name = |it: &str| {
            !it.is_empty() && it.chars().all(|it| it.is_ascii_alphanumeric() || it == '_')
        };
        let names: Names = text.split("::").map(str::to_owned).collect();
        if 1 < names.len() && names.iter().all(|it| is_name(it)) {
            self.references.push((names, line));
        }
    }
}

/// The name that an item declares, but for modules.
fn declared(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(it) => &it.ident,
        Item::Enum(it) => &it.ident,
        Item::Fn(it) => &it.sig.ident,
        Item::Macro(it) => it.ident.as_ref()?,
        Item::Static(it) => &it.ident,
        Item::Struct(it) => &it.ident,
        Item::Trait(it) => &it.ident,
        Item::TraitAlias(it) => &it.ident,
        Item::Type(it) => &it.ident,
        Item::Union(it) => &it.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::ExternCrate(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::ForeignMod(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Macro(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        Item::TraitAlias(it) => &it.attrs,
        Item::Type(it) => &it.attrs,
        Item::Union(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths that begin with `crate` or `super`, each with its line.
    #[track_caller]
    fn check(text: &str, expected: &[(&str, usize)]) {
        let found = find(&syn::parse_file(text).unwrap().items);
        let references: Vec<(String, usize)> = found
            .references
            .into_iter()
            .filter(|(names, _)| ["crate", "super"].contains(&&*names[0]))
            .map(|(names, line)| (names.join("::"), line))
            .collect();
        let expected: Vec<(String, usize)> = expected
            .iter()
            .map(|(names, line)| ((*names).to_owned(), *line))
            .collect();
        assert_eq!(references, expected);
    }

    #[test]
    fn each_branch_of_a_use_is_a_reference() {
        check(
            "use crate::a::{self, B, c::{D as E,\n F}};\nuse crate::g::*;",
            &[
                ("crate::a", 1),
                ("crate::a::B", 1),
                ("crate::a::c::D", 1),
                ("crate::a::c::F", 2),
                ("crate::g", 3),
            ],
        );
    }

    #[test]
    fn paths_in_types_expressions_and_patterns_are_references() {
        check(
            "fn f(a: &crate::a::A) -> Vec<super::b::B> {\n
                 match crate::c::c() { crate::d::D => todo(), _ => todo() }
             }",
            &[
                ("crate::a::A", 1),
                ("super::b::B", 1),
                ("crate::c::c", 3),
                ("crate::d::D", 3),
            ],
        );
    }

    #[test]
    fn macros_and_what_is_in_their_brackets_are_searched() {
        check(
            "fn f() -> Html {\n html! {\n <div class={crate::a::class()}>\n <crate::b::B />\n </div>\n } }",
            &[("crate::a::class", 3), ("crate::b::B", 4)],
        );
        check(
            "macro_rules! m { () => { $crate::a::b() } }",
            &[("crate::a::b", 1)],
        );
    }

    #[test]
    fn attributes_are_searched_and_comments_are_not() {
        check(
            "/// See [`crate::z::Z`].\n#[serde(with = \"crate::a::b\")]\n#[derive(crate::c::D)]\nstruct S;",
            &[("crate::a::b", 2), ("crate::c::D", 3)],
        );
    }

    #[test]
    fn tests_and_visibilities_name_nothing() {
        check(
            "pub(in crate::a) struct S;
             #[cfg(test)] use crate::b::B;
             #[cfg(test)] mod more { use crate::c::C; }
             impl S { #[cfg(test)] fn f() { crate::d::d() } }
             #[cfg(feature = \"testing\")] fn g() { crate::e::e() }",
            &[],
        );
    }

    #[test]
    fn a_use_within_a_function_counts() {
        check("fn f() { use crate::a::A; }", &[("crate::a::A", 1)]);
    }
}
