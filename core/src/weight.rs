//! Drawing by weight. The randomness comes from the caller.

/// Relative weights, ready for drawing.
///
/// A draw has two halves, so that the half with the logic needs no randomness: the caller draws a
/// ticket from `0..tickets()`, and [`holder`](Self::holder) says whose it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Weights {
    // Running totals. Never empty; never decreasing; the last is greater than zero.
    totals: Vec<u64>,
}

impl Weights {
    /// Returns `None` unless some weight is greater than zero.
    pub fn new(weights: impl IntoIterator<Item = u32>) -> Option<Self> {
        let mut total = 0;
        let totals: Vec<u64> = weights
            .into_iter()
            .map(|weight| {
                total += u64::from(weight);
                total
            })
            .collect();
        (0 < total).then_some(Self { totals })
    }

    /// How many tickets there are; greater than zero.
    pub fn tickets(&self) -> u64 {
        *self.totals.last().expect("never empty: checked in `new`")
    }

    /// The index of the weight that holds `ticket`, which must be less than
    /// [`tickets`](Self::tickets).
    pub fn holder(&self, ticket: u64) -> usize {
        debug_assert!(ticket < self.tickets());
        self.totals.partition_point(|&total| total <= ticket)
    }

    /// Whether the weight at this index is ever drawn.
    pub fn is_drawn(&self, index: usize) -> bool {
        let before = index.checked_sub(1).map_or(0, |it| self.totals[it]);
        before < self.totals[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(weights: &[u32], expected: &[usize]) {
        let weights = Weights::new(weights.iter().copied()).unwrap();
        let holders: Vec<usize> = (0..weights.tickets())
            .map(|it| weights.holder(it))
            .collect();
        assert_eq!(holders, expected);
        for index in 0..weights.totals.len() {
            assert_eq!(weights.is_drawn(index), expected.contains(&index));
        }
    }

    #[test]
    fn each_weight_holds_that_many_tickets() {
        check(&[3, 1], &[0, 0, 0, 1]);
    }

    #[test]
    fn a_weight_of_zero_is_never_drawn() {
        check(&[0, 1, 0, 2], &[1, 3, 3]);
    }

    #[test]
    fn there_must_be_something_to_draw() {
        assert_eq!(Weights::new([]), None);
        assert_eq!(Weights::new([0, 0]), None);
    }
}
