use std::fs;

use clap::{Parser, ValueEnum};

use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    init: Init,
}

fn written(lang: Lang) -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().expect("there is room");
    let files =
        write_all(lang, folder.path(), "other-tool", "Other  \n Tool").expect("it is empty");
    (folder, files)
}

#[test]
fn a_source_speaks_of_its_integration_and_of_no_other() {
    for lang in Lang::value_variants() {
        let (folder, files) = written(*lang);
        let mut all = String::new();
        for path in &files {
            all.push_str(&fs::read_to_string(path).expect("it was written"));
        }
        assert!(!all.contains(SLUG) && !all.contains(NAME), "{lang:?}");
        assert!(all.contains("\"other-tool\"") || all.contains("'other-tool'"), "{lang:?}");
        assert!(all.contains("# Other Tool\n"), "{lang:?}");
        let workflow = folder.path().join(".github/workflows/headwater.yml");
        let workflow = fs::read_to_string(workflow).expect("it was written");
        assert!(workflow.contains("headwater integration check other-tool\n"), "{workflow}");
        assert!(folder.path().join(".gitignore").exists());
    }
}

/// The file says what the code sends: every event, every property, and nothing else.
#[test]
fn every_declared_event_is_sent_by_every_source() {
    let events = events();
    let events = events["events"].as_array().expect("a list");
    assert_eq!(events.len(), 4);
    for lang in Lang::value_variants() {
        let main = lang.templates().iter().find(|(path, _)| path.contains("main."));
        let (_, main) = main.expect("it has one");
        for event in events {
            let name = event["name"].as_str().expect("it has one");
            assert!(main.contains(name), "{lang:?} does not send {name}");
            for property in event["properties"].as_array().expect("a list") {
                let name = property["name"].as_str().expect("it has one");
                assert!(main.contains(name), "{lang:?} does not send {name}");
            }
        }
    }
}

#[test]
fn nothing_is_ever_replaced() {
    for lang in Lang::value_variants() {
        for (path, _) in lang.templates() {
            let folder = tempfile::tempdir().expect("there is room");
            write_new(&folder.path().join(path), "mine").expect("it is empty");
            let refused = write_all(*lang, folder.path(), "other-tool", "Other Tool");
            let refused = refused.expect_err("a file is there").to_string();
            assert!(refused.ends_with(&format!("{path} is there already")), "{refused}");
            let kept = fs::read_to_string(folder.path().join(path)).expect("it is there");
            assert_eq!(kept, "mine");
            let others = lang.templates().iter().filter(|(other, _)| other != path);
            for (other, _) in others {
                assert!(!folder.path().join(other).exists(), "{other}");
            }
        }
        let (folder, _) = written(*lang);
        write_all(*lang, folder.path(), "other-tool", "Other Tool").expect_err("all are there");
    }
}

#[test]
fn the_catalog_info_lists_the_events() {
    let mut file = SourceFile::new(PathBuf::from(FILE), "other-tool", "Other Tool");
    let mut info = file.info();
    info.append(&mut events());
    file.set_info(&info);
    let names: Vec<Value> = file.info()["events"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|event| event["name"].clone())
        .collect();
    assert_eq!(names, ["Email Delivered", "Email Opened", "Email Link Clicked", "Unsubscribed"]);
    assert_eq!(file.info()["regions"], json!(["us-west-2"]), "the rest is as it was");
}

#[test]
fn what_is_no_slug_does_not_become_code() {
    for bad in ["", "Acme", "a b", "a'b", "a\"b", "a/../b", "a\nb", "é"] {
        assert!(check_slug(bad).is_err(), "{bad}");
    }
    check_slug("acme-mail-2").expect("it is one");
}

#[test]
fn what_cannot_be_meant_together_is_refused() {
    let parse = |line: &str| Line::try_parse_from(line.split(' '));
    assert!(parse("init").is_err(), "which integration?");
    assert!(parse("init acme-mail --dir x").is_err(), "a folder of what?");
    assert!(parse("init acme-mail --lang node --force").is_err(), "nothing is ever replaced");
    assert!(parse("init acme-mail --lang cobol").is_err());
    let line = parse("init --lang python").expect("the slug stands in the file").init;
    assert_eq!((line.slug, line.lang, line.dir), (None, Some(Lang::Python), ".".into()));
    assert!(parse("init acme-mail").is_ok());
}
