#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use expect_test::{expect, expect_file};
use html5ever::{QualName, local_name, ns, parse_fragment, tendril::TendrilSink};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

use super::{MAX_BYTES, MarkdownProblem, check, plain_text, to_html};

/// What a page may show, written apart from the list that the crate itself goes by.
const SHOWN: &str = "html p h1 h2 h3 h4 h5 h6 ul ol li em strong del code pre blockquote a table thead tbody tr th td br hr";

fn files() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/markdown");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    files
        .map(|file| {
            let text = fs::read_to_string(file.path()).unwrap();
            (file.file_name().to_string_lossy().into_owned(), text)
        })
        .collect()
}

/// Parses as a browser would; nothing in the tree acts, loads or links elsewhere. Returns the words.
fn assert_harmless(name: &str, html: &str) -> String {
    let body = QualName::new(None, ns!(html), local_name!("body"));
    let dom =
        parse_fragment(RcDom::default(), Default::default(), body, Vec::new(), false).one(html);
    let mut words = String::new();
    let mut left: Vec<Handle> = vec![dom.document.clone()];
    while let Some(node) = left.pop() {
        match &node.data {
            NodeData::Document => {}
            NodeData::Text { contents } => words.push_str(&contents.borrow()),
            NodeData::Element { name: tag, attrs, .. } => {
                assert_eq!(tag.ns, ns!(html), "{name}: {html}");
                assert!(
                    SHOWN.split(' ').any(|shown| *shown == *tag.local),
                    "{name}: {}",
                    tag.local
                );
                for attribute in attrs.borrow().iter() {
                    assert_attribute(name, &tag.local, &attribute.name.local, &attribute.value);
                }
            }
            other => panic!("{name}: {other:?} in {html}"),
        }
        left.extend(node.children.borrow().iter().rev().cloned());
    }
    words
}

fn assert_attribute(file: &str, tag: &str, name: &str, value: &str) {
    match (tag, name) {
        ("a", "href") => {
            let scheme = url::Url::parse(value).unwrap().scheme().to_owned();
            assert!(["http", "https", "mailto"].contains(&&*scheme), "{file}: {value}");
        }
        ("a", "rel") => assert_eq!(value, "nofollow noopener noreferrer", "{file}"),
        ("ol", "start") => assert!(value.parse::<u32>().is_ok(), "{file}: {value}"),
        other => panic!("{file}: {other:?}={value}"),
    }
}

#[test]
fn hostile_texts_come_out_harmless_and_are_told_at_the_door() {
    let mut outcome = String::new();
    for (name, text) in files() {
        let html = to_html(&text);
        assert_harmless(&name, &html);
        let checked = match check(&text, 10_000) {
            Ok(()) => "fits".to_owned(),
            Err(problem) => format!("{problem}; {}", problem.fix()),
        };
        if name.starts_with("hostile-") {
            assert!(html.contains("<strong>control</strong>"), "{name}: {html}");
        } else {
            assert_eq!(checked, "fits", "{name}");
        }
        writeln!(outcome, "== {name}: {checked}\n{}", html.trim_end()).unwrap();
    }
    expect_file!["../../corpus/markdown.outcome.txt"].assert_eq(&outcome);
}

#[test]
fn bombs_end_soon_and_harmless() {
    let repeated = |unit: &str, times: usize| unit.repeat(times.min(MAX_BYTES / unit.len()));
    let bombs = [
        ("brackets", repeated("[", 60_000)),
        ("closed brackets", format!("{}{}", repeated("[", 30_000), repeated("](x)", 15_000))),
        ("images", repeated("![", 40_000)),
        (
            "links in links",
            format!("{}a{}", repeated("[", 5_000), repeated("](https://x.example)", 5_000)),
        ),
        ("emphasis", repeated("*a_", 40_000)),
        ("stars", repeated("*", 100_000)),
        ("quotes", repeated(">", 100_000)),
        ("quotes on lines", (0..400).map(|n| format!("{}a\n", ">".repeat(n))).collect()),
        ("lists", (0..400).map(|n| format!("{}- a\n", "  ".repeat(n))).collect()),
        ("list marks", repeated("- ", 60_000)),
        ("backticks", (1..450).map(|n| format!("a{}", "`".repeat(n))).collect()),
        ("tags", repeated("<a ", 40_000)),
        ("comments", repeated("<!--", 30_000)),
        ("declarations", repeated("<!A ", 30_000)),
        ("entities", repeated("&#x", 40_000)),
        ("definitions", repeated("[a]: b\n", 15_000)),
        (
            "wide table",
            format!(
                "{}|\n{}|\n{}",
                repeated("|a", 9_000),
                repeated("|-", 9_000),
                repeated("|\n", 9_000)
            ),
        ),
    ];
    for (name, bomb) in bombs {
        let html = to_html(&bomb);
        assert!(html.len() < 8 * MAX_BYTES, "{name}: {} bytes", html.len());
        assert_harmless(name, &html);
        let _ = check(&bomb, MAX_BYTES);
        plain_text(&bomb);
    }
}

#[test]
fn what_is_beyond_the_limit_is_cut() {
    let long = "ä".repeat(MAX_BYTES);
    let shown = assert_harmless("long", &to_html(&long));
    assert_eq!(shown.trim().len(), MAX_BYTES);
    let problem = MarkdownProblem::TooLong { characters: MAX_BYTES, limit: 500 };
    assert_eq!(check(&long, 500), Err(problem));
}

fn checked(text: &str, expected: expect_test::Expect) {
    let outcome =
        check(text, 200).map_or_else(|problem| problem.to_string(), |()| "fits".to_owned());
    expected.assert_eq(&outcome);
}

#[test]
fn the_first_problem_is_named_with_its_line() {
    checked("fine\n\n- one\n- two `<b>`", expect!["fits"]);
    checked("one\n\ntwo <b>three</b>", expect!["line 3 contains HTML"]);
    checked("a\n\n<!-- b -->", expect!["line 3 contains HTML"]);
    checked("a ![b](https://c.example/d.png)", expect!["line 1 contains a picture"]);
    checked("a\nb [c](javascript:d)", expect!["line 2 links to `javascript:d`"]);
    checked("[c](/d)", expect!["line 1 links to `/d`"]);
    checked("<mia@acme.example>", expect!["fits"]);
    checked(&"é".repeat(200), expect!["fits"]);
    checked(&"é".repeat(201), expect!["the text has 201 characters, at most 200 are allowed"]);
    checked(&format!("{}a", "> ".repeat(21)), expect!["line 1 is nested deeper than 20 levels"]);
    checked(&format!("{}a", "> ".repeat(20)), expect!["fits"]);
}

#[test]
fn plain_text_keeps_words_and_lines() {
    let text = files()["benign-everything.md"].clone();
    expect![[r#"
        Acme Mail Source
        Acme sends email events, fast now.
        Getting started
        Open the catalog.
        Click Add Source.
        then this
        and mail us, or mia@acme.example
        A note. Over two lines.
        And a break.
        Event Description
        Email Opened when it is opened
        {"a": "<b>"}
        starts at three
        three"#]]
    .assert_eq(&plain_text(&text));
    assert_eq!(plain_text("a ![described](https://x.example/p.png) <b>b</b>"), "a described b");
    assert_eq!(plain_text(""), "");
}
