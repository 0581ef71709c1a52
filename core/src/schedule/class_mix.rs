//! Which user class the next user belongs to: Locust's order.
//!
//! The class of user i is the i-th of the mix: fixed counts first, then the order in which Locust
//! starts users, spread evenly. A shrinking swarm stops its newest users, so that growing back brings
//! the same ones. Locust picks up its cycle where it stood instead: of the 70 steps in its dispatch
//! vectors, 66 are the same here, and the other four grow back after shrinking
//! (`core/src/tests/locust_dispatch.rs`).

use crate::few;
use crate::plan::{Share, UserClass};

/// The order in which users of several classes are spawned.
///
/// The i-th user belongs to the i-th class of the mix, whatever happens to other users, so shards
/// agree on it without talking. The order is Locust's: classes with a fixed count first, until each
/// has its count; then those with a weight, without end. Within each of the two, classes go by name;
/// a class of weight w has for its k-th pick the key w·log2((w + k) / (w + k + 1)), and the smallest
/// key is next. That keeps the shares as close to the weights as whole users allow, at every point
/// of the ramp.
#[derive(Clone, Debug)]
pub struct ClassMix {
    // In order of name. `index` is the place in the plan.
    fixed: Vec<Entry>,
    weighted: Vec<Entry>,
    picks: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Entry {
    index: u32,
    weight: f64,
    // How often this class was picked, plus its weight.
    count: f64,
    // How often it can still be picked.
    left: u32,
}

impl ClassMix {
    /// The mix of `classes`, of which at least one can have users.
    pub fn new(classes: &[UserClass]) -> Self {
        Self::of_shares(classes.iter().map(|it| (it.name.as_str(), it.share)))
    }

    /// The mix of classes with these names and shares. Where no class can have users, neither can
    /// the mix.
    pub fn of_shares<'a>(shares: impl IntoIterator<Item = (&'a str, Share)>) -> Self {
        let mut order: Vec<(usize, (&str, Share))> = shares.into_iter().enumerate().collect();
        few::sort_by(&mut order, |a, b| a.1.0.cmp(b.1.0));
        let (mut fixed, mut weighted) = (Vec::new(), Vec::new());
        for (index, (_, share)) in order {
            let index = u32::try_from(index).expect("a plan has fewer than 2^32 classes");
            let entry = |weight, left| Entry {
                index,
                weight,
                count: weight,
                left,
            };
            match share {
                Share::FixedCount(count) => fixed.push(entry(f64::from(count), count)),
                Share::Weight(weight) if 0.0 < weight => weighted.push(entry(weight, u32::MAX)),
                Share::Weight(_) => {}
            }
        }
        Self {
            fixed,
            weighted,
            picks: Vec::new(),
        }
    }

    /// How many users there can be: without a class that has a weight, the fixed counts together.
    pub fn max_users(&self) -> u32 {
        if !self.weighted.is_empty() {
            return u32::MAX;
        }
        // Fixed counts do not change, but what is left of them does.
        let left = self.fixed.iter().map(|it| it.left);
        let picked = u32::try_from(self.picks.len()).unwrap_or(u32::MAX);
        left.fold(picked, u32::saturating_add)
    }

    /// The class of user `user`, as its index in the plan; `None` if there are fewer users.
    ///
    /// Remembers the picks so far, four bytes each.
    pub fn class_of(&mut self, user: u32) -> Option<usize> {
        let user = user as usize;
        while self.picks.len() <= user {
            let pick = self.next()?;
            self.picks.push(pick);
        }
        Some(self.picks[user] as usize)
    }

    /// The class after those picked so far, which is not remembered.
    pub fn pick(&mut self) -> Option<usize> {
        self.next().map(|it| it as usize)
    }

    /// Goes on as `next` says, from users of whom the first `n_users` are alive: as many of them as
    /// `next` also has keep their class, the oldest first, and the others get the classes that are
    /// missing.
    #[must_use]
    pub fn change(mut self, n_users: u32, mut next: Self) -> Self {
        let n_users = n_users.min(next.max_users());
        let wanted: Vec<u32> = (0..n_users)
            .filter_map(|user| next.class_of(user))
            .map(|class| u32::try_from(class).expect("made from a u32"))
            .collect();
        let mut n_missing = vec![0_u32; n_classes(&wanted)];
        for &class in &wanted {
            n_missing[class as usize] += 1;
        }
        let mut take = |class: u32| {
            let left = n_missing.get_mut(class as usize).filter(|it| 0 < **it);
            left.map(|left| *left -= 1).is_some()
        };
        let held: Vec<Option<u32>> = (0..n_users)
            .map(|user| {
                let held = self.class_of(user).and_then(|it| u32::try_from(it).ok());
                held.filter(|&it| take(it))
            })
            .collect();
        // In the order of `next`.
        let mut missing = wanted.into_iter().filter(|&class| take(class));
        next.picks = held
            .into_iter()
            .filter_map(|pick| pick.or_else(|| missing.next()))
            .collect();
        next
    }

    fn next(&mut self) -> Option<u32> {
        let entries = if self.fixed.iter().any(|it| 0 < it.left) {
            &mut self.fixed
        } else {
            &mut self.weighted
        };
        let next = entries.iter_mut().filter(|it| 0 < it.left).min_by(|a, b| {
            (a.key(), a.count, a.weight)
                .partial_cmp(&(b.key(), b.count, b.weight))
                .expect("keys are finite: weights are above zero")
        })?;
        next.count += 1.0;
        // The number of users is far from it where there is no fixed count.
        next.left -= 1;
        Some(next.index)
    }
}

fn n_classes(picks: &[u32]) -> usize {
    picks.iter().max().map_or(0, |&it| it as usize + 1)
}

impl Entry {
    // From libm and not from std, whose log2 may differ in the last bit from target to target.
    fn key(&self) -> f64 {
        self.weight * libm::log2(self.count / (self.count + 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mix(shares: &[(&str, Share)]) -> ClassMix {
        ClassMix::of_shares(shares.iter().copied())
    }

    fn weighted(name: &str, weight: f64) -> (&str, Share) {
        (name, Share::Weight(weight))
    }

    /// The names of the first users, as one text.
    fn names(mix: &mut ClassMix, shares: &[(&str, Share)], n_users: u32) -> String {
        (0..n_users)
            .map_while(|user| mix.class_of(user))
            .map(|class| shares[class].0)
            .collect()
    }

    #[track_caller]
    fn check(shares: &[(&str, Share)], expected: &str) {
        assert_eq!(names(&mut mix(shares), shares, 15), expected);
    }

    #[test]
    fn weights_share_the_users() {
        check(&[weighted("A", 5.0), weighted("B", 1.0)], "AABAAAAABAAAAAB");
        check(&[weighted("B", 2.0), weighted("A", 2.0)], "ABABABABABABABA");
        check(&[weighted("A", 0.0), weighted("B", 0.5)], "BBBBBBBBBBBBBBB");
    }

    #[test]
    fn classes_with_a_fixed_count_come_first() {
        let fixed = ("C", Share::FixedCount(3));
        check(&[weighted("A", 1.0), fixed], "CCCAAAAAAAAAAAA");
        check(&[("B", Share::FixedCount(2)), fixed], "CBCBC");
        assert_eq!(mix(&[("B", Share::FixedCount(2)), fixed]).max_users(), 5);
        assert_eq!(mix(&[weighted("A", 1.0), fixed]).max_users(), u32::MAX);
    }

    #[test]
    fn a_change_moves_as_few_users_as_it_can() {
        let before = [weighted("A", 5.0), weighted("B", 1.0)];
        let after = [weighted("A", 1.0), weighted("B", 1.0)];
        let mut changed = mix(&before).change(6, mix(&after));
        // AABAAA before; three of each are wanted, and the oldest stay as they are.
        assert_eq!(names(&mut changed, &after, 10), "AABABBABAB");
    }

    #[test]
    fn a_change_to_fewer_users_than_there_are_ends_some() {
        let after = [("A", Share::FixedCount(1)), weighted("B", 0.0)];
        let before = [weighted("A", 1.0), weighted("B", 1.0)];
        let mut changed = mix(&before).change(6, mix(&after));
        assert_eq!(names(&mut changed, &after, 10), "A");
    }
}
