//! Whether the page is light or dark.

/// Whether the page is light or dark.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Theme {
    /// As the person's system prefers it.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All there are, in the order in which a person goes through them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// What it is called, in the page and where it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }

    /// The one of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// The value of `color-scheme`; `None` leaves it to the system.
    pub fn color_scheme(self) -> Option<&'static str> {
        (self != Self::Auto).then(|| self.name())
    }
}
