//! The vendors imitated here, and where each one is mounted.

use std::fmt;

/// One imitated API. `Login` is the identity platform that issues Graph's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Vendor {
    /// The Microsoft identity platform's token endpoint.
    Login,
    /// Microsoft Graph v1.0.
    Graph,
    /// ConnectWise PSA (Manage) REST 3.0.
    ConnectWise,
    /// Kaseya BMS (and Pulseway PSA) API v2.
    KaseyaBms,
    /// Syncro MSP REST v1.
    Syncro,
}

impl Vendor {
    /// Every vendor, in the order in which they are listed.
    pub const ALL: [Self; 5] = [Self::Login, Self::Graph, Self::ConnectWise, Self::KaseyaBms, Self::Syncro];

    /// The name used in fault texts, call counts and the state document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Graph => "graph",
            Self::ConnectWise => "connectwise",
            Self::KaseyaBms => "kaseyabms",
            Self::Syncro => "syncro",
        }
    }

    /// The path prefix under which the vendor answers, without a slash at its end.
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::Login => "/login",
            Self::Graph => "/graph",
            Self::ConnectWise => "/connectwise",
            Self::KaseyaBms => "/kaseyabms",
            Self::Syncro => "/syncro",
        }
    }

    /// Whether the vendor's server does not tell the case of a path; its routes are then written in small letters.
    pub(crate) const fn folds_paths(self) -> bool {
        matches!(self, Self::KaseyaBms)
    }

    /// The vendor of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|vendor| vendor.name() == name)
    }
}

impl fmt::Display for Vendor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
