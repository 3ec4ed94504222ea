//! Roles within a partner's team.

use serde::{Deserialize, Serialize};

/// A role within a partner's team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TeamRole {
    /// Everything, the team itself included.
    Admin,
    /// Builds integrations and takes them through review.
    Builder,
}

impl TeamRole {
    /// Every role.
    pub const ALL: [TeamRole; 2] = [TeamRole::Admin, TeamRole::Builder];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            TeamRole::Admin => "admin",
            TeamRole::Builder => "builder",
        }
    }

    /// The role of this name.
    pub fn parse(name: &str) -> Option<TeamRole> {
        TeamRole::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// What people read.
    pub fn label(self) -> &'static str {
        match self {
            TeamRole::Admin => "Admin",
            TeamRole::Builder => "Builder",
        }
    }

    /// For whom somebody with this role acts on an integration.
    pub fn party(self) -> crate::state::Party {
        match self {
            TeamRole::Admin => crate::state::Party::PartnerAdmin,
            TeamRole::Builder => crate::state::Party::Builder,
        }
    }
}

/// What an operation of the Developer Portal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TeamNeed {
    /// To see the team and its integrations.
    See,
    /// To create integrations and to edit their info, events, documentation and test account.
    Build,
    /// To add one to a workspace; the workspace asks for its own permission besides.
    AddToWorkspace,
    /// To submit, withdraw, and answer reviewers.
    Submit,
    /// To give up an integration that was never published.
    GiveUp,
    /// To edit the company's profile.
    Profile,
    /// To invite into the team, change roles and remove people.
    Team,
    /// To read the team's audit trail.
    Audit,
}

impl TeamNeed {
    /// Every need.
    pub const ALL: [TeamNeed; 8] = [
        TeamNeed::See,
        TeamNeed::Build,
        TeamNeed::AddToWorkspace,
        TeamNeed::Submit,
        TeamNeed::GiveUp,
        TeamNeed::Profile,
        TeamNeed::Team,
        TeamNeed::Audit,
    ];
}

/// Whether `role` gives `need`.
pub fn team_may(role: TeamRole, need: TeamNeed) -> bool {
    match role {
        TeamRole::Admin => true,
        TeamRole::Builder => matches!(
            need,
            TeamNeed::See | TeamNeed::Build | TeamNeed::AddToWorkspace | TeamNeed::Submit
        ),
    }
}
