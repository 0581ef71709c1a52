//! Any bytes are frames of what a core and Python say to each other, or an error in words; and what is read
//! is written so that it can be read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mayfly_core::running::script::wire::{Ask, Reply, messages};

fuzz_target!(|bytes: &[u8]| {
    for message in messages(bytes) {
        let message = match message {
            Ok(message) => message,
            Err(error) => return assert!(!error.to_string().is_empty()),
        };
        match Ask::read(&message) {
            Ok(ask) => {
                let mut frame = Vec::new();
                ask.write(message.id, &mut frame);
                let again = messages(&frame).next().map(|it| it.map(|it| Ask::read(&it)));
                assert!(matches!(again, Some(Ok(Ok(_)))), "{ask:?}");
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        match Reply::read(&message) {
            Ok(reply) => {
                let mut frame = Vec::new();
                reply.write(message.id, &mut frame);
                let again = messages(&frame).next().map(|it| it.map(|it| Reply::read(&it)));
                assert!(matches!(again, Some(Ok(Ok(_)))), "{reply:?}");
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
});
