//! Whether requests may be sent now. Every way of starting a run asks here, so that no other page and no
//! script can have one started behind a person's back.

pub(crate) mod agreements;

use std::fmt;

/// What the code that is running now was set off by.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Gesture {
    /// A key that is held down, and repeats itself.
    Held,
    /// A click or a key of a person.
    Person,
    /// Anything else, such as a click that a script made up.
    #[default]
    Script,
}

/// What was known when somebody wanted requests to be sent.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Attempt {
    /// Who wanted it.
    pub gesture: Gesture,
    /// Whether the page was shown inside of another one.
    pub is_framed: bool,
    /// Whether the page was in a tab that is not shown.
    pub is_hidden: bool,
}

/// Why nothing is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// The engine is not there to hear it.
    Away,
    /// The page is inside of another one, which can lay anything over it.
    Framed,
    /// A question was answered before anybody could read it.
    Hasty,
    /// A key is held down, maybe since another page was shown.
    Held,
    /// Nobody sees the page.
    Hidden,
    /// Another plan was read in the place of this one, before Python had read its locustfile.
    Overtaken,
    /// No person wanted it.
    Script,
    /// The plan came from outside, and was not on the screen long enough to be looked at.
    Unseen,
}

/// How long a plan from outside is on the screen before it can be started, in milliseconds.
pub(crate) const HOLD_MILLIS: u32 = 1_000;

/// How long a question is on the screen before it can be answered, in milliseconds: longer than a double
/// click takes, which was meant for what was there before.
pub(crate) const READING_MILLIS: u32 = 500;

/// Whether requests may be sent. `is_unseen` says that the plan came from outside less than
/// [`HOLD_MILLIS`] ago, or will in a moment.
///
/// # Errors
///
/// Fails with the reason to tell a person.
pub(crate) fn may_start(attempt: Attempt, is_unseen: bool) -> Result<(), Refusal> {
    match attempt {
        Attempt {
            is_framed: true, ..
        } => Err(Refusal::Framed),
        Attempt {
            is_hidden: true, ..
        } => Err(Refusal::Hidden),
        _ if is_unseen => Err(Refusal::Unseen),
        _ => match attempt.gesture {
            Gesture::Held => Err(Refusal::Held),
            Gesture::Person => Ok(()),
            Gesture::Script => Err(Refusal::Script),
        },
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Away => {
                "there is no connection to the engine, so this did not reach it; it is connected again as soon as it answers"
            }
            Self::Framed => {
                "nothing starts inside of another page; open Mayfly in a tab of its own"
            }
            Self::Hasty => "this was only just asked; read it, then click again",
            Self::Held => "a key that is held down starts nothing; release it, then press it again",
            Self::Hidden => "nothing starts in a page that is hidden; show it, then click again",
            Self::Overtaken => {
                "the plan was changed while Python was reading it, so nothing came of it; click again"
            }
            Self::Script => {
                "only a click or a key of a person starts something, and this was a script"
            }
            Self::Unseen => {
                "the plan was just replaced by a link or a file; look at it, then click again"
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLICK: Attempt = Attempt {
        gesture: Gesture::Person,
        is_framed: false,
        is_hidden: false,
    };

    #[test]
    fn a_person_starts_what_is_on_the_screen() {
        assert_eq!(may_start(CLICK, false), Ok(()));
    }

    #[test]
    fn each_thing_that_is_wrong_is_enough() {
        let by = |gesture| Attempt { gesture, ..CLICK };
        let framed = Attempt {
            is_framed: true,
            ..CLICK
        };
        let hidden = Attempt {
            is_hidden: true,
            ..CLICK
        };
        for (attempt, is_unseen, refusal) in [
            (framed, false, Refusal::Framed),
            (hidden, false, Refusal::Hidden),
            (CLICK, true, Refusal::Unseen),
            (by(Gesture::Held), false, Refusal::Held),
            (by(Gesture::Script), false, Refusal::Script),
        ] {
            assert_eq!(may_start(attempt, is_unseen), Err(refusal));
        }
    }

    #[test]
    fn nothing_makes_up_for_something_else() {
        for number in 0..2_u32.pow(3) * 3 {
            let attempt = Attempt {
                gesture: [Gesture::Held, Gesture::Person, Gesture::Script][number as usize % 3],
                is_framed: (number / 3) & 1 == 1,
                is_hidden: (number / 3) & 2 == 2,
            };
            let is_unseen = (number / 3) & 4 == 4;
            let is_clean = attempt == CLICK && !is_unseen;
            assert_eq!(may_start(attempt, is_unseen).is_ok(), is_clean);
        }
    }
}
