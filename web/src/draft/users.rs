//! The users that are typed for a run that is under way.

use mayfly_core::plan::{PlanError, SpawnRate, UserCount, Users};

/// What is wrong with the users that were typed, by field.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct UsersErrors {
    pub users: Option<PlanError>,
    pub spawn_rate: Option<PlanError>,
}

/// The users that two fields mean.
///
/// # Errors
///
/// Fails with all that is wrong at once.
pub(crate) fn parse_users(users: &str, spawn_rate: &str) -> Result<Users, UsersErrors> {
    let mut errors = UsersErrors::default();
    let users: Option<UserCount> = keep(users.parse(), &mut errors.users);
    let spawn_rate: Option<SpawnRate> = keep(spawn_rate.parse(), &mut errors.spawn_rate);
    match (users, spawn_rate) {
        (Some(users), Some(spawn_rate)) => Ok(Users { users, spawn_rate }),
        _ => Err(errors),
    }
}

/// The value, or `None` after putting the error in its place.
fn keep<T>(result: Result<T, PlanError>, place: &mut Option<PlanError>) -> Option<T> {
    result.map_err(|error| *place = Some(error)).ok()
}
