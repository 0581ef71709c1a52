//! Which part of a chart is shown.

/// Part of an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Span {
    /// Where it begins.
    pub from: f64,
    /// Where it ends; above `from`.
    pub to: f64,
}

/// A step of zooming, by a key or a button.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ZoomStep {
    /// The same length, a quarter of it earlier.
    Earlier,
    /// Half of what is shown.
    In,
    /// The same length, a quarter of it later.
    Later,
    /// Twice of what is shown.
    Out,
    /// All there is.
    Reset,
}

impl Span {
    /// The shortest part that can be shown, in seconds.
    const SHORTEST: f64 = 2.0;

    /// A run that has just begun is drawn on as much room as one of so many seconds.
    const SHORTEST_WHOLE: f64 = 10.0;

    /// All of `at`, which is in seconds, and the last of which goes on for a second.
    pub(crate) fn whole(at: &[f64]) -> Self {
        let from = at.first().copied().unwrap_or_default();
        let to = at.last().copied().unwrap_or_default();
        Self {
            from,
            to: (to + 1.0).max(from + Self::SHORTEST_WHOLE),
        }
    }

    /// The part of this that lies between two ends, in any order; `None` if there is none.
    pub(crate) fn part(self, a: f64, b: f64) -> Option<Self> {
        let (from, to) = (a.min(b).max(self.from), a.max(b).min(self.to));
        (from < to).then(|| self.around((from + to) / 2.0, to - from))
    }

    /// Whether there is anything in both.
    pub(crate) fn meets(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }

    /// What is shown after `step`, where `shown` was, and this is all there is. `None` is all.
    pub(crate) fn step(self, shown: Option<Self>, step: ZoomStep) -> Option<Self> {
        let now = shown.unwrap_or(self);
        let (center, length) = ((now.from + now.to) / 2.0, now.to - now.from);
        let next = match step {
            ZoomStep::Reset => return None,
            ZoomStep::Earlier => self.around(center - length / 4.0, length),
            ZoomStep::Later => self.around(center + length / 4.0, length),
            ZoomStep::In => self.around(center, length / 2.0),
            ZoomStep::Out => self.around(center, length * 2.0),
        };
        (next != self).then_some(next)
    }

    /// A part of this with this length, as close to `center` as it fits.
    fn around(self, center: f64, length: f64) -> Self {
        let whole = self.to - self.from;
        let length = length.max(Self::SHORTEST).min(whole);
        if length == whole {
            return self;
        }
        let from = (center - length / 2.0).clamp(self.from, self.to - length);
        Self {
            from,
            to: from + length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ZoomStep::{Earlier, In, Later, Out, Reset};
    use super::*;

    const WHOLE: Span = Span {
        from: 100.0,
        to: 200.0,
    };

    fn span(from: f64, to: f64) -> Span {
        Span { from, to }
    }

    #[test]
    fn steps_lead_in_and_out_again() {
        for (steps, expected) in [
            ([In].as_slice(), Some(span(125.0, 175.0))),
            (&[In, In], Some(span(137.5, 162.5))),
            (&[In, In, Out], Some(span(125.0, 175.0))),
            (&[In, Out], None),
            (&[In, Later], Some(span(137.5, 187.5))),
            (&[In, Later, Later, Later], Some(span(150.0, 200.0))),
            (
                &[In, Earlier, Earlier, Earlier, Earlier],
                Some(span(100.0, 150.0)),
            ),
            (&[Earlier], None),
            (&[Out], None),
            (&[In, In, Reset], None),
            (&[In; 20], Some(span(149.0, 151.0))),
        ] {
            let shown = steps
                .iter()
                .fold(None, |shown, &step| WHOLE.step(shown, step));
            assert_eq!(shown, expected, "{steps:?}");
        }
    }

    #[test]
    fn what_is_selected_lies_within_the_whole() {
        assert_eq!(WHOLE.part(120.0, 110.0), Some(span(110.0, 120.0)));
        assert_eq!(WHOLE.part(190.0, 300.0), Some(span(190.0, 200.0)));
        assert_eq!(WHOLE.part(110.0, 110.5), Some(span(109.25, 111.25)));
        assert_eq!(WHOLE.part(0.0, 50.0), None);
    }

    #[test]
    fn a_part_is_met_and_what_was_before_is_not() {
        assert!(WHOLE.meets(span(150.0, 160.0)));
        assert!(!WHOLE.meets(span(50.0, 100.0)));
    }

    #[test]
    fn a_young_run_has_room() {
        assert_eq!(Span::whole(&[5.0]), span(5.0, 15.0));
        assert_eq!(Span::whole(&[5.0, 65.0]), span(5.0, 66.0));
    }
}
