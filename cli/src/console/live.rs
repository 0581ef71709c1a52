//! A view of a run that stays in place at the bottom of a terminal, with the lines above it.

use std::io::{self, IsTerminal, Stderr};
use std::time::Duration;

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::MoveToColumn;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{disable_raw_mode, enable_raw_mode, size};
use ratatui::text::{Line, Text};
use ratatui::widgets::Widget;
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::view::View;

/// What a person wants who presses a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Key {
    /// The end of the run, as by Ctrl-C.
    Stop,
    /// So many users more, or less.
    Users(i64),
}

/// The view. Dropping it gives the terminal back.
pub(super) struct Live {
    terminal: Terminal<CrosstermBackend<Stderr>>,
}

impl Live {
    /// Takes the terminal; `None` if there is none, with somebody who presses keys.
    pub(super) fn begin_if_possible() -> Option<Self> {
        let is_dumb = std::env::var_os("TERM").is_none_or(|it| it == "dumb");
        let is_possible = io::stdin().is_terminal() && io::stderr().is_terminal() && !is_dumb;
        if !is_possible || !has_room() {
            return None;
        }
        // One that does not answer as terminals do is none.
        Self::begin().ok()
    }

    fn begin() -> io::Result<Self> {
        enable_raw_mode()?;
        let options = TerminalOptions {
            viewport: Viewport::Inline(View::HEIGHT),
        };
        let terminal = Terminal::with_options(CrosstermBackend::new(io::stderr()), options);
        if terminal.is_err() {
            disable_raw_mode()?;
        }
        Ok(Self {
            terminal: terminal?,
        })
    }

    pub(super) fn draw(&mut self, view: &View) -> io::Result<()> {
        self.terminal.draw(|frame| view.draw(frame)).map(drop)
    }

    /// Says a line above the view.
    pub(super) fn say(&mut self, line: &str) -> io::Result<()> {
        if !has_room() {
            return Ok(());
        }
        let width = usize::from(self.terminal.size()?.width.max(1));
        let chars: Vec<char> = line.chars().collect();
        let lines: Vec<Line<'_>> = chars
            .chunks(width)
            .map(|it| Line::from(it.iter().collect::<String>()))
            .collect();
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        self.terminal.insert_before(height, |buffer| {
            Text::from(lines).render(buffer.area, buffer);
        })
    }

    /// The next key that means something, within this time.
    pub(super) fn key(&self, within: Duration) -> io::Result<Option<Key>> {
        if !event::poll(within)? {
            return Ok(None);
        }
        Ok(match event::read()? {
            Event::Key(key) => meaning(key),
            _ => None,
        })
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing back.
        let _ = self.terminal.clear();
        let _ = self.terminal.show_cursor();
        let _ = execute!(io::stderr(), MoveToColumn(0));
        let _ = disable_raw_mode();
    }
}

/// Whether the terminal has lines besides those of the view. One of a program that does not say how
/// large it is has none.
fn has_room() -> bool {
    size().is_ok_and(|(width, height)| 0 < width && View::HEIGHT < height)
}

/// Locust's keys, and those that end a run.
fn meaning(key: KeyEvent) -> Option<Key> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c') if is_control => Some(Key::Stop),
        _ if is_control => None,
        KeyCode::Char('q') => Some(Key::Stop),
        KeyCode::Char('w') => Some(Key::Users(1)),
        KeyCode::Char('W') => Some(Key::Users(10)),
        KeyCode::Char('s') => Some(Key::Users(-1)),
        KeyCode::Char('S') => Some(Key::Users(-10)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_locust() {
        for (code, modifiers, expected) in [
            ('w', KeyModifiers::NONE, Some(Key::Users(1))),
            ('W', KeyModifiers::SHIFT, Some(Key::Users(10))),
            ('s', KeyModifiers::NONE, Some(Key::Users(-1))),
            ('S', KeyModifiers::SHIFT, Some(Key::Users(-10))),
            ('q', KeyModifiers::NONE, Some(Key::Stop)),
            ('c', KeyModifiers::CONTROL, Some(Key::Stop)),
            ('c', KeyModifiers::NONE, None),
            ('w', KeyModifiers::CONTROL, None),
        ] {
            let key = KeyEvent::new(KeyCode::Char(code), modifiers);
            assert_eq!(meaning(key), expected, "{code} {modifiers:?}");
        }
    }
}
