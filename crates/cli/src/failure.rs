//! What ends a command early, with the exit codes in one place.

use std::{io, path::Path};

use serde::Deserialize;

use crate::screen::{Screen, Style, tame};

/// One fault of a request, as the API tells it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Fault {
    /// Stable, for programs.
    pub code: String,
    /// One sentence for people.
    pub message: String,
    /// The faulty place in what was sent, as a JSON pointer.
    pub pointer: Option<String>,
    /// What would have been right.
    pub expected: Option<String>,
    /// What to do.
    pub fix: Option<String>,
}

/// What ends a command early.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command was asked for something that cannot be meant.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to do about it.
        fix: String,
    },
    /// Nobody answers.
    #[error("cannot reach {url}: {cause}")]
    Unreachable {
        /// The server.
        url: String,
        /// Why.
        cause: String,
    },
    /// The server said no, or what was asked for is not there.
    #[error("{message}")]
    Refused {
        /// What it said.
        message: String,
        /// What to do about it.
        fix: Option<String>,
    },
    /// The API said no, fault by fault.
    #[error("{}", .faults.first().map_or("the server refused", |fault| &fault.message))]
    Faults {
        /// The status of its answer.
        status: u16,
        /// Every fault; at least one.
        faults: Vec<Fault>,
    },
    /// Something was found to be wrong, and has been shown already.
    #[error("problems were found")]
    Shown,
    /// Whoever read our output has gone, which is their right.
    #[error("the output is closed")]
    OutputClosed,
    /// A file cannot be read or written.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        cause: io::Error,
    },
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>, fix: impl Into<String>) -> Failure {
        Failure::Usage { message: message.into(), fix: fix.into() }
    }

    pub(crate) fn refused(message: impl Into<String>, fix: Option<String>) -> Failure {
        Failure::Refused { message: message.into(), fix }
    }

    pub(crate) fn reading(path: &Path, cause: io::Error) -> Failure {
        Failure::Io { what: format!("cannot read {}", path.display()), cause }
    }

    /// The exit code of the process.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::OutputClosed => 0,
            Failure::Refused { .. } | Failure::Shown | Failure::Io { .. } => 1,
            Failure::Usage { .. } => 2,
            Failure::Unreachable { .. } => 3,
            // Not now, which is no answer to what was asked.
            Failure::Faults { status, .. } => {
                if *status == 429 || *status >= 500 {
                    3
                } else {
                    1
                }
            }
        }
    }

    fn fix(&self) -> Option<&str> {
        match self {
            Failure::Usage { fix, .. } => Some(fix),
            Failure::Unreachable { .. } => {
                Some("start the server with `headwater serve`, or name it with --url")
            }
            Failure::Refused { fix, .. } => fix.as_deref(),
            _ => None,
        }
    }

    /// Says what went wrong, and what to do.
    pub fn print(&self, screen: &mut Screen<'_>) {
        if matches!(self, Failure::OutputClosed | Failure::Shown) {
            return;
        }
        if let Failure::Faults { faults, .. } = self {
            faults.iter().for_each(|fault| fault.print(screen));
            return;
        }
        let mut text = format!("{self}");
        if let Failure::Io { cause, .. } = self {
            text.push_str(&format!(": {cause}"));
        }
        screen.note(Style::Bad, &format!("headwater: {text}"));
        if let Some(fix) = self.fix() {
            screen.note(Style::Plain, &format!("  {fix}"));
        }
    }
}

impl Fault {
    /// Every fault that a refusal tells; none when it is none of the API's.
    pub(crate) fn read_all(body: &[u8]) -> Vec<Fault> {
        #[derive(Deserialize)]
        struct Errors {
            errors: Vec<Fault>,
        }
        let read = serde_json::from_slice::<Errors>(body).map(|read| read.errors);
        let mut faults = read.unwrap_or_default();
        faults.iter_mut().for_each(Fault::speak_of_commands);
        faults
    }

    /// The API speaks of headers; whoever types speaks of commands.
    fn speak_of_commands(&mut self) {
        let fix = match self.code.as_str() {
            "login_needed" => "run `headwater login`, or give a token by HEADWATER_TOKEN",
            "workspace_needed" => "choose one with `headwater workspace use`, or --workspace",
            _ => return,
        };
        self.fix = Some(fix.to_owned());
    }

    /// Whether this is the fault that programs know by `code`.
    pub(crate) fn is(&self, code: &str) -> bool {
        self.code == code
    }

    fn print(&self, screen: &mut Screen<'_>) {
        let at = self.pointer.as_deref().map(|pointer| format!("{pointer}: ")).unwrap_or_default();
        let text = format!("headwater: {at}{} ({})", self.message, self.code);
        screen.note(Style::Bad, &tame(&text));
        if let Some(expected) = &self.expected {
            screen.note(Style::Plain, &tame(&format!("  expected {expected}")));
        }
        if let Some(fix) = &self.fix {
            screen.note(Style::Plain, &tame(&format!("  {fix}")));
        }
    }
}

/// Output that cannot be written; a reader that has gone is no fault.
impl From<io::Error> for Failure {
    fn from(cause: io::Error) -> Failure {
        match cause.kind() {
            io::ErrorKind::BrokenPipe => Failure::OutputClosed,
            _ => Failure::Io { what: "cannot write output".to_owned(), cause },
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn said(failure: &Failure) -> String {
        let mut notes = Vec::new();
        failure.print(&mut Screen::plain(io::sink(), &mut notes));
        String::from_utf8(notes).expect("notes are text")
    }

    #[test]
    fn every_fault_is_said_with_its_place_and_its_fix() {
        let body = br#"{"errors":[
            {"type":"input-validation","code":"taken","message":"another source has this slug",
                "field":"slug","pointer":"/slug","expected":"a slug of its own","fix":"choose another one"},
            {"code":"odd\u001b[31m","message":"two\nlines"},
            {"code":"login_needed","message":"this needs a login","fix":"send a header"}]}"#;
        let faults = Fault::read_all(body);
        expect![[r#"
            headwater: /slug: another source has this slug (taken)
              expected a slug of its own
              choose another one
            headwater: two␣lines (odd\u{1b}[31m)
            headwater: this needs a login (login_needed)
              run `headwater login`, or give a token by HEADWATER_TOKEN
        "#]]
        .assert_eq(&said(&Failure::Faults { status: 422, faults }));
        assert!(Fault::read_all(b"<html>").is_empty());
    }

    #[test]
    fn what_could_not_be_done_now_is_no_refusal() {
        let of = |status| Failure::Faults { status, faults: Vec::new() }.exit_code();
        for status in [400, 401, 403, 404, 409, 412, 422, 428] {
            assert_eq!(of(status), 1, "{status}");
        }
        for status in [429, 500, 503] {
            assert_eq!(of(status), 3, "{status}");
        }
        assert_eq!(Failure::usage("x", "y").exit_code(), 2);
        let away = Failure::Unreachable { url: "http://x".into(), cause: "refused".into() };
        assert_eq!(away.exit_code(), 3);
    }
}
