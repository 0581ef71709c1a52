//! Which browser the tests drive.

/// A browser that the tests know how to drive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Chromium, by chromedriver. It can do all that the tests ask for.
    Chromium,
    /// Firefox, by geckodriver.
    Firefox,
    /// WebKitGTK's MiniBrowser, by WebKitWebDriver. It keeps to one color scheme.
    Webkit,
}

impl Kind {
    /// The one that the variable `MAYFLY_BROWSER` names; Chromium where there is no such variable.
    pub fn chosen() -> Self {
        match std::env::var(VARIABLE) {
            Ok(name) => Self::named(&name)
                .unwrap_or_else(|| panic!("expected {VARIABLE} to be {NAMES}, found “{name}”")),
            Err(_) => Self::Chromium,
        }
    }

    fn named(name: &str) -> Option<Self> {
        match name {
            "chromium" => Some(Self::Chromium),
            "firefox" => Some(Self::Firefox),
            "webkit" => Some(Self::Webkit),
            _ => None,
        }
    }
}

const VARIABLE: &str = "MAYFLY_BROWSER";
const NAMES: &str = "chromium, firefox or webkit";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_the_message_is_known_and_no_other() {
        let known: Vec<Option<Kind>> = NAMES
            .split([',', ' '])
            .filter(|word| !["", "or"].contains(word))
            .map(Kind::named)
            .collect();
        let all = [Kind::Chromium, Kind::Firefox, Kind::Webkit];
        assert_eq!(known, all.map(Some));
        assert_eq!(Kind::named("Firefox"), None);
    }
}
