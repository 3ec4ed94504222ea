#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use expect_test::expect;
use proptest::prelude::*;

use super::*;

const WS: &str = "ws_1";

fn dev() -> Label {
    Label::new("environment", "dev")
}

fn labelled(role: Role, labels: &[Label]) -> Permission {
    Permission { labels: labels.to_vec(), ..Permission::everywhere(role, WS) }
}

#[test]
fn the_whole_matrix() {
    let needs = [
        ("member", Need::Member),
        ("owner", Need::Owner),
        ("source.read", Need::SourceRead("src_1")),
        ("source.admin", Need::SourceAdmin("src_1")),
        ("source.create", Need::SourceCreate),
        ("destination.read", Need::DestinationRead { id: "dst_1", source: "src_1" }),
        ("destination.create", Need::DestinationCreate { source: "src_1" }),
        ("destination.admin", Need::DestinationAdmin { id: "dst_1", source: "src_1" }),
        ("plan.read", Need::TrackingPlanRead),
        ("plan.admin", Need::TrackingPlanAdmin),
    ];
    let row = |name: String, permissions: &[Permission]| {
        let given = needs.iter().filter(|(_, need)| may(permissions, need, &[]));
        let given: Vec<_> = given.map(|(name, _)| *name).collect();
        format!("{name}: {}\n", given.join(" "))
    };
    let mut table = row("nobody".into(), &[]);
    for role in Role::ALL {
        table += &row(format!("{} everywhere", role.name()), &[Permission::everywhere(role, WS)]);
        let id = match role.single() {
            Some(ResourceType::Source) => "src",
            Some(_) => "dst",
            None => continue,
        };
        let kind = role.single().unwrap();
        table +=
            &row(format!("{} here", role.name()), &[Permission::on(role, kind, format!("{id}_1"))]);
        table += &row(
            format!("{} elsewhere", role.name()),
            &[Permission::on(role, kind, format!("{id}_2"))],
        );
    }
    expect![[r#"
        nobody: 
        Workspace Owner everywhere: member owner source.read source.admin source.create destination.read destination.create destination.admin plan.read plan.admin
        Workspace Member everywhere: member
        Source Admin everywhere: member source.read source.admin source.create destination.read destination.create destination.admin
        Source Admin here: member source.read source.admin destination.read destination.create destination.admin
        Source Admin elsewhere: member
        Source Read-only everywhere: member source.read destination.read
        Source Read-only here: member source.read destination.read
        Source Read-only elsewhere: member
        Destination Admin everywhere: member destination.read destination.admin
        Destination Admin here: member destination.read destination.admin
        Destination Admin elsewhere: member
        Destination Read-only everywhere: member destination.read
        Destination Read-only here: member destination.read
        Destination Read-only elsewhere: member
        Tracking Plan Admin everywhere: member plan.read plan.admin
        Tracking Plan Read-only everywhere: member plan.read
    "#]]
    .assert_eq(&table);
}

#[test]
fn labels_limit_and_all_of_them_must_hold() {
    let eu = Label::new("region", "eu");
    let both = [labelled(Role::SourceAdmin, &[dev(), eu.clone()])];
    let source = Need::SourceAdmin("src_1");
    assert!(!may(&both, &source, &[]));
    assert!(!may(&both, &source, &[dev()]));
    assert!(may(&both, &source, &[dev(), eu.clone()]));
    let destination = Need::DestinationAdmin { id: "dst_1", source: "src_1" };
    assert!(may(&both, &destination, &[dev(), eu.clone()]));
    // two permissions are OR
    let either = [labelled(Role::SourceAdmin, &[dev()]), labelled(Role::SourceAdmin, &[eu])];
    assert!(may(&either, &source, &[dev()]));
    // with labels, nobody makes sources: a new one has none yet
    assert!(!may(&either, &Need::SourceCreate, &[dev()]));
}

#[test]
fn labels_on_the_permission_and_on_the_resource_add_up() {
    let eu = Label::new("region", "eu");
    let mut permission = labelled(Role::SourceReadOnly, &[dev()]);
    permission.resources[0].labels.push(eu.clone());
    let permissions = [permission];
    assert!(!may(&permissions, &Need::SourceRead("src_1"), &[dev()]));
    assert!(may(&permissions, &Need::SourceRead("src_1"), &[dev(), eu]));
}

#[test]
fn the_highest_wins() {
    let permissions = [
        Permission::everywhere(Role::SourceReadOnly, WS),
        Permission::on(Role::SourceAdmin, ResourceType::Source, "src_1"),
    ];
    assert!(may(&permissions, &Need::SourceAdmin("src_1"), &[]));
    assert!(may(&permissions, &Need::SourceRead("src_2"), &[]));
    assert!(!may(&permissions, &Need::SourceAdmin("src_2"), &[]));
}

#[test]
fn a_destination_admin_connects_only_to_sources_they_see() {
    let create = Need::DestinationCreate { source: "src_1" };
    let destinations = Permission::everywhere(Role::DestinationAdmin, WS);
    let one = Permission::on(Role::DestinationAdmin, ResourceType::Destination, "dst_1");
    let source = Permission::on(Role::SourceReadOnly, ResourceType::Source, "src_1");
    assert!(!may(std::slice::from_ref(&destinations), &create, &[]));
    assert!(!may(&[one, source.clone()], &create, &[]));
    assert!(may(&[destinations, source], &create, &[]));
}

#[test]
fn what_makes_no_sense_gives_nothing() {
    let nonsense = [
        Permission { role_id: "superuser".into(), ..Permission::everywhere(Role::SourceAdmin, WS) },
        Permission::on(Role::WorkspaceOwner, ResourceType::Source, "src_1"),
        Permission::on(Role::SourceAdmin, ResourceType::Destination, "src_1"),
        Permission::on(Role::TrackingPlanAdmin, ResourceType::Source, "src_1"),
        labelled(Role::WorkspaceOwner, &[dev()]),
        Permission { resources: vec![], ..Permission::everywhere(Role::WorkspaceOwner, WS) },
    ];
    for need in [
        Need::Owner,
        Need::SourceRead("src_1"),
        Need::SourceCreate,
        Need::DestinationRead { id: "dst_1", source: "src_1" },
        Need::TrackingPlanRead,
    ] {
        assert!(!may(&nonsense, &need, &[dev()]), "{need:?}");
    }
}

#[test]
fn wrong_permissions_are_refused_all_at_once() {
    let codes = |permissions: &[Permission]| -> Vec<String> {
        let problems = check_permissions(permissions, WS);
        problems.iter().map(|p| format!("{} {}", p.pointer, p.code)).collect()
    };
    assert_eq!(codes(&[]), [" no_permissions"]);
    for role in Role::ALL {
        assert!(codes(&[Permission::everywhere(role, WS)]).is_empty());
    }
    assert_eq!(
        codes(&[
            Permission { role_id: "x".into(), ..Permission::everywhere(Role::SourceAdmin, WS) },
            Permission::on(Role::WorkspaceOwner, ResourceType::Source, "src_1"),
            Permission::everywhere(Role::SourceAdmin, "ws_2"),
            Permission::on(Role::SourceAdmin, ResourceType::Destination, "dst_1"),
            labelled(Role::WorkspaceMember, &[dev()]),
            labelled(Role::SourceAdmin, &[dev(), Label::new("environment", "")]),
            Permission { resources: vec![], ..Permission::everywhere(Role::SourceAdmin, WS) },
        ]),
        [
            "/0/roleId unknown_role",
            "/1/resources/0/type wrong_resource_type",
            "/2/resources/0/id unknown_resource",
            "/3/resources/0/type wrong_resource_type",
            "/4/labels labels_without_meaning",
            "/5/labels/1/value bad_label",
            "/5/labels/1/key label_key_twice",
            "/6/resources no_resources",
        ]
    );
}

#[test]
fn permissions_read_what_clients_send_back() {
    let json = r#"{"roleId": "source_admin", "roleName": "Source Admin", "resources":
        [{"id": "src_1", "type": "SOURCE", "labels": [{"key": "a", "value": "b"}]}]}"#;
    let permission: Permission = serde_json::from_str(json).unwrap();
    assert_eq!(
        serde_json::to_string(&permission).unwrap(),
        r#"{"roleId":"source_admin","resources":[{"id":"src_1","type":"SOURCE","labels":[{"key":"a","value":"b"}]}]}"#
    );
    for role in Role::ALL {
        assert_eq!(Role::parse(role.id()), Some(role));
        assert_eq!(serde_json::to_value(role).unwrap(), role.id());
    }
}

#[test]
fn a_team_has_builders_and_admins() {
    let of = |role| -> Vec<String> {
        let needs = TeamNeed::ALL.into_iter().filter(|need| team_may(role, *need));
        needs.map(|need| format!("{need:?}")).collect()
    };
    assert_eq!(of(TeamRole::Builder), ["See", "Build", "AddToWorkspace", "Submit"]);
    assert_eq!(of(TeamRole::Admin).len(), TeamNeed::ALL.len());
    for role in TeamRole::ALL {
        assert_eq!(TeamRole::parse(role.as_str()), Some(role));
        assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
    }
}

fn some_labels() -> impl Strategy<Value = Vec<Label>> {
    let label = (0..2usize, 0..2usize)
        .prop_map(|(key, value)| Label::new(["env", "region"][key], ["a", "b"][value]));
    prop::collection::vec(label, 0..3)
}

fn some_permissions() -> impl Strategy<Value = Vec<Permission>> {
    let kinds = [ResourceType::Workspace, ResourceType::Source, ResourceType::Destination];
    let resource =
        (0..kinds.len(), 0..2usize, some_labels()).prop_map(move |(kind, id, labels)| {
            let id = match kinds[kind] {
                ResourceType::Workspace => WS.to_owned(),
                ResourceType::Source => format!("src_{id}"),
                ResourceType::Destination => format!("dst_{id}"),
            };
            Resource { id, kind: kinds[kind], labels }
        });
    let permission = (0..Role::ALL.len(), prop::collection::vec(resource, 0..3), some_labels())
        .prop_map(|(role, resources, labels)| Permission {
            role_id: Role::ALL[role].id().to_owned(),
            resources,
            labels,
        });
    prop::collection::vec(permission, 0..4)
}

/// All but `DestinationCreate`, for which two permissions may count together.
const NEEDS: [Need<'_>; 9] = [
    Need::Member,
    Need::Owner,
    Need::SourceRead("src_0"),
    Need::SourceAdmin("src_0"),
    Need::SourceCreate,
    Need::DestinationRead { id: "dst_0", source: "src_0" },
    Need::DestinationAdmin { id: "dst_0", source: "src_0" },
    Need::TrackingPlanRead,
    Need::TrackingPlanAdmin,
];

proptest! {
    #[test]
    fn permissions_only_add_up(
        some in some_permissions(), more in some_permissions(), labels in some_labels()
    ) {
        let all: Vec<_> = some.iter().chain(&more).cloned().collect();
        for need in NEEDS {
            let alone = may(&some, &need, &labels) || may(&more, &need, &labels);
            prop_assert_eq!(may(&all, &need, &labels), alone, "{:?}", need);
        }
    }

    #[test]
    fn to_change_is_to_see(permissions in some_permissions(), labels in some_labels()) {
        for (admin, read) in [(3, 2), (6, 5), (8, 7)] {
            prop_assert!(
                !may(&permissions, &NEEDS[admin], &labels) || may(&permissions, &NEEDS[read], &labels)
            );
        }
        let owner = may(&permissions, &Need::Owner, &labels);
        prop_assert!(!owner || NEEDS.iter().all(|need| may(&permissions, need, &labels)));
    }

    #[test]
    fn other_workspaces_ids_and_labels_never_add(
        permissions in some_permissions(), labels in some_labels()
    ) {
        for need in NEEDS {
            // without labels on the resource one may do at most what one may do with them
            prop_assert!(!may(&permissions, &need, &[]) || may(&permissions, &need, &labels));
        }
    }
}
