#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use expect_test::expect;

use super::*;

fn draft() -> Draft {
    Draft {
        name: "Spring".to_owned(),
        subject: "Spring is here".to_owned(),
        text: "Hello\r\nthere".to_owned(),
        link: "https://acme.example/spring".to_owned(),
        recipients: "u1=ada@acme.example\n\n u=2 = bo@acme.example \nu3=ADA@acme.example"
            .to_owned(),
    }
}

fn plan(draft: &Draft) -> Result<Planned, BadDraft> {
    let list = List { id: "news".to_owned(), name: "Newsletter".to_owned() };
    let mut count = 0;
    let fresh = || {
        count += 1;
        format!("id{count}")
    };
    draft.plan(&list, |email| email == "gone@acme.example", fresh, Timestamp::UNIX_EPOCH)
}

#[test]
fn each_person_gets_one_mail() {
    let planned = plan(&draft()).unwrap();
    let mails: Vec<String> = planned
        .campaign
        .mails
        .iter()
        .map(|m| format!("{} {} {}", m.id, m.user_id, m.email))
        .collect();
    assert_eq!(mails, ["id1 u1 ada@acme.example", "id2 u=2 bo@acme.example"]);
    assert_eq!(planned.campaign.text, "Hello\nthere");
    assert!(planned.left_out.is_empty());
}

#[test]
fn whoever_wants_no_more_is_left_out() {
    let draft = Draft { recipients: "u1=gone@acme.example\nu2=bo@acme.example".into(), ..draft() };
    let planned = plan(&draft).unwrap();
    assert_eq!(planned.left_out, ["gone@acme.example"]);
    assert_eq!(planned.campaign.mails.len(), 1);
}

#[test]
fn what_cannot_be_sent_is_said() {
    let with = |change: fn(&mut Draft)| {
        let mut draft = draft();
        change(&mut draft);
        plan(&draft).unwrap_err().to_string()
    };
    let said = [
        with(|d| d.name = " ".into()),
        with(|d| d.subject = "Hi\r\nBcc: everybody@acme.example".into()),
        with(|d| d.subject = "Hi\u{2028}there".into()),
        with(|d| d.subject = "a".repeat(201)),
        with(|d| d.text = "a".repeat(10_001)),
        with(|d| d.link = "javascript:alert(1)".into()),
        with(|d| d.link = "acme.example".into()),
        with(|d| d.link = format!("https://acme.example/{}", "a".repeat(2_000))),
        with(|d| d.recipients = "\n".into()),
        with(|d| d.recipients = "ada@acme.example".into()),
        with(|d| d.recipients = "u1=ada@acme.example\n=bo@acme.example".into()),
        with(|d| d.recipients = "u1=ada@acme.example>\rRCPT TO:<bo@acme.example".into()),
        with(|d| d.recipients = "u1=nobody".into()),
        with(|d| d.recipients = (0..10_001).map(|n| format!("u{n}=a{n}@b.example\n")).collect()),
    ];
    expect![[r#"
        the name is missing
        the subject must be one line of text
        the subject must be one line of text
        the subject is longer than 200 characters
        the text is longer than 10000 characters
        the link must be an http or https address, such as https://acme.example/spring
        the link must be an http or https address, such as https://acme.example/spring
        the link must be an http or https address, such as https://acme.example/spring
        a recipient is missing
        recipient 1 must be userId=address, such as 97980cfea0067=ada@acme.example
        recipient 2 must be userId=address, such as 97980cfea0067=ada@acme.example
        recipient 1 must be userId=address, such as 97980cfea0067=ada@acme.example
        recipient 1 must be userId=address, such as 97980cfea0067=ada@acme.example
        there are more than 10000 recipients"#]]
    .assert_eq(&said.join("\n"));
}
