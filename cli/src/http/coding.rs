//! Content codings: how a body was made smaller for its way, undone as it arrives. No I/O.
//!
//! What browsers do where the rules leave a choice is done here too: a coding that nobody knows leaves
//! the body as it is, and what follows the end of a coded body is left out.

use compression_codecs::core::util::{PartialBuffer, WriteBuffer};
use compression_codecs::zstd::params::DParameter;
use compression_codecs::{
    BrotliDecoder, DecodeV2, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder,
};
use hyper::header::{self, HeaderMap};

/// Undoes the codings of one body.
pub(crate) struct Decoder {
    // The one that was applied last is the first to be undone.
    stages: Vec<Stage>,
}

/// The body is not what its header says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Undecodable;

impl Decoder {
    /// More codings on top of each other than anybody needs. Each has a window of its own.
    const MAX_STAGES: usize = 5;

    /// Undoes what an answer with these headers says; nothing, if it says nothing.
    ///
    /// # Errors
    ///
    /// Fails if there are more codings than [`MAX_STAGES`](Self::MAX_STAGES).
    pub(crate) fn new(headers: &HeaderMap) -> Result<Self, Undecodable> {
        let mut stages = Vec::new();
        for value in headers.get_all(header::CONTENT_ENCODING) {
            for name in value.as_bytes().split(|it| *it == b',') {
                let name = name.trim_ascii();
                if name.is_empty() || name.eq_ignore_ascii_case(b"identity") {
                    continue;
                }
                let Some(coding) = Coding::of(name) else {
                    return Ok(Self { stages: Vec::new() });
                };
                if stages.len() == Self::MAX_STAGES {
                    return Err(Undecodable);
                }
                stages.push(Stage::new(coding));
            }
        }
        stages.reverse();
        Ok(Self { stages })
    }

    /// Takes the next bytes, and hands on what they stand for, bit by bit.
    pub(crate) fn decode(
        &mut self,
        bytes: &[u8],
        mut sink: impl FnMut(&[u8]),
    ) -> Result<(), Undecodable> {
        decode(&mut self.stages, bytes, &mut sink)
    }

    /// Fails if something is missing at the end.
    pub(crate) fn finish(mut self) -> Result<(), Undecodable> {
        let is_complete = self.stages.iter_mut().all(Stage::is_complete);
        is_complete.then_some(()).ok_or(Undecodable)
    }
}

fn decode(
    stages: &mut [Stage],
    bytes: &[u8],
    sink: &mut dyn FnMut(&[u8]),
) -> Result<(), Undecodable> {
    let Some((stage, rest)) = stages.split_first_mut() else {
        sink(bytes);
        return Ok(());
    };
    stage.decode(bytes, &mut |decoded| decode(rest, decoded, sink))
}

#[derive(Clone, Copy)]
enum Coding {
    Brotli,
    Deflate,
    Gzip,
    Zstd,
}

impl Coding {
    fn of(name: &[u8]) -> Option<Self> {
        let names = [
            (&b"br"[..], Self::Brotli),
            (b"deflate", Self::Deflate),
            (b"gzip", Self::Gzip),
            (b"x-gzip", Self::Gzip),
            (b"zstd", Self::Zstd),
        ];
        let mut names = names.into_iter();
        names.find_map(|(known, coding)| name.eq_ignore_ascii_case(known).then_some(coding))
    }

    /// By the first byte too: what HTTP calls deflate is that format within zlib's, and many servers
    /// send it bare.
    fn decoder(self, first: u8) -> Box<dyn DecodeV2> {
        const ZLIB: u8 = 8;
        match self {
            Self::Brotli => Box::new(BrotliDecoder::new()),
            // In the bare format these four bits begin a block that is not packed, and one of them
            // has no meaning then, so that it is zero.
            Self::Deflate if first & 0xf == ZLIB => Box::new(ZlibDecoder::new()),
            Self::Deflate => Box::new(DeflateDecoder::new()),
            Self::Gzip => Box::new(GzipDecoder::new()),
            // As far as the coding may look back (RFC 9659).
            Self::Zstd => {
                let window = DParameter::window_log_max(23);
                Box::new(ZstdDecoder::new_with_params(&[window]))
            }
        }
    }

    /// Whether a body that has ended begins again with this byte. Of gzip and zstd, several may
    /// follow each other.
    fn goes_on(self, first: u8) -> bool {
        match self {
            Self::Brotli | Self::Deflate => false,
            Self::Gzip => first == 0x1f,
            Self::Zstd => true,
        }
    }
}

struct Stage {
    coding: Coding,
    // `None` before the first byte: a body without any is not coded.
    decoder: Option<Box<dyn DecodeV2>>,
    has_ended: bool,
    piece: Box<[u8]>,
}

impl Stage {
    const PIECE_BYTES: usize = 16 << 10;

    fn new(coding: Coding) -> Self {
        Self {
            coding,
            decoder: None,
            has_ended: false,
            piece: Box::default(),
        }
    }

    fn is_complete(&mut self) -> bool {
        let mut output = WriteBuffer::new_initialized(&mut self.piece);
        self.has_ended
            || self
                .decoder
                .as_mut()
                .is_none_or(|it| it.finish(&mut output).unwrap_or(false))
    }

    fn decode(
        &mut self,
        bytes: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Undecodable>,
    ) -> Result<(), Undecodable> {
        let Some(first) = bytes.first() else {
            return Ok(());
        };
        let decoder = self.decoder.get_or_insert_with(|| {
            self.piece = vec![0; Self::PIECE_BYTES].into();
            self.coding.decoder(*first)
        });
        let mut input = PartialBuffer::new(bytes);
        loop {
            if self.has_ended {
                match input.unwritten().first() {
                    Some(next) if self.coding.goes_on(*next) => {
                        decoder.reinit().map_err(|_| Undecodable)?;
                        self.has_ended = false;
                    }
                    _ => return Ok(()),
                }
            }
            let mut output = WriteBuffer::new_initialized(&mut self.piece);
            let has_input = !input.unwritten().is_empty();
            let is_done = if has_input {
                let ended = decoder.decode(&mut input, &mut output);
                self.has_ended = ended.map_err(|_| Undecodable)?;
                false
            } else {
                // What did not fit into the last piece.
                decoder.flush(&mut output).map_err(|_| Undecodable)?
            };
            let is_full = output.has_no_spare_space();
            sink(output.written())?;
            if !self.has_ended && (is_done || (input.unwritten().is_empty() && !is_full)) {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use compression_codecs::brotli::params::EncoderParams;
    use compression_codecs::core::Level;
    use compression_codecs::flate::params::FlateEncoderParams;
    use compression_codecs::{
        BrotliEncoder, DeflateEncoder, EncodeV2, GzipEncoder, ZlibEncoder, ZstdEncoder,
    };

    use super::*;

    const CODINGS: [&str; 5] = ["br", "deflate", "gzip", "raw", "zstd"];

    /// Applies a coding; `raw` is the bare format of deflate.
    pub(crate) fn encode(coding: &str, bytes: &[u8]) -> Vec<u8> {
        let fast_brotli = EncoderParams::default().quality(Level::Fastest);
        let level = FlateEncoderParams::from(Level::Default);
        let mut encoder: Box<dyn EncodeV2> = match coding {
            "br" => Box::new(BrotliEncoder::new(fast_brotli)),
            "deflate" => Box::new(ZlibEncoder::new(level)),
            "gzip" | "x-gzip" => Box::new(GzipEncoder::new(level)),
            "raw" => Box::new(DeflateEncoder::new(level)),
            "zstd" => Box::new(ZstdEncoder::new(3)),
            _ => panic!("no such coding: {coding}"),
        };
        let mut buffer = vec![0; bytes.len() + 1024];
        let mut output = WriteBuffer::new_initialized(&mut buffer);
        let mut input = PartialBuffer::new(bytes);
        while !input.unwritten().is_empty() {
            encoder.encode(&mut input, &mut output).unwrap();
        }
        while !encoder.finish(&mut output).unwrap() {}
        output.written().to_vec()
    }

    fn name_of(coding: &str) -> &str {
        if coding == "raw" { "deflate" } else { coding }
    }

    fn headers(names: &[&str]) -> HeaderMap {
        let values = names.iter();
        let values = values.map(|it| (header::CONTENT_ENCODING, it.parse().unwrap()));
        values.collect()
    }

    /// Decodes what comes in pieces of so many bytes.
    fn decode(names: &[&str], bytes: &[u8], piece: usize) -> Result<Vec<u8>, Undecodable> {
        let mut decoder = Decoder::new(&headers(names))?;
        let mut decoded = Vec::new();
        for piece in bytes.chunks(piece) {
            decoder.decode(piece, |it| decoded.extend_from_slice(it))?;
        }
        decoder.finish()?;
        Ok(decoded)
    }

    /// Bytes that can be packed well, and others that cannot.
    fn bodies() -> Vec<Vec<u8>> {
        let mut noise = 1_u32;
        let mut next = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            noise.to_be_bytes()[0]
        };
        let lengths = [0, 1, 100, Stage::PIECE_BYTES, 70_000];
        let mut bodies: Vec<Vec<u8>> = lengths.map(|it| vec![b'x'; it]).into();
        bodies.push((0..70_000).map(|_| next()).collect());
        bodies
    }

    #[test]
    fn every_coding_is_undone_however_it_comes() {
        for coding in CODINGS {
            for body in bodies() {
                let bytes = encode(coding, &body);
                for piece in [1, 7, 1000, 100_000] {
                    let decoded = decode(&[name_of(coding)], &bytes, piece);
                    assert!(decoded.as_ref() == Ok(&body), "{coding} {piece}");
                }
            }
        }
    }

    #[test]
    fn codings_are_undone_in_the_order_of_their_header() {
        let body = b"{\"id\": 7}".repeat(100);
        let bytes = encode("zstd", &encode("br", &encode("gzip", &body)));
        for names in [&["gzip, br, zstd"][..], &["X-GZip", "br ,identity,, ZSTD"]] {
            assert_eq!(decode(names, &bytes, 10).as_ref(), Ok(&body));
        }
        assert_eq!(decode(&["br, gzip, zstd"], &bytes, 10), Err(Undecodable));
    }

    #[test]
    fn a_coding_that_nobody_knows_leaves_the_body_as_it_is() {
        for names in [&["none"][..], &["utf-8"], &["gzip, aws-chunked"], &[]] {
            assert_eq!(decode(names, b"body", 9), Ok(b"body".to_vec()));
        }
    }

    #[test]
    fn a_body_that_does_not_end_or_is_something_else_is_an_error() {
        for coding in CODINGS {
            let mut bytes = encode(coding, b"some text that is long enough to be cut");
            let name = name_of(coding);
            for length in 1..bytes.len() {
                let decoded = decode(&[name], &bytes[..length], 9);
                assert_eq!(decoded, Err(Undecodable), "{coding} {length}");
            }
            bytes[0] ^= 0x7f;
            assert_eq!(decode(&[name], &bytes, 9), Err(Undecodable), "{coding}");
            let html = b"<html>not coded at all</html>";
            assert_eq!(decode(&[name], html, 9), Err(Undecodable), "{coding}");
        }
    }

    #[test]
    fn what_follows_is_another_part_or_is_left_out() {
        for coding in ["gzip", "zstd"] {
            let bytes = [encode(coding, b"one"), encode(coding, b"two")].concat();
            for piece in [1, 100] {
                assert_eq!(decode(&[coding], &bytes, piece), Ok(b"onetwo".to_vec()));
            }
        }
        for coding in ["br", "deflate", "gzip", "raw"] {
            let bytes = [&encode(coding, b"one"), &b"\0\0rest"[..]].concat();
            let decoded = decode(&[name_of(coding)], &bytes, 3);
            assert_eq!(decoded, Ok(b"one".to_vec()), "{coding}");
        }
    }

    #[test]
    fn codings_on_top_of_each_other_have_a_limit() {
        let mut bytes = b"body".to_vec();
        for _ in 0..Decoder::MAX_STAGES {
            bytes = encode("gzip", &bytes);
        }
        let names = ["gzip"; Decoder::MAX_STAGES + 1];
        assert_eq!(decode(&names[1..], &bytes, 9), Ok(b"body".to_vec()));
        assert_eq!(decode(&names, &encode("gzip", &bytes), 9), Err(Undecodable));
    }
}
