//! Components: functions from props to HTML, without arithmetic, formatting or effects of their own.

pub mod brand;
pub mod charts;
pub mod diagnosis_notice;
pub mod downloads;
pub mod edit_dialog;
pub mod failures_table;
pub mod run_buttons;
pub mod stats_table;
pub mod status_strip;
pub mod tab_bar;
pub mod task_list;
pub mod text_field;

pub use self::brand::Brand;
pub use self::charts::Charts;
pub use self::diagnosis_notice::DiagnosisNotice;
pub use self::downloads::Downloads;
pub use self::edit_dialog::EditDialog;
pub use self::failures_table::FailuresTable;
pub use self::run_buttons::RunButtons;
pub use self::stats_table::StatsTable;
pub use self::status_strip::StatusStrip;
pub use self::tab_bar::{TabBar, panel_id, tab_id};
pub use self::task_list::TaskList;
pub use self::text_field::TextField;
