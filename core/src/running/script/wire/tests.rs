use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::running::script::heads::Level;

fn number() -> impl Strategy<Value = f64> {
    (0_u32..1_000_000).prop_map(|it| f64::from(it) / 64.0)
}

fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec((any::<String>(), any::<String>()), 0..3)
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..50)
}

fn ask() -> impl Strategy<Value = Ask> {
    let hello = (any::<String>(), any::<u64>(), any::<String>()).prop_map(|(file, seed, text)| {
        let hello = Hello {
            version: 1,
            file,
            seed,
            tags: Some(vec!["a".to_owned()]),
            options: [("n".to_owned(), text.clone())].into(),
            ..Hello::default()
        };
        Ask::Hello(hello.into(), text)
    });
    let answer = (any::<u16>(), number(), pairs(), bytes());
    let answer = answer.prop_map(|(status, elapsed, headers, body)| {
        let head = AnswerHead {
            request: 7,
            status,
            elapsed,
            headers,
            error: (status < 9).then(|| "timed out".to_owned()),
            url: None,
            bytes: body.len() as u64,
        };
        Ask::Answer(head.into(), body)
    });
    prop_oneof![
        hello,
        (any::<String>(), bytes()).prop_map(|(name, bytes)| Ask::Module(name, bytes)),
        number().prop_map(Ask::Clock),
        any::<u32>().prop_map(Ask::Spawn),
        Just(Ask::Resume),
        answer,
        Just(Ask::Stop),
        Just(Ask::Kill),
        any::<u32>().prop_map(Ask::Tick),
        any::<String>().prop_map(|name| Ask::Event(json!({ "name": name }))),
        any::<u32>().prop_map(|count| Ask::Stats(json!({ "user_count": count }))),
    ]
}

fn broken() -> impl Strategy<Value = Broken> + Clone {
    let broken = (any::<String>(), prop::option::of(any::<u32>()));
    broken.prop_map(|(message, line)| Broken {
        task: "T.t".to_owned(),
        line,
        r#type: "KeyError".to_owned(),
        traceback: message.clone(),
        message,
        file: None,
    })
}

fn loaded() -> impl Strategy<Value = Reply> {
    any::<String>().prop_map(|python| {
        let loaded = Loaded {
            python,
            ..Loaded::default()
        };
        Reply::Loaded(loaded.into())
    })
}

fn error() -> impl Strategy<Value = Reply> {
    any::<String>().prop_map(|message| {
        let error = LoadError {
            line: Some(3),
            message,
            ..LoadError::default()
        };
        Reply::Error(error)
    })
}

fn reply() -> impl Strategy<Value = Reply> {
    let request = (pairs(), prop::option::of(number()), any::<bool>(), bytes());
    let request = request.prop_map(|(headers, timeout, catch, body)| {
        let head = RequestHead {
            request: 3,
            method: "POST".to_owned(),
            url: "http://a.test/b".to_owned(),
            name: "/b".to_owned(),
            headers,
            timeout,
            redirects: !catch,
            catch,
            clear_cookies: catch,
        };
        Reply::Request(head.into(), body)
    });
    let broken = broken();
    let shape = number().prop_map(|spawn_rate| ShapeTick {
        users: 3,
        spawn_rate,
        classes: Some(vec!["A".to_owned()]),
    });
    let log = any::<String>().prop_map(|text| Log {
        level: Level::Warning,
        text,
    });
    prop_oneof![
        loaded(),
        error(),
        number().prop_map(Reply::Wait),
        request,
        prop::option::of(any::<String>()).prop_map(|failure| {
            let verdict = Verdict {
                request: 2,
                name: failure.clone(),
                judge: failure.is_none(),
                failure,
            };
            Reply::Verdict(verdict)
        }),
        Just(Reply::Done),
        broken.clone().prop_map(Reply::Exception),
        broken.prop_map(Reply::Dead),
        log.prop_map(Reply::Log),
        Just(Reply::Quit),
        prop::option::of(shape).prop_map(Reply::Shape),
        number().prop_map(Reply::Wake),
        any::<Option<i64>>().prop_map(Reply::Exit),
        number().prop_map(|response_time| {
            let sample = OwnSample {
                r#type: "grpc".to_owned(),
                response_time,
                ..OwnSample::default()
            };
            Reply::Sample(sample)
        }),
    ]
}

proptest! {
    #[test]
    fn what_the_core_says_arrives_as_it_was_said(asks in prop::collection::vec((any::<u32>(), ask()), 0..5)) {
        let mut frame = Vec::new();
        for (id, ask) in &asks {
            ask.write(*id, &mut frame);
        }
        let read = messages(&frame).map(|it| it.and_then(|it| Ok((it.id, Ask::read(&it)?))));
        let read: Result<Vec<_>, _> = read.collect();
        // Modules belong to no user.
        let expected = asks.into_iter().map(|(id, it)| match it {
            Ask::Module(..) => (0, it),
            it => (id, it),
        });
        prop_assert_eq!(read, Ok(expected.collect()));
    }

    #[test]
    fn what_python_says_arrives_as_it_was_said(replies in prop::collection::vec((any::<u32>(), reply()), 0..5)) {
        let mut frame = Vec::new();
        for (id, reply) in &replies {
            reply.write(*id, &mut frame);
        }
        let read = messages(&frame).map(|it| it.and_then(|it| Ok((it.id, Reply::read(&it)?))));
        let read: Result<Vec<_>, _> = read.collect();
        prop_assert_eq!(read, Ok(replies));
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for message in messages(&bytes).flatten() {
            let _ = (Ask::read(&message), Reply::read(&message));
        }
    }

    #[test]
    fn a_frame_that_is_cut_off_is_not_taken(reply in reply(), end in any::<prop::sample::Index>()) {
        let mut frame = Vec::new();
        reply.write(1, &mut frame);
        let frame = &frame[..end.index(frame.len())];
        let read: Vec<_> = messages(frame).collect();
        let expected = if frame.is_empty() { vec![] } else { vec![Err(BadFrame::CutOff)] };
        prop_assert_eq!(read, expected);
    }
}

#[test]
fn bytes_are_as_the_other_side_has_them() {
    let mut frame = Vec::new();
    Ask::Clock(0.5).write(0, &mut frame);
    Ask::Spawn(2).write(7, &mut frame);
    let clock = b"\0\0\0\0\x02\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\xe0\x3f";
    let spawn = b"\x07\0\0\0\x03\x04\0\0\0\0\0\0\0\x02\0\0\0";
    assert_eq!(frame, [&clock[..], &spawn[..]].concat());
}

#[test]
fn numbers_that_make_no_sense_are_refused_or_mended() {
    let read = |secs| {
        let mut frame = Vec::new();
        Reply::Wait(secs).write(1, &mut frame);
        let message = messages(&frame).next().unwrap().unwrap();
        Reply::read(&message)
    };
    assert_eq!(read(-1.0), Ok(Reply::Wait(0.0)));
    for senseless in [f64::NAN, f64::INFINITY] {
        assert!(matches!(
            read(senseless),
            Err(BadFrame::Head { kind: 2, .. })
        ));
    }
}

#[test]
fn keys_that_are_missing_or_not_known_are_no_error() {
    let mut frame = Vec::new();
    let head = br#"{"version":1,"later":true,"classes":[{"name":"A","weight":1}]}"#;
    write(&mut frame, 0, 0, head, &[]);
    let message = messages(&frame).next().unwrap().unwrap();
    let Ok(Reply::Loaded(loaded)) = Reply::read(&message) else {
        panic!("{message:?}");
    };
    assert_eq!(loaded.classes[0].name, "A");
    assert_eq!(loaded.shape, None);
}
