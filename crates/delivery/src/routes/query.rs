//! Query parameters: known ones are read, unknown ones refused by name.

use axum::extract::{Query, rejection::QueryRejection};

use super::problem::Problem;

/// The parameters as they come.
pub(super) type Pairs = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// The parameters of a route that knows which there are.
#[derive(Debug)]
pub(super) struct Given(Vec<(String, String)>);

/// Reads the parameters of a route that takes none.
pub(super) fn nothing(pairs: Pairs) -> Result<(), Problem> {
    parse(pairs, &[]).map(drop)
}

/// Reads the parameters of a route that takes those in `known`, each at most once.
pub(super) fn parse(pairs: Pairs, known: &[&str]) -> Result<Given, Problem> {
    let Query(pairs) = pairs.map_err(|rejection| {
        let fix = "give parameters as name=value, percent-encoded".to_owned();
        Problem::parameter("query", rejection.body_text(), fix)
    })?;
    for (n, (name, _)) in pairs.iter().enumerate() {
        if !known.contains(&name.as_str()) {
            let fix = match known {
                [] => "this path takes no parameters".to_owned(),
                known => format!("known parameters: {}", known.join(", ")),
            };
            return Err(Problem::parameter(name, format!("{name:?} is unknown"), fix));
        }
        if pairs[..n].iter().any(|(before, _)| before == name) {
            let fix = "give it once".to_owned();
            return Err(Problem::parameter(name, format!("{name:?} is given twice"), fix));
        }
    }
    Ok(Given(pairs))
}

impl Given {
    /// The parameter `name`, if it was given and is not empty.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(given, _)| given == name)?;
        Some(self.0.swap_remove(at).1).filter(|value| !value.is_empty())
    }

    /// The whole number `name`, at most `max`.
    pub(super) fn number(&mut self, name: &str, max: u64) -> Result<Option<u64>, Problem> {
        let Some(text) = self.take(name) else { return Ok(None) };
        match text.parse::<u64>() {
            Ok(number) if number <= max => Ok(Some(number)),
            _ => {
                let fix = format!("a whole number from 0 to {max}");
                Err(Problem::parameter(name, format!("{text:?} is out of bounds"), fix))
            }
        }
    }

    /// The time `name` in Unix milliseconds.
    pub(super) fn time(&mut self, name: &str) -> Result<Option<i64>, Problem> {
        let Some(text) = self.take(name) else { return Ok(None) };
        let parsed = text.parse::<jiff::Timestamp>().map(|time| time.as_millisecond()).ok();
        match parsed.or_else(|| text.parse::<i64>().ok()) {
            Some(ms) => Ok(Some(ms)),
            None => {
                let fix = "ISO-8601 such as 2026-01-31T12:00:00Z, or Unix milliseconds".to_owned();
                Err(Problem::parameter(name, format!("{text:?} is no time"), fix))
            }
        }
    }
}
