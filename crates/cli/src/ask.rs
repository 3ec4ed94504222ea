//! Asking whoever sits at the terminal. When nobody does, answers are read as lines of standard
//! input, so that a script can give them.

use crate::{Failure, Screen};

impl Screen<'_> {
    /// Asks for a line, such as an address.
    pub(crate) fn ask(&mut self, what: &str) -> Result<String, Failure> {
        if self.attended {
            self.prompt(&format!("{what}: "));
        }
        let line = self.read_line().map_err(|error| unreadable(what, &error))?;
        line.filter(|line| !line.trim().is_empty()).ok_or_else(|| missing(what))
    }

    /// Asks for a secret, which is not shown as it is typed.
    pub(crate) fn ask_secret(&mut self, what: &str) -> Result<String, Failure> {
        if !self.attended {
            return self.ask(what);
        }
        let typed = rpassword::prompt_password(format!("{what}: "));
        let typed = typed.map_err(|error| unreadable(what, &error))?;
        if typed.is_empty() { Err(missing(what)) } else { Ok(typed) }
    }

    /// Fails unless somebody says yes to `what`, which cannot be undone; `yes` has said so before.
    pub(crate) fn confirm(&mut self, what: &str, yes: bool) -> Result<(), Failure> {
        self.confirmed(what, "y/N", yes, |answer| {
            matches!(answer.to_lowercase().as_str(), "y" | "yes")
        })
    }

    /// As [`Screen::confirm`], by typing the name of what is lost.
    pub(crate) fn confirm_by_name(
        &mut self,
        what: &str,
        name: &str,
        yes: bool,
    ) -> Result<(), Failure> {
        let hint = format!("type {name} to confirm");
        self.confirmed(what, &hint, yes, |answer| answer == name)
    }

    fn confirmed(
        &mut self,
        what: &str,
        hint: &str,
        yes: bool,
        is_consent: impl Fn(&str) -> bool,
    ) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        let refused = |message: String| Failure::usage(message, "say --yes to do it unasked");
        if !self.attended {
            return Err(refused(format!("{what}? Nobody is here to confirm it")));
        }
        self.prompt(&format!("{what}? [{hint}] "));
        let answer = self.read_line().map_err(|error| unreadable("the answer", &error))?;
        if is_consent(answer.unwrap_or_default().trim()) {
            return Ok(());
        }
        Err(refused("not confirmed, nothing was done".to_owned()))
    }
}

fn missing(what: &str) -> Failure {
    let what = what.to_lowercase();
    Failure::usage(
        format!("{what} is missing"),
        "type it when asked, or write it as a line to standard input",
    )
}

fn unreadable(what: &str, error: &std::io::Error) -> Failure {
    let what = what.to_lowercase();
    Failure::usage(format!("cannot read {what}: {error}"), "write it as a line to standard input")
}
