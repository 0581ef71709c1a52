//! The pipes of a child, each with a thread of its own.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Where frames go in. Dropping it closes the pipe.
pub(super) struct Frames(Sender<(Vec<u8>, Answer)>);

/// Hears the frame that answers, on another thread; `None` if none will.
pub(super) type Answer = Box<dyn FnOnce(Option<Vec<u8>>) + Send>;

/// The longest frame that is taken. Bodies of requests are in it, 256 at most.
const MAX_FRAME: usize = 1 << 30;

impl Frames {
    /// Takes over the pipes of `child` for frames.
    pub(super) fn start(child: &mut Child) -> Result<Self, String> {
        let no_pipe = || "Python has no pipes".to_owned();
        let input = child.stdin.take().ok_or_else(no_pipe)?;
        let output = child.stdout.take().ok_or_else(no_pipe)?;
        let (sender, receiver) = channel();
        thread::spawn(move || exchange_all(&receiver, input, output));
        Ok(Self(sender))
    }

    /// Sends a frame. False if nobody takes frames any more.
    pub(super) fn send(&self, frame: Vec<u8>, answer: Answer) -> bool {
        self.0.send((frame, answer)).is_ok()
    }
}

fn exchange_all(frames: &Receiver<(Vec<u8>, Answer)>, mut input: impl Write, output: impl Read) {
    let mut output = BufReader::with_capacity(1 << 16, output);
    while let Ok((frame, answer)) = frames.recv() {
        let read = exchange(&frame, &mut input, &mut output);
        let is_over = read.is_none();
        answer(read);
        if is_over {
            return;
        }
    }
}

/// `None` if the child has ended, or says what is no frame.
fn exchange(frame: &[u8], input: &mut impl Write, output: &mut impl Read) -> Option<Vec<u8>> {
    let length = u32::try_from(frame.len()).ok()?;
    input.write_all(&length.to_le_bytes()).ok()?;
    input.write_all(frame).ok()?;
    input.flush().ok()?;
    let mut length = [0; 4];
    output.read_exact(&mut length).ok()?;
    let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
    if MAX_FRAME < length {
        return None;
    }
    let mut answer = vec![0; length];
    output.read_exact(&mut answer).ok()?;
    Some(answer)
}

/// What a child prints, by lines.
#[derive(Debug, Default)]
pub(super) struct Printed {
    lines: Mutex<Lines>,
    is_over: AtomicBool,
}

#[derive(Debug, Default)]
struct Lines {
    // What is still to be said.
    unsaid: VecDeque<String>,
    // What was printed last.
    last: VecDeque<String>,
    // When the second began in which lines are counted, how many there were in it, and how many were not
    // taken.
    since: Option<Instant>,
    n_taken: u32,
    n_left_out: u64,
    // Whether the process was asked where it is.
    is_stack: bool,
}

impl Printed {
    /// How many lines a second are said.
    const MAX_LINES: u32 = 100;

    /// How many are the last words.
    const MAX_LAST: usize = 15;

    /// How many may say where a process is.
    const MAX_STACK: usize = 100;

    /// How much of a line is said.
    const MAX_BYTES: u64 = 4096;

    pub(super) fn listen(child: &mut Child) -> Result<Arc<Self>, String> {
        let errors = child.stderr.take();
        let errors = errors.ok_or_else(|| "Python has no pipes".to_owned())?;
        let printed = Arc::<Self>::default();
        let heard = Arc::clone(&printed);
        thread::spawn(move || {
            heard.read_all(errors);
            heard.is_over.store(true, Ordering::Release);
        });
        Ok(printed)
    }

    /// What is still to be said.
    pub(super) fn take(&self) -> Vec<String> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.unsaid.drain(..).collect()
    }

    /// As [`take`](Self::take), and how many lines were left out since that was said last.
    pub(super) fn take_all(&self) -> Vec<String> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.say_left_out();
        lines.unsaid.drain(..).collect()
    }

    /// What was printed last.
    pub(super) fn last(&self) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let last: Vec<&str> = lines.last.iter().map(String::as_str).collect();
        last.join("\n")
    }

    /// Waits until all is read that a child has printed which has ended, unless somebody else has its pipe.
    pub(super) fn settle(&self) {
        const PATIENCE: Duration = Duration::from_millis(200);
        let begin = Instant::now();
        while !self.is_over.load(Ordering::Acquire) && begin.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// What follows says where the process is, and is not said.
    pub(super) fn hear_stack(&self) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.last.clear();
        lines.is_stack = true;
    }

    /// Where the process is, the innermost first, without what has `own` in its name.
    pub(super) fn stack(&self, own: &str) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let places = lines.last.iter().map(|it| it.trim());
        let places = places.filter(|it| it.starts_with("File "));
        let is_own = |it: &&str| it.contains(own) || it.contains("\"<");
        let places = places.filter(|it| !is_own(it)).take(3).map(short_place);
        places.collect::<Vec<_>>().join(", called by ")
    }

    fn read_all(&self, errors: impl Read) {
        let mut errors = BufReader::new(errors);
        let mut line = Vec::new();
        loop {
            line.clear();
            let mut part = { &mut errors }.take(Self::MAX_BYTES);
            match part.read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => self.add(&String::from_utf8_lossy(&line)),
            }
        }
    }

    fn add(&self, line: &str) {
        let line = line.trim_end();
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let max = match lines.is_stack {
            true => Self::MAX_STACK,
            false => Self::MAX_LAST,
        };
        if max <= lines.last.len() {
            lines.last.pop_front();
        }
        lines.last.push_back(line.to_owned());
        if lines.is_stack {
            return;
        }
        let now = Instant::now();
        let is_new = |since| Duration::from_secs(1) <= now.duration_since(since);
        if lines.since.is_none_or(is_new) {
            (lines.since, lines.n_taken) = (Some(now), 0);
            lines.say_left_out();
        }
        if lines.n_taken < Self::MAX_LINES && lines.unsaid.len() < 1000 {
            lines.n_taken += 1;
            lines.unsaid.push_back(line.to_owned());
        } else {
            lines.n_left_out += 1;
        }
    }
}

/// A place without the folder of its file: `locust.py, line 8 in t`.
fn short_place(place: &str) -> String {
    let parts = place
        .strip_prefix("File \"")
        .and_then(|it| it.split_once('"'));
    let Some((path, rest)) = parts else {
        return place.to_owned();
    };
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    format!("{name}{rest}")
}

impl Lines {
    fn say_left_out(&mut self) {
        let n_left_out = std::mem::take(&mut self.n_left_out);
        if 0 < n_left_out {
            let max = Printed::MAX_LINES;
            self.unsaid.push_back(format!(
                "({n_left_out} more lines were printed; {max} in a second are shown)"
            ));
        }
    }
}

/// How a child ended that is about to; `None` if it does not.
pub(super) fn wait(child: &mut Child) -> Option<ExitStatus> {
    const PATIENCE: Duration = Duration::from_millis(500);
    let begin = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if begin.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(2)),
            Ok(None) | Err(_) => return None,
        }
    }
}

/// How it ended, in words.
pub(super) fn in_words(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            return format!("Python was ended by signal {signal}");
        }
    }
    match status.code() {
        Some(code) => format!("Python ended with exit code {code}"),
        None => "Python ended".to_owned(),
    }
}

/// Ends a child, and all that it has started.
pub(super) fn kill_all(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = group(child) {
        // There may be nobody left.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    // The same, where there are no groups.
    let _ = child.kill();
    let _ = child.wait();
}

/// Has a child print where it is.
pub(super) fn ask_where(child: &Child) {
    #[cfg(unix)]
    if let Some(process) = group(child) {
        let _ = rustix::process::kill_process(process, rustix::process::Signal::USR1);
    }
    #[cfg(not(unix))]
    let _ = child;
}

#[cfg(unix)]
fn group(child: &Child) -> Option<rustix::process::Pid> {
    rustix::process::Pid::from_raw(child.id().try_into().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_lines_is_cut_and_counted() {
        let printed = Printed::default();
        for n in 0..100_000 {
            printed.add(&format!("line {n}\n"));
        }
        let said = printed.take_all();
        assert!(said.len() < 1100, "{}", said.len());
        assert!(said.last().unwrap().contains("more lines were printed"));
        assert!(printed.last().ends_with("line 99999"));
    }

    #[test]
    fn where_a_process_is_is_told_by_its_own_files() {
        let printed = Printed::default();
        printed.add("hello");
        printed.hear_stack();
        for line in [
            "Stack (most recent call first):",
            "  File \"/a/locust.py\", line 8 in t",
            "  File \"/tmp/mayfly-python-1/locust/user.py\", line 7 in run",
            "  File \"<string>\", line 6 in <module>",
        ] {
            printed.add(line);
        }
        let expected = "locust.py, line 8 in t";
        assert_eq!(printed.stack("/tmp/mayfly-python-1"), expected);
        assert_eq!(printed.take(), ["hello"]);
    }

    #[test]
    fn a_line_without_an_end_is_cut() {
        let printed = Printed::default();
        printed.read_all(&*vec![b'a'; 10_000]);
        let lengths: Vec<usize> = printed.take().iter().map(String::len).collect();
        assert_eq!(lengths, [4096, 4096, 1808]);
    }

    #[test]
    fn a_frame_goes_out_with_its_length_and_one_comes_back() {
        let mut out = Vec::new();
        let answer = exchange(b"abc", &mut out, &mut &b"\x02\0\0\0hi"[..]);
        assert_eq!(answer.as_deref(), Some(&b"hi"[..]));
        assert_eq!(out, b"\x03\0\0\0abc");
        for cut_off in [&b"\x02\0\0\0h"[..], b"\x02\0", b"", b"\xff\xff\xff\xff"] {
            assert_eq!(exchange(b"", &mut Vec::new(), &mut &*cut_off), None);
        }
    }
}
