//! Text in other charsets than UTF-8, by the tables of the Encoding standard, as browsers have them.

use encoding_rs::{DecoderResult, Encoding};
use mayfly_core::http::charset::Undecodable;

/// The text of `bytes`, without a mark at their start, in the charset that `label` names. If they are
/// not whole, what is left of a character at their end is passed over.
pub(crate) fn decode(label: &str, bytes: &[u8], is_whole: bool) -> Result<String, Undecodable> {
    let encoding =
        Encoding::for_label_no_replacement(label.as_bytes()).ok_or(Undecodable::Unknown)?;
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let length = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
    let mut text = String::with_capacity(length.unwrap_or(bytes.len()));
    let (result, n_read) = decoder.decode_to_string_without_replacement(bytes, &mut text, is_whole);
    match result {
        DecoderResult::InputEmpty => Ok(text),
        DecoderResult::Malformed(n_bad, n_after) => {
            let n_back = usize::from(n_bad) + usize::from(n_after);
            Err(Undecodable::At(n_read.saturating_sub(n_back)))
        }
        DecoderResult::OutputFull => unreachable!("there is room for the longest text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(label: &str, bytes: &[u8], expected: Result<&str, Undecodable>) {
        assert_eq!(
            decode(label, bytes, true),
            expected.map(str::to_owned),
            "{label}"
        );
    }

    #[test]
    fn labels_mean_what_they_mean_to_browsers() {
        check("ISO-8859-1", b"Gr\xfc\xdfe \x80", Ok("Grüße €"));
        check("us-ascii", b"\xe9", Ok("é"));
        check("iso-8859-15", b"\xa4", Ok("€"));
        check("Shift_JIS", b"\x93\xfa\x96{", Ok("日本"));
        check("utf-16", b"a\0", Ok("a"));
        check("unicode-1-1-utf-8", "ü".as_bytes(), Ok("ü"));
        check("klingon", b"a", Err(Undecodable::Unknown));
        // Browsers refuse it, because it is not safe.
        check("iso-2022-kr", b"a", Err(Undecodable::Unknown));
    }

    #[test]
    fn what_means_nothing_has_a_place() {
        check("shift_jis", b"ab\x93", Err(Undecodable::At(2)));
        check("gbk", b"abc\xff", Err(Undecodable::At(3)));
        check("utf-16le", b"a\0\0\xd8a\0", Err(Undecodable::At(2)));
        assert_eq!(decode("shift_jis", b"ab\x93", false).as_deref(), Ok("ab"));
    }
}
