#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

fn check(slug: &str, expect: Expect) {
    let told = match check_slug(slug) {
        Ok(()) => "ok".to_owned(),
        Err(p) => format!("{}: {}; {}", p.code, p.message, p.fix),
    };
    expect.assert_eq(&told);
}

#[test]
fn a_slug_is_lower_case_words_with_single_hyphens() {
    check("acme-mail", expect!["ok"]);
    check("a1", expect!["ok"]);
    check("", expect!["slug_empty: the slug is empty; give one"]);
    check("a", expect!["slug_length: the slug has 1 characters; make it longer"]);
    check(&"a".repeat(64), expect!["ok"]);
    check(&"a".repeat(65), expect!["slug_length: the slug has 65 characters; shorten it"]);
    check(
        "Acme Mail",
        expect![[r#"slug_format: 'A' cannot stand in "Acme Mail"; use "acme-mail", for example"#]],
    );
    check(
        "acme_mail",
        expect![[r#"slug_format: '_' cannot stand in "acme_mail"; use "acme-mail", for example"#]],
    );
    check(
        "acme--mail",
        expect![[
            r#"slug_format: "acme--mail" has a hyphen at an end or two in a row; use "acme-mail", for example"#
        ]],
    );
    check(
        "-acme",
        expect![[
            r#"slug_format: "-acme" has a hyphen at an end or two in a row; use "acme", for example"#
        ]],
    );
    check(
        "4ever",
        expect![[
            r#"slug_format: "4ever" starts with a digit; put a letter first, as in "my-4ever""#
        ]],
    );
    check(
        "日本",
        expect![[
            r#"slug_format: '日' cannot stand in "日本"; use lower-case letters, digits and hyphens"#
        ]],
    );
}

#[test]
fn words_of_our_own_are_reserved() {
    check(
        "sources",
        expect![[
            r#"slug_reserved: "sources" is reserved; put your company's name in front, as in "acme-sources""#
        ]],
    );
    check("sources-of-joy", expect!["ok"]);
    assert_eq!(check_workspace_slug("goto-my-workspace").unwrap_err().code, "slug_reserved");
    for word in ["login", "sources", "api", "new"] {
        assert!(check_workspace_slug(word).is_ok(), "{word}");
    }
    assert_eq!(check_source_slug("new").unwrap_err().code, "slug_reserved");
}

#[test]
fn reserved_words_are_slugs_and_sorted() {
    for list in [&RESERVED[..], &RESERVED_FOR_WORKSPACES, &RESERVED_FOR_SOURCES] {
        assert!(list.is_sorted());
        for word in list {
            assert!(check_form(word, SLUG_CHARS_MIN, true).is_ok(), "{word}");
        }
    }
}

#[test]
fn sources_may_start_with_a_digit() {
    assert!(check_source_slug("1").is_ok());
    assert!(check_source_slug("2nd-shop").is_ok());
    assert!(check_source_slug("a--b").is_err());
    assert!(check_workspace_slug("2nd-shop").is_err());
}

#[test]
fn names_become_slugs() {
    let of = |name| suggest_slug(name);
    assert_eq!(of("Acme Mail"), "acme-mail");
    assert_eq!(of("  Acme   Mail!  "), "acme-mail");
    assert_eq!(of("Müller & Söhne"), "mueller-soehne");
    assert_eq!(of("Émile's Café"), "emiles-cafe");
    assert_eq!(of("24/7 Chat"), "source-24-7-chat");
    assert_eq!(of("日本"), "my-source");
    assert_eq!(of(""), "my-source");
    assert_eq!(of("Test"), "test-source");
    assert_eq!(of("Source"), "source-source");
    assert_eq!(suggest_workspace_slug("Login"), "login");
    let reserved = suggest_workspace_slug("Goto my workspace");
    assert_eq!(reserved, "goto-my-workspace-workspace");
    assert_eq!(suggest_source_slug("24/7 Chat"), "24-7-chat");
    assert_eq!(suggest_source_slug("iOS App"), "ios-app");
}

#[test]
fn a_name_is_one_line() {
    let code = |name: &str| check_name(name).map_err(|problem| problem.code);
    assert_eq!(code("Acme Mail — für alle"), Ok(()));
    assert_eq!(code(" \t"), Err("name_empty"));
    assert_eq!(code("Acme "), Err("blank_at_end"));
    assert_eq!(code("Acme\nMail"), Err("control_character"));
    assert_eq!(code(&"ä".repeat(60)), Ok(()));
    assert_eq!(code(&"ä".repeat(61)), Err("too_long"));
}

#[test]
fn a_taken_slug_comes_with_free_ideas() {
    let taken = ["acme", "acme-source"];
    let ideas = free_slugs("acme", 2, |slug| taken.contains(&slug));
    assert_eq!(ideas, ["acme-events", "acme-app"]);
    assert_eq!(free_slugs("acme", 5, |_| false).last().unwrap(), "acme-3");
    assert!(free_slugs("acme", 2, |_| true).is_empty());
}

proptest! {
    #[test]
    fn every_suggestion_may_be_used(name in "\\PC{0,120}") {
        prop_assert!(check_slug(&suggest_slug(&name)).is_ok());
        prop_assert!(check_workspace_slug(&suggest_workspace_slug(&name)).is_ok());
        prop_assert!(check_source_slug(&suggest_source_slug(&name)).is_ok());
        for idea in free_slugs(&name, 3, |_| false) {
            prop_assert!(check_slug(&idea).is_ok());
        }
    }

    #[test]
    fn a_good_slug_suggests_itself(slug in "[a-z][a-z0-9]{0,10}(-[a-z0-9]{1,8}){0,4}") {
        if check_slug(&slug).is_ok() {
            prop_assert_eq!(suggest_slug(&slug), slug);
        }
    }

    #[test]
    fn only_the_form_passes(slug in "\\PC{0,70}") {
        if check_slug(&slug).is_ok() {
            let words: Vec<_> = slug.split('-').collect();
            prop_assert!(slug.starts_with(|c: char| c.is_ascii_lowercase()));
            prop_assert!((2..=64).contains(&slug.len()));
            prop_assert!(words.iter().all(|word| !word.is_empty()
                && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())));
        }
    }
}
