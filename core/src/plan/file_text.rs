//! The text of files that people choose: plans and rows of data.

/// The text of a file, without the mark at its start: UTF-8, or UTF-16 where the mark says so, as
/// spreadsheets write it.
///
/// # Errors
///
/// Fails with the first byte that is no text.
pub fn file_text(bytes: Vec<u8>) -> Result<String, FileTextError> {
    let (text, width): (_, fn(&str) -> usize) = match bytes.as_slice() {
        [0xff, 0xfe, ..] => (utf16(&bytes, u16::from_le_bytes)?, utf16_width),
        [0xfe, 0xff, ..] => (utf16(&bytes, u16::from_be_bytes)?, utf16_width),
        _ => (utf8(bytes)?, str::len),
    };
    if let Some(end) = text.find('\0') {
        return Err(FileTextError::new(&text[..end], width, Some(0)));
    }
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// Bytes that are no text, and where they are.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "line {line}: expected text in UTF-8, found the byte 0x{byte:02X} at place {column}; save the file as UTF-8"
)]
pub struct FileTextError {
    /// The line, from 1.
    pub line: usize,
    /// The byte in its line, from 1.
    pub column: usize,
    /// The byte.
    pub byte: u8,
}

impl FileTextError {
    /// `before` is what is text, and `width` says how many bytes of the file that was.
    fn new(before: &str, width: fn(&str) -> usize, byte: Option<u8>) -> Self {
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: width(line) + 1,
            byte: byte.unwrap_or_default(),
        }
    }
}

fn utf8(bytes: Vec<u8>) -> Result<String, FileTextError> {
    String::from_utf8(bytes).map_err(|error| {
        let end = error.utf8_error().valid_up_to();
        let (before, rest) = error.as_bytes().split_at(end);
        let before = str::from_utf8(before).unwrap_or_default();
        FileTextError::new(before, str::len, rest.first().copied())
    })
}

/// The text of UTF-16, with its mark.
fn utf16(bytes: &[u8], unit: impl Fn([u8; 2]) -> u16) -> Result<String, FileTextError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::new();
    let mut n_units = 0;
    for c in char::decode_utf16(pairs.iter().map(|&it| unit(it))) {
        let Ok(c) = c else {
            let byte = pairs.get(n_units).map(|it| it[0]);
            return Err(FileTextError::new(&text, utf16_width, byte));
        };
        n_units += c.len_utf16();
        text.push(c);
    }
    match rest.first() {
        Some(&byte) => Err(FileTextError::new(&text, utf16_width, Some(byte))),
        None => Ok(text),
    }
}

fn utf16_width(text: &str) -> usize {
    2 * text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_known_by_their_marks() {
        for bytes in [
            &b"a,\xc3\xbc"[..],
            b"\xef\xbb\xbfa,\xc3\xbc",
            b"\xff\xfea\0,\0\xfc\0",
            b"\xfe\xff\0a\0,\0\xfc",
        ] {
            assert_eq!(file_text(bytes.to_vec()).as_deref(), Ok("a,ü"));
        }
    }

    #[test]
    fn what_is_no_text_is_told_with_its_place() {
        for (bytes, place) in [
            (
                &b"a\nb,M\xfcller\n"[..],
                "line 2: expected text in UTF-8, found the byte 0xFC at place 4",
            ),
            (
                b"PK\x03\x04\0",
                "line 1: expected text in UTF-8, found the byte 0x00 at place 5",
            ),
            (
                b"\xff\xfea\0\n\0\0\xd8",
                "line 2: expected text in UTF-8, found the byte 0x00 at place 1",
            ),
            // Places are those in the file, whatever a character takes in UTF-8.
            (
                b"\xfe\xff\x69\x3b\xdf\xff",
                "line 1: expected text in UTF-8, found the byte 0xDF at place 5",
            ),
            (
                b"\xff\xfe\xfc\0\0\0",
                "line 1: expected text in UTF-8, found the byte 0x00 at place 5",
            ),
        ] {
            let error = file_text(bytes.to_vec()).unwrap_err().to_string();
            assert_eq!(error, format!("{place}; save the file as UTF-8"));
        }
    }
}
