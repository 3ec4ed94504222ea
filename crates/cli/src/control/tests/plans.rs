//! Tracking plans kept in files, and pushed.

use std::fs;

use api::{Options, testing::World};

use super::world::Site;

const RULES: &str = r#"{"rules":[{"type":"TRACK","key":"Order","version":1,"jsonSchema":{"properties":{"properties":{"properties":{"total":{"type":"number"}}}}}}]}"#;

#[tokio::test]
async fn a_plan_is_kept_in_a_file_and_pushed() {
    let options = Options { requests_per_minute: 100_000, ..Options::default() };
    let site = Site::of(World::with(options).await);
    let ada = site.person("ada@example.com").await;
    ada.log_in().await;
    ada.ok(&["workspace", "create", "Acme", "--use"]).await;
    ada.ok(&["source", "create", "http-api", "--slug", "shop"]).await;
    assert!(ada.ok(&["tracking-plan", "list"]).await.starts_with("no tracking plans"));

    let file = ada.file("shop.json");
    let path = file.to_str().expect("a plain path");
    fs::write(&file, RULES.replace("number", "numbr")).expect("it can be written");
    let notes = ada.fails(1, &["tracking-plan", "create", "Shop", "--file", path]).await;
    assert!(notes.contains("/rules/0/jsonSchema") && notes.contains("(bad_rule)"), "{notes}");
    assert!(ada.ok(&["tracking-plan", "list"]).await.starts_with("no tracking plans"));
    fs::write(&file, RULES).expect("it can be written");
    let made = ada.ok(&["tracking-plan", "create", "Shop", "--file", path]).await;
    assert_eq!(made, "shop\n");
    assert_eq!(ada.json(&["tracking-plan", "list"]).await["rules"], 1);
    assert_eq!(ada.ok(&["tracking-plan", "push", "shop", path]).await, "nothing differs\n");

    let table = ada.file("shop.csv");
    let pulled = ada.ok(&["tracking-plan", "pull", "shop", "--csv"]).await;
    fs::write(&table, pulled.replace("number", "string")).expect("it can be written");
    let push = ["tracking-plan", "push", "shop", table.to_str().expect("a plain path")];
    let ran = ada.run(&push).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("! TRACK \"Order\" version 1, properties.total: type"), "{ran:?}");
    assert!(ran.notes.contains("nothing was changed"), "{ran:?}");
    ada.ok(&[&push[..], &["--breaking"]].concat()).await;
    let versions = ada.ok(&["tracking-plan", "versions", "shop"]).await;
    assert_eq!(versions.lines().count(), 3, "{versions}");
    assert!(ada.ok(&["tracking-plan", "pull", "shop"]).await.contains("\"string\""));

    ada.ok(&["tracking-plan", "connect", "shop", "shop"]).await;
    let notes = ada.fails(1, &["tracking-plan", "delete", "shop", "--yes"]).await;
    assert!(notes.contains("(in_use)"), "{notes}");
    let seen = ada.ok(&["tracking-plan", "violations", "shop"]).await;
    assert_eq!(seen, "nothing breaks the plan\n");
    ada.ok(&["tracking-plan", "disconnect", "shop", "shop"]).await;
    ada.ok(&["tracking-plan", "delete", "shop", "--yes"]).await;
    site.stop().await;
}
