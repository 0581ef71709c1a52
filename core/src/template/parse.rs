//! Reads templates. What they mean is in [`super::Template`].

use serde_json::{Number, Value};

use super::expr::Expr;
use super::{Piece, Template, TemplateError, TemplateProblem};
use crate::digits::exact::is_same_number;

/// The pieces of a template.
pub(super) fn pieces(source: &str) -> Result<Vec<Piece>, TemplateError> {
    if Template::MAX_BYTES < source.len() {
        let n_bytes = source.len();
        return Err(TemplateError {
            column: 1,
            problem: TemplateProblem::TooLong { n_bytes },
        });
    }
    let mut parser = Parser {
        source,
        at: 0,
        open: 0,
    };
    parser.pieces()
}

/// Whether `text` is a name that can stand in a placeholder.
pub(crate) fn is_identifier(text: &str) -> bool {
    text.starts_with(starts_name) && text.chars().all(continues_name)
}

struct Parser<'a> {
    source: &'a str,
    // What comes next; on the boundary of a character, like `open`.
    at: usize,
    // Where the placeholder began that is being read.
    open: usize,
}

impl<'a> Parser<'a> {
    fn pieces(&mut self) -> Result<Vec<Piece>, TemplateError> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        while let Some(length) = self.rest().find("{{") {
            let before = self.take(length);
            self.open = self.at;
            self.take("{{".len());
            if let Some(before) = before.strip_suffix('\\') {
                text.push_str(before);
                text.push_str("{{");
                continue;
            }
            text.push_str(before);
            push_text(&mut pieces, &mut text);
            pieces.push(Piece::Value(self.placeholder()?));
        }
        text.push_str(self.rest());
        push_text(&mut pieces, &mut text);
        Ok(pieces)
    }

    /// What is between the braces, and the closing ones.
    fn placeholder(&mut self) -> Result<Expr, TemplateError> {
        self.skip_spaces();
        if self.rest().starts_with("}}") {
            return Err(self.error(self.open, TemplateProblem::Empty));
        }
        let start = self.at;
        self.name("a variable or a function")?;
        while self.eat(".") {
            self.name("a name after the dot")?;
        }
        let name = &self.source[start..self.at];
        self.skip_spaces();
        if !self.eat("(") {
            self.expect("}}", "}} or ( after the name")?;
            return Ok(Expr::Variable(name.to_owned()));
        }
        let arguments = self.arguments()?;
        let found = &self.source[start..self.at];
        let call = Expr::call(name, arguments, found);
        let call = call.map_err(|problem| self.error(start, problem))?;
        self.skip_spaces();
        self.expect("}}", "}} after the function")?;
        Ok(call)
    }

    fn name(&mut self, expected: &'static str) -> Result<(), TemplateError> {
        if !self.rest().starts_with(starts_name) {
            return Err(self.unexpected(expected));
        }
        self.take_while(continues_name);
        Ok(())
    }

    /// What follows an opening parenthesis, up to and with the closing one.
    fn arguments(&mut self) -> Result<Vec<Value>, TemplateError> {
        let mut arguments = Vec::new();
        self.skip_spaces();
        if self.eat(")") {
            return Ok(arguments);
        }
        loop {
            self.skip_spaces();
            arguments.push(self.argument()?);
            self.skip_spaces();
            if self.eat(")") {
                return Ok(arguments);
            }
            self.expect(",", ", or ) after the argument")?;
        }
    }

    fn argument(&mut self) -> Result<Value, TemplateError> {
        for quote in ['"', '\''] {
            if self.rest().starts_with(quote) {
                return self.quoted(quote).map(Value::String);
            }
        }
        let word = self.take_while(|c| !c.is_whitespace() && !",(){}\"'".contains(c));
        if word.is_empty() {
            return Err(self.unexpected("a number, a word or a quoted text"));
        }
        Ok(match word.parse::<Number>() {
            Ok(number) if is_same_number(word, &number.to_string()) => Value::Number(number),
            // What has more digits than a number can have is written as it is.
            _ => Value::String(word.to_owned()),
        })
    }

    fn quoted(&mut self, quote: char) -> Result<String, TemplateError> {
        self.take(quote.len_utf8());
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|c| c != quote && c != '\\'));
            let ends = self.rest().starts_with(quote);
            // The quote or the backslash; nothing at the end of the source.
            self.take(self.rest().len().min(1));
            if ends {
                return Ok(text);
            }
            text.push(self.escaped()?);
        }
    }

    /// The character that is meant by what follows a backslash.
    fn escaped(&mut self) -> Result<char, TemplateError> {
        let c = match self.rest().chars().next() {
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some(c @ ('"' | '\'' | '\\')) => c,
            _ => return Err(self.unexpected("one of n r t \" ' \\ after the backslash")),
        };
        self.take(1);
        Ok(c)
    }

    fn take(&mut self, n_bytes: usize) -> &'a str {
        let taken = &self.rest()[..n_bytes];
        self.at += n_bytes;
        taken
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        self.take(rest.find(|c| !wanted(c)).unwrap_or(rest.len()))
    }

    fn skip_spaces(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.take(token.len());
        }
        found
    }

    fn expect(&mut self, token: &str, expected: &'static str) -> Result<(), TemplateError> {
        match self.eat(token) {
            true => Ok(()),
            false => Err(self.unexpected(expected)),
        }
    }

    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    /// That something else comes next than `expected`.
    fn unexpected(&self, expected: &'static str) -> TemplateError {
        match self.rest().chars().next() {
            Some(found) => self.error(self.at, TemplateProblem::Expected { expected, found }),
            None => self.error(self.open, TemplateProblem::Unclosed),
        }
    }

    fn error(&self, at: usize, problem: TemplateProblem) -> TemplateError {
        let column = self.source[..at].chars().count() + 1;
        TemplateError { column, problem }
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &mut String) {
    if !text.is_empty() {
        pieces.push(Piece::Text(std::mem::take(text)));
    }
}

fn starts_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn continues_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
