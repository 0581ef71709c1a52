//! Texts of a plan inside messages.

use std::borrow::Cow;

/// The text, cut after 80 characters.
///
/// A message is one line of a table, and what a plan may quote in it can be a megabyte.
pub(crate) fn shorten(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
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
}
