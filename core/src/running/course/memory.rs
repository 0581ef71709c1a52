//! What a user remembers between requests, and what its templates can use.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::UserView;
use crate::plan::data::{Pick, row_of};
use crate::rng::Rng;
use crate::running::program::Rows;
use crate::template::Scope;

/// What a user remembers between requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    /// Tasks started, over all lives.
    pub(super) n_tasks: u64,
    n_seq: u64,
    variables: Vec<(Arc<str>, Value)>,
}

impl Memory {
    /// Remembers a value for later requests.
    pub(crate) fn set_variable(&mut self, name: &str, value: Value) {
        match self.variables.iter_mut().find(|it| *it.0 == *name) {
            Some(variable) => variable.1 = value,
            None => self.variables.push((name.into(), value)),
        }
    }

    pub(super) fn has_variable(&self, name: &str) -> bool {
        self.variables.iter().any(|it| *it.0 == *name)
    }

    pub(super) fn clear_variables(&mut self) {
        self.variables.clear();
    }

    /// What `look` finds, without that anything is drawn or counted.
    pub(super) fn peek<T>(
        &mut self,
        user: UserView<'_>,
        look: impl FnOnce(&mut UserScope<'_>) -> T,
    ) -> T {
        let n_seq = self.n_seq;
        let rng = &mut user.rng.clone();
        let found = look(&mut self.scope(UserView { rng, ..user }));
        self.n_seq = n_seq;
        found
    }

    /// What templates can use.
    pub(crate) fn scope<'a>(&'a mut self, user: UserView<'a>) -> UserScope<'a> {
        UserScope { memory: self, user }
    }
}

/// What templates of a user can use.
pub(crate) struct UserScope<'a> {
    memory: &'a mut Memory,
    user: UserView<'a>,
}

impl Scope for UserScope<'_> {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        let mut variables = self.memory.variables.iter();
        if let Some((_, value)) = variables.find(|it| *it.0 == *name) {
            return Some(Cow::Borrowed(value));
        }
        let world = self.user.world;
        let (Rows { table, pick, nth }, column) = world.data.column(name)?;
        let seed = world.seed.wrapping_add(*nth);
        let (user, nth_task) = match pick {
            // Which user does an arrival is of no account: the rows follow the arrivals.
            Pick::Random | Pick::Sequential if world.is_open => (0, self.user.arrival_idx),
            // Tasks are counted from one when they start.
            _ => (self.user.index, self.memory.n_tasks.saturating_sub(1)),
        };
        let row = row_of(*pick, table.n_rows(), seed, user, nth_task);
        table.value(row, column).map(Cow::Borrowed)
    }

    fn rng(&mut self) -> &mut Rng {
        self.user.rng
    }

    fn user(&self) -> u32 {
        self.user.index
    }

    fn next_seq(&mut self) -> u64 {
        let seq = self.memory.n_seq;
        self.memory.n_seq += 1;
        seq
    }

    fn unix_time(&self) -> Duration {
        self.user.world.unix_time
    }
}
