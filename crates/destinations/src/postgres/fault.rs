//! What went wrong with Postgres, in words that its administrator knows, and what comes next.

use std::error::Error as _;

use destination_kit::{ConnectError, DeliveryError, Fault, http::excerpt, io_code};

/// Why something did not work.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server, or the connection to it, said no.
    #[error(transparent)]
    Postgres(#[from] tokio_postgres::Error),
    /// The certificate cannot be asked for.
    #[error("{0}")]
    Tls(String),
    /// Nothing came in time.
    #[error("{0} took too long")]
    Late(&'static str),
    /// The work was given up.
    #[error("{0}")]
    Lost(String),
}

impl Trouble {
    /// The server's code, where it gave one.
    pub fn sql_state(&self) -> Option<&str> {
        match self {
            Trouble::Postgres(error) => error.code().map(|state| state.code()),
            _ => None,
        }
    }

    /// Whether what we believed to be there may have been changed by somebody else. Looking again
    /// may help.
    pub fn is_stale(&self) -> bool {
        let state = self.sql_state().unwrap_or_default();
        let changed = ["42P01", "42703", "42701", "42P07", "42804", "428C9", "3F000", "42P10"];
        changed.contains(&state) || state.starts_with("22")
    }

    /// A row with this `id` is there already.
    pub fn is_duplicate(&self) -> bool {
        self.sql_state() == Some("23505")
    }

    /// Says what happened.
    pub fn fault(&self) -> Fault {
        match self {
            Trouble::Connect(ConnectError::Forbidden(fault) | ConnectError::Failed(fault)) => {
                fault.clone()
            }
            Trouble::Postgres(error) => postgres_fault(error),
            Trouble::Tls(_) => fault("TLS", &self.to_string()),
            Trouble::Late(_) => fault("ETIMEDOUT", &self.to_string()),
            Trouble::Lost(_) => fault("EIO", &self.to_string()),
        }
    }

    /// What the engine does next. Only what is wrong with a value is refused, so that the batch is
    /// halved until it stands alone; what somebody must mend pauses the destination.
    pub fn verdict(&self) -> DeliveryError {
        let fault = self.fault();
        if matches!(self, Trouble::Connect(ConnectError::Forbidden(_))) {
            return DeliveryError::BadSettings(fault);
        }
        let state = self.sql_state().unwrap_or_default();
        match state {
            // who we are, what we may, and what somebody made of the tables
            "25006" => DeliveryError::Retry(fault, None),
            "3D000" | "3F000" | "42501" | "42P10" | "0A000" | "428C9" => {
                DeliveryError::BadSettings(fault)
            }
            _ if state.starts_with("28") || state.starts_with("23") => {
                DeliveryError::BadSettings(fault)
            }
            // a value, or a row, that Postgres cannot hold
            _ if state.starts_with("22") || state.starts_with("54") => {
                DeliveryError::Refused(fault)
            }
            _ if fault.code == "28P01" => DeliveryError::BadSettings(fault),
            _ => DeliveryError::Retry(fault, None),
        }
    }
}

fn postgres_fault(error: &tokio_postgres::Error) -> Fault {
    if let Some(said) = error.as_db_error() {
        let code = said.code().code();
        let mut sentence = format!("{} (SQLSTATE {code})", said.message());
        if let Some(advice) = advice(code) {
            sentence += &format!(": {advice}");
        }
        return fault(code, &sentence);
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            let tls = io.get_ref().is_some_and(|inner| inner.is::<rustls::Error>());
            return fault(if tls { "TLS" } else { io_code(io) }, &format!("{error}: {io}"));
        }
        cause = inner.source();
    }
    let words = match error.source() {
        Some(inner) => format!("{error}: {inner}"),
        None => error.to_string(),
    };
    if error.is_closed() {
        return fault("ECONNRESET", &words);
    }
    if words.contains("TLS") {
        return fault("TLS", &format!("{words}; ssl_mode says whether there should be TLS"));
    }
    // the server asks for a password, and there is none
    fault(if words.contains("password") { "28P01" } else { "EPROTO" }, &words)
}

/// What would help.
fn advice(code: &str) -> Option<&'static str> {
    Some(match code {
        "3D000" => "make the database, or name another",
        "28000" | "28P01" => "check user and password, and whether pg_hba.conf lets this host in",
        "42501" => {
            "the user needs CREATE on the database, and must own the schemas and tables it loads"
        }
        "3F000" => "the schema was dropped, or is not ours to see",
        "53300" => "the server takes no more connections",
        "25006" => "this server takes no writes: it may be a standby",
        "42P10" => "the table needs a unique index on id",
        "55P03" => "somebody else holds the table, or loads the same source",
        "57P03" => "the server is starting, or stopping",
        _ => return None,
    })
}

fn fault(code: &str, sentence: &str) -> Fault {
    Fault { status: None, code: code.to_owned(), excerpt: excerpt(sentence.as_bytes()) }
}
