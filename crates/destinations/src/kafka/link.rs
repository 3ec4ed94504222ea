//! One connection to one broker: opened under the egress rule, logged in, one call at a time.
//!
//! Brokers are taken for hostile: an answer is bounded in bytes and time, and what it says is
//! checked before it is used.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use destination_kit::{
    ConnectError, Connection, Connector, DeliveryError, Fault, http::excerpt, io_code,
};
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use super::{
    calls::{
        API_VERSIONS, Api, Authenticated, SASL_AUTHENTICATE, SASL_HANDSHAKE, Versions,
        read_authenticate, read_handshake, read_versions,
    },
    codes::{Next, SASL_AUTHENTICATION_FAILED, UNSUPPORTED_SASL_MECHANISM, meaning},
    scram::{Hash, Scram},
    wire::{Malformed, Reader, Writer},
};

/// An answer larger than this is nothing that we asked for.
const ANSWER_BYTES_MAX: u64 = 8 * 1024 * 1024;
const CLIENT_ID: &str = "headwater";

/// How to log in at a broker.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) tls: bool,
    /// `None` where brokers ask for no name.
    pub(crate) sasl: Option<Sasl>,
    /// What one call may take.
    pub(crate) timeout: Duration,
}

/// A name and its password. Not to be printed.
#[derive(Clone)]
pub(crate) struct Sasl {
    pub(crate) mechanism: Mechanism,
    pub(crate) username: String,
    pub(crate) password: String,
}

impl std::fmt::Debug for Sasl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sasl({:?})", self.mechanism)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mechanism {
    Plain,
    Scram(Hash),
}

impl Mechanism {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Mechanism::Plain => "PLAIN",
            Mechanism::Scram(Hash::Sha256) => "SCRAM-SHA-256",
            Mechanism::Scram(Hash::Sha512) => "SCRAM-SHA-512",
        }
    }
}

/// Where a broker listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Address { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// A connection that is ready for calls.
pub(crate) struct Link {
    stream: Connection,
    address: Address,
    timeout: Duration,
    versions: Versions,
    /// Tells answers apart.
    number: i32,
}

impl Link {
    /// Connects and logs in.
    ///
    /// Errors: the broker is not ready, or the settings do not fit it.
    pub(crate) async fn open(
        connector: &Connector,
        login: &Login,
        address: Address,
    ) -> Result<Link, DeliveryError> {
        let opened = connector.open(&address.host, address.port, login.tls).await;
        let stream = opened.map_err(|error| match error {
            ConnectError::Forbidden(fault) => DeliveryError::BadSettings(fault),
            ConnectError::Failed(fault) => DeliveryError::Retry(fault, None),
        })?;
        let timeout = login.timeout;
        let mut link = Link { stream, address, timeout, versions: Versions::new(), number: 0 };
        let (error, versions) = link.call_as(API_VERSIONS, 0, |_| {}, read_versions).await?;
        if error != 0 {
            return Err(link.malformed(API_VERSIONS));
        }
        link.versions = versions;
        if let Some(sasl) = &login.sasl {
            link.authenticate(sasl).await?;
        }
        Ok(link)
    }

    /// Makes a call in the newest version that both sides speak, and reads its answer, which may
    /// look different from version to version. After an error the connection is of no more use.
    pub(crate) async fn call<T>(
        &mut self,
        api: Api,
        write: impl FnOnce(&mut Writer),
        read: impl FnOnce(&mut Reader<'_>, i16) -> Result<T, Malformed>,
    ) -> Result<T, DeliveryError> {
        let (oldest, newest) = self.versions.get(&api.key).copied().unwrap_or((0, -1));
        let version = newest.min(api.newest);
        if version < oldest.max(api.oldest) {
            let Api { name, .. } = api;
            let sentence = format!(
                "the broker {} does not speak {name} in a version from {} to {}; Apache Kafka does \
                 since 1.0",
                self.address, api.oldest, api.newest
            );
            return Err(DeliveryError::BadSettings(fault("UNSUPPORTED_VERSION", sentence)));
        }
        self.call_as(api, version, write, |reader| read(reader, version)).await
    }

    /// The same with a request that looks alike in every version of it that we speak.
    pub(crate) async fn ask<T>(
        &mut self,
        api: Api,
        request: &[u8],
        read: fn(&mut Reader<'_>) -> Result<T, Malformed>,
    ) -> Result<T, DeliveryError> {
        let write = |out: &mut Writer| out.0.extend_from_slice(request);
        self.call(api, write, |reader, _| read(reader)).await
    }

    async fn call_as<T>(
        &mut self,
        api: Api,
        version: i16,
        write: impl FnOnce(&mut Writer),
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, Malformed>,
    ) -> Result<T, DeliveryError> {
        self.number = self.number.wrapping_add(1);
        let mut request = Writer::default();
        request.i32(0);
        request.i16(api.key);
        request.i16(version);
        request.i32(self.number);
        request.string(CLIENT_ID);
        write(&mut request);
        let bytes = i32::try_from(request.0.len() - 4).expect("a request is bounded");
        request.0[..4].copy_from_slice(&bytes.to_be_bytes());

        let answer = timeout(self.timeout, self.exchange(&request.0)).await;
        let answer = match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(self.broken(api, &error)),
            Err(_) => {
                let (name, within) = (api.name, self.timeout);
                let sentence = format!("{} did not answer {name} within {within:?}", self.address);
                return Err(DeliveryError::Retry(fault("ETIMEDOUT", sentence), None));
            }
        };
        let mut reader = Reader(&answer);
        let number = reader.i32();
        if number != Ok(self.number) {
            return Err(self.malformed(api));
        }
        read(&mut reader).map_err(|Malformed| self.malformed(api))
    }

    /// Sends one request and reads one answer, `None` when that is too large to be one.
    async fn exchange(&mut self, request: &[u8]) -> std::io::Result<Vec<u8>> {
        self.stream.write_all(request).await?;
        self.stream.flush().await?;
        let bytes = u64::from(self.stream.read_u32().await?);
        if bytes > ANSWER_BYTES_MAX {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        // grows as bytes come, whatever the broker promises
        let mut answer = Vec::new();
        (&mut self.stream).take(bytes).read_to_end(&mut answer).await?;
        if answer.len() as u64 != bytes {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(answer)
    }

    fn broken(&self, api: Api, error: &std::io::Error) -> DeliveryError {
        let address = &self.address;
        if error.kind() == std::io::ErrorKind::InvalidData {
            return self.malformed(api);
        }
        let hint = match api {
            API_VERSIONS => "; perhaps it expects TLS where none is spoken, or the other way round",
            _ => "",
        };
        let name = api.name;
        let sentence = format!("{address} broke off before it answered {name}: {error}{hint}");
        DeliveryError::Retry(fault(io_code(error), sentence), None)
    }

    fn malformed(&self, api: Api) -> DeliveryError {
        let (address, name) = (&self.address, api.name);
        let sentence = format!(
            "{address} answers {name} as no Kafka broker does; perhaps it expects TLS where none is \
             spoken, or the port is another service's"
        );
        DeliveryError::Retry(fault("EPROTO", sentence), None)
    }

    async fn authenticate(&mut self, sasl: &Sasl) -> Result<(), DeliveryError> {
        let name = sasl.mechanism.name();
        let handshake = self.call(
            SASL_HANDSHAKE,
            |request| request.string(name),
            |reader, _| read_handshake(reader),
        );
        let (error, known) = handshake.await?;
        if error == UNSUPPORTED_SASL_MECHANISM {
            let (address, known) = (&self.address, known.join(", "));
            let sentence = format!("{address} does not know {name}; it knows {known}");
            return Err(DeliveryError::BadSettings(fault("UNSUPPORTED_SASL_MECHANISM", sentence)));
        }
        check(error, || format!("{} refused to authenticate with {name}", self.address))?;

        match sasl.mechanism {
            Mechanism::Plain => {
                let pair = format!("\0{}\0{}", sasl.username, sasl.password);
                self.say(sasl, pair.as_bytes()).await?;
            }
            Mechanism::Scram(hash) => {
                let scram = Scram::new(hash, &sasl.username, &sasl.password, nonce());
                let server_first = self.say(sasl, &scram.first()).await?;
                let (last, expected) = scram.last(&server_first).map_err(|problem| {
                    self.untrusted(&format!("its first message of {name} {problem}"))
                })?;
                if !expected.proves(&self.say(sasl, &last).await?) {
                    return Err(self.untrusted("it does not prove that it knows the password"));
                }
            }
        }
        Ok(())
    }

    /// Says one message of a login, and hears the broker's.
    async fn say(&mut self, sasl: &Sasl, message: &[u8]) -> Result<Vec<u8>, DeliveryError> {
        let answer = self.call(
            SASL_AUTHENTICATE,
            |request| request.bytes(message),
            |reader, _| read_authenticate(reader),
        );
        let Authenticated { error, message, bytes } = answer.await?;
        check(error, || {
            let (address, name, mechanism) = (&self.address, &sasl.username, sasl.mechanism.name());
            format!("{address} did not accept the password of {name:?} ({mechanism}): {message}")
        })?;
        Ok(bytes)
    }

    fn untrusted(&self, problem: &str) -> DeliveryError {
        let (_, code) = meaning(SASL_AUTHENTICATION_FAILED);
        let sentence = format!("{} is not to be trusted: {problem}", self.address);
        DeliveryError::BadSettings(fault(code, sentence))
    }
}

/// Errors: what the code `error` means, with `sentence` around it.
pub(crate) fn check(error: i16, sentence: impl FnOnce() -> String) -> Result<(), DeliveryError> {
    let (next, name) = meaning(error);
    let fault = || fault(name, format!("{} ({name}, {error})", sentence()));
    match next {
        _ if error == 0 => Ok(()),
        Next::BadSettings => Err(DeliveryError::BadSettings(fault())),
        _ => Err(DeliveryError::Retry(fault(), None)),
    }
}

/// What went wrong, with the customary name `code`.
pub(crate) fn fault(code: &str, sentence: String) -> Fault {
    Fault { status: None, code: code.to_owned(), excerpt: excerpt(sentence.as_bytes()) }
}

fn nonce() -> String {
    let mut bytes = [0; 24];
    SystemRandom::new().fill(&mut bytes).expect("the system has random numbers");
    URL_SAFE_NO_PAD.encode(bytes)
}
