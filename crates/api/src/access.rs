//! Who may call an operation: one word beside each handler, in the OpenAPI document as
//! `x-access`. An operation without its word is open to nobody and fails a test.

use std::str::FromStr;

/// What a caller must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody, known or not.
    Public,
    /// Has logged in, even with an address that is not verified yet.
    SignedIn,
    /// Has logged in, with a verified address.
    Verified,
    /// Runs the platform.
    Operator,
    /// Belongs to a partner team. To everybody else the portal is not there: 404.
    Partner,
    /// Administers a partner team.
    PartnerAdmin,
    /// Belongs to the partner team of the integration in the path.
    Integration,
    /// Belongs to the workspace.
    Member,
    /// Owns the workspace.
    Owner,
    /// May create sources in the workspace.
    SourceCreate,
    /// May see the source in the path.
    SourceRead,
    /// May change the source in the path.
    SourceAdmin,
    /// May see the workspace's destinations.
    DestinationRead,
    /// May change the workspace's destinations.
    DestinationAdmin,
    /// May see the workspace's tracking plans.
    TrackingPlanRead,
    /// May change the workspace's tracking plans.
    TrackingPlanAdmin,
}

/// Every word, for tests and documents.
pub const ALL: [(&str, Access); 16] = [
    ("public", Access::Public),
    ("signed_in", Access::SignedIn),
    ("verified", Access::Verified),
    ("operator", Access::Operator),
    ("partner", Access::Partner),
    ("partner_admin", Access::PartnerAdmin),
    ("integration", Access::Integration),
    ("member", Access::Member),
    ("owner", Access::Owner),
    ("source_create", Access::SourceCreate),
    ("source_read", Access::SourceRead),
    ("source_admin", Access::SourceAdmin),
    ("destination_read", Access::DestinationRead),
    ("destination_admin", Access::DestinationAdmin),
    ("tracking_plan_read", Access::TrackingPlanRead),
    ("tracking_plan_admin", Access::TrackingPlanAdmin),
];

impl Access {
    /// Whether the operation is not there for those whom it does not let in.
    pub fn hides(self) -> bool {
        matches!(self, Access::Partner | Access::PartnerAdmin | Access::Integration)
    }

    /// Whether a workspace must be named.
    pub fn in_workspace(self) -> bool {
        matches!(
            self,
            Access::Member
                | Access::Owner
                | Access::SourceCreate
                | Access::SourceRead
                | Access::SourceAdmin
                | Access::DestinationRead
                | Access::DestinationAdmin
                | Access::TrackingPlanRead
                | Access::TrackingPlanAdmin
        )
    }
}

impl FromStr for Access {
    type Err = ();

    fn from_str(word: &str) -> Result<Access, ()> {
        ALL.iter().find(|(known, _)| *known == word).map(|(_, access)| *access).ok_or(())
    }
}
