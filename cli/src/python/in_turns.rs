//! A process for a loop, which does not wait for it: it is woken when there is an answer.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use mayfly_core::running::shard::Shard;
use mayfly_core::time::Elapsed;

use super::{Heard, PythonProcess, Told};

/// A process, and what is out.
pub(crate) struct InTurns {
    python: Heard<Box<dyn Fn(Told)>>,
    // `None` is the last of what comes.
    answers: Receiver<Option<Vec<u8>>>,
    sender: Sender<Option<Vec<u8>>>,
    wake: Arc<dyn Fn() + Send + Sync>,
    // When the frame that is out is to be answered; `None` if none is out.
    due: Cell<Option<Elapsed>>,
}

impl InTurns {
    /// What the process says goes to `hear`. `wake` is called on another thread once there is an answer.
    pub(crate) fn new(
        process: PythonProcess,
        hear: Box<dyn Fn(Told)>,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let (sender, answers) = channel();
        Self {
            python: Heard::new(process, hear),
            answers,
            sender,
            wake: Arc::new(wake),
            due: Cell::new(None),
        }
    }

    /// Passes on what is to be said to who runs the file.
    pub(crate) fn pass_on(&self, shard: &mut Shard) {
        shard.speak_through(&self.python);
    }

    /// Says what the shard has to say by now.
    pub(crate) fn talk(&self, shard: &mut Shard, now: Elapsed) {
        self.pass_on(shard);
        let Some(frame) = shard.poll_script(now) else {
            return;
        };
        let (sender, wake) = (self.sender.clone(), Arc::clone(&self.wake));
        let answer = move |frame| {
            // Who asked may have gone.
            let _ = sender.send(frame);
            wake();
        };
        let process = &self.python.process;
        match process.send(frame, Box::new(answer)) {
            Ok(()) => self.due.set(Some(now + process.limit.get())),
            Err(gone) => shard.handle_script(now, Err(gone)),
        }
    }

    /// Hears what came of it, if something did, or should have by now.
    pub(crate) fn hear(&self, shard: &mut Shard, now: Elapsed) {
        let Some(due) = self.due.get() else { return };
        let process = &self.python.process;
        let answer = match self.answers.try_recv() {
            Ok(answer) => process.take(answer, &self.python.hear),
            Err(_) if due <= now => {
                process.ask_where();
                // The run is over, so nobody else waits meanwhile.
                thread::sleep(PythonProcess::LAST_WORDS);
                Err(process.end_late())
            }
            Err(_) => return,
        };
        self.due.set(None);
        shard.handle_script(now, answer);
    }

    /// When to look at it again, or at `other`, if that is before.
    pub(crate) fn wakes(&self, other: Elapsed) -> Elapsed {
        self.due.get().map_or(other, |it| it.min(other))
    }

    /// Ends the process, and passes on what it has said last.
    pub(crate) fn end(&self) {
        self.python.end();
    }
}
