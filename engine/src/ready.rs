//! A plan that can run.

use mayfly_core::plan::{DataSource, Draft, Plan, Target, Targets};
use mayfly_core::running::program::{Program, ProgramErrors};
use mayfly_core::simulate::{Model, SimulatedApi};
use mayfly_core::time::Clock;

/// A plan that can run.
#[derive(Debug)]
pub struct ReadyPlan {
    pub(crate) plan: Plan,
    pub(crate) draft: Draft,
    pub(crate) program: Program,
}

impl ReadyPlan {
    /// Makes a plan ready, which is saved as `draft` in reports. `read_file` gives the text of a file
    /// that it names.
    ///
    /// # Errors
    ///
    /// Fails if the parts of the plan do not fit each other, or a file is not as it should be.
    pub fn new(
        plan: Plan,
        draft: Draft,
        read_file: impl Fn(&str) -> Result<String, String>,
    ) -> Result<Self, ProgramErrors> {
        let program = Program::new(&plan, read_file)?;
        Ok(Self::of(plan, draft, program))
    }

    pub(crate) fn of(plan: Plan, draft: Draft, program: Program) -> Self {
        Self {
            plan,
            draft,
            program,
        }
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether it names files.
    pub(crate) fn reads_files(&self) -> bool {
        let mut data = self.plan.data.values();
        data.any(|it| matches!(it.source, DataSource::Csv(_)))
    }

    /// What it loads.
    pub fn targets(&self) -> Targets {
        Targets::of(&self.plan)
    }
}

/// The simulated API of a plan.
pub(crate) fn simulated_api<C: Clock>(plan: &Plan, clock: C, seed: u64) -> SimulatedApi<C> {
    let model = match &plan.target {
        Some(Target::Simulated(model)) => model.clone(),
        _ => Model::default(),
    };
    SimulatedApi::with_model(clock, seed, model)
}
