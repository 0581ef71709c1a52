//! Components: functions from props to HTML, without arithmetic, formatting or effects of their own.

pub mod brand;
pub mod charts;
pub mod diagnosis_notice;
pub mod downloads;
pub mod edit_dialog;
pub mod failures_table;
pub mod modal;
pub mod page_tools;
pub mod plan_editor;
pub mod plan_form;
pub mod run_buttons;
pub mod share_dialog;
pub mod shortcuts_dialog;
pub mod stats_table;
pub mod status_strip;
pub mod tab_bar;
pub mod text_field;

pub use self::brand::Brand;
pub use self::charts::Charts;
pub use self::diagnosis_notice::DiagnosisNotice;
pub use self::downloads::Downloads;
pub use self::edit_dialog::EditDialog;
pub use self::failures_table::FailuresTable;
pub use self::modal::Modal;
pub use self::page_tools::PageTools;
pub use self::plan_editor::{PlanEditor, PlanFiles};
pub use self::plan_form::{Editor, PlanForm};
pub use self::run_buttons::RunButtons;
pub use self::share_dialog::ShareDialog;
pub use self::shortcuts_dialog::ShortcutsDialog;
pub use self::stats_table::StatsTable;
pub use self::status_strip::StatusStrip;
pub use self::tab_bar::{TabBar, panel_id, tab_id};
pub use self::text_field::TextField;
