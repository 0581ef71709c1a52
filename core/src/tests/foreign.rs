//! What an interpreter says may be damaged: a file can write into the pipe that Python talks by, and Python
//! can be something else.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;

use crate::http::request::Request;
use crate::measure::board::Board;
use crate::plan::Plan;
use crate::run_state::{EndCause, RunState, ShardId};
use crate::running::script::heads::{Hello, Loaded, LoadedClass, Log, RequestHead, Verdict};
use crate::running::script::wire::{Ask, Reply};
use crate::running::script::{Interpreter, InterpreterGone, load};
use crate::testing::{
    FakeScript, ManualClock, Script, answer_after, in_virtual_time, run_script_to_end,
    scripted_shard,
};
use crate::time::Elapsed;

/// What is done to a frame: its number, a place in it, and the byte that is put there.
type Damage = (usize, Index, Option<u8>);

/// An interpreter whose frames arrive damaged.
struct Damaged<I> {
    inner: I,
    damage: Vec<Damage>,
    n_frames: Cell<usize>,
    said: RefCell<Vec<String>>,
}

impl<I: Interpreter> Interpreter for Damaged<I> {
    async fn exchange(&self, frame: Vec<u8>) -> Result<Vec<u8>, InterpreterGone> {
        let mut answer = self.inner.exchange(frame).await?;
        let number = self.n_frames.replace(self.n_frames.get() + 1);
        for (_, place, byte) in self.damage.iter().filter(|it| it.0 == number) {
            let place = place.index(answer.len().max(1));
            match byte {
                Some(byte) if place < answer.len() => answer[place] = *byte,
                _ => answer.truncate(place),
            }
        }
        Ok(answer)
    }

    fn say(&self, log: Log) {
        self.said.borrow_mut().push(log.text);
    }
}

fn loaded() -> Loaded {
    Loaded {
        classes: vec![LoadedClass {
            name: "A".to_owned(),
            weight: 1.0,
            ..LoadedClass::default()
        }],
        ..Loaded::default()
    }
}

/// A user that posts, judges the answer by itself and waits.
fn user(_: u32, ask: Ask) -> Vec<Reply> {
    let post = || {
        let head = RequestHead {
            request: 7,
            method: "POST".to_owned(),
            url: "http://a.test/a".to_owned(),
            name: "/a".to_owned(),
            headers: vec![("x".to_owned(), "y".to_owned())],
            catch: true,
            ..RequestHead::default()
        };
        Reply::Request(head.into(), b"body".to_vec())
    };
    match ask {
        Ask::Hello(..) => vec![Reply::Loaded(loaded().into())],
        Ask::Answer(..) => {
            let verdict = Verdict {
                request: 7,
                ..Verdict::default()
            };
            vec![Reply::Verdict(verdict), Reply::Wait(0.3)]
        }
        Ask::Resume | Ask::Spawn(_) => vec![post()],
        Ask::Stop => vec![Reply::Done],
        _ => vec![],
    }
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let byte = prop::option::weighted(0.9, any::<u8>());
    prop::collection::vec((0_usize..12, any::<Index>(), byte), 1..6)
}

fn damaged<'a>(clock: &ManualClock, damage: Vec<Damage>) -> Damaged<impl Interpreter + 'a> {
    Damaged {
        inner: FakeScript::new(clock, user),
        damage,
        n_frames: Cell::default(),
        said: RefCell::default(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The run goes on, or it ends and says why; and what was due is in one count either way.
    #[test]
    fn damaged_frames_end_a_run_in_words_or_do_no_harm(damage in damage()) {
        let toml = "version = 1\nhost = 'http://a.test'\nload = { users = 3, spawn_rate = 2, run_time = 6 }\n\
                    [locustfile]\nname = 'a.py'\ntext = ''\n";
        let plan = Plan::from_toml(toml).unwrap();
        let clock = ManualClock::default();
        let answer = |_: Elapsed, _: &Request| answer_after(Duration::from_millis(100), 200);
        let (transport, _) = Script::new(&clock, answer);
        let python = damaged(&clock, damage);
        let shard = scripted_shard(&plan, &loaded(), None, ShardId::ONLY);
        let mut board = Board::default();
        for snapshot in run_script_to_end(shard, Some(&python), &transport, &clock, vec![]) {
            board.post(snapshot);
        }
        prop_assert_eq!(board.state(), RunState::Stopped);
        let accounts = board.accounts();
        prop_assert!(accounts.adds_up(), "{}", accounts);
        if let Some(EndCause::Locustfile(problem)) = board.end_cause() {
            prop_assert!(!problem.is_empty());
            prop_assert!(python.said.borrow().iter().any(|it| **it == **problem));
        }
    }

    #[test]
    fn a_damaged_answer_to_loading_is_refused_in_words(damage in damage()) {
        let clock = ManualClock::default();
        let python = damaged(&clock, damage.into_iter().map(|it| (0, it.1, it.2)).collect());
        let hello = Hello::default();
        let loading = in_virtual_time(&clock, load(&python, &hello, "", &[]));
        if let Err(error) = loading.result {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
