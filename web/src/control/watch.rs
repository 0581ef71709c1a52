//! Whether the engine is still there. While a run is under way it says something every half second, and
//! an engine that has ended or hangs says so by its silence alone.
//!
//! A worker that has closed itself or hangs in a loop sends no event. Only silence between looks that
//! came on time counts, or a page that was frozen or slept would lose an engine that did the same. An
//! engine at work on a large plan has time for it, up to half a minute, and Python three quarters of one after the
//! last part of it has arrived.

use std::collections::VecDeque;

use mayfly_engine::protocol::{Command, Notice};

/// How long the engine has said nothing, and why that may be. The default is of one that was just started.
///
/// A page that was frozen, slept with its machine or was busy itself has heard nothing either, and what
/// the engine said meanwhile may still wait. So only silence between looks that came on time counts.
/// Times are of the wall clock, which goes on while a machine sleeps.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    heard_millis: f64,
    looked_millis: f64,
    // The longest silence that ended with a word, in this run, but for that at work.
    longest_millis: f64,
    // Until then its files are on their way, however long that takes.
    is_listening: bool,
    // What the engine may take for each command that was not answered yet, in milliseconds. It says
    // nothing while it works on one.
    unanswered: VecDeque<f64>,
}

impl Watch {
    /// The time between two looks, in milliseconds.
    pub(crate) const PERIOD_MILLIS: u32 = 250;
    /// A look that comes so long after the last one was late. Timers of hidden pages go off once a second.
    const LATE_MILLIS: f64 = 1_500.0;
    /// What an engine may take between two words, at least. With a look it is less than three seconds.
    const PATIENCE_MILLIS: f64 = 2_500.0;
    /// What it may take at most where it is known how much it has to do, such as to read a plan of 10 MiB.
    const PATIENCE_AT_WORK_MILLIS: f64 = 30_000.0;
    /// What it may take where nobody knows that. It is more than Python may take to load a file, after which
    /// the engine says so itself.
    const PATIENCE_OF_UNKNOWN_MILLIS: f64 = 45_000.0;
    /// What it may take more for each byte that it was told: a slow phone reads a plan of 10 MiB in time.
    const PATIENCE_PER_BYTE_MILLIS: f64 = 0.003;

    /// A run begins, whose engine is looked at from now on.
    pub(crate) fn begin(&mut self, now_millis: f64) {
        (self.heard_millis, self.looked_millis) = (now_millis, now_millis);
        self.longest_millis = 0.0;
    }

    /// The engine was told something. `reads_files`: whether it reads the files that a plan names.
    pub(crate) fn tell(&mut self, command: &Command, reads_files: bool) {
        if command.is_answered() {
            let size = command.size().filter(|_| !reads_files);
            let patience = size.map_or(Self::PATIENCE_OF_UNKNOWN_MILLIS, |bytes| {
                let patience = Self::PATIENCE_PER_BYTE_MILLIS * bytes as f64;
                (Self::PATIENCE_MILLIS + patience).min(Self::PATIENCE_AT_WORK_MILLIS)
            });
            self.unanswered.push_back(patience);
        }
    }

    /// A part of the Python that the engine waits for has arrived.
    pub(crate) fn hear_loading(&mut self, now_millis: f64) {
        self.heard_millis = now_millis;
    }

    /// The engine said something.
    pub(crate) fn hear(&mut self, now_millis: f64, notice: &Notice) {
        self.is_listening = true;
        if self.unanswered.is_empty() && !self.is_late(now_millis) {
            let silence = now_millis - self.heard_millis;
            self.longest_millis = self.longest_millis.max(silence);
        }
        if notice.is_answer() {
            self.unanswered.pop_front();
        }
        self.heard_millis = now_millis;
    }

    /// Looks at the engine. Whether it has ended or hangs.
    pub(crate) fn look(&mut self, now_millis: f64) -> bool {
        if !self.is_listening || self.is_late(now_millis) {
            self.heard_millis = now_millis;
        }
        self.looked_millis = now_millis;
        self.patience_millis() <= now_millis - self.heard_millis
    }

    /// A clock that was set back is as good as no look at all.
    fn is_late(&self, now_millis: f64) -> bool {
        !(0.0..Self::LATE_MILLIS).contains(&(now_millis - self.looked_millis))
    }

    /// An engine that has long turns, because its run is so large, will have more of them.
    fn patience_millis(&self) -> f64 {
        let patience = 2.0 * self.longest_millis;
        let patience = patience.clamp(Self::PATIENCE_MILLIS, Self::PATIENCE_AT_WORK_MILLIS);
        self.unanswered.iter().copied().fold(patience, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mayfly_engine::history::HistoryCommand;
    use mayfly_engine::reading::Source;

    const WORD: Notice = Notice::Saved {
        run: 1,
        problem: None,
    };

    fn ready() -> Notice {
        Notice::Ready {
            version: String::new(),
        }
    }

    /// A run that began at zero, whose engine listens.
    fn running() -> Watch {
        let mut watch = Watch::default();
        watch.begin(0.0);
        watch.hear(0.0, &ready());
        watch
    }

    /// Looks after `from`, and says at which look the engine was lost, if it was
    /// before `to`.
    fn lost(watch: &mut Watch, from: u32, to: u32) -> Option<u32> {
        let mut looks = (from + 1..=to).filter(|it| it % Watch::PERIOD_MILLIS == 0);
        looks.find(|&at| watch.look(at.into()))
    }

    #[test]
    fn silence_is_noticed_within_three_seconds() {
        let mut watch = running();
        for at in (0..10_000).step_by(500) {
            assert!(!watch.look(at.into()));
            watch.hear(f64::from(at) + 100.0, &WORD);
        }
        let last = 9_600;
        let noticed = lost(&mut watch, 9_600, 60_000).unwrap();
        assert!(noticed - last <= 3_000, "{noticed}");
    }

    #[test]
    fn a_page_that_slept_gives_its_engine_all_the_time_again() {
        let mut watch = running();
        assert_eq!(lost(&mut watch, 0, 2_000), None);
        assert!(!watch.look(3_602_000.0), "an hour later");
        assert_eq!(lost(&mut watch, 3_602_000, 3_604_000), None);
        assert_eq!(lost(&mut watch, 3_604_000, 3_610_000), Some(3_604_500));
    }

    #[test]
    fn timers_of_hidden_pages_change_nothing() {
        let mut watch = running();
        let mut looks = (1..60).map(|second| 1_010.0 * f64::from(second));
        assert_eq!(looks.find(|&at| watch.look(at)), Some(3_030.0));
        // Once a minute is too seldom to know anything.
        let mut watch = running();
        assert!((1..60).all(|minute| !watch.look(60_000.0 * f64::from(minute))));
    }

    #[test]
    fn a_clock_that_is_set_loses_no_engine() {
        let mut watch = running();
        assert!(!watch.look(-3_600_000.0));
        assert!(!watch.look(-3_599_500.0));
        assert!(!watch.look(3_600_000.0));
    }

    #[test]
    fn an_engine_at_work_may_take_longer() {
        let mut watch = running();
        let source = Source::Toml("#".repeat(10 << 20));
        watch.tell(&Command::Read { id: 1, source }, false);
        watch.tell(&Command::Stop { run: 1 }, false);
        watch.hear(0.0, &WORD);
        assert_eq!(lost(&mut watch, 0, 20_000), None);
        let reading = mayfly_engine::reading::Reading::default();
        watch.hear(20_100.0, &Notice::Read { id: 1, reading });
        assert_eq!(lost(&mut watch, 20_100, 30_000), Some(22_750));
    }

    #[test]
    fn silence_after_a_small_command_is_noticed_as_soon() {
        let mut watch = running();
        let source = Source::Toml("#".repeat(1_000));
        watch.tell(&Command::Read { id: 1, source }, false);
        assert_eq!(lost(&mut watch, 0, 20_000), Some(2_750));
        // How much there is in a history, or in the files of a plan, nobody knows. Python takes seconds.
        let mut watch = running();
        watch.tell(&Command::History(HistoryCommand::List), false);
        assert_eq!(lost(&mut watch, 0, 44_000), None);
        let mut watch = running();
        let source = Source::Toml(String::new());
        watch.tell(&Command::Read { id: 1, source }, true);
        assert_eq!(lost(&mut watch, 0, 44_000), None);
        let mut watch = running();
        let source = Source::Toml("locustfile = 'locust.py'".to_owned());
        watch.tell(&Command::Read { id: 1, source }, false);
        assert_eq!(lost(&mut watch, 0, 44_000), None);
    }

    #[test]
    fn python_that_arrives_slowly_is_no_silence() {
        let mut watch = running();
        let source = Source::Toml("locustfile = 'locust.py'".to_owned());
        watch.tell(&Command::Read { id: 1, source }, false);
        for part in 1..=10 {
            let at = 20_000 * part;
            assert_eq!(lost(&mut watch, at - 20_000, at), None);
            watch.hear_loading(at.into());
        }
        // Now the file itself is loaded, which has a limit of its own.
        assert_eq!(lost(&mut watch, 200_000, 300_000), Some(245_000));
    }

    #[test]
    fn an_engine_with_long_turns_gets_time_for_them() {
        let mut watch = running();
        assert_eq!(lost(&mut watch, 0, 2_000), None);
        watch.hear(2_100.0, &WORD);
        assert_eq!(lost(&mut watch, 2_100, 6_000), None);
        assert_eq!(lost(&mut watch, 6_000, 9_000), Some(6_500));

        // The page's own are not the engine's.
        let mut watch = running();
        watch.hear(2_100.0, &WORD);
        assert!(!watch.look(2_200.0));
        assert_eq!(lost(&mut watch, 2_500, 9_000), Some(4_750));
    }

    #[test]
    fn files_on_their_way_are_no_silence() {
        let mut watch = Watch::default();
        watch.begin(0.0);
        assert_eq!(lost(&mut watch, 0, 60_000), None);
        watch.hear(60_000.0, &ready());
        assert_eq!(lost(&mut watch, 60_000, 70_000), Some(62_500));
    }
}
