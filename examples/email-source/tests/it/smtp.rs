//! A mail server that keeps what it gets, and refuses when it is told to.

use std::sync::{Arc, Mutex};

use mail_parser::{Message, MessageParser};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// One mail as it came in.
#[derive(Clone)]
pub(crate) struct Caught {
    pub(crate) to: Vec<String>,
    pub(crate) data: Vec<u8>,
}

pub(crate) struct Catcher {
    pub(crate) url: String,
    caught: watch::Receiver<Vec<Caught>>,
    replies: Replies,
    heard: Arc<Mutex<String>>,
}

/// Replies other than yes: to `MAIL`, to `RCPT` for an address, each used up by one use.
type Replies = Arc<Mutex<Vec<(String, &'static str)>>>;

impl Catcher {
    pub(crate) async fn start() -> Catcher {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let (keep, caught) = watch::channel(Vec::new());
        let (replies, heard) = (Replies::default(), Arc::default());
        let catcher = Catcher { url, caught, replies, heard };
        let (replies, heard) = (catcher.replies.clone(), catcher.heard.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, keep.clone(), replies.clone(), heard.clone()));
            }
        });
        catcher
    }

    /// The next command that holds `text` is answered by `reply`.
    pub(crate) fn reply(&self, text: &str, reply: &'static str) {
        self.replies.lock().unwrap().push((text.to_owned(), reply));
    }

    /// Every command so far, one a line.
    pub(crate) fn heard(&self) -> String {
        self.heard.lock().unwrap().clone()
    }

    /// The first `count` mails, as soon as there are as many.
    pub(crate) async fn mails(&self, count: usize) -> Vec<Caught> {
        let mut caught = self.caught.clone();
        let enough = caught.wait_for(|caught| caught.len() >= count);
        crate::soon(enough).await.unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.caught.borrow().len()
    }
}

impl Caught {
    pub(crate) fn message(&self) -> Message<'_> {
        MessageParser::default().parse(&self.data).unwrap()
    }

    pub(crate) fn html(&self) -> String {
        self.message().body_html(0).unwrap().into_owned()
    }

    /// The address in the HTML whose path begins with `/part/`.
    pub(crate) fn address(&self, part: &str) -> String {
        let html = self.html();
        let found = html.split('"').find(|text| text.contains(&format!("/{part}/")));
        found.unwrap_or_else(|| panic!("no {part} in {html}")).to_owned()
    }
}

async fn talk(
    stream: TcpStream,
    keep: watch::Sender<Vec<Caught>>,
    replies: Replies,
    heard: Arc<Mutex<String>>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut mail = Caught { to: Vec::new(), data: Vec::new() };
    stream.write_all(b"220 catcher\r\n").await.ok()?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        heard.lock().unwrap().push_str(&line);
        let other = {
            let mut replies = replies.lock().unwrap();
            let at = replies.iter().position(|(text, _)| line.contains(text));
            at.map(|at| replies.remove(at).1)
        };
        let verb = line.get(..4).unwrap_or_default().to_uppercase();
        let reply = match (other, verb.as_str()) {
            (Some(other), _) => other,
            (None, "MAIL") => {
                mail.to.clear();
                "250 ok"
            }
            (None, "RCPT") => {
                mail.to.push(line.trim_end().to_owned());
                "250 ok"
            }
            (None, "DATA") => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                mail.data = data(&mut stream).await?;
                keep.send_modify(|caught| caught.push(mail.clone()));
                "250 kept"
            }
            (None, _) => "250 ok",
        };
        stream.write_all(format!("{reply}\r\n").as_bytes()).await.ok()?;
    }
}

/// The lines up to the single dot, without the dots that were added.
async fn data(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    loop {
        let mut line = Vec::new();
        stream.read_until(b'\n', &mut line).await.ok().filter(|read| *read > 0)?;
        if line == b".\r\n" {
            return Some(data);
        }
        data.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
