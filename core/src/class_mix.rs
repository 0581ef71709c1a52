//! Which user class the next user belongs to: Locust's order.

use crate::plan::UserClass;

/// The order in which users of several classes are spawned.
///
/// The i-th user belongs to the i-th class of the mix, whatever happens to other users, so shards
/// agree on it without talking. The order is Locust's: classes by name; a class of weight w has for
/// its k-th pick the key w·log2((w + k) / (w + k + 1)), and the smallest key is next. That keeps the
/// shares as close to the weights as whole users allow, at every point of the ramp.
#[derive(Clone, Debug)]
pub struct ClassMix {
    // In order of name. `index` is the place in the plan.
    entries: Vec<Entry>,
    picks: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Entry {
    index: u32,
    weight: f64,
    // How often this class was picked, plus its weight.
    count: f64,
}

impl ClassMix {
    /// The mix of `classes`, of which at least one has a weight above zero.
    pub fn new(classes: &[UserClass]) -> Self {
        let mut order: Vec<usize> = (0..classes.len()).collect();
        order.sort_by(|&a, &b| classes[a].name.cmp(&classes[b].name));
        let entries = order
            .into_iter()
            .filter(|&index| 0 < classes[index].weight)
            .map(|index| {
                let weight = f64::from(classes[index].weight);
                let index = u32::try_from(index).expect("a plan has fewer than 2^32 classes");
                Entry {
                    index,
                    weight,
                    count: weight,
                }
            })
            .collect();
        Self {
            entries,
            picks: Vec::new(),
        }
    }

    /// The class of user `user`, as its index in the plan.
    ///
    /// Remembers the picks so far, four bytes each.
    pub fn class_of(&mut self, user: u32) -> usize {
        let user = user as usize;
        while self.picks.len() <= user {
            let pick = self.next();
            self.picks.push(pick);
        }
        self.picks[user] as usize
    }

    fn next(&mut self) -> u32 {
        let next = self
            .entries
            .iter_mut()
            .min_by(|a, b| {
                (a.key(), a.count, a.weight)
                    .partial_cmp(&(b.key(), b.count, b.weight))
                    .expect("keys are finite: weights are above zero")
            })
            .expect("not empty: a plan has a class with a weight above zero");
        next.count += 1.0;
        next.index
    }
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
    use crate::testing::class;

    #[track_caller]
    fn check(weights: &[(&str, u32)], expected: &str) {
        let classes: Vec<_> = weights
            .iter()
            .map(|&(name, weight)| class(name, weight))
            .collect();
        let mut mix = ClassMix::new(&classes);
        let users = u32::try_from(expected.len()).unwrap();
        let names: String = (0..users)
            .map(|user| classes[mix.class_of(user)].name.as_str())
            .collect();
        assert_eq!(names, expected);
    }

    // Computed by Locust 2.47.
    #[test]
    fn five_to_one_is_locusts_order() {
        check(&[("A", 5), ("B", 1)], "AABAAAAABAAAAAB");
    }

    #[test]
    fn equal_weights_take_turns_by_name() {
        check(&[("B", 2), ("A", 2)], "ABABAB");
    }

    #[test]
    fn a_class_of_weight_zero_has_no_users() {
        check(&[("A", 0), ("B", 1)], "BBB");
    }
}
