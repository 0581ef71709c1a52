//! The charts, as pictures of lines. Labels are no part of the pictures, which are stretched to the
//! width of the page.

use super::markup::Html;
use super::plot::{Frame, Point, thin};
use crate::measure::series::Slot;
use crate::report::{Report, words};

struct Chart {
    id: &'static str,
    title: &'static str,
    lines: Vec<Line>,
    // See `Frame::new`.
    min_step: f64,
}

struct Line {
    label: &'static str,
    // Decides its color.
    class: Class,
    points: Vec<Point>,
}

#[derive(Clone, Copy)]
enum Class {
    Dropped,
    Failures,
    Median,
    P95,
    Requests,
    Users,
}

pub(super) fn charts(report: &Report) -> Html {
    let series = report.board.series();
    let is_empty = series.is_empty();
    let slots = report.board.whole_slots(series);
    let mut html = Html::default();
    html.raw("<section>\n<h2>Charts</h2>\n");
    let (Some(first), Some(last)) = (slots.first(), slots.last()) else {
        html.raw(if is_empty {
            "<p class=\"soft\">Nothing was measured.</p>\n</section>\n"
        } else {
            "<p class=\"soft\">Charts need a whole second, and the run has none.</p>\n</section>\n"
        });
        return html;
    };
    let from = f64::from(first.start);
    let to = f64::from(last.start) + f64::from(last.secs);
    html.raw("<div class=\"charts\">\n");
    for chart in all_charts(&slots) {
        html.add(&figure(chart, from, to));
    }
    html.raw("</div>\n<p class=\"soft\">Time since the start of the run.</p>\n</section>\n");
    html
}

fn all_charts(slots: &[Slot]) -> Vec<Chart> {
    let rate = |slot: &Slot, count: u64| Some(count as f64 / f64::from(slot.secs));
    let millis = |slot: &Slot, quantile| {
        let time = slot.response_times.quantile(quantile)?;
        Some(time.as_secs_f64() * 1e3)
    };
    let line = |label, class, value: &dyn Fn(&Slot) -> Option<f64>| Line {
        label,
        class,
        points: slots.iter().map(|it| point(it, value(it))).collect(),
    };
    let mut rates = vec![
        line("RPS", Class::Requests, &|it| rate(it, it.n_requests)),
        line("Failures/s", Class::Failures, &|it| rate(it, it.n_failures)),
    ];
    if slots.iter().any(|it| 0 < it.n_dropped) {
        let dropped: &dyn Fn(&Slot) -> Option<f64> = &|it| rate(it, it.n_dropped);
        rates.push(line("Dropped/s", Class::Dropped, dropped));
    }
    let times = vec![
        line("50th percentile", Class::Median, &|it| millis(it, 0.5)),
        line("95th percentile", Class::P95, &|it| millis(it, 0.95)),
    ];
    let users = vec![line("Users", Class::Users, &|it| Some(it.n_users.into()))];
    let mut charts = vec![
        chart("rates", "Total Requests per Second", rates, 0.01),
        chart("times", "Response Times (ms)", times, 0.01),
        chart("users", "Number of Users", users, 1.0),
    ];
    if slots.iter().any(Slot::has_own_queue) {
        let parts = vec![
            line("Response time", Class::Median, &|it| {
                Some(it.mean_parts()?[0])
            }),
            line("Service time", Class::Requests, &|it| {
                Some(it.mean_parts()?[1])
            }),
            line("Own queue", Class::P95, &|it| Some(it.mean_parts()?[2])),
        ];
        let title = "Parts of Response Times (ms, average)";
        charts.insert(2, chart("parts", title, parts, 0.01));
    }
    charts
}

fn chart(id: &'static str, title: &'static str, lines: Vec<Line>, min_step: f64) -> Chart {
    Chart {
        id,
        title,
        lines,
        min_step,
    }
}

/// In the middle of the slot.
fn point(slot: &Slot, value: Option<f64>) -> Point {
    Point {
        at: f64::from(slot.start) + f64::from(slot.secs) / 2.0,
        value,
    }
}

fn figure(chart: Chart, from: f64, to: f64) -> Html {
    let values = chart.lines.iter().flat_map(|it| &it.points);
    let max = values.filter_map(|it| it.value).fold(0.0, f64::max);
    let frame = Frame::new(from, to, max, chart.min_step);
    let mut html = Html::default();
    html.raw("<figure>\n<figcaption><h3>").text(chart.title);
    html.raw("</h3>\n<ul class=\"legend\">");
    for line in &chart.lines {
        html.raw("<li class=\"")
            .raw(line.class.name())
            .raw("\"><span>");
        html.text(line.label).raw("</span></li>");
    }
    html.raw(
        "</ul></figcaption>\n<div class=\"frame\">\n<ul class=\"ticks\" aria-hidden=\"true\">",
    );
    for label in frame.labels() {
        html.raw("<li>").text(&label).raw("</li>");
    }
    html.raw("</ul>\n")
        .add(&plot(&chart, &frame))
        .add(&times(&frame));
    html.raw("</div>\n</figure>\n");
    html
}

fn plot(chart: &Chart, frame: &Frame) -> Html {
    let mut html = Html::default();
    html.raw(
        "<svg class=\"plot\" viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\" role=\"img\" ",
    );
    html.raw("aria-labelledby=\"").raw(chart.id).raw("-title ");
    html.raw(chart.id).raw("-desc\">\n<title id=\"");
    html.raw(chart.id).raw("-title\">").text(chart.title);
    html.raw("</title>\n<desc id=\"")
        .raw(chart.id)
        .raw("-desc\">");
    html.text(&description(chart, frame));
    html.raw("</desc>\n<path class=\"grid\" d=\"")
        .text(&frame.grid());
    html.raw("\"/>\n");
    for line in &chart.lines {
        let points = thin(&line.points, frame.from, frame.to);
        html.raw("<path class=\"")
            .raw(line.class.name())
            .raw("\" d=\"");
        html.text(&frame.path(&points)).raw("\"/>\n");
    }
    html.raw("</svg>\n");
    html
}

fn times(frame: &Frame) -> Html {
    let mut html = Html::default();
    html.raw("<svg class=\"times\" aria-hidden=\"true\">");
    for (index, (percent, secs)) in frame.times().into_iter().enumerate() {
        let is_minor = index % 2 == 1;
        html.raw(match percent {
            0.0..2.0 => "<text class=\"first\" y=\"1em\" x=\"",
            98.0.. if is_minor => "<text class=\"last minor\" y=\"1em\" x=\"",
            98.0.. => "<text class=\"last\" y=\"1em\" x=\"",
            _ if is_minor => "<text class=\"minor\" y=\"1em\" x=\"",
            _ => "<text y=\"1em\" x=\"",
        });
        html.text(&format!("{percent:.2}%"));
        html.raw("\">").text(&words::clock(secs)).raw("</text>");
    }
    html.raw("</svg>\n");
    html
}

/// For those who cannot see the picture.
fn description(chart: &Chart, frame: &Frame) -> String {
    let (from, to) = (
        words::clock(frame.from as u64),
        words::clock(frame.to as u64),
    );
    let mut text = format!("From {from} to {to}.");
    for line in &chart.lines {
        let values = || line.points.iter().filter_map(|it| it.value);
        let highest = values().reduce(f64::max);
        let last = values().next_back();
        text += &match (highest, last) {
            (Some(highest), Some(last)) => format!(
                " {}: at most {}, {} at the end.",
                line.label,
                words::tenths(highest),
                words::tenths(last)
            ),
            _ => format!(" {}: none.", line.label),
        };
    }
    text
}

impl Class {
    fn name(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Failures => "failures",
            Self::Median => "median",
            Self::P95 => "p95",
            Self::Requests => "requests",
            Self::Users => "users",
        }
    }
}
