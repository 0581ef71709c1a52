//! A report as one HTML file, which is complete by itself: no script, nothing that is loaded from
//! elsewhere, and the same bytes for the same report. Sections are in Locust's order.
//!
//! Names, messages and bodies come from plans and targets, so every text goes through
//! `Html::text`, and a policy in the page forbids scripts should one ever slip through.

mod charts;
mod failures;
mod head;
mod markup;
mod plan;
mod plot;
mod tables;

use self::markup::Html;
use super::Report;
use super::moment::Moment;
use crate::time::Elapsed;

/// How the page looks.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Look {
    /// Which colors it has on a screen. Paper is always light.
    pub theme: Theme,
    /// By how many minutes the clock of the reader is ahead of UTC.
    pub utc_offset_minutes: i32,
}

/// Which colors a page has.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Theme {
    /// Those that the reader's system is set to.
    #[default]
    Auto,
    /// Light on dark.
    Dark,
    /// Dark on light.
    Light,
}

/// The report as a page.
pub fn page(report: &Report, look: Look) -> String {
    let view = View::new(report, look);
    let mut style = Html::default();
    style.raw(include_str!("html/style.css"));
    let theme = match look.theme {
        Theme::Auto => "auto",
        Theme::Dark => "dark",
        Theme::Light => "light",
    };
    let page = Html::filled(
        include_str!("html/page.html"),
        &[
            ("theme", Html::of(theme)),
            ("title", head::document_title(report)),
            ("style", style),
            ("head", head::head(&view)),
            ("requests", tables::requests(&view)),
            ("response_times", tables::response_times(&view)),
            ("phases", tables::phases(&view)),
            ("unanswered", tables::unanswered(&view)),
            ("failures", failures::failures(&view)),
            ("exceptions", failures::exceptions(&view)),
            ("charts", charts::charts(report)),
            ("ratio", plan::ratio(report)),
        ],
    );
    page.into_string()
}

/// What all sections look at.
struct View<'a> {
    report: &'a Report,
    rows: Vec<crate::measure::snapshot::RowTotals>,
    look: Look,
}

impl<'a> View<'a> {
    fn new(report: &'a Report, look: Look) -> Self {
        Self {
            report,
            rows: report.board.rows(),
            look,
        }
    }

    /// The time of day, as the reader's clock shows it.
    fn moment(&self, at: Elapsed) -> Moment {
        Moment::new(self.report.time_of(at), self.look.utc_offset_minutes)
    }
}

#[cfg(test)]
mod tests;
