//! What both ways to an engine have in common: commands wait until it listens, and it may be lost.

use std::cell::RefCell;
use std::rc::Rc;

use yew::Callback;

use mayfly_engine::protocol::{Command, Notice, VERSION};

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
