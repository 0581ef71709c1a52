//! What the page and the engine say to each other.

use mayfly_core::snapshot::Snapshot;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The number of a run. A page counts its runs, so that a late word about an old one is known.
pub type RunId = u32;

/// From the page to the engine.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Command {
    /// Starts a run; one that is under way is dropped.
    Start {
        /// The new run.
        run: RunId,
        /// What to run, as JSON.
        plan: String,
        /// Where its randomness comes from.
        seed: u64,
    },
    /// The run that is under way goes on with the load and the weights of this plan.
    Edit {
        /// The plan, as JSON.
        plan: String,
    },
    /// The run that is under way forgets all that it counted.
    Reset,
    /// The run that is under way ends.
    Stop,
}

/// From the engine to the page.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Notice {
    /// The engine listens; what was sent before is lost.
    Ready,
    /// The plan cannot run.
    Refused {
        /// The run.
        run: RunId,
        /// Why.
        reason: String,
    },
    /// What a run has counted so far.
    Snapshot {
        /// The run.
        run: RunId,
        /// Its totals.
        snapshot: Snapshot,
    },
}

/// As bytes, to be sent.
pub fn encode(message: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(message).expect("messages have no type that postcard cannot write")
}

/// From bytes that were received. `None` if they are not such a message, which only another
/// program's could be.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

#[cfg(test)]
mod tests {
    use mayfly_core::testing::{Simulation, answer_after, class, load, plan};

    use super::*;

    #[test]
    fn messages_arrive_as_they_were_sent() {
        let plan = plan(vec![class("A", 1)], load(3, 2.5), 5);
        let run = Simulation::new(plan.clone(), |_, _| {
            answer_after(std::time::Duration::from_millis(7), 500)
        });
        let snapshot = run.run().snapshots.pop().unwrap();

        let command = Command::Start {
            run: 7,
            plan: plan.to_json(),
            seed: u64::MAX,
        };
        assert_eq!(decode(&encode(&command)), Some(command));
        let notice = Notice::Snapshot { run: 7, snapshot };
        assert_eq!(decode(&encode(&notice)), Some(notice));
    }

    #[test]
    fn what_is_no_message_is_refused() {
        assert_eq!(decode::<Notice>(&[99, 1, 2]), None);
    }
}
