//! Who may do what: roles of a workspace's members and tokens, and roles of a partner's team.
//!
//! A permission is a role on resources, possibly limited by labels. Permissions add up: what any
//! one of them gives is given. Several labels on one permission must all be on the resource.
//!
//! Source: Segment documentation, "Roles"; Public API, `permissions`.

use serde::{Deserialize, Serialize};

use crate::{
    labels::{Label, check_labels, holds_all},
    problem::Problem,
};

mod team;

pub use team::{TeamNeed, TeamRole, team_may};

/// A role within a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Role {
    /// Everything, team, tokens, labels and audit included.
    WorkspaceOwner,
    /// Nothing until granted, but to be there.
    WorkspaceMember,
    /// Sources: settings, write keys, destinations connected to them; with every source, making
    /// new ones.
    SourceAdmin,
    /// Sources: to see.
    SourceReadOnly,
    /// Destinations: settings, and to switch them.
    DestinationAdmin,
    /// Destinations: to see.
    DestinationReadOnly,
    /// All tracking plans.
    TrackingPlanAdmin,
    /// All tracking plans: to see.
    TrackingPlanReadOnly,
}

impl Role {
    /// Every role, in the order of the form.
    pub const ALL: [Role; 8] = [
        Role::WorkspaceOwner,
        Role::WorkspaceMember,
        Role::SourceAdmin,
        Role::SourceReadOnly,
        Role::DestinationAdmin,
        Role::DestinationReadOnly,
        Role::TrackingPlanAdmin,
        Role::TrackingPlanReadOnly,
    ];

    /// `roleId` on the wire and in the store.
    pub fn id(self) -> &'static str {
        match self {
            Role::WorkspaceOwner => "workspace_owner",
            Role::WorkspaceMember => "workspace_member",
            Role::SourceAdmin => "source_admin",
            Role::SourceReadOnly => "source_read_only",
            Role::DestinationAdmin => "destination_admin",
            Role::DestinationReadOnly => "destination_read_only",
            Role::TrackingPlanAdmin => "tracking_plan_admin",
            Role::TrackingPlanReadOnly => "tracking_plan_read_only",
        }
    }

    /// The role of this id.
    pub fn parse(id: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.id() == id)
    }

    /// What people read.
    pub fn name(self) -> &'static str {
        match self {
            Role::WorkspaceOwner => "Workspace Owner",
            Role::WorkspaceMember => "Workspace Member",
            Role::SourceAdmin => "Source Admin",
            Role::SourceReadOnly => "Source Read-only",
            Role::DestinationAdmin => "Destination Admin",
            Role::DestinationReadOnly => "Destination Read-only",
            Role::TrackingPlanAdmin => "Tracking Plan Admin",
            Role::TrackingPlanReadOnly => "Tracking Plan Read-only",
        }
    }

    /// What it lets one do, in a sentence.
    pub fn description(self) -> &'static str {
        match self {
            Role::WorkspaceOwner => "May do everything in the workspace",
            Role::WorkspaceMember => "Belongs to the workspace, and sees what else is granted",
            Role::SourceAdmin => {
                "May edit the sources, their write keys and their destinations; with all sources, \
                 may add new ones"
            }
            Role::SourceReadOnly => "May see the sources, without their write keys",
            Role::DestinationAdmin => "May edit the destinations",
            Role::DestinationReadOnly => "May see the destinations",
            Role::TrackingPlanAdmin => "May edit all tracking plans",
            Role::TrackingPlanReadOnly => "May see all tracking plans",
        }
    }

    /// What kind of single resource it can be given on, beside the whole workspace.
    pub fn single(self) -> Option<ResourceType> {
        match self {
            Role::SourceAdmin | Role::SourceReadOnly => Some(ResourceType::Source),
            Role::DestinationAdmin | Role::DestinationReadOnly => Some(ResourceType::Destination),
            _ => None,
        }
    }
}

/// What a permission is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ResourceType {
    /// Everything of the role's kind in the workspace, today's and later ones.
    Workspace,
    /// One source.
    Source,
    /// One destination.
    Destination,
}

/// One resource of a permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Resource {
    /// Its id; of the workspace itself for [`ResourceType::Workspace`].
    pub id: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ResourceType,
    /// Only what carries all of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
}

/// A role on resources.
///
/// Shape: `{roleId, resources: [{id, type, labels}], labels}`; other keys (`roleName`) are passed
/// over, as clients send back what they were given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Permission {
    /// [`Role::id`]. One that no release knows gives nothing.
    pub role_id: String,
    /// What it is on.
    #[serde(default)]
    pub resources: Vec<Resource>,
    /// Only what carries all of these, on every resource of the permission.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
}

impl Permission {
    /// `role` on everything in the workspace.
    pub fn everywhere(role: Role, workspace_id: impl Into<String>) -> Self {
        Self::on(role, ResourceType::Workspace, workspace_id)
    }

    /// `role` on one resource.
    pub fn on(role: Role, kind: ResourceType, id: impl Into<String>) -> Self {
        let resource = Resource { id: id.into(), kind, labels: Vec::new() };
        Self { role_id: role.id().to_owned(), resources: vec![resource], labels: Vec::new() }
    }
}

/// What an operation asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need<'a> {
    /// To belong to the workspace.
    Member,
    /// To own it: team, tokens, labels, audit, settings of the workspace.
    Owner,
    /// To see one source.
    SourceRead(&'a str),
    /// To change one source; also to read its write keys.
    SourceAdmin(&'a str),
    /// To make sources.
    SourceCreate,
    /// To see one destination.
    DestinationRead {
        /// The destination.
        id: &'a str,
        /// The source it is connected to.
        source: &'a str,
    },
    /// To connect a new destination to a source.
    DestinationCreate {
        /// The source.
        source: &'a str,
    },
    /// To change one destination.
    DestinationAdmin {
        /// The destination.
        id: &'a str,
        /// The source it is connected to.
        source: &'a str,
    },
    /// To see tracking plans.
    TrackingPlanRead,
    /// To change tracking plans.
    TrackingPlanAdmin,
}

/// Whether `permissions` give `need`. `labels` are those of the resource asked about: of the
/// source, also for its destinations, which carry none themselves.
pub fn may(permissions: &[Permission], need: &Need<'_>, labels: &[Label]) -> bool {
    let within = |scope: Scope, ids: &[&str]| scope.holds(ids, labels);
    let sources = |admin| scope(permissions, Things::Sources { admin });
    match *need {
        Need::Member => !permissions.is_empty(),
        Need::Owner => owner(permissions),
        Need::SourceRead(id) => within(sources(false), &[id]),
        Need::SourceAdmin(id) => within(sources(true), &[id]),
        Need::SourceCreate => sources(true).everything,
        Need::DestinationRead { id, source } => {
            within(sources(false), &[source])
                || within(scope(permissions, Things::Destinations { admin: false }), &[id])
        }
        Need::DestinationCreate { source } => {
            let everywhere = scope(permissions, Things::Destinations { admin: true });
            within(sources(true), &[source])
                || (within(sources(false), &[source]) && within(everywhere, &[]))
        }
        Need::DestinationAdmin { id, source } => {
            within(sources(true), &[source])
                || within(scope(permissions, Things::Destinations { admin: true }), &[id])
        }
        Need::TrackingPlanRead => {
            owner(permissions)
                || everywhere(permissions, Role::TrackingPlanAdmin)
                || everywhere(permissions, Role::TrackingPlanReadOnly)
        }
        Need::TrackingPlanAdmin => {
            owner(permissions) || everywhere(permissions, Role::TrackingPlanAdmin)
        }
    }
}

/// Whether one of `permissions` makes its holder an owner of the workspace.
pub fn owner(permissions: &[Permission]) -> bool {
    everywhere(permissions, Role::WorkspaceOwner)
}

/// A kind of things that a list shows, and whether to change them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Things {
    /// Sources.
    Sources {
        /// To change them.
        admin: bool,
    },
    /// Destinations, by their own grants; those of a source that one may see come by the source.
    Destinations {
        /// To change them.
        admin: bool,
    },
}

/// Which of the things somebody may see or change; for queries. What is in any of the three is
/// in the scope.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// All of them, today's and later ones.
    pub everything: bool,
    /// These, whatever their labels.
    pub ids: Vec<String>,
    /// What carries all labels of one of these; with an id, only that one.
    pub labelled: Vec<(Option<String>, Vec<Label>)>,
}

impl Scope {
    fn holds(&self, ids: &[&str], labels: &[Label]) -> bool {
        let named = |id: &String| ids.contains(&id.as_str());
        self.everything
            || self.ids.iter().any(named)
            || self
                .labelled
                .iter()
                .any(|(id, wanted)| id.as_ref().is_none_or(named) && holds_all(wanted, labels))
    }
}

/// Which of the things `permissions` give.
pub fn scope(permissions: &[Permission], things: Things) -> Scope {
    let (roles, kind): (&[Role], _) = match things {
        Things::Sources { admin: true } => (&[Role::SourceAdmin], ResourceType::Source),
        Things::Sources { admin: false } => {
            (&[Role::SourceAdmin, Role::SourceReadOnly], ResourceType::Source)
        }
        Things::Destinations { admin: true } => {
            (&[Role::DestinationAdmin], ResourceType::Destination)
        }
        Things::Destinations { admin: false } => {
            (&[Role::DestinationAdmin, Role::DestinationReadOnly], ResourceType::Destination)
        }
    };
    let mut scope = Scope { everything: owner(permissions), ..Scope::default() };
    for permission in permissions {
        if !Role::parse(&permission.role_id).is_some_and(|role| roles.contains(&role)) {
            continue;
        }
        for resource in &permission.resources {
            let labels: Vec<_> =
                permission.labels.iter().chain(&resource.labels).cloned().collect();
            let single = resource.kind == kind;
            match (resource.kind, labels.is_empty()) {
                (ResourceType::Workspace, true) => scope.everything = true,
                (ResourceType::Workspace, false) => scope.labelled.push((None, labels)),
                (_, true) if single => scope.ids.push(resource.id.clone()),
                (_, false) if single => scope.labelled.push((Some(resource.id.clone()), labels)),
                _ => {}
            }
        }
    }
    scope
}

/// Whether `role` is given on the whole workspace, without labels.
fn everywhere(permissions: &[Permission], role: Role) -> bool {
    permissions.iter().filter(|p| p.role_id == role.id() && p.labels.is_empty()).any(|p| {
        let whole = |r: &Resource| r.kind == ResourceType::Workspace && r.labels.is_empty();
        p.resources.iter().any(whole)
    })
}

/// Everything wrong with permissions that are to be given in the workspace `workspace_id`.
/// Whether named sources and labels exist is the store's to say.
pub fn check_permissions(permissions: &[Permission], workspace_id: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    if permissions.is_empty() {
        problems.push(Problem::new(
            "no_permissions",
            "",
            "no permission is given",
            "at least one",
            format!("give {:?} for minimal access", Role::WorkspaceMember.id()),
        ));
    }
    for (index, permission) in permissions.iter().enumerate() {
        let found = check_permission(permission, workspace_id).into_iter();
        problems.extend(found.map(|p| p.under(&format!("/{index}"))));
    }
    problems
}

fn check_permission(permission: &Permission, workspace_id: &str) -> Vec<Problem> {
    let Some(role) = Role::parse(&permission.role_id) else {
        let known = Role::ALL.map(Role::id).join(", ");
        return vec![Problem::new(
            "unknown_role",
            "/roleId",
            format!("{:?} is not a role", permission.role_id),
            format!("one of {known}"),
            "list the roles to see what each one gives",
        )];
    };
    let mut problems = Vec::new();
    if permission.resources.is_empty() {
        problems.push(Problem::new(
            "no_resources",
            "/resources",
            format!("{} on nothing", role.name()),
            "at least one resource",
            "name the workspace for all of them, or single ones",
        ));
    }
    labels(role, &permission.labels, "/labels", &mut problems);
    for (index, resource) in permission.resources.iter().enumerate() {
        let here = format!("/resources/{index}");
        if resource.kind != ResourceType::Workspace && Some(resource.kind) != role.single() {
            problems.push(Problem::new(
                "wrong_resource_type",
                format!("{here}/type"),
                format!("{} cannot be given on this", role.name()),
                match role.single() {
                    Some(ResourceType::Source) => "WORKSPACE or SOURCE",
                    Some(_) => "WORKSPACE or DESTINATION",
                    None => "WORKSPACE",
                },
                "give it on the whole workspace, or choose another role",
            ));
        } else if resource.id.is_empty()
            || (resource.kind == ResourceType::Workspace && resource.id != workspace_id)
        {
            problems.push(Problem::new(
                "unknown_resource",
                format!("{here}/id"),
                format!("{:?} is not in this workspace", resource.id),
                "the id of this workspace, or of something in it",
                "check the id",
            ));
        }
        labels(role, &resource.labels, &format!("{here}/labels"), &mut problems);
    }
    problems
}

fn labels(role: Role, labels: &[Label], pointer: &str, problems: &mut Vec<Problem>) {
    if !labels.is_empty() && role.single().is_none() {
        problems.push(Problem::new(
            "labels_without_meaning",
            pointer,
            format!("{} cannot be limited by labels", role.name()),
            "no labels",
            "leave them out",
        ));
        return;
    }
    problems.extend(check_labels(labels).into_iter().map(|p| p.under(pointer)));
}

#[cfg(test)]
mod tests;
