//! A load line in a sentence.

use std::time::Duration;

use super::{LoadLine, LoadUnit};
use crate::time::Elapsed;
use crate::time::format_length;

/// Such as “0 to 50 users within 25s, then 50 users until 1m”.
pub(super) fn of(line: &LoadLine) -> String {
    let (end, level) = line.last();
    // A level that is not kept for longer than this is a corner cut off by rounding.
    let short = end.to_duration() / 200;
    let pairs = line.points.windows(2).map(|it| (it[0], it[1]));
    let mut parts: Vec<String> = pairs
        .filter(|(from, to)| {
            let shortest = if from.1 == to.1 {
                short
            } else {
                Duration::ZERO
            };
            shortest < to.0.since(from.0)
        })
        .map(|(from, to)| part(line.unit, from, to))
        .collect();
    if !line.has_end {
        parts.push(format!("{} until stopped", with_unit(line.unit, level)));
    }
    if parts.len() <= MAX_PARTS {
        return parts.join(", then ");
    }
    let levels = line.points.iter().map(|it| it.1);
    let (min, max) = (
        levels.clone().fold(f64::INFINITY, f64::min),
        levels.fold(0.0, f64::max),
    );
    let until = if line.has_end {
        rounded(end.to_duration())
    } else {
        "stopped".to_owned()
    };
    format!(
        "{} to {} in {} pieces, until {until}",
        number(min),
        with_unit(line.unit, max),
        parts.len()
    )
}

fn part(unit: LoadUnit, from: (Elapsed, f64), to: (Elapsed, f64)) -> String {
    if from.1 == to.1 {
        return format!(
            "{} until {}",
            with_unit(unit, to.1),
            rounded(to.0.to_duration())
        );
    }
    format!(
        "{} to {} within {}",
        number(from.1),
        with_unit(unit, to.1),
        rounded(to.0.since(from.0))
    )
}

fn with_unit(unit: LoadUnit, level: f64) -> String {
    let unit = match unit {
        LoadUnit::TasksPerSecond if level == 1.0 => "task/s",
        LoadUnit::TasksPerSecond => "tasks/s",
        LoadUnit::Users if level == 1.0 => "user",
        LoadUnit::Users => "users",
    };
    format!("{} {unit}", number(level))
}

/// With two decimals at most.
fn number(level: f64) -> String {
    let hundredths = libm::round(level * 100.0);
    (hundredths / 100.0).to_string()
}

/// Two digits at least, which is what a person wants to hear.
fn rounded(length: Duration) -> String {
    let step: u32 = match length.as_secs() {
        0 => 10,
        1..10 => 100,
        _ => 1000,
    };
    let steps = libm::round(length.as_secs_f64() * 1e3 / f64::from(step)) as u64;
    format_length(Duration::from_millis(steps.max(1) * u64::from(step)))
}

const MAX_PARTS: usize = 6;
