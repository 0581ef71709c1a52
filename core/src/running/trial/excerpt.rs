//! The part of a body that a person is shown.

use serde::{Deserialize, Serialize};

use crate::http::transport::Kept;

/// The start of a body, as text.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Excerpt {
    /// At most the first [`MAX_BYTES`](Self::MAX_BYTES) of it. What is not UTF-8 is replaced by
    /// U+FFFD.
    pub text: String,
    /// Length of the whole body after decompression.
    pub n_bytes: u64,
    /// Whether there is more of it than `text` shows.
    pub is_cut: bool,
    /// Whether what is shown is no text: not UTF-8, or with a zero byte in it.
    pub is_binary: bool,
}

impl Excerpt {
    /// The most that is shown.
    pub const MAX_BYTES: usize = 1 << 16;

    /// Shows a body of `n_bytes`, of which `start` is at hand.
    pub(super) fn new(start: &[u8], n_bytes: u64) -> Self {
        let shown = &start[..end(start)];
        Self {
            text: String::from_utf8_lossy(shown).into_owned(),
            n_bytes,
            is_cut: (shown.len() as u64) < n_bytes,
            is_binary: shown.contains(&0) || str::from_utf8(shown).is_err(),
        }
    }

    /// Shows the body of an answer of `n_bytes`, by its charset.
    pub(super) fn of_answer(kept: Option<&Kept>, n_bytes: u64) -> Self {
        let body = kept.map_or(&[][..], |it| &it.body);
        let Some(Ok(text)) = kept.and_then(|it| it.text.as_ref()) else {
            return Self::new(body, n_bytes);
        };
        let of_text = Self::new(text.as_bytes(), text.len() as u64);
        Self {
            n_bytes,
            is_cut: of_text.is_cut || (body.len() as u64) < n_bytes,
            ..of_text
        }
    }
}

/// Where to cut, so that no character is cut in two: the cut would look like a fault of the body.
fn end(start: &[u8]) -> usize {
    if start.len() <= Excerpt::MAX_BYTES {
        return start.len();
    }
    // A character has at most three bytes of these.
    let is_inside = |end: &usize| start[*end] & 0xc0 == 0x80;
    let mut ends = (Excerpt::MAX_BYTES - 3..=Excerpt::MAX_BYTES).rev();
    ends.find(|end| !is_inside(end))
        .unwrap_or(Excerpt::MAX_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &[u8], n_shown: usize, is_binary: bool) {
        let excerpt = Excerpt::new(body, body.len() as u64);
        let expected = Excerpt {
            text: String::from_utf8_lossy(&body[..n_shown]).into_owned(),
            n_bytes: body.len() as u64,
            is_cut: n_shown < body.len(),
            is_binary,
        };
        assert_eq!(excerpt, expected);
    }

    #[test]
    fn short_texts_are_shown_whole() {
        check(b"", 0, false);
        check("naïve\n".as_bytes(), 7, false);
        check(&b"a".repeat(Excerpt::MAX_BYTES), Excerpt::MAX_BYTES, false);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let max = Excerpt::MAX_BYTES;
        check(&b"a".repeat(max + 1), max, false);
        // Two bytes each, and then one byte further on.
        check("ï".repeat(max).as_bytes(), max, false);
        check(format!("a{}", "ï".repeat(max)).as_bytes(), max - 1, false);
        check("🦗".repeat(max).as_bytes(), max, false);
        check(
            format!("abc{}", "🦗".repeat(max)).as_bytes(),
            max - 1,
            false,
        );
    }

    #[test]
    fn what_is_no_text_is_said() {
        check(b"\x89PNG\r\n", 6, true);
        check(b"a\0b", 3, true);
        // The last character is cut by the target, and not by us.
        check(b"na\xc3", 3, true);
        check(
            &[0x80].repeat(Excerpt::MAX_BYTES + 9),
            Excerpt::MAX_BYTES,
            true,
        );
    }

    #[test]
    fn a_body_that_is_not_at_hand_is_cut() {
        let excerpt = Excerpt::new(b"", 100);
        assert!(excerpt.is_cut);
        assert_eq!(excerpt.n_bytes, 100);
    }
}
