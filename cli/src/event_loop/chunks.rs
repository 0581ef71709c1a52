//! Bodies in chunks (RFC 9112, 7.1), byte by byte. No I/O.

use mayfly_core::http::transport::TransportError;

/// How far a body in chunks came.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    state: State,
    // Of the chunk that is being read.
    n_left: u64,
    n_extension: usize,
    trailers: Vec<u8>,
    n_trailers: usize,
}

/// What was found at the start of some bytes.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Piece<'a> {
    /// How many bytes were read.
    pub(super) n_read: usize,
    /// What of them is of the body.
    pub(super) data: &'a [u8],
    /// Whether the body is whole.
    pub(super) is_end: bool,
}

/// The bytes are not in chunks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct NotChunks;

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum State {
    #[default]
    Start,
    Size,
    Space,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    // At the start of a line after the last chunk.
    Line,
    Trailer,
    TrailerLf,
    EndLf,
}

impl Chunks {
    /// More of what nobody reads than anybody sends.
    const MAX_EXTENSION_BYTES: usize = 16 << 10;

    /// Reads up to the next bytes of the body, or to its end, or all of `input`.
    pub(super) fn read<'a>(&mut self, input: &'a [u8]) -> Result<Piece<'a>, NotChunks> {
        for (nth, &byte) in input.iter().enumerate() {
            if self.state == State::Data {
                let rest = &input[nth..];
                let n_data =
                    usize::try_from(self.n_left).map_or(rest.len(), |it| it.min(rest.len()));
                self.n_left -= n_data as u64;
                if self.n_left == 0 {
                    self.state = State::DataCr;
                }
                return Ok(Piece {
                    n_read: nth + n_data,
                    data: &rest[..n_data],
                    is_end: false,
                });
            }
            if self.step(byte)? {
                return Ok(Piece {
                    n_read: nth + 1,
                    data: &[],
                    is_end: true,
                });
            }
        }
        Ok(Piece {
            n_read: input.len(),
            data: &[],
            is_end: false,
        })
    }

    /// Takes a byte that is not of the body; true after the last one.
    fn step(&mut self, byte: u8) -> Result<bool, NotChunks> {
        self.state = match (self.state, byte) {
            (State::Start, _) if byte.is_ascii_hexdigit() => {
                self.n_left = 0;
                self.add_digit(byte)?;
                State::Size
            }
            (State::Size, _) if byte.is_ascii_hexdigit() => {
                self.add_digit(byte)?;
                State::Size
            }
            (State::Size | State::Space, b'\t' | b' ') => State::Space,
            (State::Size | State::Space, b';') => State::Extension,
            (State::Size | State::Space | State::Extension, b'\r') => State::SizeLf,
            (State::Extension, b'\n') => return Err(NotChunks),
            (State::Extension, _) => {
                self.n_extension += 1;
                if Self::MAX_EXTENSION_BYTES <= self.n_extension {
                    return Err(NotChunks);
                }
                State::Extension
            }
            (State::SizeLf, b'\n') if self.n_left == 0 => State::Line,
            (State::SizeLf, b'\n') => State::Data,
            (State::DataCr, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => State::Start,
            (State::Line, b'\r') => State::EndLf,
            (State::Line | State::Trailer, _) => {
                self.add_trailer(byte)?;
                if byte == b'\r' {
                    State::TrailerLf
                } else {
                    State::Trailer
                }
            }
            (State::TrailerLf, b'\n') => {
                self.add_trailer(byte)?;
                self.n_trailers += 1;
                if TransportError::MAX_HEADERS < self.n_trailers {
                    return Err(NotChunks);
                }
                State::Line
            }
            (State::EndLf, b'\n') => return self.check_trailers().map(|()| true),
            _ => return Err(NotChunks),
        };
        Ok(false)
    }

    fn add_digit(&mut self, digit: u8) -> Result<(), NotChunks> {
        let value = char::from(digit).to_digit(16).ok_or(NotChunks)?;
        let sum = self.n_left.checked_mul(16);
        let sum = sum.and_then(|it| it.checked_add(value.into()));
        self.n_left = sum.ok_or(NotChunks)?;
        Ok(())
    }

    fn add_trailer(&mut self, byte: u8) -> Result<(), NotChunks> {
        self.trailers.push(byte);
        if TransportError::MAX_HEAD_BYTES <= self.trailers.len() {
            return Err(NotChunks);
        }
        Ok(())
    }

    /// Nobody reads them, but they must be header lines.
    fn check_trailers(&mut self) -> Result<(), NotChunks> {
        if self.trailers.is_empty() {
            return Ok(());
        }
        self.trailers.extend_from_slice(b"\r\n");
        let mut lines = vec![httparse::EMPTY_HEADER; self.n_trailers];
        match httparse::parse_headers(&self.trailers, &mut lines) {
            Ok(httparse::Status::Complete(_)) => Ok(()),
            _ => Err(NotChunks),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body, and what was not read, whatever the pieces are.
    #[track_caller]
    fn check(input: &str, expected: Result<(&str, &str), NotChunks>) {
        for length in 1..=input.len() {
            let found = read(input.as_bytes(), length);
            let found = found.map(|it| (it.0, it.1));
            let expected = expected.map(|(body, rest)| (body.into(), rest.len()));
            assert_eq!(found, expected, "{input:?} in pieces of {length}");
        }
    }

    fn read(input: &[u8], length: usize) -> Result<(Vec<u8>, usize), NotChunks> {
        let mut chunks = Chunks::default();
        let mut body = Vec::new();
        let mut n_read = 0;
        for mut part in input.chunks(length) {
            while !part.is_empty() {
                let piece = chunks.read(part)?;
                body.extend_from_slice(piece.data);
                n_read += piece.n_read;
                part = &part[piece.n_read..];
                if piece.is_end {
                    return Ok((body, input.len() - n_read));
                }
            }
        }
        Ok((body, usize::MAX))
    }

    #[test]
    fn chunks_are_read_in_any_pieces() {
        check("0\r\n\r\n", Ok(("", "")));
        check("3\r\nabc\r\n0\r\n\r\nmore", Ok(("abc", "more")));
        check(
            "A;x=\"y\"\r\n0123456789\r\n1 \t;z\r\na\r\n00\r\n\r\n",
            Ok(("0123456789a", "")),
        );
        check(
            "1\r\na\r\n0\r\nx-one: 1\r\nx-two: 2\r\n\r\n!",
            Ok(("a", "!")),
        );
    }

    #[test]
    fn what_is_not_in_chunks_is_refused() {
        for input in [
            "xyz\r\n",
            "\r\n",
            "-1\r\n",
            "1x\r\n",
            "1 1\r\n",
            "1\nab",
            "1\r\nab",
            "1\r\na\rb",
            "1;a\nb",
            "0\r\nno trailer\r\n\r\n",
            "10000000000000000\r\n",
        ] {
            check(input, Err(NotChunks));
        }
    }

    #[test]
    fn what_nobody_reads_has_a_limit() {
        let extension = format!("1;{}\r\n", "x".repeat(Chunks::MAX_EXTENSION_BYTES));
        assert_eq!(read(extension.as_bytes(), 1000), Err(NotChunks));
        let trailer = format!(
            "0\r\nx: {}\r\n\r\n",
            "x".repeat(TransportError::MAX_HEAD_BYTES)
        );
        assert_eq!(read(trailer.as_bytes(), 1000), Err(NotChunks));
        let trailers = "x: 1\r\n".repeat(TransportError::MAX_HEADERS + 1);
        let trailers = format!("0\r\n{trailers}\r\n");
        assert_eq!(read(trailers.as_bytes(), 1000), Err(NotChunks));
    }
}
