//! What the page loads after it is drawn, as the part that is drawn at first sees it: first what starts
//! and controls runs, and then what draws all but the form.
//!
//! Whatever is named outside of [`crate::shell::control`] and [`crate::shell::rest`] is loaded at first, so
//! what is to be loaded later is reached through the functions of [`ControlPart`] and [`DrawingPart`] only.

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::browser;
use crate::components::plan_form::{DrawPart, MoreParts};
use crate::control::intents::Intents;
use crate::store::{Action, State};

/// The functions that a run needs to start.
pub struct ControlPart {
    /// Changes the state.
    pub apply: fn(&mut State, Action),
    /// Does what a person wants. It draws nothing.
    pub control: fn(&UseReducerHandle<Page>, &Intents) -> Html,
}

/// The functions that draw what comes after the form.
pub struct DrawingPart {
    /// Draws a part of the form that few plans show at first.
    pub draw_part: DrawPart,
    /// Draws all but the form.
    pub rest: fn(&UseReducerHandle<Page>, &Intents) -> Html,
}

macro_rules! one_of_a_kind {
    ($($part:ident)*) => {
        $(impl PartialEq for $part {
            fn eq(&self, other: &Self) -> bool {
                std::ptr::eq(self, other)
            }
        }

        impl fmt::Debug for $part {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($part))
            }
        })*
    };
}

one_of_a_kind! { ControlPart DrawingPart }

/// A part that is on its way; `None` if it could not be loaded.
pub type Loading<T> = Pin<Box<dyn Future<Output = Option<&'static T>>>>;

/// Loads the parts. A program decides how.
#[derive(Clone, Copy)]
pub struct Load {
    /// What a run needs to start.
    pub control: fn() -> Loading<ControlPart>,
    /// What draws the rest.
    pub drawing: fn() -> Loading<DrawingPart>,
}

/// Which parts are there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Later {
    /// What a run needs to start; `None` if it is not there yet.
    pub control: Option<&'static ControlPart>,
    /// What draws the rest; `None` if it is not there yet.
    pub drawing: Option<&'static DrawingPart>,
    /// Whether one could not be loaded.
    pub has_failed: bool,
}

impl Later {
    /// Whether a part is on its way.
    pub fn is_awaited(self) -> bool {
        self.drawing.is_none() && !self.has_failed
    }

    /// The parts of the form among them.
    pub fn parts_of_form(self) -> MoreParts {
        match self.drawing {
            Some(drawing) => MoreParts::Loaded(drawing.draw_part),
            None if self.has_failed => MoreParts::Failed,
            None => MoreParts::Awaited,
        }
    }

    /// Loads the next part.
    async fn load_next(&mut self, load: Load) {
        if self.control.is_none() {
            self.control = (load.control)().await;
            self.has_failed = self.control.is_none();
        } else {
            self.drawing = (load.drawing)().await;
            self.has_failed = self.drawing.is_none();
        }
    }
}

/// The state of the page, and how far the page is loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The state.
    pub state: State,
    /// Whether what is loaded later is there.
    pub later: Later,
    /// What is to be done once it is.
    waiting: Vec<Action>,
}

/// What changes the page.
#[derive(Clone, Debug, PartialEq)]
pub enum PageAction {
    /// Something changes the state.
    Do(Action),
    /// What is loaded later has come or not, or is to be loaded again.
    SetLater(Later),
}

impl Page {
    /// A page of which only the form is loaded.
    pub fn new(state: State) -> Self {
        Self {
            state,
            later: Later::default(),
            waiting: Vec::new(),
        }
    }

    /// Whether something was done that waits for what does it.
    pub fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// What a person types in the form is taken at once, and so is the theme. All else waits for what
    /// does it.
    fn apply(&mut self, action: Action) {
        match (self.later.control, action) {
            (Some(control), action) => (control.apply)(&mut self.state, action),
            (_, Action::SetTheme(theme)) => self.state.theme = theme,
            (_, Action::AwaitStart) => self.state.is_starting = true,
            (_, action) if self.waiting.is_empty() => {
                self.waiting.extend(self.state.apply_typed(action));
            }
            (_, action) => self.waiting.push(action),
        }
    }
}

impl Reducible for Page {
    type Action = PageAction;

    fn reduce(mut self: Rc<Self>, action: PageAction) -> Rc<Self> {
        let page = Rc::make_mut(&mut self);
        match action {
            PageAction::Do(action) => page.apply(action),
            PageAction::SetLater(later) => {
                page.later = later;
                // What a person wanted then may not be what they want once the rest is loaded.
                page.state.is_starting &= later.control.is_some() || !later.has_failed;
                if later.control.is_some() {
                    for action in std::mem::take(&mut page.waiting) {
                        page.apply(action);
                    }
                }
            }
        }
        self
    }
}

/// A callback that changes the state.
#[hook]
pub fn use_on_action(page: &UseReducerHandle<Page>) -> Callback<Action> {
    use_callback((), {
        let dispatcher = page.dispatcher();
        move |action, ()| dispatcher.dispatch(PageAction::Do(action))
    })
}

/// Loads them once the page is drawn, and again where that failed and a person wants it.
#[hook]
pub fn use_later(load: Load, page: &UseReducerHandle<Page>, intents: &Intents) {
    let (dispatcher, intents) = (page.dispatcher(), intents.clone());
    let mut later = page.later;
    use_effect_with(later.is_awaited(), move |is_awaited| {
        if !is_awaited {
            return;
        }
        browser::after_drawing(move || {
            spawn_local(async move {
                while later.is_awaited() {
                    later.load_next(load).await;
                    if later.control.is_none() {
                        intents.forget();
                    }
                    dispatcher.dispatch(PageAction::SetLater(later));
                }
            });
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::keys::{Edit, Path};
    use crate::shell::control::CONTROL;
    use crate::shell::rest::DRAWING;
    use crate::store::{Dialog, PlanAction};

    #[test]
    fn until_all_is_loaded_the_form_can_be_filled_in_and_all_else_waits() {
        let reduce = |page: Page, action| Rc::unwrap_or_clone(Rc::new(page).reduce(action));
        let act = |page: Page, action| reduce(page, PageAction::Do(action));
        let set = |users: u32| {
            let path = Path::of("load").key("users");
            Action::Plan(PlanAction::Edit(Edit::Set(path, users.into())))
        };
        let users = |page: &Page| page.state.plan.draft.keys["load"]["users"].clone();
        let title = |title: &str| Action::Plan(PlanAction::EditTitle(title.to_owned()));

        let page = Page::new(State::default());
        let page = act(act(page, set(7)), title("A"));
        assert_eq!(
            (users(&page), page.state.plan.title.as_str()),
            (7.into(), "A")
        );

        // What is typed after something that waits must not overtake it.
        let page = act(page, Action::OpenDialog(Dialog::Share));
        let failed = Later {
            has_failed: true,
            ..Later::default()
        };
        let page = act(act(page, Action::AwaitStart), set(8));
        let page = reduce(page, PageAction::SetLater(failed));
        assert_eq!((users(&page), page.state.dialog), (7.into(), None));
        assert!(!page.state.is_starting && !page.later.is_awaited());

        // What draws is not needed to do it.
        let control = Some(&CONTROL);
        let page = reduce(
            act(page, Action::AwaitStart),
            PageAction::SetLater(Later { control, ..failed }),
        );
        assert!(page.state.is_starting);
        assert_eq!(
            (users(&page), page.state.dialog),
            (8.into(), Some(Dialog::Share))
        );
        assert_eq!(page.waiting, []);
        let page = act(page, Action::CloseDialog);
        assert_eq!(page.state.dialog, None);

        let later = Later {
            control,
            ..Later::default()
        };
        assert!(later.is_awaited() && later.parts_of_form() == MoreParts::Awaited);
        let drawing = Some(&DRAWING);
        assert!(!Later { drawing, ..later }.is_awaited());
    }
}
