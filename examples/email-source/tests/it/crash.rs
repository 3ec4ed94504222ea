//! Killed without warning, between what happened and telling of it.

use std::{path::Path, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{
    arguments, campaign, get,
    recorder::{Answer, Recorder, by_id},
    smtp::Catcher,
    text,
};

/// The service as a process of its own.
struct Process {
    child: Child,
    admin: String,
    public: String,
}

impl Process {
    async fn start(catcher: &Catcher, recorder: &Recorder, folder: &Path) -> Process {
        let mut child = Command::new(env!("CARGO_BIN_EXE_email-source"))
            .arg("serve")
            .args(arguments(catcher, recorder, folder))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = async || {
            let line = crate::soon(lines.next_line()).await.unwrap().unwrap();
            line.split_once("http").map(|(_, rest)| format!("http{rest}")).unwrap()
        };
        let (admin, public) = (address().await, address().await);
        Process { child, admin, public }
    }

    /// SIGKILL: nothing is written any more.
    async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

#[tokio::test]
async fn nothing_is_lost_and_nothing_doubled() {
    let (catcher, recorder) = (Catcher::start().await, Recorder::start().await);
    let folder = tempfile::tempdir().unwrap();

    // Headwater is away: all that happens waits on disk.
    recorder.answer(&[Answer::Unavailable; 1_000]);
    let process = Process::start(&catcher, &recorder, folder.path()).await;
    let to = "1=ada@acme.example\n2=bo@acme.example\n3=cy@acme.example";
    let (_, made) = campaign(&format!("{}campaigns", process.admin), &[("recipients", to)]).await;
    let progress = format!("{}campaigns/{}", process.admin, made["id"].as_str().unwrap());
    let mails = catcher.mails(3).await;
    // the mail server's last yes may still be on its way
    let all_kept = async {
        while text(&get(&progress).await).matches("Email Delivered").count() < 3 {
            tokio::task::yield_now().await;
        }
    };
    crate::soon(all_kept).await;
    let clicked = get(&mails[0].address("click")).await;
    assert_eq!(clicked.headers()["location"], "https://acme.example/spring?a=1&b=2");
    recorder.requests(1).await;
    process.kill().await;
    assert!(recorder.messages(0).await.is_empty(), "Headwater took nothing");

    // It hears, but cannot say so before we die again.
    recorder.forget_answers();
    recorder.answer(&[Answer::Silence]);
    let before = recorder.requests(0).await.len();
    let process = Process::start(&catcher, &recorder, folder.path()).await;
    let heard = recorder.requests(before + 1).await.pop().unwrap();
    process.kill().await;

    let process = Process::start(&catcher, &recorder, folder.path()).await;
    let messages = recorder.messages(4).await;
    // the third life told all that the second one did, by the same ids
    let known = by_id(&messages);
    assert_eq!((messages.len(), known.len()), (4, 4), "each was taken once");
    for message in heard.body["batch"].as_array().unwrap() {
        assert_eq!(known.get(message["messageId"].as_str().unwrap()), Some(message));
    }
    let mut events: Vec<_> = messages.iter().map(|it| it["event"].as_str().unwrap()).collect();
    events.sort_unstable();
    let delivered = "Email Delivered";
    assert_eq!(events, [delivered, delivered, delivered, "Email Link Clicked"]);

    // a fourth life has nothing left to say, and links of the first still work
    let noted = async {
        while text(&get(&process.admin).await).contains("<td>Waiting</td>") {
            tokio::task::yield_now().await;
        }
    };
    crate::soon(noted).await;
    process.kill().await;
    let process = Process::start(&catcher, &recorder, folder.path()).await;
    let token = mails[1].address("click").rsplit('/').next().unwrap().to_owned();
    get(&format!("{}click/{token}", process.public)).await;
    let messages = recorder.messages(5).await;
    assert_eq!((messages.len(), &messages[4]["userId"]), (5, &"2".into()));
    assert_eq!(catcher.count(), 3, "no mail went out twice");
}
