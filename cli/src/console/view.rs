//! What the live view shows: numbers of a run as texts, and how they are laid out on a terminal.

use std::time::Duration;

use mayfly_core::measure::board::{Board, aggregated};
use mayfly_core::report::{text, words};
use mayfly_core::run_state::RunState;
use mayfly_core::verdict::validity::{Grade, Validity};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Style, Stylize};
use ratatui::symbols;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, LineGauge, Row, Sparkline, Table};

/// A run at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct View {
    /// What it is doing, what it loads, and for how long it has been going on.
    head: [String; 3],
    /// How much of its time has passed, in `[0, 1]`; `None` without an end.
    progress: Option<f64>,
    /// Names and values.
    facts: Vec<(&'static str, String)>,
    /// Requests done in each of the last seconds.
    rates: Vec<u64>,
    /// The statistics, of all requests together last.
    rows: Vec<[String; 10]>,
}

impl View {
    /// As many lines as the view takes, if the terminal has them.
    pub(super) const HEIGHT: u16 = 16;

    /// As many seconds as a terminal is wide, or more.
    const MAX_RATES: usize = 300;

    /// What `board` says of a run of `target` that takes `length`; `None` if it has no end.
    pub(super) fn new(
        board: &Board,
        target: &str,
        length: Option<Duration>,
        validity: Option<&Validity>,
    ) -> Self {
        let at = board.at().to_duration();
        let passed = words::clock(at.as_secs());
        let time = match length {
            Some(length) => format!("{passed} of {}", words::clock(length.as_secs())),
            None => passed,
        };
        let state = match board.state() {
            RunState::Spawning => "Spawning",
            RunState::Running => "Running",
            RunState::Stopping => "Stopping",
            _ => "Stopped",
        };
        let slots = board.whole_slots(board.series());
        let seconds = slots.iter().rev().take_while(|it| it.secs == 1);
        let mut rates: Vec<u64> = seconds
            .take(Self::MAX_RATES)
            .map(|it| it.n_requests)
            .collect();
        rates.reverse();
        Self {
            head: [state.to_owned(), text::printable(target), time],
            progress: length.map(|it| (at.as_secs_f64() / it.as_secs_f64()).clamp(0.0, 1.0)),
            facts: facts(board, validity),
            rates,
            rows: text::statistics_cells(board),
        }
    }

    /// Draws all of it.
    pub(super) fn draw(&self, frame: &mut Frame<'_>) {
        let parts = [1, 1, 1, 1, 2, 1, 0, 1];
        let mut parts = parts.map(Constraint::Length);
        parts[6] = Constraint::Fill(1);
        let [head, gauge, facts, _, spark, _, rows, keys] =
            Layout::vertical(parts).areas(frame.area());
        let [state, target, time] = &self.head;
        let title = [
            Span::from(state.as_str()).bold(),
            format!("  {target}  ").into(),
            time.as_str().into(),
        ];
        frame.render_widget(Line::from_iter(title), head);
        if let Some(progress) = self.progress {
            let bar = LineGauge::default()
                .ratio(progress)
                .filled_symbol(symbols::line::THICK_HORIZONTAL)
                .unfilled_symbol(symbols::line::HORIZONTAL);
            frame.render_widget(bar, gauge);
        }
        let pairs = self.facts.iter().flat_map(|(name, value)| {
            let name = Span::from(format!("{name} ")).dim();
            [name, Span::from(format!("{value}   ")).bold()]
        });
        frame.render_widget(Line::from_iter(pairs), facts);
        let width = usize::from(spark.width);
        let newest = &self.rates[self.rates.len().saturating_sub(width)..];
        frame.render_widget(Sparkline::default().data(newest), spark);
        self.draw_rows(frame, rows);
        let help = "w +1 user  W +10  s −1  S −10  q stops the run";
        frame.render_widget(Line::from(help).dim(), keys);
    }

    fn draw_rows(&self, frame: &mut Frame<'_>, area: Rect) {
        // The titles take a line, and that of all requests together is always there.
        let room = usize::from(area.height.saturating_sub(2));
        let Some((total, rows)) = self.rows.split_last() else {
            return;
        };
        let shown = match room < rows.len() {
            true => &rows[..room.saturating_sub(1)],
            false => rows,
        };
        let n_hidden = rows.len() - shown.len();
        let hidden = (0 < n_hidden).then(|| {
            let text = format!("… and {n_hidden} more");
            Row::new([Cell::from(""), Cell::from(text).style(Style::new().dim())])
        });
        let widths = self.widths();
        let lines = shown.iter().map(|it| row(it));
        let lines = lines
            .chain(hidden)
            .chain([row(total).style(Style::new().bold())]);
        let titles = row(&text::STATISTICS_TITLES.map(str::to_owned)).style(Style::new().dim());
        frame.render_widget(
            Table::new(lines, widths).header(titles).column_spacing(2),
            area,
        );
    }

    /// As wide as what is in them; the name gives way where there is no room.
    fn widths(&self) -> [Constraint; 10] {
        let mut widths = text::STATISTICS_TITLES.map(|it| it.chars().count());
        for line in &self.rows {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = (*width).max(cell.chars().count());
            }
        }
        // Of the line that says how many rows have no room.
        widths[1] = widths[1].max("… and 1000 more".chars().count());
        let mut widths = widths.map(|it| Constraint::Length(u16::try_from(it).unwrap_or(u16::MAX)));
        if let Constraint::Length(width) = widths[1] {
            widths[1] = Constraint::Max(width);
        }
        widths
    }
}

fn row(cells: &[String; 10]) -> Row<'static> {
    let cells = cells.iter().enumerate().map(|(nth, text)| {
        let line = Line::from(text.clone());
        Cell::from(if nth < 2 { line } else { line.right_aligned() })
    });
    Row::new(cells.collect::<Vec<_>>())
}

fn facts(board: &Board, validity: Option<&Validity>) -> Vec<(&'static str, String)> {
    let total = aggregated(&board.rows());
    let recent = total.recent;
    let rate = match recent.secs {
        0 => 0.0,
        secs => recent.n_requests as f64 / secs as f64,
    };
    let (n_requests, n_failures) = (total.n_requests, total.n_failures());
    let failures = format!(
        "{} ({})",
        words::count(n_failures),
        words::percent(n_failures, n_requests)
    );
    let time = |quantile| words::quantile(&total.response_times, quantile);
    let mut facts = vec![
        ("Users", words::count(board.n_users().into())),
        ("RPS", words::tenths(rate)),
        ("Failures", failures),
        ("50%", time(0.5)),
        ("95%", time(0.95)),
        ("99%", format!("{} ms", time(0.99))),
    ];
    let dropped = board.n_dropped();
    if 0 < dropped {
        facts.push(("Dropped", words::count(dropped)));
    }
    // What is as it should be takes no room.
    if let Some(validity) = validity.filter(|it| it.verdict != Grade::Valid) {
        facts.push(("Numbers", validity.verdict.to_string()));
    }
    facts
}

#[cfg(test)]
mod tests {
    use mayfly_core::http::request::Request;
    use mayfly_core::testing::{Answer, Simulation, answer_after};
    use mayfly_core::time::Elapsed;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    /// The view of a run of two rows on a terminal of this size, line by line.
    fn drawn(n_tasks: usize, width: u16, height: u16) -> Vec<String> {
        let tasks: Vec<String> = (0..n_tasks)
            .map(|nth| format!("{{ get = '/{nth}' }}"))
            .collect();
        let plan = format!(
            "version = 1\nload = {{ users = 2, spawn_rate = 9, run_time = 10, seed = 1 }}\n\
             [[user_class]]\nname = 'A'\ntask = [{}]\n",
            tasks.join(", ")
        );
        let answer =
            |_: Elapsed, _: &Request| -> Answer { answer_after(Duration::from_millis(250), 200) };
        let mut board = Board::default();
        let snapshots = Simulation::of(&plan, answer).run().snapshots;
        for snapshot in snapshots
            .into_iter()
            .filter(|it| it.at < Elapsed::from_secs(6))
        {
            board.post(snapshot);
        }
        let view = View::new(&board, "http://a.test", Some(Duration::from_secs(10)), None);
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| view.draw(frame)).unwrap();
        let buffer = terminal.backend().buffer();
        let lines = buffer.content().chunks(usize::from(width));
        lines
            .map(|it| it.iter().map(|cell| cell.symbol()).collect::<String>())
            .map(|it| it.trim_end().to_owned())
            .collect()
    }

    #[test]
    fn the_view_says_how_far_the_run_is_and_what_was_counted() {
        let lines = drawn(2, 100, 14);
        assert!(
            lines[0].starts_with("Running  http://a.test  0:0"),
            "{lines:#?}"
        );
        assert!(lines[0].ends_with("of 0:10"), "{lines:#?}");
        assert!(
            lines[1].contains('━') && lines[1].contains('─'),
            "{lines:#?}"
        );
        assert!(
            lines[2].starts_with("Users 2   RPS 7.6   Failures 0 (0 %)   50% 250.0"),
            "{lines:#?}"
        );
        assert!(lines[5].contains('█'), "{lines:#?}");
        assert!(lines[7].starts_with("Type  Name"), "{lines:#?}");
        let names: Vec<_> = lines[8..11]
            .iter()
            .map(|it| it.split_whitespace().nth(1))
            .collect();
        assert_eq!(&names[..2], [Some("/0"), Some("/1")], "{lines:#?}");
        assert!(
            lines[10].trim_start().starts_with("Aggregated"),
            "{lines:#?}"
        );
        assert!(lines[13].contains("q stops the run"), "{lines:#?}");
    }

    #[test]
    fn rows_that_have_no_room_are_counted_and_the_total_stays() {
        let lines = drawn(9, 100, 14);
        assert!(lines[11].contains("… and 6 more"), "{lines:#?}");
        assert!(
            lines[12].trim_start().starts_with("Aggregated"),
            "{lines:#?}"
        );
    }

    #[test]
    fn a_terminal_of_any_size_is_drawn_on() {
        for (width, height) in [(1, 1), (20, 3), (40, 8), (300, 50)] {
            drawn(2, width, height);
        }
    }
}
