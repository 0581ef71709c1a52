//! The load of the run that is under way, drawn anew after each edit.

use std::cell::RefCell;
use std::rc::Rc;

use mayfly_core::plan::Plan;
use mayfly_core::schedule::load_line::{LoadLine, Outlook};
use mayfly_core::time::Clock;

use super::WorkerClock;
use mayfly_engine::protocol::{Notice, RunId};

/// The load of a run; nothing before the run has begun.
#[derive(Clone, Default)]
pub(super) struct Drawing(Rc<RefCell<Option<Drawn>>>);

struct Drawn {
    run: RunId,
    clock: WorkerClock,
    outlook: Outlook,
}

impl Drawing {
    /// A run of `plan` begins. Gives what the page is to hear of it.
    pub(super) fn begin(&self, run: RunId, clock: WorkerClock, plan: &Plan) -> Notice {
        let outlook = Outlook::new(plan);
        let notice = notice(run, outlook.line());
        *self.0.borrow_mut() = Some(Drawn {
            run,
            clock,
            outlook,
        });
        notice
    }

    /// The run goes on with `plan`. Gives what the page is to hear of it.
    pub(super) fn edit(&self, plan: &Plan) -> Option<Notice> {
        let mut drawn = self.0.borrow_mut();
        let drawn = drawn.as_mut()?;
        drawn.outlook.edit(drawn.clock.now(), plan);
        Some(notice(drawn.run, drawn.outlook.line()))
    }
}

fn notice(run: RunId, line: &LoadLine) -> Notice {
    Notice::Line {
        run,
        line: line.clone(),
    }
}
