//! Any bytes are messages of page and engine, or none; a run that a page hands back is checked before
//! anything is made of it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mayfly_core::report::Report;
use mayfly_engine::archive::SavedRun;
use mayfly_engine::history::PastRun;
use mayfly_engine::parcel::Unpacker;
use mayfly_engine::protocol::{Command, Notice, decode};

fuzz_target!(|bytes: &[u8]| {
    let _ = decode::<Command>(bytes);
    if let Some(Notice::Snapshot { parcel, .. }) = decode(bytes) {
        let mut unpacker = Unpacker::default();
        let _ = (unpacker.unpack(parcel.clone()), unpacker.unpack(parcel));
    }
    if let Some(run) = decode::<PastRun>(bytes) {
        let report = Report::from(run);
        match report.check() {
            Ok(()) => drop(SavedRun::new(&report)),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
});
