//! The way to an engine that is another program, which has served this page.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{BinaryType, Event, MessageEvent, WebSocket};
use yew::Callback;

use crate::browser;
use crate::control::listening::{Loss, Waiting, release};
use mayfly_engine::protocol::{Command, Notice, decode, encode};

/// A connection to the engine. What is told before the engine listens waits for it.
pub(crate) struct SocketLink {
    socket: WebSocket,
    waiting: Waiting,
    // They live as long as the socket.
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_close: Closure<dyn Fn(Event)>,
}

impl SocketLink {
    /// Connects. `on_notice` hears from the engine; `on_loss` hears that the connection is gone.
    ///
    /// # Errors
    ///
    /// Fails if the browser refuses to connect.
    pub(super) fn start(
        on_notice: Callback<Notice>,
        on_loss: Callback<Loss>,
    ) -> Result<Self, String> {
        let url = browser::programs::engine_url();
        let socket = WebSocket::new(&url).map_err(|error| browser::describe(&error))?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let waiting: Waiting = Rc::new(RefCell::new(Some(Vec::new())));
        let on_message = Closure::<dyn Fn(MessageEvent)>::new({
            let (socket, waiting) = (socket.clone(), Rc::clone(&waiting));
            let on_loss = on_loss.clone();
            move |event: MessageEvent| {
                let bytes = Uint8Array::new(&event.data()).to_vec();
                // What cannot be read is another version's, which said so first.
                if let Some(notice) = decode(&bytes) {
                    let send = |command: &Command| send(&socket, command);
                    release(notice, &waiting, send, &on_notice, &on_loss);
                }
            }
        });
        // An error is followed by this.
        let on_close = Closure::<dyn Fn(Event)>::new(move |_| on_loss.emit(Loss::Away));
        listen(
            &socket,
            Some(on_message.as_ref().unchecked_ref()),
            Some(on_close.as_ref().unchecked_ref()),
        );
        Ok(Self {
            socket,
            waiting,
            _on_message: on_message,
            _on_close: on_close,
        })
    }

    /// Tells the engine what to do.
    pub(super) fn tell(&self, command: Command) {
        match &mut *self.waiting.borrow_mut() {
            Some(waiting) => waiting.push(command),
            None => send(&self.socket, &command),
        }
    }
}

impl Drop for SocketLink {
    fn drop(&mut self) {
        // What is on its way already would find the closures gone.
        listen(&self.socket, None, None);
        // One that is closed already is closed.
        let _ = self.socket.close();
    }
}

fn listen(socket: &WebSocket, on_message: Option<&Function>, on_close: Option<&Function>) {
    socket.set_onmessage(on_message);
    socket.set_onclose(on_close);
}

fn send(socket: &WebSocket, command: &Command) {
    // Where it fails the connection is gone, which is told in a moment.
    let _ = socket.send_with_u8_array(&encode(command));
}

/// How long to wait, in milliseconds, before the connection is tried again for the `nth` time, from 0.
pub(super) fn pause_millis(nth: u32) -> u32 {
    const FIRST: u32 = 250;
    const LONGEST: u32 = 8_000;
    FIRST.saturating_mul(1 << nth.min(10)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_some_seconds() {
        let pauses = [0, 1, 2, 4, 5, 6, u32::MAX].map(pause_millis);
        assert_eq!(pauses, [250, 500, 1_000, 4_000, 8_000, 8_000, 8_000]);
    }
}
