use std::fs;

use crate::process::run;

#[test]
fn config_check_names_every_problem_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("headwater.toml"), "[server]\nlisen = \"x\"\n[dlivery]\n")
        .unwrap();
    let (code, _, errors) = run(folder.path(), &["config", "check"]);
    assert_eq!(code, 1);
    assert!(errors.contains("headwater.toml:2:1: unknown key \"lisen\""), "{errors}");
    assert!(errors.contains("did you mean \"delivery\""), "{errors}");
    let (code, json, _) = run(folder.path(), &["config", "check", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, json["problems"].as_array().unwrap().len()), (1, 2));
    assert_eq!(json["problems"][0]["line"], 2);
    let (code, _, errors) = run(folder.path(), &["config", "check", "missing.toml"]);
    assert_eq!(code, 3, "{errors}");
}

#[test]
fn the_reference_is_a_valid_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let (code, reference, _) = run(folder.path(), &["config", "reference"]);
    assert_eq!(code, 0);
    fs::write(folder.path().join("headwater.toml"), reference).unwrap();
    let (code, said, errors) = run(folder.path(), &["config", "check"]);
    assert_eq!(code, 0, "{errors}");
    assert!(said.contains("valid; 0 sources"), "{said}");
    let (code, shown, _) = run(folder.path(), &["config", "show", "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((code, &shown["server"]["listen"]), (0, &"127.0.0.1:8080".into()));
}

#[test]
fn completions_exist_for_every_shell() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let (code, script, _) = run(folder.path(), &["completions", shell]);
        assert!(code == 0 && script.contains("dead-letters"), "{shell}: {script}");
    }
}

#[test]
fn every_subcommand_has_examples() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        vec!["serve"],
        vec!["dev"],
        vec!["check"],
        vec!["config", "check"],
        vec!["config", "show"],
        vec!["config", "reference"],
        vec!["completions"],
        vec!["log", "stat"],
        vec!["log", "verify"],
        vec!["log", "export"],
        vec!["tail"],
        vec!["send"],
        vec!["trace"],
    ] {
        let help: Vec<&str> = arguments.iter().copied().chain(["--help"]).collect();
        let (code, text, _) = run(folder.path(), &help);
        assert!(code == 0 && text.contains("Examples:"), "{arguments:?}: {text}");
    }
    assert_eq!(run(folder.path(), &["sreve"]).0, 2);
}

#[test]
fn check_fails_on_findings_and_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let good = r#"{"type":"track","userId":"u","event":"E"}"#;
    fs::write(folder.path().join("good.json"), good).unwrap();
    let (code, said, errors) = run(folder.path(), &["check", "good.json"]);
    assert_eq!((code, said.as_str()), (0, ""), "{errors}");
    fs::write(folder.path().join("bad.ndjson"), format!("{good}\n{{\"type\":\"page\"}}\n"))
        .unwrap();
    let (code, said, _) = run(folder.path(), &["check", "good.json", "bad.ndjson"]);
    assert!(code == 1 && said.contains("bad.ndjson:2:"), "{said}");
    let (code, said, _) = run(folder.path(), &["check", "bad.ndjson", "--json"]);
    let finding: serde_json::Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert_eq!((code, &finding["line"]), (1, &2.into()));
    assert_eq!(run(folder.path(), &["check", "missing.json"]).0, 3);
}
