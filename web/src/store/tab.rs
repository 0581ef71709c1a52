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
    /// Downloads.
    DownloadData,
}

impl Tab {
    /// From left to right, as in Locust.
    pub const ALL: [Self; 4] = [
        Self::Statistics,
        Self::Charts,
        Self::Failures,
        Self::DownloadData,
    ];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Statistics => "Statistics",
            Self::Charts => "Charts",
            Self::Failures => "Failures",
            Self::DownloadData => "Download Data",
        }
    }

    /// Its name in the address of the page: Locust's.
    pub fn key(self) -> &'static str {
        match self {
            Self::Statistics => "stats",
            Self::Charts => "charts",
            Self::Failures => "failures",
            Self::DownloadData => "reports",
        }
    }

    /// The tab with this name in the address of the page.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.key() == key)
    }
}
