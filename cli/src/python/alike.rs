//! What several processes have found in one file.

use mayfly_core::running::script::InterpreterGone;
use mayfly_core::running::script::heads::{Loaded, Log};
use mayfly_core::running::script::wire::{Reply, messages};

use super::Told;

/// The answer of the first that has found fault with the file, or else of the first. What all others have
/// said besides goes to `hear`.
///
/// # Errors
///
/// Fails if they have not found the same, or the file cannot run in several processes.
pub(super) fn one_of(
    mut answers: Vec<Vec<u8>>,
    hear: impl Fn(Told),
) -> Result<Vec<u8>, InterpreterGone> {
    if answers.len() < 2 {
        return answers.pop().ok_or_else(nobody);
    }
    let mut found: Vec<Found> = answers.iter().map(|it| Found::read(it)).collect();
    if let Some(at_fault) = found.iter().position(|it| it.loaded.is_none()) {
        return Ok(answers.swap_remove(at_fault));
    }
    let first = found.remove(0);
    for (place, other) in (2..).zip(found) {
        if first.classes() != other.classes() {
            return Err(InterpreterGone(format!(
                "process 1 of Python has found the user classes {}, and process {place} {}; all must find the same, \
                 or the file runs without --processes",
                first.classes().join(", "),
                other.classes().join(", ")
            )));
        }
        other.logs.into_iter().for_each(|it| hear(Told::Log(it)));
    }
    let shape = first.loaded.as_ref().and_then(|it| it.shape.as_ref());
    if let Some(shape) = shape.filter(|it| it.is_live) {
        return Err(InterpreterGone(format!(
            "the load shape {} looks at more than the time, and with --processes each process of Python knows \
             its own part of the run alone; run the file without --processes",
            shape.name
        )));
    }
    Ok(answers.swap_remove(0))
}

fn nobody() -> InterpreterGone {
    InterpreterGone("Python has ended".to_owned())
}

/// What one of them says.
#[derive(Default)]
struct Found {
    // `None` if it has found fault with the file.
    loaded: Option<Loaded>,
    logs: Vec<Log>,
}

impl Found {
    fn read(frame: &[u8]) -> Self {
        let mut found = Self::default();
        for message in messages(frame) {
            match message.and_then(|it| Reply::read(&it)) {
                Ok(Reply::Loaded(loaded)) => found.loaded = Some(*loaded),
                Ok(Reply::Log(log)) => found.logs.push(log),
                // Who reads the frame says what is wrong with it.
                Ok(_) | Err(_) => (),
            }
        }
        found
    }

    fn classes(&self) -> Vec<&str> {
        let classes = self.loaded.iter().flat_map(|it| &it.classes);
        classes.map(|it| it.name.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use mayfly_core::running::script::heads::{Level, LoadError, LoadedClass, LoadedShape};

    use super::*;

    fn loaded(class: &str) -> Loaded {
        Loaded {
            classes: vec![LoadedClass {
                name: class.to_owned(),
                ..LoadedClass::default()
            }],
            ..Loaded::default()
        }
    }

    fn frame(replies: &[Reply]) -> Vec<u8> {
        let mut frame = Vec::new();
        replies.iter().for_each(|it| it.write(0, &mut frame));
        frame
    }

    fn found(loaded: Loaded) -> Vec<u8> {
        frame(&[Reply::Loaded(Box::new(loaded))])
    }

    fn log(text: &str) -> Log {
        let (level, text) = (Level::Info, text.to_owned());
        Log { level, text }
    }

    fn unheard(_: Told) {}

    #[test]
    fn the_first_answers_for_all_and_the_others_are_heard() {
        let says =
            |text: &str| frame(&[Reply::Log(log(text)), Reply::Loaded(Box::new(loaded("A")))]);
        let heard = RefCell::new(Vec::new());
        let answers = vec![says("one"), says("two")];
        let answer = one_of(answers.clone(), |it| heard.borrow_mut().push(it)).unwrap();
        assert_eq!(answer, answers[0]);
        assert!(matches!(&heard.borrow()[..], [Told::Log(it)] if it.text == "two"));
    }

    #[test]
    fn one_that_finds_fault_speaks_for_all() {
        let error = frame(&[Reply::Error(LoadError::default())]);
        let answers = vec![found(loaded("A")), error.clone()];
        assert_eq!(one_of(answers, unheard).unwrap(), error);
    }

    #[test]
    fn what_each_finds_must_be_the_same() {
        let answers = vec![found(loaded("A")), found(loaded("B"))];
        let problem = one_of(answers, unheard).unwrap_err().to_string();
        assert!(problem.contains("classes A, and process 2 B"), "{problem}");
    }

    #[test]
    fn a_shape_that_is_asked_is_asked_in_one_process_alone() {
        let mut live = loaded("A");
        live.shape = Some(LoadedShape {
            name: "Steps".to_owned(),
            is_live: true,
            ..LoadedShape::default()
        });
        let alone = vec![found(live)];
        assert_eq!(one_of(alone.clone(), unheard).unwrap(), alone[0]);
        let problem = one_of([&alone[..], &alone].concat(), unheard).unwrap_err();
        assert!(problem.to_string().contains("the load shape Steps"));
    }
}
