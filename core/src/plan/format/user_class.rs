//! How user classes are written.

use super::task::{OrderWord, StepTable, TaskList};
use super::values::{ClassWeight, Real, Text, Whole};
use super::wait::Wait;
use super::{As, Form, Mistake, forms, models, some_forms, table};
use crate::plan::{BaseUrl, Share, TaskSet, UserClass, UserClasses};

table! {
    /// A kind of user.
    struct UserClassTable {
        required {
            /// What the class is called; no two have the same name.
            name: String,
        }
        optional {
            /// Share of the users relative to the other classes; 0 is none, and 1 if it is left out.
            weight: Real<ClassWeight>,
            /// So many users, before those of other classes come; instead of `weight`.
            fixed_count: Whole<1, 1_000_000>,
            /// The host of these users, if it is not that of the plan.
            host: Text<BaseUrl>,
            /// "weighted", which draws tasks by weight, or "sequential"; weighted if it is left out.
            order: OrderWord,
            /// Pause of a user between tasks; none if it is left out.
            wait: As<Wait>,
            /// Steps that each user does once before its first task.
            on_start: Vec<As<StepTable>>,
            /// Steps that each user does once after its last task.
            on_stop: Vec<As<StepTable>>,
        }
        required {
            /// What these users do.
            task: As<TaskList>,
        }
    }
}

impl Form for UserClassTable {
    type Model = UserClass;

    fn read(self) -> Result<UserClass, Mistake> {
        let share = match (self.fixed_count, self.weight) {
            (Some(_), Some(_)) => return Err(Mistake::BothShares),
            (Some(count), None) => Share::FixedCount(count.small()),
            (None, weight) => Share::Weight(weight.map_or(1.0, |it| it.get())),
        };
        Ok(UserClass {
            name: self.name,
            share,
            host: self.host.map(|it| it.0),
            set: TaskSet {
                order: OrderWord::read(self.order),
                wait: self.wait.map(|it| it.0),
                on_start: models(self.on_start),
                on_stop: models(self.on_stop),
                tasks: self.task.0,
            },
        })
    }

    fn write(class: &UserClass) -> Self {
        let (fixed_count, weight) = match class.share {
            Share::FixedCount(count) => (Some(Whole::new(count)), None),
            Share::Weight(weight) => (None, (weight != 1.0).then(|| Real::new(weight))),
        };
        Self {
            name: class.name.clone(),
            task: As(class.set.tasks.clone()),
            weight,
            fixed_count,
            host: class.host.clone().map(Text),
            order: OrderWord::write(class.set.order),
            wait: class.set.wait.map(As),
            on_start: some_forms(&class.set.on_start),
            on_stop: some_forms(&class.set.on_stop),
        }
    }
}

/// The user classes of a plan.
pub(super) type ClassList = Vec<As<UserClassTable>>;

impl Form for ClassList {
    type Model = UserClasses;

    fn read(self) -> Result<UserClasses, Mistake> {
        let classes: Vec<UserClass> = self.into_iter().map(|it| it.0).collect();
        Ok(classes.try_into()?)
    }

    fn write(classes: &UserClasses) -> Self {
        forms(classes.as_slice())
    }
}
