//! The tabs of the running view.

/// A tab of the running view.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Tab {
    /// The statistics table.
    #[default]
    Statistics,
    /// The charts.
    Charts,
    /// The failures table.
    Failures,
    /// The exceptions table.
    Exceptions,
    /// Which part of the load falls to which class and task.
    CurrentRatio,
    /// Downloads.
    DownloadData,
    /// What happened, and when.
    Logs,
}

impl Tab {
    /// From left to right, as in Locust.
    pub const ALL: [Self; 7] = [
        Self::Statistics,
        Self::Charts,
        Self::Failures,
        Self::Exceptions,
        Self::CurrentRatio,
        Self::DownloadData,
        Self::Logs,
    ];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Statistics => "Statistics",
            Self::Charts => "Charts",
            Self::Failures => "Failures",
            Self::Exceptions => "Exceptions",
            Self::CurrentRatio => "Current Ratio",
            Self::DownloadData => "Download Data",
            Self::Logs => "Logs",
        }
    }

    /// Its name in the address of the page: Locust's.
    pub fn key(self) -> &'static str {
        match self {
            Self::Statistics => "stats",
            Self::Charts => "charts",
            Self::Failures => "failures",
            Self::Exceptions => "exceptions",
            Self::CurrentRatio => "ratios",
            Self::DownloadData => "reports",
            Self::Logs => "logViewer",
        }
    }

    /// The tab with this name in the address of the page.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.key() == key)
    }
}
