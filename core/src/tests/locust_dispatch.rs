//! Against what Locust does: vectors that Locust 2.47.0 itself computed (`testdata/`).

use serde::Deserialize;
use serde_json::Value;

use crate::plan::{RunTime, Share};
use crate::schedule::class_mix::ClassMix;

/// The vectors about spawning.
pub(crate) fn golden() -> Value {
    let text = include_str!("testdata/locust-dispatch.json");
    serde_json::from_str(text).unwrap()
}

#[derive(Deserialize)]
struct KlGenerator {
    users: Vec<(String, f64)>,
    first40: Vec<String>,
}

#[test]
fn the_class_mix_is_locusts() {
    let vectors: Vec<KlGenerator> =
        serde_json::from_value(golden()["kl_generator"].clone()).unwrap();
    assert_eq!(vectors.len(), 10);
    for vector in vectors {
        let shares = vector.users.iter();
        let mut mix =
            ClassMix::of_shares(shares.map(|(name, weight)| (&**name, Share::Weight(*weight))));
        let names: Vec<&str> = (0..40)
            .map(|user| vector.users[mix.class_of(user).unwrap()].0.as_str())
            .collect();
        assert_eq!(names, vector.first40, "{:?}", vector.users);
    }
}

#[derive(Deserialize)]
struct Dispatcher {
    weights: Vec<f64>,
    fixed_count: Vec<u32>,
    dispatches: Vec<Dispatch>,
}

impl Dispatcher {
    fn mix(&self) -> ClassMix {
        let names: Vec<String> = (1..=self.weights.len())
            .map(|n| format!("User{n}"))
            .collect();
        let shares = std::iter::zip(&self.weights, &self.fixed_count).map(|(&weight, &fixed)| {
            if 0 < fixed {
                Share::FixedCount(fixed)
            } else {
                Share::Weight(weight)
            }
        });
        ClassMix::of_shares(names.iter().map(String::as_str).zip(shares))
    }
}

#[derive(Deserialize)]
struct Dispatch {
    target: u32,
    // By worker, and by class.
    iterations: Vec<serde_json::Map<String, Value>>,
}

/// Users of each class, over all workers.
fn by_class(iteration: &serde_json::Map<String, Value>, n_classes: usize) -> Vec<u64> {
    let of_class = |class: usize| {
        let name = format!("User{}", class + 1);
        iteration
            .values()
            .map(|worker| worker[&name].as_u64().unwrap())
            .sum()
    };
    (0..n_classes).map(of_class).collect()
}

/// At every number of users, on the way up and on the way down, the classes have as many users as
/// Locust gives them on a first ramp up to that number. Where Locust grows again after it has shrunk,
/// its order goes on where it was, and the shares drift; ours do not. And Locust starts users in
/// batches once a second or so, we one by one at the same rate.
#[test]
fn users_are_dispatched_as_by_locust() {
    let vectors: Vec<Dispatcher> = serde_json::from_value(golden()["dispatch"].clone()).unwrap();
    let (mut n_same, mut n_other) = (0, 0);
    for vector in vectors {
        let mut mix = vector.mix();
        let (mut n_users, mut has_shrunk) = (0, false);
        for dispatch in vector.dispatches {
            let grows = n_users <= dispatch.target;
            has_shrunk |= !grows;
            for iteration in &dispatch.iterations {
                let expected = by_class(iteration, vector.weights.len());
                n_users = u32::try_from(expected.iter().sum::<u64>()).unwrap();
                let mut found = vec![0; vector.weights.len()];
                for user in 0..n_users {
                    found[mix.class_of(user).unwrap()] += 1;
                }
                if found == expected {
                    n_same += 1;
                } else {
                    assert!(has_shrunk && grows, "{found:?}, expected {expected:?}");
                    n_other += 1;
                }
            }
            assert_eq!(n_users, dispatch.target.min(mix.max_users()));
        }
    }
    // Four where Locust grows again.
    assert_eq!((n_same, n_other), (66, 4));
}

/// Seconds that Locust reads from a text; it refuses some.
#[test]
fn run_times_are_read_as_by_locust() {
    let golden = golden();
    let vectors = golden["parse_timespan"].as_object().unwrap();
    assert_eq!(vectors.len(), 23);
    for (text, expected) in vectors {
        let found = text.parse::<RunTime>().ok().map(|it| it.get().as_secs());
        match expected.as_u64() {
            // Zero would end a run before it starts.
            Some(0) => assert_eq!(found, None, "{text}"),
            Some(secs) => assert_eq!(found, Some(secs), "{text}"),
            // Spaces around are no reason to refuse a form.
            None if text.trim() != text => assert_eq!(found, Some(5)),
            None => assert_eq!(found, None, "{text}"),
        }
    }
}
