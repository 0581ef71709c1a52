//! A target that answers byte for byte what it was told to.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// What a target does with a connection once a request has come over it.
#[derive(Clone, Debug)]
pub enum Act {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends nothing for this long.
    Wait(Duration),
    /// Says that nothing more comes, and ends the connection.
    Close,
    /// Breaks the connection.
    Reset,
}

/// A request as it came.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Heard {
    /// The request line: `GET /a HTTP/1.1`.
    pub line: String,
    /// The header lines, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How many requests came over the same connection before.
    pub n_before: usize,
}

impl Heard {
    /// The values of a header, joined as one list; `None` if it is not there.
    pub fn header(&self, name: &str) -> Option<String> {
        let values = self.headers.iter().filter(|it| it.0 == name);
        let values: Vec<&str> = values.map(|it| it.1.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }
}

/// A target that does what its script says for the first segment of a path: `/redirect/…` does the
/// acts of `redirect`, the first of them for the first request, and the last of them from then on. A
/// path that the script does not know is answered with 404.
///
/// Each answer is that of a server which lets pages read it, if the script puts [`CORS`] into it.
/// Permission to send is given to every page.
pub struct ScriptedTarget {
    script: Arc<Script>,
    url: String,
}

#[derive(Default)]
struct Script {
    acts: BTreeMap<String, Vec<Vec<Act>>>,
    heard: Mutex<BTreeMap<String, Vec<Heard>>>,
}

/// The header lines by which a server lets every page read its answer.
pub const CORS: &str = "access-control-allow-origin: *\r\naccess-control-expose-headers: *\r\n";

const PREFLIGHT: &str = "HTTP/1.1 204 No Content\r\naccess-control-allow-origin: *\r\n\
    access-control-allow-methods: *\r\naccess-control-allow-headers: *\r\n\
    access-control-max-age: 600\r\n\r\n";

impl ScriptedTarget {
    /// Serves on a free port until the test ends.
    pub async fn start(acts: impl IntoIterator<Item = (String, Vec<Vec<Act>>)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        let script = Arc::new(Script {
            acts: acts.into_iter().collect(),
            ..Script::default()
        });
        let shared = Arc::clone(&script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let script = Arc::clone(&shared);
                // A connection that breaks is what some scripts are about.
                tokio::spawn(async move { script.serve(stream).await });
            }
        });
        Self {
            script,
            url: format!("http://{address}"),
        }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What came since the last call, by the first segment of the path; what pages ask before they
    /// send is left out.
    pub fn take_heard(&self) -> BTreeMap<String, Vec<Heard>> {
        let mut heard = self.script.heard.lock();
        std::mem::take(&mut *heard.as_mut().expect("no script panics"))
    }
}

impl Script {
    async fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut n_before = 0;
        let mut bytes = Vec::new();
        while let Some(mut heard) = read(&mut stream, &mut bytes).await? {
            if heard.header("access-control-request-method").is_some() {
                stream.write_all(PREFLIGHT.as_bytes()).await?;
                continue;
            }
            heard.n_before = n_before;
            n_before += 1;
            let name = heard.name();
            let nth = self.note(&name, heard);
            let acts = self.acts.get(&name);
            let acts = acts.and_then(|it| it.get(nth).or_else(|| it.last()));
            let unknown = [Act::Send(
                format!("HTTP/1.1 404 Not Found\r\n{CORS}content-length: 0\r\n\r\n").into(),
            )];
            for act in acts.map_or(&unknown[..], Vec::as_slice) {
                match act {
                    Act::Send(bytes) => stream.write_all(bytes).await?,
                    Act::Wait(time) => sleep(*time).await,
                    Act::Close => {
                        stream.shutdown().await?;
                        // Until the other side has ended it as well: or what was sent may be lost.
                        while 0 < stream.read(&mut [0; 1024]).await? {}
                        return Ok(());
                    }
                    Act::Reset => return stream.set_zero_linger(),
                }
            }
        }
        Ok(())
    }

    /// Notes a request, and returns how many came for the same name before.
    fn note(&self, name: &str, heard: Heard) -> usize {
        let mut all = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let of_name = all.entry(name.to_owned()).or_default();
        of_name.push(heard);
        of_name.len() - 1
    }
}

impl Heard {
    fn name(&self) -> String {
        let path = self.line.split(' ').nth(1).unwrap_or_default();
        let end = |it: char| "/?".contains(it);
        path.trim_start_matches('/')
            .split(end)
            .next()
            .unwrap_or_default()
            .to_owned()
    }
}

/// The next request of a connection, of which `bytes` were received already; `None` if there is none.
async fn read(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<Option<Heard>> {
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(bytes).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    bytes.drain(..end + 4);
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap_or_default().to_owned();
    let headers = lines.filter_map(|it| it.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
    let mut heard = Heard {
        line,
        headers: headers.collect(),
        ..Heard::default()
    };
    let length = heard
        .header("content-length")
        .and_then(|it| it.parse().ok());
    let length: usize = length.unwrap_or_default();
    while bytes.len() < length {
        if stream.read_buf(bytes).await? == 0 {
            return Ok(None);
        }
    }
    heard.body = bytes.drain(..length).collect();
    Ok(Some(heard))
}
