//! What is said while a run goes on: what happens, in lines, and the statistics every two seconds.
//!
//! It is written by a thread of its own, so that a terminal that takes nothing for a while holds no
//! run up.

mod live;
mod view;

use std::collections::BTreeSet;
use std::fs::File;
use std::future::pending;
use std::io::{self, Write};
use std::path::PathBuf;
use std::rc::{Rc, Weak};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use mayfly_core::measure::board::Board;
use mayfly_core::plan::Load;
use mayfly_core::report::{text, words};
use mayfly_core::run_state::RunState;
use mayfly_core::schedule::load_line::LoadLine;
use mayfly_core::verdict::validity::{Cause, Grade, Validity};

pub use self::live::Key;
use self::live::Live;
use self::view::View;

/// How much a line matters.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// It went as it should.
    Info,
    /// Numbers may not mean what they seem to.
    Warning,
    /// Something does not work.
    Error,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
        }
    }
}

/// What is said.
#[derive(Clone, Debug)]
pub struct ConsoleOptions {
    /// The least that a line must matter.
    pub level: Level,
    /// Where lines go in place of standard error.
    pub log_file: Option<PathBuf>,
    /// What is shown of the statistics while the run goes on.
    pub statistics: Statistics,
}

/// What is shown of the statistics while a run goes on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Statistics {
    /// A view that stays in place, where there is a terminal for it; or else a table every two seconds.
    Live,
    /// Nothing.
    None,
    /// A table every two seconds.
    Periodic,
}

impl Default for ConsoleOptions {
    fn default() -> Self {
        Self {
            level: Level::Info,
            log_file: None,
            statistics: Statistics::Periodic,
        }
    }
}

/// Says what happens in a run. Dropping it waits until all is written.
#[derive(Debug)]
pub struct Console {
    level: Level,
    statistics: Statistics,
    // What is loaded, and for how long.
    about: (String, Option<Duration>),
    texts: Option<Rc<Sender<Text>>>,
    writer: Option<JoinHandle<()>>,
    keys: UnboundedReceiver<Key>,
    seen: Seen,
}

/// Something to be written, and where it goes.
enum Text {
    Line(String),
    Table(String),
    View(Box<View>),
}

/// What was said of a run.
#[derive(Debug, Default)]
struct Seen {
    state: RunState,
    // The second of the run in which the last table was printed.
    table_secs: u64,
    has_broken: bool,
    has_dead: bool,
    has_dropped: bool,
    ends_early: bool,
    // Why numbers are limited or invalid.
    reasons: BTreeSet<(Cause, Grade)>,
}

impl Console {
    /// How far tables are apart: Locust's two seconds.
    const TABLE_SECS: u64 = 2;

    /// A console that says what `options` ask for.
    ///
    /// # Errors
    ///
    /// Fails if the file for the lines cannot be opened.
    pub fn new(options: &ConsoleOptions) -> io::Result<Self> {
        let open = |path| File::options().create(true).append(true).open(path);
        let file = options.log_file.as_ref().map(open).transpose()?;
        let wants_view = options.statistics == Statistics::Live;
        let live = wants_view.then(Live::begin_if_possible).flatten();
        let statistics = match options.statistics {
            Statistics::Live if live.is_none() => Statistics::Periodic,
            statistics => statistics,
        };
        let (texts, received) = channel();
        let (pressed, keys) = unbounded();
        let writer = Writer {
            file,
            live,
            pressed,
        };
        Ok(Self {
            level: options.level,
            statistics,
            about: (String::new(), None),
            texts: Some(Rc::new(texts)),
            writer: Some(thread::spawn(move || writer.write_all(&received))),
            keys,
            seen: Seen::default(),
        })
    }

    /// Says a line, if it matters enough.
    pub fn say(&self, level: Level, text: &str) {
        if self.level <= level {
            self.write(Text::Line(line(level, text)));
        }
    }

    /// What says lines for somebody else, as long as there is the console.
    pub fn voice(&self) -> impl Fn(Level, &str) + 'static {
        let texts = self.texts.as_ref().map(Rc::downgrade);
        let least = self.level;
        move |level, text| {
            let texts = texts.as_ref().and_then(Weak::upgrade);
            if let Some(texts) = texts.filter(|_| least <= level) {
                // The thread ends after the console does.
                let _ = texts.send(Text::Line(line(level, text)));
            }
        }
    }

    /// Says that a run begins with this load.
    pub fn begin(&mut self, target: &str, load: &Load) {
        let line = LoadLine::of_load(load).summary;
        self.say(
            Level::Info,
            &format!("Loading {target}: {line}. Ctrl-C ends the run."),
        );
        if load.end().is_none() && load.max_requests.is_none() {
            self.say(Level::Info, "No run time is set; see --run-time.");
        }
        self.about = (target.to_owned(), load.end());
    }

    /// Looks at a run that goes on, twice a second.
    pub fn look(&mut self, board: &Board, validity: Option<&Validity>) {
        let validity_news = self.seen.validity_news(validity);
        for (level, text) in self.seen.news(board).into_iter().chain(validity_news) {
            self.say(level, &text);
        }
        let secs = board.at().as_secs();
        match self.statistics {
            Statistics::Live => {
                let (target, length) = &self.about;
                let view = View::new(board, target, *length, validity);
                self.write(Text::View(Box::new(view)));
            }
            Statistics::Periodic if self.seen.table_secs + Self::TABLE_SECS <= secs => {
                self.seen.table_secs = secs;
                let mut table = text::statistics(board);
                if let Some(validity) = validity {
                    table += &words::validity(validity);
                    table.push('\n');
                }
                self.write(Text::Table(table));
            }
            Statistics::None | Statistics::Periodic => (),
        }
    }

    /// Waits for the next key that means something.
    pub async fn key(&mut self) -> Key {
        match self.keys.next().await {
            Some(key) => key,
            // Nobody can press one.
            None => pending().await,
        }
    }

    fn write(&self, text: Text) {
        if let Some(texts) = &self.texts {
            // The thread ends after this does.
            let _ = texts.send(text);
        }
    }
}

/// A line with its time.
fn line(level: Level, text: &str) -> String {
    let time = humantime::format_rfc3339_millis(SystemTime::now());
    format!("[{time}] {}: {text}", level.word())
}

impl Drop for Console {
    fn drop(&mut self) {
        self.texts = None;
        if let Some(writer) = self.writer.take() {
            // It panics for nothing that is worth a second panic.
            let _ = writer.join();
        }
    }
}

/// What writes, on a thread of its own.
struct Writer {
    file: Option<File>,
    live: Option<Live>,
    pressed: UnboundedSender<Key>,
}

impl Writer {
    /// How long a key may wait.
    const KEY_WAIT: Duration = Duration::from_millis(50);

    /// Writes all that comes until nothing more can come.
    fn write_all(mut self, texts: &Receiver<Text>) {
        loop {
            let text = match &self.live {
                Some(_) => texts.recv_timeout(Self::KEY_WAIT),
                None => texts.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            // What is lost here is no reason to end a run, and there is nowhere to say so.
            let _ = match text {
                Ok(text) => self.write(text),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => Ok(()),
            };
            let _ = self.read_keys();
        }
    }

    fn write(&mut self, text: Text) -> io::Result<()> {
        match (text, &mut self.file, &mut self.live) {
            (Text::Line(line), Some(file), _) => writeln!(file, "{line}"),
            (Text::Line(line), None, Some(live)) => live.say(&line),
            (Text::View(view), _, Some(live)) => live.draw(&view),
            (Text::Line(text) | Text::Table(text), ..) => writeln!(io::stderr(), "{text}"),
            (Text::View(_), _, None) => Ok(()),
        }
    }

    fn read_keys(&self) -> io::Result<()> {
        if let Some(live) = &self.live {
            while let Some(key) = live.key(Duration::ZERO)? {
                // Nobody listens once the run is over.
                let _ = self.pressed.unbounded_send(key);
            }
        }
        Ok(())
    }
}

impl Seen {
    /// What is new, and was not said yet.
    fn news(&mut self, board: &Board) -> Vec<(Level, String)> {
        let mut news = Vec::new();
        let state = board.state();
        if state != self.state {
            news.extend(Self::state_news(state, board).map(|it| (Level::Info, it)));
            self.state = state;
        }
        let mut warn = |is: bool, was: &mut bool, text: &dyn Fn() -> String| {
            if is && !*was {
                news.push((Level::Warning, text()));
                *was = true;
            }
        };
        let exceptions = board.exceptions();
        warn(!exceptions.is_empty(), &mut self.has_broken, &|| {
            let first = &exceptions[0];
            text::printable(&format!("A task broke: {}: {}.", first.task, first.message))
        });
        let n_dead = board.n_dead();
        warn(0 < n_dead, &mut self.has_dead, &|| {
            words::dead_users(n_dead)
        });
        warn(0 < board.n_dropped(), &mut self.has_dropped, &|| {
            "Arrivals are dropped, because all users are busy.".to_owned()
        });
        let cause = board.end_cause().filter(|it| !it.is_expected());
        warn(cause.is_some(), &mut self.ends_early, &|| {
            let cause = cause.map(ToString::to_string).unwrap_or_default();
            text::printable_line(&format!("The run ends early: {cause}."))
        });
        news
    }

    /// Each reason is said once, and again if it gets worse.
    fn validity_news(&mut self, validity: Option<&Validity>) -> Vec<(Level, String)> {
        let reasons = validity.iter().flat_map(|it| &it.reasons);
        let new = reasons.filter(|it| self.reasons.insert((it.cause, it.verdict)));
        new.map(|it| (Level::Warning, text::printable_line(&it.to_string())))
            .collect()
    }

    fn state_news(state: RunState, board: &Board) -> Option<String> {
        match state {
            RunState::Running => Some(format!("All users are spawned: {}.", board.n_users())),
            RunState::Stopping => Some(format!(
                "The run is ending; {} users finish their task.",
                board.n_users()
            )),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use mayfly_core::http::request::Request;
    use mayfly_core::testing::{Answer, Simulation, answer_after};
    use mayfly_core::time::Elapsed;
    use mayfly_core::verdict::validity::Reason;

    use super::*;

    fn plan(load: &str) -> String {
        format!(
            "version = 1\nload = {{ {load} }}\n[[user_class]]\nname = 'A'\n\
             task = [{{ steps = [{{ get = '/', extract = {{ x = {{ header = 'x' }} }} }}] }}]\n"
        )
    }

    #[test]
    fn each_thing_that_happens_is_said_once() {
        let answer =
            |_: Elapsed, _: &Request| -> Answer { answer_after(Duration::from_millis(300), 200) };
        let plan = plan("users = 2, spawn_rate = 1, run_time = 6");
        let run = Simulation::of(&plan, answer).run();
        let (mut seen, mut board) = (Seen::default(), Board::default());
        let mut said = Vec::new();
        for snapshot in run.snapshots {
            board.post(snapshot);
            said.extend(seen.news(&board).into_iter().map(|it| it.1));
        }
        let broke = said.iter().filter(|it| it.starts_with("A task broke: "));
        assert_eq!(broke.count(), 1, "{said:?}");
        let spawned = said.iter().filter(|it| **it == "All users are spawned: 2.");
        assert_eq!(spawned.count(), 1, "{said:?}");
    }

    #[test]
    fn a_reason_is_said_once_and_again_when_it_gets_worse() {
        let reason = |verdict| Reason {
            cause: Cause::OwnQueue,
            verdict,
            evidence: "8 % of them.".to_owned(),
            advice: "Fewer users.".to_owned(),
            from: Elapsed::from_secs(1),
            to: Elapsed::from_secs(2),
        };
        let mut seen = Seen::default();
        let mut say = |verdict| {
            let reasons = vec![reason(verdict)];
            seen.validity_news(Some(&Validity {
                verdict,
                reasons,
                ..Validity::default()
            }))
        };
        let line = "LIMITED: Wait for a connection (1 s to 2 s). 8 % of them. Fewer users.";
        assert_eq!(say(Grade::Limited), [(Level::Warning, line.to_owned())]);
        assert_eq!(say(Grade::Limited), []);
        assert_eq!(say(Grade::Invalid).len(), 1);
    }
}
