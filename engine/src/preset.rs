//! Usual load shapes, as a person fills them in. The engine makes stages of them.

use std::time::Duration;

use mayfly_core::digits::read_float;
use mayfly_core::plan::preset::Preset;
use mayfly_core::plan::{Arrivals, RunTime, Shape, UserCount, parse_length};
use mayfly_core::schedule::load_line::LoadLine;
use mayfly_core::time::format_length;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::edit::number;
use crate::reading::load_alone;

/// A usual load shape.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub enum PresetKind {
    /// Up in a straight line, and then on at that level.
    #[default]
    Ramp,
    /// From level to level.
    Steps,
    /// A usual level, a sudden peak, and the usual level again.
    Spike,
    /// A ramp up, a long time at one level, and a ramp down.
    Soak,
    /// Two waves, of which the second is lower.
    DoubleWave,
}

/// One number of a preset.
#[derive(Clone, Copy, Debug)]
pub struct PresetField {
    /// What it is called.
    pub label: &'static str,
    /// What it is at first.
    pub default: &'static str,
    /// What it stands for.
    pub kind: FieldKind,
}

/// What a number of a preset stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FieldKind {
    /// How many of something.
    Count,
    /// A length of time.
    Length,
    /// Users, or tasks per second.
    Level,
}

/// A preset that is being filled in.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct PresetDraft {
    /// Which.
    pub kind: PresetKind,
    /// Whether it is for arrivals, rather than for users.
    pub is_open: bool,
    /// What was typed, for each of the fields.
    pub values: Vec<String>,
}

/// A preset as the engine read it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct PresetReading {
    /// Its stages or arrivals as JSON; `None` if something is wrong.
    pub list: Option<String>,
    /// Its load over time; `None` if something is wrong.
    pub line: Option<LoadLine>,
    /// What is wrong with each of the fields.
    pub errors: Vec<Option<String>>,
}

impl PresetKind {
    /// In the order in which a person chooses.
    pub const ALL: [Self; 5] = [
        Self::Ramp,
        Self::Steps,
        Self::Spike,
        Self::Soak,
        Self::DoubleWave,
    ];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Ramp => "Ramp",
            Self::Steps => "Steps",
            Self::Spike => "Spike",
            Self::Soak => "Soak",
            Self::DoubleWave => "Double wave",
        }
    }

    /// Its numbers.
    pub fn fields(self) -> &'static [PresetField] {
        match self {
            Self::Ramp => &RAMP,
            Self::Steps => &STEPS,
            Self::Spike => &SPIKE,
            Self::Soak => &SOAK,
            Self::DoubleWave => &DOUBLE_WAVE,
        }
    }
}

impl PresetField {
    const fn new(label: &'static str, default: &'static str, kind: FieldKind) -> Self {
        Self {
            label,
            default,
            kind,
        }
    }
}

impl PresetDraft {
    /// A preset with usual numbers.
    pub fn new(kind: PresetKind, is_open: bool) -> Self {
        let values = kind.fields().iter().map(|it| it.default.to_owned());
        Self {
            kind,
            is_open,
            values: values.collect(),
        }
    }

    fn read(&self) -> Result<Preset, Vec<Option<String>>> {
        let fields = self.kind.fields();
        let text = |index: usize| self.values.get(index).map_or("", |it| it.trim());
        let values: Vec<_> = (0..fields.len())
            .map(|index| fields[index].kind.read(text(index)))
            .collect();
        if values.iter().any(Result::is_err) {
            return Err(values.into_iter().map(Result::err).collect());
        }
        let values: Vec<f64> = values.into_iter().flatten().collect();
        let level = |index: usize| values[index];
        let length = |index: usize| Duration::from_secs_f64(values[index]);
        Ok(match self.kind {
            PresetKind::Ramp => Preset::Ramp {
                peak: level(0),
                up: length(1),
                hold: length(2),
            },
            PresetKind::Steps => Preset::Steps {
                step: level(0),
                n_steps: level(1) as u32,
                length: length(2),
            },
            PresetKind::Spike => Preset::Spike {
                low: level(0),
                peak: level(1),
                calm: length(2),
                spike: length(3),
            },
            PresetKind::Soak => Preset::Soak {
                level: level(0),
                ramp: length(1),
                hold: length(2),
            },
            PresetKind::DoubleWave => Preset::DoubleWave {
                low: level(0),
                first: level(1),
                second: level(2),
                length: length(3),
            },
        })
    }
}

impl FieldKind {
    /// The number that is meant; lengths are in seconds.
    fn read(self, text: &str) -> Result<f64, String> {
        let number = read_float(text);
        let (number, expected) = match self {
            Self::Count => (
                number.filter(|it| (1.0..=100.0).contains(it) && it.fract() == 0.0),
                "a whole number from 1 to 100",
            ),
            Self::Level => (
                number.filter(|it| (0.0..=1_000_000.0).contains(it)),
                "a number from 0 to 1,000,000",
            ),
            Self::Length => {
                // A day is long enough for each part.
                let length = parse_length(text, Duration::from_secs(86_400));
                let length = length.ok().filter(|it| !it.is_zero());
                (
                    length.map(|it| it.as_secs_f64()),
                    "a length of time above 0 and at most 24h, such as 30s or 5m",
                )
            }
        };
        number.ok_or_else(|| format!("expected {expected}, found “{text}”"))
    }
}

impl PresetReading {
    /// Makes stages of a preset. This needs all that is known of plans, so only the engine does it.
    pub fn new(draft: &PresetDraft) -> Self {
        let preset = match draft.read() {
            Ok(preset) => preset,
            Err(errors) => {
                return Self {
                    errors,
                    ..Self::default()
                };
            }
        };
        let max_users = UserCount::try_from(Arrivals::MAX_USERS);
        let shape = if draft.is_open {
            max_users.and_then(|it| preset.arrivals(it))
        } else {
            preset.stages()
        };
        match shape {
            Ok(shape) => Self::of_shape(&shape),
            // Levels that are right alone, and too much together.
            Err(error) => Self {
                errors: vec![Some(error.to_string())],
                ..Self::default()
            },
        }
    }

    fn of_shape(shape: &Shape) -> Self {
        let (key, list) = list_of(shape);
        let load = load_alone(&json!({ (key): list }));
        Self {
            list: Some(list.to_string()),
            // From what the plan will say, so that it is drawn as it will be.
            line: load.map(|it| LoadLine::of_load(&it)),
            errors: Vec::new(),
        }
    }
}

fn list_of(shape: &Shape) -> (&'static str, Value) {
    let length = |it: RunTime| format_length(it.get());
    match shape {
        Shape::Arrivals(arrivals) => {
            let stages = arrivals.stages().iter().map(|it| {
                let [from, to] = [it.from, it.to].map(|it| number(short(it.get(), f64::round)));
                let rate = if from == to { to } else { json!([from, to]) };
                json!({ "duration": length(it.length), "rate": rate })
            });
            ("arrivals", stages.collect())
        }
        Shape::Stages(stages) => {
            let stages = stages.as_slice().iter().map(|it| {
                // Rounded up, or the users would not be there in time.
                let rate = short(it.spawn_rate.get(), |it| (it - 1e-6).ceil());
                json!({ "duration": length(it.length), "users": it.users, "spawn_rate": number(rate) })
            });
            ("stages", stages.collect())
        }
        Shape::Users(_) => ("stages", json!([])),
    }
}

/// A number with four digits, which is as much as anybody wants to read.
fn short(number: f64, round: impl Fn(f64) -> f64) -> f64 {
    if number <= 0.0 {
        return 0.0;
    }
    let digits = 4 - number.log10().ceil() as i32;
    if digits < 0 {
        return round(number);
    }
    let factor = 10_f64.powi(digits);
    round(number * factor) / factor
}

const RAMP: [PresetField; 3] = [
    PresetField::new("Peak", "100", FieldKind::Level),
    PresetField::new("Ramp up", "1m", FieldKind::Length),
    PresetField::new("Hold", "4m", FieldKind::Length),
];
const STEPS: [PresetField; 3] = [
    PresetField::new("Each step adds", "10", FieldKind::Level),
    PresetField::new("Number of steps", "5", FieldKind::Count),
    PresetField::new("Time per step", "30s", FieldKind::Length),
];
const SPIKE: [PresetField; 4] = [
    PresetField::new("Usual level", "10", FieldKind::Level),
    PresetField::new("Peak", "100", FieldKind::Level),
    PresetField::new("Calm before and after", "1m", FieldKind::Length),
    PresetField::new("Length of the peak", "15s", FieldKind::Length),
];
const SOAK: [PresetField; 3] = [
    PresetField::new("Level", "50", FieldKind::Level),
    PresetField::new("Ramp up and down", "1m", FieldKind::Length),
    PresetField::new("Hold", "1h", FieldKind::Length),
];
const DOUBLE_WAVE: [PresetField; 4] = [
    PresetField::new("Low level", "10", FieldKind::Level),
    PresetField::new("First wave", "60", FieldKind::Level),
    PresetField::new("Second wave", "40", FieldKind::Level),
    PresetField::new("Total length", "10m", FieldKind::Length),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(draft: &PresetDraft, list: Value, summary: &str) {
        let reading = PresetReading::new(draft);
        let found: Value = serde_json::from_str(&reading.list.unwrap()).unwrap();
        assert_eq!(found, list);
        assert_eq!(reading.line.unwrap().summary, summary);
    }

    #[test]
    fn presets_become_stages_and_arrivals() {
        check(
            &PresetDraft::new(PresetKind::Ramp, false),
            json!([
                { "duration": "1m", "users": 100, "spawn_rate": 1.667 },
                { "duration": "4m", "users": 100, "spawn_rate": 1 },
            ]),
            "0 to 100 users within 1m, then 100 users until 5m",
        );
        check(
            &PresetDraft::new(PresetKind::Spike, true),
            json!([
                { "duration": "1m", "rate": 10 },
                { "duration": "15s", "rate": 100 },
                { "duration": "1m", "rate": 10 },
            ]),
            "10 tasks/s until 1m, then 100 tasks/s until 1m15s, then 10 tasks/s until 2m15s",
        );
    }

    #[test]
    fn all_presets_can_be_used_as_they_come() {
        for kind in PresetKind::ALL {
            for is_open in [false, true] {
                let reading = PresetReading::new(&PresetDraft::new(kind, is_open));
                assert_eq!(reading.errors, [], "{kind:?}");
                assert!(reading.line.is_some() && reading.list.is_some());
            }
        }
    }

    #[test]
    fn each_field_says_what_it_expects_and_what_it_found() {
        let draft = PresetDraft {
            values: ["many", "0", "0s"].map(str::to_owned).to_vec(),
            ..PresetDraft::new(PresetKind::Steps, false)
        };
        let reading = PresetReading::new(&draft);
        assert_eq!((reading.list, reading.line), (None, None));
        let errors: Vec<String> = reading.errors.into_iter().flatten().collect();
        assert_eq!(
            errors,
            [
                "expected a number from 0 to 1,000,000, found “many”",
                "expected a whole number from 1 to 100, found “0”",
                "expected a length of time above 0 and at most 24h, such as 30s or 5m, found “0s”",
            ]
        );
    }

    #[test]
    fn too_much_together_is_an_error_too() {
        let draft = PresetDraft {
            values: ["1000000", "100", "1s"].map(str::to_owned).to_vec(),
            ..PresetDraft::new(PresetKind::Steps, false)
        };
        let errors = PresetReading::new(&draft).errors;
        assert!(
            errors[0].as_ref().unwrap().contains("1,000,000"),
            "{errors:?}"
        );
    }

    #[test]
    fn four_digits_are_enough() {
        for (number, expected) in [
            (1.0 / 3.0, 0.3334),
            (1.1, 1.1),
            (7.0 / 9.0, 0.7778),
            (123_456.7, 123_457.0),
            (10.0, 10.0),
            (0.0, 0.0),
        ] {
            assert_eq!(short(number, |it| (it - 1e-6).ceil()), expected);
        }
    }
}
