//! What comes from outside of the engine: messages, saved runs, files and plans of links. Nothing of it breaks
//! the engine, and what is refused is refused in words.

use std::time::Duration;

use mayfly_core::plan::Draft;
use mayfly_core::report::Report;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value, json};

use super::{ME, PLAN, Stage, quick};
use crate::archive::SavedRun;
use crate::file::RunFile;
use crate::history::{HistoryCommand, HistoryNotice, PastRun, RunEntry};
use crate::parcel::{Packer, Unpacker};
use crate::protocol::{Command, Deed, Notice, decode, encode};
use crate::reading::{Reading, Source};

/// A run of a few seconds.
fn report() -> Report {
    let mut stage = Stage::new(quick);
    stage.start(1, &PLAN.replace("20s", "3s"));
    stage.until_over(1);
    stage.report()
}

fn plan() -> String {
    Draft::from_toml(PLAN).unwrap().to_json()
}

/// One of each kind of command that does something with what it is given.
fn commands() -> Vec<Command> {
    let report = report();
    let key = RunEntry::new(&report).key;
    vec![
        Command::Start {
            run: 7,
            title: "A".to_owned(),
            plan: plan(),
            seed: 1,
            started_millis: 1.7e12,
            hosts: Vec::new(),
        },
        Command::Edit {
            run: 1,
            plan: plan(),
        },
        Command::History(HistoryCommand::Delete(vec![key.clone()])),
        Command::History(HistoryCommand::Import(
            "a.json".to_owned(),
            report.to_json(),
        )),
        Command::History(HistoryCommand::Open(key.clone())),
        Command::History(HistoryCommand::Rename(key.clone(), "B".to_owned())),
        Command::History(HistoryCommand::Save(encode(&PastRun::new(&report)))),
        Command::Read {
            id: 3,
            source: Source::Json(plan()),
        },
        Command::Read {
            id: 4,
            source: Source::Toml(PLAN.to_owned()),
        },
        Command::Rows {
            path: "data.a.rows".to_owned(),
            csv: "a,b\n1,2\n".to_owned(),
        },
        Command::Write {
            run: Some(key),
            file: RunFile::Report,
            utc_offset_minutes: 60,
            color_scheme: Some("dark".to_owned()),
            keeps_credentials: true,
        },
    ]
}

/// Some of what an engine says.
fn notices() -> Vec<Notice> {
    let report = report();
    let mut packer = Packer::default();
    let snapshots = report.board.snapshots().cloned();
    let mut notices = Vec::from_iter(snapshots.map(|it| Notice::Snapshot {
        run: 1,
        parcel: packer.pack(it),
        thresholds: report.thresholds.clone(),
        validity: report.validity(),
    }));
    notices.extend([
        Notice::History(HistoryNotice::List(vec![RunEntry::new(&report)])),
        Notice::History(HistoryNotice::Opened(PastRun::new(&report).into())),
        Notice::Did {
            run: 1,
            at: Duration::from_secs(1),
            deed: Deed::Edit(plan()),
        },
    ]);
    notices
}

/// Bytes with some of them changed, left out or added.
fn damaged(mut bytes: Vec<u8>, damage: &[(Index, u8, u8)]) -> Vec<u8> {
    for &(place, kind, byte) in damage {
        if bytes.is_empty() {
            return bytes;
        }
        let place = place.index(bytes.len());
        match kind {
            0 => drop(bytes.remove(place)),
            1 => bytes.insert(place, byte),
            2 => bytes.truncate(place),
            // The highest bit says that a number has more bytes.
            3 => bytes[place] ^= 0x80,
            4 => bytes[place] = 0xff,
            _ => bytes[place] = byte,
        }
    }
    bytes
}

fn damage() -> impl Strategy<Value = Vec<(Index, u8, u8)>> {
    prop::collection::vec((any::<Index>(), 0_u8..8, any::<u8>()), 0..5)
}

/// The engine answers, whatever it was told.
fn check_alive(stage: &mut Stage) {
    stage.list();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_break_what_reads_messages(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = (decode::<Command>(&bytes), decode::<Notice>(&bytes), decode::<PastRun>(&bytes));
    }
}

thread_local! {
    static COMMANDS: Vec<Vec<u8>> = commands().iter().map(encode).collect();
    static NOTICES: Vec<Vec<u8>> = notices().iter().map(encode).collect();
    static RUN: Report = report();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_damaged_command_is_refused_or_obeyed(which in any::<Index>(), damage in damage()) {
        let bytes = COMMANDS.with(|it| it[which.index(it.len())].clone());
        let mut stage = Stage::new(quick);
        stage.archive().runs.borrow_mut().extend(RUN.with(|it| {
            let saved = SavedRun::new(it);
            [(saved.key.clone(), saved)]
        }));
        if let Some(command) = decode::<Command>(&damaged(bytes, &damage)) {
            stage.session.handle_command(ME, command);
        }
        check_alive(&mut stage);
        for notice in stage.hear() {
            match notice {
                Notice::History(HistoryNotice::Problem(text)) | Notice::Refused { reason: text, .. } => {
                    prop_assert!(!text.is_empty());
                }
                Notice::Read { reading, .. } => {
                    let mut problems = reading.problems.iter();
                    prop_assert!(problems.all(|it| !it.message.is_empty()));
                }
                _ => {}
            }
        }
    }

    #[test]
    fn a_damaged_notice_is_passed_over_or_heard(which in any::<Index>(), damage in damage()) {
        let bytes = NOTICES.with(|it| it[which.index(it.len())].clone());
        if let Some(Notice::Snapshot { parcel, .. }) = decode(&damaged(bytes, &damage)) {
            let mut unpacker = Unpacker::default();
            let _ = (unpacker.unpack(parcel.clone()), unpacker.unpack(parcel));
        }
    }

    /// A page whose engine is gone has its run saved by the next one.
    #[test]
    fn a_damaged_run_is_refused_in_words_or_saved(damage in damage()) {
        let bytes = RUN.with(|it| encode(&PastRun::new(it)));
        let mut stage = Stage::new(quick);
        let answer = stage.history(HistoryCommand::Save(damaged(bytes, &damage)));
        match answer {
            HistoryNotice::Problem(text) => {
                prop_assert!(text.starts_with("The run cannot be read"), "{}", text);
            }
            HistoryNotice::List(entries) => {
                let opened = stage.history(HistoryCommand::Open(entries[0].key.clone()));
                prop_assert!(matches!(opened, HistoryNotice::Opened(_)), "{:?}", opened);
            }
            other => panic!("{other:?}"),
        }
    }

    /// What is in the archive may be of another version, or somebody else's.
    #[test]
    fn a_damaged_archive_is_told_in_words(
        of_entry in damage(),
        of_report in damage(),
        is_json: bool,
    ) {
        let mut stage = Stage::new(quick);
        let mut saved = RUN.with(SavedRun::new);
        let change = |text: &mut String, damage: &[_]| {
            let bytes = damaged(text.clone().into_bytes(), damage);
            *text = String::from_utf8_lossy(&bytes).into_owned();
        };
        change(&mut saved.entry, &of_entry);
        if is_json {
            change(&mut saved.report, &of_report);
        } else {
            saved.report = "\u{0}".to_owned();
        }
        let key = saved.key.clone();
        stage.archive().runs.borrow_mut().insert(key.clone(), saved);
        prop_assert!(stage.list().len() <= 1);
        match stage.history(HistoryCommand::Open(key.clone())) {
            HistoryNotice::Opened(_) => {}
            HistoryNotice::Problem(text) => {
                prop_assert!(text.starts_with("The run cannot be read: "), "{}", text);
            }
            other => panic!("{other:?}"),
        }
        stage.history(HistoryCommand::Rename(key.clone(), "B".to_owned()));
        stage.history(HistoryCommand::Delete(vec![key]));
        prop_assert_eq!(stage.list(), []);
    }
}

/// Any JSON, with keys that plans have.
fn values() -> impl Strategy<Value = Value> {
    let keys = "version load users spawn_rate stages arrivals duration rate host user_class name task get post \
                steps wait weight json body headers extract check status data rows file simulated thresholds \
                locustfile text request timeout tls verify seed autostop";
    let keys = prop::sample::select(Vec::from_iter(keys.split_whitespace()));
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec![
            "http://a.test",
            "{{",
            "{{x}}",
            "$.a",
            "p95 < 1s",
            "1s",
            "5xx",
            "\u{202e}",
        ])
        .prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 60, 6, move |inner| {
        let keys = prop_oneof![4 => keys.clone().prop_map(str::to_owned), 1 => any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((keys, inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// A plan with some places of it taken by something else.
fn plans() -> impl Strategy<Value = Map<String, Value>> {
    let places = prop::sample::select(vec![
        "/version",
        "/load",
        "/load/users",
        "/host",
        "/user_class",
        "/user_class/0",
        "/user_class/0/task",
        "/user_class/0/task/0",
        "/user_class/0/task/0/get",
        "/user_class/0/wait",
        "/thresholds",
    ]);
    let whole = json!({
        "version": 1,
        "host": "http://a.test",
        "thresholds": ["p95 < 1s"],
        "load": { "users": 3, "spawn_rate": 1, "run_time": "20s" },
        "user_class": [{ "name": "A", "wait": 1, "task": [{ "get": "/" }] }],
    });
    prop::collection::vec((places, values()), 0..4).prop_map(move |changes| {
        let mut plan = whole.clone();
        for (place, value) in changes {
            if let Some(there) = plan.pointer_mut(place) {
                *there = value;
            }
        }
        plan.as_object().cloned().unwrap_or_default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// A link holds any JSON. What is wrong with its plan is told, and nothing else comes of it.
    #[test]
    fn the_plan_of_a_link_can_be_read_or_has_problems(keys in plans()) {
        let text = Value::Object(keys.clone()).to_string();
        let (reading, ready) = Reading::new(Source::Json(text), |_| Err("no files".to_owned()));
        prop_assert_eq!(ready.is_some(), reading.problems.is_empty() && reading.plan().is_some());
        prop_assert!(reading.problems.iter().all(|it| !it.message.is_empty()));
        let draft = Draft { keys };
        let _ = (
            mayfly_core::plan::Targets::of_draft(&draft),
            mayfly_core::plan::Summary::of_draft(&draft),
            draft.to_toml(),
        );
    }
}
