//! What the page talks to: an engine in a worker of its own, or in the program that has served the page.

use std::cell::RefCell;
use std::rc::Rc;

use yew::Callback;

use crate::browser::programs::native_engine;
use crate::control::socket_link::SocketLink;
use crate::control::worker_link::WorkerLink;
use mayfly_engine::protocol::{Command, Notice, VERSION};

/// The engine. It can be told to do something from the start; what it is told before it listens is
/// waiting for it.
pub(crate) enum Engine {
    /// In a worker, which ends with the value.
    Worker(WorkerLink),
    /// In another program, which goes on without this page.
    Socket(SocketLink),
}

/// Why there is no engine any more.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Loss {
    /// The connection to it is lost. It may come back.
    Away,
    /// It broke, or is of another version: why, in words.
    Broken(String),
}

/// Commands from before the engine listened; `None` once it does.
pub(super) type Waiting = Rc<RefCell<Option<Vec<Command>>>>;

impl Engine {
    /// Starts a worker, or connects to the engine that has served this page. `on_notice` hears from it;
    /// `on_loss` hears that it is gone, if it ever is.
    ///
    /// # Errors
    ///
    /// Fails if the browser refuses.
    pub(crate) fn start(
        on_notice: Callback<Notice>,
        on_loss: Callback<Loss>,
    ) -> Result<Self, String> {
        if native_engine().is_some() {
            return SocketLink::start(on_notice, on_loss).map(Self::Socket);
        }
        WorkerLink::start(on_notice, on_loss).map(Self::Worker)
    }

    /// Tells the engine what to do.
    pub(crate) fn tell(&self, command: Command) {
        match self {
            Self::Worker(link) => link.tell(command),
            Self::Socket(link) => link.tell(command),
        }
    }

    /// Whether it goes on without this page.
    pub(crate) fn is_native(&self) -> bool {
        matches!(self, Self::Socket(_))
    }
}

/// Passes on a notice. With the first, which says that the engine listens, what waited is sent.
pub(super) fn release(
    notice: Notice,
    waiting: &Waiting,
    send: impl Fn(&Command),
    on_notice: &Callback<Notice>,
    on_loss: &Callback<Loss>,
) {
    match notice {
        Notice::Ready { version } if version != VERSION => {
            on_loss.emit(Loss::Broken(format!(
                "it is of version {version}, and this page of {VERSION}; reload the page"
            )));
        }
        Notice::Ready { version } => {
            for command in waiting.take().unwrap_or_default() {
                send(&command);
            }
            on_notice.emit(Notice::Ready { version });
        }
        notice => on_notice.emit(notice),
    }
}
