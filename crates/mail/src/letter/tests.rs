use expect_test::{Expect, expect, expect_file};

use super::{Comment, Letter};

/// 28 November 2026, 14:05 UTC.
const AT_MS: i64 = 1_795_874_700_000;
const HOSTILE: &str =
    "Eve\r\nBcc: all@victim.example\u{202e}<script>alert(1)</script> \"' https://evil.example & co";

fn url() -> String {
    "https://headwater.example/verify?token=hw_verify_0123456789&next=%2F".to_owned()
}

/// One of each, with `word` wherever somebody else may write.
fn all(word: &str) -> Vec<Letter> {
    let (w, url, expires_at_ms, at_ms) = (|| word.to_owned(), url, AT_MS, AT_MS);
    let comments = vec![
        Comment { about: "Description".to_owned(), text: format!("{word}\nSecond line.") },
        Comment { about: w(), text: "Use “Email Bounced”.".to_owned() },
    ];
    vec![
        Letter::VerifyEmail { url: url(), expires_at_ms },
        Letter::AccountExists { sign_in_url: url() },
        Letter::ResetPassword { url: url(), expires_at_ms },
        Letter::ChangeEmail { url: url(), expires_at_ms },
        Letter::EmailChanged { new_email: w(), at_ms },
        Letter::PasswordChanged { at_ms, reset_url: url() },
        Letter::SecondFactorChanged { on: false, at_ms, account_url: url() },
        Letter::NewSignIn { at_ms, browser: w(), address: w(), sessions_url: url() },
        Letter::WorkspaceInvitation {
            workspace: w(),
            inviter: w(),
            role: w(),
            url: url(),
            expires_at_ms,
        },
        Letter::ApplicationReceived { company: w(), url: url() },
        Letter::ApplicationQuestion { company: w(), question: w(), url: url() },
        Letter::ApplicationDeclined { company: w(), reason: w() },
        Letter::PartnerInvitation { company: w(), url: url(), expires_at_ms },
        Letter::PartnerTeamInvitation {
            company: w(),
            inviter: w(),
            role: w(),
            url: url(),
            expires_at_ms,
        },
        Letter::ReviewStarted { integration: w(), answer_by_ms: at_ms, url: url() },
        Letter::ChangesRequested { integration: w(), comments, url: url() },
        Letter::Approved { integration: w(), public_at_ms: at_ms, url: url() },
        Letter::InPrivateBeta { integration: w(), url: url() },
        Letter::EditPublished { integration: w(), url: url() },
        Letter::Deprecated { integration: w(), reason: w() },
        Letter::Removed { integration: w(), reason: w() },
        Letter::Alert { workspace: w(), title: w(), says: w(), url: url() },
        Letter::Test { at_ms },
    ]
}

#[test]
fn every_letter_reads_well() {
    let letters = all("Acme Mail");
    let texts: Vec<String> = letters
        .iter()
        .map(|letter| letter.render())
        .map(|letter| format!("==== {}\n\n{}", letter.subject, letter.text))
        .collect();
    expect_file!["tests/letters.txt"].assert_eq(&texts.join("\n"));
}

#[test]
fn html_says_what_the_text_says() {
    expect_file!["tests/changes_requested.html"].assert_eq(&all("Acme Mail")[15].render().html);
}

#[test]
fn words_of_others_stay_words() {
    for letter in all(HOSTILE) {
        let drawn = letter.render();
        assert!(!drawn.subject.chars().any(char::is_control), "{:?}", drawn.subject);
        for hidden in ["\u{202e}", "\r"] {
            assert!(!drawn.text.contains(hidden) && !drawn.html.contains(hidden));
        }
        let page = drawn.html.to_lowercase();
        for tag in ["<script", "<img", "<iframe", "<link", "<form", "onload", "src=", "url("] {
            assert!(!page.contains(tag), "{tag} in {page}");
        }
        // links lead to us, and nowhere else
        for link in page.split("href=\"").skip(1) {
            assert!(link.starts_with("https://headwater.example/"), "{link}");
        }
        assert!(drawn.text.lines().all(|line| !line.starts_with("Bcc:")), "{}", drawn.text);
        // the same words, for those who read HTML
        if drawn.text.contains("alert(1)") {
            assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
        }
    }
}

#[test]
fn tags_are_balanced_in_every_letter() {
    for letter in all(HOSTILE) {
        let html = letter.render().html;
        for tag in ["html", "head", "body", "table", "tr", "td", "div", "p", "a", "style", "title"]
        {
            let open = html.matches(&format!("<{tag}>")).count()
                + html.matches(&format!("<{tag} ")).count();
            assert_eq!(open, html.matches(&format!("</{tag}>")).count(), "{tag} in {html}");
        }
    }
}

fn check(workspace: &str, expected: Expect) {
    let invitation = Letter::WorkspaceInvitation {
        workspace: workspace.to_owned(),
        inviter: "Mia".to_owned(),
        role: "member".to_owned(),
        url: url(),
        expires_at_ms: AT_MS,
    };
    expected.assert_eq(&invitation.render().subject);
}

#[test]
fn a_subject_is_one_line_of_readable_length() {
    check("Acme", expect!["Invitation to the workspace “Acme”"]);
    check(
        "Acme\r\nBcc: x@y.example",
        expect!["Invitation to the workspace “Acme Bcc: x@y.example”"],
    );
    check("  a \t\u{0}\u{7f}\u{85} b  ", expect!["Invitation to the workspace “a b”"]);
    check("\u{202e}emca\u{202c}\u{200b}", expect!["Invitation to the workspace “emca”"]);
    check(
        "visit https://evil.example now",
        expect!["Invitation to the workspace “visit https evil.example now”"],
    );
    check(
        &"long ".repeat(60),
        expect![
            "Invitation to the workspace “long long long long long long long long long long long long long long l…"
        ],
    );
    check("東京 – Köln", expect!["Invitation to the workspace “東京 – Köln”"]);
}
