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

#[cfg(test)]
mod tests {
    use super::*;

    /// What is heard, what is lost, and how many commands are sent when an engine of `version` says
    /// that it listens.
    fn listened(version: &str) -> (Vec<Notice>, Vec<Loss>, usize) {
        let waiting: Waiting =
            Rc::new(RefCell::new(Some(vec![Command::Watch { rows: [].into() }])));
        let (heard, lost) = (
            Rc::<RefCell<Vec<_>>>::default(),
            Rc::<RefCell<Vec<_>>>::default(),
        );
        let n_sent = RefCell::new(0);
        let notice = Notice::Ready {
            version: version.to_owned(),
        };
        release(
            notice,
            &waiting,
            |_| *n_sent.borrow_mut() += 1,
            &{
                let heard = Rc::clone(&heard);
                Callback::from(move |notice| heard.borrow_mut().push(notice))
            },
            &{
                let lost = Rc::clone(&lost);
                Callback::from(move |loss| lost.borrow_mut().push(loss))
            },
        );
        (heard.take(), lost.take(), n_sent.take())
    }

    #[test]
    fn an_engine_of_the_same_version_gets_what_waited() {
        let (heard, lost, n_sent) = listened(VERSION);
        assert!(matches!(heard.as_slice(), [Notice::Ready { .. }]));
        assert_eq!((lost, n_sent), (vec![], 1));
    }

    #[test]
    fn an_engine_of_another_version_gets_nothing_and_the_page_says_both() {
        let (heard, lost, n_sent) = listened("0.0.9/7");
        assert_eq!((heard, n_sent), (vec![], 0));
        let [Loss::Broken(reason)] = lost.as_slice() else {
            panic!("expected that it is broken, found {lost:?}");
        };
        assert!(
            reason.contains("0.0.9/7") && reason.contains(VERSION),
            "{reason}"
        );
        assert!(reason.contains("reload"), "{reason}");
    }
}
