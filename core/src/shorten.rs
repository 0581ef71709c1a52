//! Texts of a plan inside messages.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// The text, cut after 80 characters.
///
/// A message is one line of a table, and what a plan may quote in it can be a megabyte.
pub(crate) fn shorten(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// What `value` is written as, cut likewise. No more of it is written than is needed.
pub(crate) fn shorten_value(value: &impl fmt::Display) -> String {
    let mut start = Start(String::new());
    // Fails once there is enough.
    let _ = write!(start, "{value}");
    shorten(&start.0).into_owned()
}

/// Takes a bit more text than is shown of it.
struct Start(String);

impl Write for Start {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = (4 * MAX_CHARS + 4).saturating_sub(self.0.len());
        self.0.push_str(&text[..text.floor_char_boundary(room)]);
        if room < text.len() {
            Err(fmt::Error)
        } else {
            Ok(())
        }
    }
}

const MAX_CHARS: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(shorten("naïve"), "naïve");
        assert_eq!(shorten(&"ï".repeat(80)), "ï".repeat(80));
        assert_eq!(shorten(&"ï".repeat(81)), format!("{}…", "ï".repeat(80)));
    }

    #[test]
    fn long_values_are_cut_as_texts_are() {
        assert_eq!(shorten_value(&7), "7");
        for text in ["ï".repeat(80), "🦗".repeat(81), "a".repeat(1 << 20)] {
            assert_eq!(shorten_value(&text), shorten(&text));
        }
    }
}
