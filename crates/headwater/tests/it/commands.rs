use std::{fs, process::Command};

use crate::process::{Server, headwater, run};

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
fn config_check_names_variables_and_reads_the_files_that_keys_name() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[delivery]\nca = \"authority.pem\"\n[server]\napi_token = \"short-secret\"\n";
    fs::write(folder.path().join("headwater.toml"), text).unwrap();
    let check = |arguments: &[&str]| {
        let output = headwater()
            .current_dir(folder.path())
            .args(["config", "check"])
            .args(arguments)
            .env("HEADWATER_SERVER__LISTN", "0.0.0.0:1")
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (code, said) = check(&[]);
    assert_eq!(code, Some(1));
    for part in [
        "environment variable HEADWATER_SERVER__LISTN: unknown key \"listn\" in [server]; did you mean \"listen\"?",
        "headwater.toml:2:6: delivery.ca names authority.pem: it cannot be read: No such file",
        "headwater.toml:4:13: server.api_token must be text of at least 16 characters",
        "3 problems",
    ] {
        assert!(said.contains(part), "{part} is missing: {said}");
    }
    assert!(!said.contains("short-secret"), "{said}");
    let (code, said) = check(&["--json"]);
    let verdict: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &verdict["valid"]), (Some(1), &false.into()));
    assert_eq!(verdict["problems"][0]["variable"], "HEADWATER_SERVER__LISTN");
    let (code, _, errors) = run(folder.path(), &["serve"]);
    assert!(code == 1 && errors.contains("authority.pem"), "serve says the same: {errors}");
}

#[test]
fn completions_exist_for_every_shell() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, script, _) = run(folder.path(), &["completions", shell]);
        assert!(code == 0 && script.contains("dead-letters"), "{shell}: {script}");
    }
    assert_eq!(run(folder.path(), &["completions", "tcsh"]).0, 2);
}

#[test]
fn bash_completes_subcommands_and_flags() {
    let folder = tempfile::tempdir().unwrap();
    let (_, script, _) = run(folder.path(), &["completions", "bash"]);
    let file = folder.path().join("completions");
    fs::write(&file, script).unwrap();
    let complete = |words: &[&str]| {
        let last = words.len() - 1;
        let tried = format!(
            ". {}\nCOMP_WORDS=({}); COMP_CWORD={last}; _headwater headwater '{}' '{}'\n\
             echo \"${{COMPREPLY[@]}}\"",
            file.display(),
            words.join(" "),
            words[last],
            words[last - 1],
        );
        let output = Command::new("bash").args(["-c", &tried]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(complete(&["headwater", "conf"]), "config");
    assert_eq!(complete(&["headwater", "config", "re"]), "reference");
    assert_eq!(complete(&["headwater", "serve", "--da"]), "--data-dir");
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
        vec!["balance"],
        vec!["dead-letters", "list"],
        vec!["dead-letters", "redeliver"],
        vec!["replay", "create"],
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

#[test]
fn commands_find_the_server_that_runs_in_their_folder() {
    let mut server = Server::start("");
    let folder = server.folder.path().to_owned();
    // It answers a moment before it announces itself.
    server.until("the server is found", |_| {
        let (code, out, _) = run(&folder, &["catalog", "search", "http"]);
        (code == 0 && out.contains("http-api")).then_some(())
    });
    let (code, _, errors) = run(&folder, &["balance", "--source", "website"]);
    assert_eq!(code, 0, "{errors}");
    let elsewhere = tempfile::tempdir().unwrap();
    let data_dir = folder.join("data").display().to_string();
    let (code, _, errors) = run(elsewhere.path(), &["balance", "--data-dir", &data_dir]);
    assert_eq!(code, 0, "{errors}");
    assert!(server.stop().success());
    let (code, _, errors) = run(&folder, &["catalog", "search", "http"]);
    assert!(code != 0 || !errors.contains(&server.address), "it runs no more: {errors}");
}
