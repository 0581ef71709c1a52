//! Markup that nothing can break out of.

/// Finished markup. It is made of what this crate says and of texts, which are escaped, so there is
/// no way for a text to become markup.
#[derive(Clone, Debug, Default)]
pub(super) struct Html(String);

/// Texts that are longer can be scrolled, for which they must be reachable by keyboard.
const LONG_CHARS: usize = 160;

impl Html {
    /// A text alone.
    pub(super) fn of(text: &str) -> Self {
        let mut html = Self::default();
        html.text(text);
        html
    }

    /// `template` with each `{{name}}` replaced by the part of that name. Parts are not looked at
    /// again.
    pub(super) fn filled(template: &'static str, parts: &[(&str, Self)]) -> Self {
        let mut pieces = template.split("{{");
        let mut html = Self::default();
        html.0.extend(pieces.next());
        for piece in pieces {
            let (name, rest) = piece.split_once("}}").expect("placeholders are closed");
            let part = parts.iter().find(|it| it.0 == name);
            html.add(&part.expect("all placeholders have a part").1);
            html.raw(rest);
        }
        html
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds what is part of this program.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    pub(super) fn add(&mut self, other: &Self) -> &mut Self {
        self.0.push_str(&other.0);
        self
    }

    /// Adds a text, for the content of an element or for an attribute in double quotes.
    ///
    /// Characters that show nothing and change what is around them are replaced: controls, and those
    /// that turn the direction of writing by force.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for char in text.chars() {
            match char {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\n' | '\t' => self.0.push(char),
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => self.0.push('\u{fffd}'),
                _ if char.is_control() => self.0.push('\u{fffd}'),
                _ => self.0.push(char),
            }
        }
        self
    }

    /// Adds a text from outside, whose direction of writing stays its own. It may be long, and is in
    /// a box that stays small.
    pub(super) fn clipped(&mut self, text: &str) -> &mut Self {
        let is_long = text.chars().nth(LONG_CHARS).is_some();
        let open = if is_long {
            "<bdi class=\"clip\" tabindex=\"0\">"
        } else {
            "<bdi class=\"clip\">"
        };
        self.raw(open).text(text).raw("</bdi>")
    }

    /// Adds a cell with a number.
    pub(super) fn number(&mut self, number: &str) -> &mut Self {
        self.raw("<td class=\"number\">").text(number).raw("</td>")
    }

    /// Adds a cell with a text from outside.
    pub(super) fn name(&mut self, name: &str) -> &mut Self {
        self.raw("<td class=\"name\">").clipped(name).raw("</td>")
    }

    /// Adds a cell with a short text.
    pub(super) fn cell(&mut self, text: &str) -> &mut Self {
        self.raw("<td>").text(text).raw("</td>")
    }

    /// Adds a table in a box that scrolls sideways.
    pub(super) fn table(&mut self, table: &Table<'_>) -> &mut Self {
        self.raw("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"");
        self.text(table.caption)
            .raw("\">\n<table>\n<caption class=\"hidden\">");
        self.text(table.caption).raw("</caption>\n<thead><tr>");
        for (title, kind) in table.columns {
            self.raw(match kind {
                Column::Number => "<th scope=\"col\" class=\"number\">",
                Column::Text => "<th scope=\"col\">",
            });
            self.text(title).raw("</th>");
        }
        self.raw("</tr></thead>\n<tbody>\n").add(&table.body);
        self.raw("</tbody>\n</table>\n</div>\n")
    }
}

/// A table: what it is about, its columns, and its rows.
pub(super) struct Table<'a> {
    pub(super) caption: &'static str,
    pub(super) columns: &'a [(&'static str, Column)],
    pub(super) body: Html,
}

/// What a column holds.
#[derive(Clone, Copy)]
pub(super) enum Column {
    Number,
    Text,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(Html::of(text).into_string(), expected);
    }

    #[test]
    fn texts_are_never_markup() {
        check(
            "</script><img src=x onerror=alert(1)>",
            "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;",
        );
        check("\" onload='x' &amp;", "&quot; onload=&#39;x&#39; &amp;amp;");
    }

    #[test]
    fn what_shows_nothing_is_shown() {
        check(
            "a\0b\u{1b}[2J\u{7f}\r",
            "a\u{fffd}b\u{fffd}[2J\u{fffd}\u{fffd}",
        );
        check("\u{202e}gpj.exe\u{2066}", "\u{fffd}gpj.exe\u{fffd}");
        check(
            "line\n\tline, \u{5e9}\u{5dc}\u{5d5}\u{5dd}",
            "line\n\tline, \u{5e9}\u{5dc}\u{5d5}\u{5dd}",
        );
    }

    #[test]
    fn parts_that_look_like_placeholders_stay_as_they_are() {
        let parts = [("a", Html::of("{{b}}")), ("b", Html::of("x"))];
        let html = Html::filled("<{{a}}|{{b}}>", &parts);
        assert_eq!(html.into_string(), "<{{b}}|x>");
    }

    #[test]
    fn only_long_texts_can_be_reached_by_keyboard() {
        let has_stop = |n: usize| {
            let mut html = Html::default();
            html.clipped(&"x".repeat(n));
            html.into_string().contains("tabindex")
        };
        assert_eq!(
            [has_stop(LONG_CHARS), has_stop(LONG_CHARS + 1)],
            [false, true]
        );
    }
}
