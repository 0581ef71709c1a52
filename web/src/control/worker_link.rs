//! The way to an engine in a worker of this page.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Function, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{ErrorEvent, Event, MessageEvent, Worker};
use yew::Callback;

use crate::browser;
use crate::browser::programs::Way;
use crate::control::listening::{Loss, Waiting, release};
use mayfly_engine::protocol::{Command, Notice, decode, encode};

/// A worker. What is told before its engine listens waits for it.
pub(crate) struct WorkerLink {
    worker: Rc<RefCell<Worker>>,
    waiting: Waiting,
    // They live as long as the worker.
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn(Event)>,
}

impl WorkerLink {
    /// Starts the worker. `on_notice` hears from it; `on_loss` hears why it broke, if it ever does;
    /// `on_python` hears how much is loaded of the Python that it wants.
    ///
    /// # Errors
    ///
    /// Fails if the browser refuses to start a worker.
    pub(super) fn start(
        on_notice: Callback<Notice>,
        on_loss: Callback<Loss>,
        on_python: Callback<Option<f64>>,
    ) -> Result<Self, String> {
        let worker = browser::programs::start_worker(Way::Direct)
            .map_err(|error| browser::describe(&error))?;
        let waiting = Rc::new(RefCell::new(Some(Vec::new())));
        let worker = Rc::new(RefCell::new(worker));
        let on_message = on_message(
            Rc::clone(&worker),
            Rc::clone(&waiting),
            on_notice,
            on_loss.clone(),
            on_python,
        );
        let on_error = on_error(Rc::clone(&worker), Rc::clone(&waiting), on_loss);
        listen(
            &worker.borrow(),
            Some(on_message.as_ref().unchecked_ref()),
            Some(on_error.as_ref().unchecked_ref()),
        );
        Ok(Self {
            worker,
            waiting,
            _on_message: on_message,
            _on_error: on_error,
        })
    }

    /// Tells the engine what to do.
    pub(super) fn tell(&self, command: Command) {
        match &mut *self.waiting.borrow_mut() {
            Some(waiting) => waiting.push(command),
            None => post(&self.worker.borrow(), &command),
        }
    }
}

impl Drop for WorkerLink {
    /// Ends the worker, and with it all requests under way.
    fn drop(&mut self) {
        // What is on its way already would find the closures gone.
        let worker = self.worker.borrow();
        listen(&worker, None, None);
        worker.terminate();
        browser::python::close_all();
    }
}

fn on_message(
    worker: Rc<RefCell<Worker>>,
    waiting: Waiting,
    on_notice: Callback<Notice>,
    on_loss: Callback<Loss>,
    on_python: Callback<Option<f64>>,
) -> Closure<dyn Fn(MessageEvent)> {
    Closure::new(move |event: MessageEvent| {
        // Python runs in a frame, which a worker cannot open.
        if let Ok(control) = event.data().dyn_into() {
            return browser::python::open(control, on_python.clone());
        }
        let bytes = Uint8Array::new(&event.data()).to_vec();
        // Both ends come from one build, so only an extension could have sent anything else.
        if let Some(notice) = decode(&bytes) {
            release(
                notice,
                &waiting,
                |command| post(&worker.borrow(), command),
                &on_notice,
                &on_loss,
            );
        }
    })
}

/// An engine that does not load from the network may still be among the cached files.
fn on_error(
    worker: Rc<RefCell<Worker>>,
    waiting: Waiting,
    on_loss: Callback<Loss>,
) -> Closure<dyn Fn(Event)> {
    let way = Cell::new(Way::Direct);
    Closure::new(move |event: Event| {
        let has_loaded = waiting.borrow().is_none();
        if !has_loaded
            && way.replace(Way::Cached) == Way::Direct
            && let Ok(another) = browser::programs::start_worker(Way::Cached)
        {
            let broken = worker.replace(another);
            let worker = worker.borrow();
            listen(
                &worker,
                broken.onmessage().as_ref(),
                broken.onerror().as_ref(),
            );
            listen(&broken, None, None);
            broken.terminate();
            return;
        }
        // Of a script that does not load, the event says nothing.
        let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message);
        let message = message.filter(|it| !it.is_empty());
        let message = message.unwrap_or_else(|| "it did not load".to_owned());
        on_loss.emit(Loss::Broken(message));
    })
}

fn listen(worker: &Worker, on_message: Option<&Function>, on_error: Option<&Function>) {
    worker.set_onmessage(on_message);
    worker.set_onerror(on_error);
}

fn post(worker: &Worker, command: &Command) {
    let bytes = Uint8Array::from(encode(command).as_slice());
    let posted = worker.post_message_with_transfer(&bytes, &Array::of1(&bytes.buffer()));
    posted.expect("bytes can always be posted");
}
