//! Which columns a table has, and which of them a person wants to see.

use std::collections::BTreeSet;
use std::rc::Rc;

use yew::prelude::*;

use crate::browser::settings;

/// A column of a table.
#[derive(Debug, PartialEq)]
pub(crate) struct Column {
    /// What it is called in code and in what is remembered.
    pub key: &'static str,
    /// What it is called on the page.
    pub title: &'static str,
    /// What is in it.
    pub kind: Kind,
    /// What the title leaves open; empty if nothing.
    pub hint: &'static str,
    /// Whether it is left out until a person asks for it.
    pub is_extra: bool,
}

/// What is in a column: how wide it is, and on which side it begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// What the row is about. Always shown, and in sight while the others are scrolled.
    Name,
    /// A number.
    Number,
    /// A line of text.
    Text,
    /// When something happened.
    Time,
    /// A word.
    Word,
}

impl Kind {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Number => "number",
            Self::Text => "text",
            Self::Time => "time",
            Self::Word => "word",
        }
    }
}

impl Column {
    /// A column that is there from the start.
    pub(crate) const fn new(key: &'static str, title: &'static str, kind: Kind) -> Self {
        Self {
            key,
            title,
            kind,
            hint: "",
            is_extra: false,
        }
    }

    /// A column of numbers that a person has to ask for.
    pub(crate) const fn extra(key: &'static str, title: &'static str, hint: &'static str) -> Self {
        Self {
            hint,
            is_extra: true,
            ..Self::new(key, title, Kind::Number)
        }
    }
}

/// The columns that a person chose.
#[derive(Clone, PartialEq)]
pub(super) struct Chosen {
    pub(super) all: &'static [Column],
    pub(super) shown: Rc<[&'static Column]>,
    /// A column, by its key, is to be shown or left out.
    pub(super) on_toggle: Callback<&'static str>,
}

impl Chosen {
    pub(super) fn shows(&self, column: &Column) -> bool {
        self.shown.iter().any(|it| it.key == column.key)
    }
}

/// The columns that a person chose for a table, which this browser remembers.
#[hook]
pub(super) fn use_columns(table: &'static str, all: &'static [Column]) -> Chosen {
    let place = format!("columns.{}", table.to_lowercase());
    // What differs from the start, so that a column that is new one day is shown as it should be.
    let toggled = use_state(|| -> BTreeSet<String> {
        let keys = settings::get(&place).unwrap_or_default();
        keys.split(',').map(ToOwned::to_owned).collect()
    });
    let is_shown = |column: &&'static Column| column.is_extra == toggled.contains(column.key);
    let shown = all.iter().filter(is_shown).collect();
    let on_toggle = Callback::from(move |key: &'static str| {
        let mut keys: BTreeSet<String> = (*toggled).clone();
        if !keys.remove(key) {
            keys.insert(key.to_owned());
        }
        let text: Vec<&str> = keys.iter().map(String::as_str).collect();
        // Where nothing can be stored, the next visit begins anew.
        let _ = settings::set(&place, &text.join(","));
        toggled.set(keys);
    });
    Chosen {
        all,
        shown,
        on_toggle,
    }
}
