//! Any bytes with any content type are text in a charset, or an error that says where they are not.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mayfly_core::http::charset::{Charset, NotText, Undecodable};
use mayfly_core::http::transport::{Kept, Response};
use mayfly_core::judging::answer::Answer;

/// A host that knows one charset, whose bytes are ASCII.
fn decode(label: &str, bytes: &[u8], is_whole: bool) -> Result<String, Undecodable> {
    if !label.starts_with(['l', 'u']) {
        return Err(Undecodable::Unknown);
    }
    match bytes.iter().position(|it| !it.is_ascii()) {
        Some(at) if is_whole => Err(Undecodable::At(at)),
        Some(at) => Ok(String::from_utf8_lossy(&bytes[..at]).into_owned()),
        None => Ok(String::from_utf8_lossy(bytes).into_owned()),
    }
}

fuzz_target!(|input: (Option<&str>, bool, &[u8])| {
    let (content_type, is_whole, body) = input;
    let n_mark = match Charset::of(content_type, body) {
        Charset::Named { label, n_mark } => {
            assert!(!label.is_empty() && label.trim() == label, "{label:?}");
            n_mark
        }
        Charset::Utf8 { n_mark, .. } => n_mark,
    };
    let header = content_type.map(|it| ("content-type".to_owned(), it.to_owned()));
    let mut response = Response {
        status: 200,
        body_bytes: body.len() as u64 + u64::from(!is_whole),
        phases: None,
        kept: Some(Box::new(Kept {
            headers: header.into_iter().collect(),
            body: body.to_vec(),
            ..Kept::default()
        })),
    };
    response.decode(decode);
    let answer = Answer::new(&response);
    match answer.text() {
        Ok(text) if is_whole => assert_eq!(text.as_bytes(), &body[n_mark..]),
        Ok(text) => assert!(body[n_mark..].starts_with(text.as_bytes())),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            if let NotText::Bytes { at, .. } | NotText::NotUtf8(at) = error {
                assert_eq!(body.get(at.offset), Some(&at.value));
            }
        }
    }
    let _ = answer.json();
});
