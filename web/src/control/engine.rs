//! What the page talks to: an engine in a worker of its own, or in the program that has served the page.

use yew::Callback;

use crate::browser::programs::native_engine;
use crate::control::listening::Loss;
use crate::control::socket_link::SocketLink;
use crate::control::worker_link::WorkerLink;
use mayfly_engine::protocol::{Command, Notice};

/// The engine. It can be told to do something from the start; what it is told before it listens is
/// waiting for it.
pub(crate) enum Engine {
    /// In a worker, which ends with the value.
    Worker(WorkerLink),
    /// In another program, which goes on without this page.
    Socket(SocketLink),
}

impl Engine {
    /// Starts a worker, or connects to the engine that has served this page. `on_notice` hears from it;
    /// `on_loss` hears that it is gone, if it ever is; `on_python` hears how much is loaded of the Python that
    /// a worker wants.
    ///
    /// # Errors
    ///
    /// Fails if the browser refuses.
    pub(crate) fn start(
        on_notice: Callback<Notice>,
        on_loss: Callback<Loss>,
        on_python: Callback<Option<f64>>,
    ) -> Result<Self, String> {
        if native_engine().is_some() {
            return SocketLink::start(on_notice, on_loss).map(Self::Socket);
        }
        WorkerLink::start(on_notice, on_loss, on_python).map(Self::Worker)
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
