//! Which charset the text of a body is in. Only UTF-8 is read here: the tables of all others are the
//! host's, and a browser has them anyway.

use crate::shorten::shorten;

/// What the bytes of a body are to be read as.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Charset<'a> {
    /// By a label of the Encoding standard, such as `iso-8859-1`, of which the host knows what it
    /// means.
    Named {
        /// As it was written, without spaces around it.
        label: &'a str,
        /// How many bytes come before the text.
        n_mark: usize,
    },
    /// In UTF-8, which is what there is if nothing says otherwise.
    Utf8 {
        /// Whether the answer says so.
        is_said: bool,
        /// How many bytes come before the text.
        n_mark: usize,
    },
}

impl<'a> Charset<'a> {
    /// That of a body: by the mark at its start, or else by its content type. What a page of HTML
    /// says about itself is not looked at.
    pub fn of(content_type: Option<&'a str>, body: &[u8]) -> Self {
        let mark = |label| Self::Named { label, n_mark: 2 };
        match body {
            [0xef, 0xbb, 0xbf, ..] => Self::Utf8 {
                is_said: true,
                n_mark: 3,
            },
            [0xfe, 0xff, ..] => mark("utf-16be"),
            [0xff, 0xfe, ..] => mark("utf-16le"),
            _ => match content_type.and_then(parameter) {
                Some(label) if !is_utf8(label) => Self::Named { label, n_mark: 0 },
                label => Self::Utf8 {
                    is_said: label.is_some(),
                    n_mark: 0,
                },
            },
        }
    }
}

/// Why the bytes of a body are no text. Failures are grouped by its text, so the place is told apart
/// from it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotText {
    /// Bytes that mean nothing in the charset that the answer names.
    #[error("the body is not {charset}, as the answer says")]
    Bytes {
        /// The charset, as the answer names it.
        charset: String,
        /// The first such byte.
        at: BadByte,
    },
    /// Bytes that are not UTF-8, in an answer that names no charset.
    #[error("the body is not text in UTF-8, and its content type names no charset")]
    NotUtf8(BadByte),
    /// A charset that nobody knows.
    #[error("the body is in a charset that is not known, “{charset}”")]
    Unknown {
        /// As the answer names it.
        charset: String,
    },
}

impl NotText {
    /// Where it is wrong.
    pub fn place(&self) -> Option<String> {
        match self {
            Self::Bytes { at, .. } | Self::NotUtf8(at) => Some(format!(
                "the byte 0x{:02X} at place {}",
                at.value,
                at.offset + 1
            )),
            Self::Unknown { .. } => None,
        }
    }
}

/// A byte that is in no text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BadByte {
    /// Its place in the body, from 0.
    pub offset: usize,
    /// The byte.
    pub value: u8,
}

/// Why a host did not turn bytes into text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Undecodable {
    /// The bytes from this place on mean nothing in the charset.
    At(usize),
    /// It knows no such charset.
    Unknown,
}

/// The text of a body in a charset that its answer names, by the tables of a host: `decode` gets the
/// label and the bytes after the mark.
///
/// `None` if it is UTF-8, which every reader of the body knows.
pub(super) fn decode(
    content_type: Option<&str>,
    body: &[u8],
    decode: impl FnOnce(&str, &[u8]) -> Result<String, Undecodable>,
) -> Option<Result<String, NotText>> {
    let Charset::Named { label, n_mark } = Charset::of(content_type, body) else {
        return None;
    };
    let charset = || shorten(label).into_owned();
    match decode(label, &body[n_mark..]) {
        Ok(text) => Some(Ok(text)),
        Err(Undecodable::At(at)) => Some(Err(NotText::Bytes {
            charset: charset(),
            at: BadByte::new(body, n_mark + at),
        })),
        // Most that is written in a charset of a name of its own is UTF-8 all the same.
        Err(Undecodable::Unknown) if str::from_utf8(body).is_ok() => None,
        Err(Undecodable::Unknown) => Some(Err(NotText::Unknown { charset: charset() })),
    }
}

/// A body in UTF-8 as text, without its mark. With `is_cut` there is more of it, and the last
/// character may be a part of one.
pub(crate) fn utf8<'a>(
    content_type: Option<&str>,
    body: &'a [u8],
    is_cut: bool,
) -> Result<&'a str, NotText> {
    let (is_said, n_mark) = match Charset::of(content_type, body) {
        Charset::Utf8 { is_said, n_mark } => (is_said, n_mark),
        Charset::Named { .. } => (false, 0),
    };
    let bytes = &body[n_mark..];
    str::from_utf8(bytes).or_else(|error| {
        let end = error.valid_up_to();
        if is_cut && error.error_len().is_none() {
            return Ok(str::from_utf8(&bytes[..end]).unwrap_or_default());
        }
        let at = BadByte::new(body, n_mark + end);
        Err(if is_said {
            let charset = "UTF-8".to_owned();
            NotText::Bytes { charset, at }
        } else {
            NotText::NotUtf8(at)
        })
    })
}

impl BadByte {
    fn new(body: &[u8], offset: usize) -> Self {
        Self {
            offset,
            value: body.get(offset).copied().unwrap_or_default(),
        }
    }
}

fn is_utf8(label: &str) -> bool {
    ["utf-8", "utf8"]
        .iter()
        .any(|it| it.eq_ignore_ascii_case(label))
}

/// The value of `charset` in a content type, such as that of `text/html; charset="utf-8"`; `None` if
/// it has none or an empty one.
fn parameter(content_type: &str) -> Option<&str> {
    let (_, mut rest) = content_type.split_once(';')?;
    loop {
        let (name, after) = rest.split_once('=')?;
        // One without a value.
        let name = name.rsplit(';').next().unwrap_or_default();
        let (value, after) = value(after);
        if name.trim().eq_ignore_ascii_case("charset") {
            return (!value.is_empty()).then_some(value);
        }
        rest = after.split_once(';')?.1;
    }
}

/// The value at the start of `text`, and what is after it.
fn value(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let (value, rest) = match text.strip_prefix('"') {
        // No label has anything in it that would be escaped.
        Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
        None => text.split_at(text.find([';', ',']).unwrap_or(text.len())),
    };
    (value.trim(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content_type: &str, expected: Option<&str>) {
        let found = match Charset::of(Some(content_type), b"a") {
            Charset::Named { label, .. } => Some(label),
            Charset::Utf8 { is_said: true, .. } => Some("utf-8"),
            Charset::Utf8 { is_said: false, .. } => None,
        };
        assert_eq!(found, expected, "{content_type}");
    }

    #[test]
    fn a_content_type_names_a_charset() {
        check("text/html", None);
        check("text/html; charset=", None);
        check("charset=latin1", None);
        check("text/html;charset=ISO-8859-1", Some("ISO-8859-1"));
        check(
            "text/html; Charset = \"Shift_JIS\" ; x=y",
            Some("Shift_JIS"),
        );
        check(
            "text/html; x=\"a;charset=b\"; charset=koi8-r",
            Some("koi8-r"),
        );
        check("text/html; x; charset=koi8-r", Some("koi8-r"));
        check("text/html; charset=UTF-8", Some("utf-8"));
        check("text/html; charset=\"utf8", Some("utf-8"));
        check("text/html; charset=gbk, text/html", Some("gbk"));
        check("text/html; charset=gbk; charset=big5", Some("gbk"));
    }

    #[test]
    fn a_mark_at_the_start_comes_before_the_content_type() {
        let of = |body| Charset::of(Some("text/plain; charset=latin1"), body);
        let utf16 = |label| Charset::Named { label, n_mark: 2 };
        assert_eq!(of(b"\xff\xfea\0"), utf16("utf-16le"));
        assert_eq!(of(b"\xfe\xff\0a"), utf16("utf-16be"));
        let utf8 = Charset::Utf8 {
            is_said: true,
            n_mark: 3,
        };
        assert_eq!(of(b"\xef\xbb\xbfa"), utf8);
        assert_eq!(
            of(b"\xef\xbb"),
            Charset::Named {
                label: "latin1",
                n_mark: 0
            }
        );
    }

    #[test]
    fn what_no_host_knows_is_utf8_or_no_text() {
        let unknown = |_: &str, _: &[u8]| Err(Undecodable::Unknown);
        let content_type = Some("text/plain; charset=klingon");
        assert_eq!(decode(content_type, "ü".as_bytes(), unknown), None);
        let error = decode(content_type, b"\xfc", unknown).unwrap().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the body is in a charset that is not known, “klingon”"
        );
    }

    #[test]
    fn bytes_that_fit_no_charset_are_named() {
        let bad = |content_type, body: &[u8], is_cut| {
            let error = utf8(content_type, body, is_cut).unwrap_err();
            (error.to_string(), error.place().unwrap())
        };
        let (message, place) = bad(None, b"ab\xff", false);
        assert!(message.ends_with("names no charset"), "{message}");
        assert_eq!(place, "the byte 0xFF at place 3");
        let said = Some("text/plain; charset=utf-8");
        let (message, place) = bad(said, b"\xef\xbb\xbfa\xc3", false);
        assert_eq!(message, "the body is not UTF-8, as the answer says");
        assert_eq!(place, "the byte 0xC3 at place 5");
        // The rest of the character was not kept.
        assert_eq!(utf8(None, b"a\xc3", true), Ok("a"));
    }
}
