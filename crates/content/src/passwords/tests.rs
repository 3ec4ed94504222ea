use expect_test::{Expect, expect};

use super::{COMMON, Weakness, first_entry, is_listed, strength};

fn check(password: &str, expected: Expect) {
    let outcome = strength(password, &["mia@acme.example", "Mia Lindqvist", "acme-labs"]);
    expected.assert_eq(&match outcome {
        Ok(()) => "good".to_owned(),
        Err(Weakness::Guessable { why }) => format!("guessable: {}", why.unwrap_or_default()),
        Err(weakness) => weakness.to_string(),
    });
}

#[test]
fn length_is_counted_in_characters() {
    check("kV9#xq2!Lmz", expect!["the password has 11 characters, at least 12 are needed"]);
    check("kV9#xq2!Lmzr", expect!["good"]);
    check("öäüßéèêñçøåæ", expect!["good"]);
    check(&"k9#xV2!qLmzr".repeat(21)[..252], expect!["good"]);
    check(&"x".repeat(257), expect!["the password has 257 characters, at most 256 are allowed"]);
}

#[test]
fn passphrases_and_random_ones_are_good() {
    for good in [
        "turnip velvet orbit magnet",
        "correcting-horses-4-staples",
        "q8Zr-Wm3x-Pt7k",
        "ночной поезд без окон",
    ] {
        assert_eq!(strength(good, &[]), Ok(()), "{good}");
    }
}

#[test]
fn leaked_ones_are_refused_however_they_are_dressed() {
    check(
        "qwertyuiop123456",
        expect!["the password is among those that leaked and are tried first"],
    );
    check("Sonnenschein!", expect!["the password is among those that leaked and are tried first"]);
    check(
        "!!Liverpool2024",
        expect!["the password is among those that leaked and are tried first"],
    );
    check("111222tianya", expect!["the password is among those that leaked and are tried first"]);
    check("SUNSHINE123456", expect!["the password is among those that leaked and are tried first"]);
    check("counterstrike", expect!["the password is among those that leaked and are tried first"]);
}

#[test]
fn guessable_ones_say_why() {
    check("aaaaaaaaaaaaaa", expect![[r#"guessable: Repeats like "aaa" are easy to guess."#]]);
    check(
        "abcabcabcabcabc",
        expect![[
            r#"guessable: Repeats like "abcabcabc" are only slightly harder to guess than "abc"."#
        ]],
    );
    check("acme-labs-mia-2026", expect!["guessable: It is made of what is known about you."]);
    check("mia@acme.example", expect!["guessable: It is made of what is known about you."]);
    check("mia.turnip.velvet.orbit", expect!["good"]);
    check("zxcvbnm,./asdf", expect!["guessable: Straight rows of keys are easy to guess."]);
}

#[test]
fn every_entry_is_found_and_nothing_beside_it() {
    let entries = &COMMON[first_entry(COMMON.as_bytes())..];
    let lines: Vec<&str> = entries.lines().collect();
    assert!(lines.len() > 5_000);
    assert!(lines.is_sorted_by(|a, b| a < b));
    for line in lines {
        assert!(is_listed(line), "{line}");
        assert!(is_listed(&line.to_uppercase()), "{line}");
        assert!(!is_listed(&format!("{line}\u{1}")), "{line}");
    }
    for stranger in ["", "#", "# Lower case", "zzzzzzzzzzzzzzzzzz", "turnip velvet", "\n", "é"] {
        assert!(!is_listed(stranger), "{stranger}");
    }
}

#[test]
fn long_and_odd_ones_end_soon() {
    for unit in ["a", "1!Aa", "p@$$w0rd", "4@8({[<3&69!1|70$5+7%2", "é", "\u{1f980}"] {
        let password: String = unit.chars().cycle().take(256).collect();
        let _ = strength(&password, &[&password, "a@b.c"]);
    }
}
