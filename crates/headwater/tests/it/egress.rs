//! Where deliveries may go, and whom they trust.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned, crypto::ring, pki_types::PrivateKeyDer,
    pki_types::pem::PemObject,
};

use crate::process::{Server, WRITE_KEY};

/// A partner on loopback whose certificate no public authority has signed. It takes everything.
struct Partner {
    url: String,
    certificate: String,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Partner {
    fn start() -> Partner {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::from_pem_slice(made.signing_key.serialize_pem().as_bytes());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.unwrap());
        let config = Arc::new(config.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://localhost:{}/hook", listener.local_addr().unwrap().port());
        let bodies = Arc::new(Mutex::new(vec![]));
        let seen = bodies.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let tls = ServerConnection::new(config.clone()).unwrap();
                let stream = BufReader::new(StreamOwned::new(tls, stream.unwrap()));
                // A connection that ends, or never begins, is no fault of the partner's.
                let _ = serve(stream, &seen);
            }
        });
        Partner { url, certificate: made.cert.pem(), bodies }
    }
}

fn serve(
    mut stream: BufReader<StreamOwned<ServerConnection, TcpStream>>,
    seen: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(bytes) = line.strip_prefix("content-length: ") {
                length = bytes.parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        seen.lock().unwrap().push(String::from_utf8(body).unwrap());
        stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
    }
}

/// A server with the webhook `crm` for `partner` beside its file, and these keys of `[delivery]`.
fn server(partner: &Partner, keys: &str) -> Server {
    let server = Server::prepare("");
    let text = fs::read_to_string(server.config()).unwrap();
    let ca = server.folder.path().join("ca.pem");
    fs::write(&ca, &partner.certificate).unwrap();
    let more = format!(
        "[[destinations]]\nslug = \"crm\"\ntype = \"webhook\"\nsources = [\"website\"]\n\
         settings = {{ url = \"{}\" }}\n[delivery]\n{}\n",
        partner.url,
        keys.replace("CA", &format!("{ca:?}")),
    );
    fs::write(server.config(), text + &more).unwrap();
    server
}

/// Waits until the trace of `message_id` holds `text`.
fn until_traced(server: &mut Server, message_id: &str, text: &str) -> String {
    server.until(text, |server| {
        let (status, trace) = server.api(&format!("/api/trace/{message_id}"));
        let trace = trace.to_string();
        (status == 200 && trace.contains(text)).then_some(trace)
    })
}

#[test]
fn a_listed_network_and_an_own_authority_let_deliveries_through() {
    let partner = Partner::start();
    let mut server = server(&partner, "allowed_networks = [\"127.0.0.0/8\"]\nca = CA");
    server.run();
    assert_eq!(server.track(WRITE_KEY, "through"), 200);
    server.until("it came", |_| (!partner.bodies.lock().unwrap().is_empty()).then_some(()));
    assert!(partner.bodies.lock().unwrap()[0].contains("\"through\""));
}

#[test]
fn another_network_and_a_strange_authority_do_not() {
    let partner = Partner::start();
    let mut elsewhere = server(&partner, "allowed_networks = [\"10.0.0.0/8\"]\nca = CA");
    elsewhere.run();
    elsewhere.track(WRITE_KEY, "elsewhere");
    let trace = until_traced(&mut elsewhere, "elsewhere", "PRIVATE_ADDRESS");
    assert!(trace.contains("delivery.allowed_networks"), "it says how to allow it: {trace}");
    let mut strange = server(&partner, "allowed_networks = [\"127.0.0.1\"]");
    strange.run();
    strange.track(WRITE_KEY, "strange");
    let trace = until_traced(&mut strange, "strange", "\"TLS\"");
    assert!(trace.contains("certificate"), "{trace}");
    let (_, metrics) = strange.request("GET", "/metrics", &[], "").unwrap();
    let attempts = "headwater_delivery_attempt_seconds_count{destination=\"crm\"} ";
    let attempts = metrics.lines().find_map(|line| line.strip_prefix(attempts)).unwrap();
    assert_ne!(attempts, "0", "an attempt that fails takes its time too");
    assert!(partner.bodies.lock().unwrap().is_empty());
}
