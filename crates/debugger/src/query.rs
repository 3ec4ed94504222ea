//! Query parameters, parsed once at the edge. Pure.

use std::{str::FromStr, time::Duration};

use event_log::Position;

use crate::{filter::Filter, live::START, problem::Problem};

/// Rows of one page, unless asked otherwise.
const LIMIT: usize = 50;
/// Rows of one page, at most.
const LIMIT_MAX: usize = 500;

/// Messages that a schema is found in, unless asked otherwise.
const SCHEMA_MESSAGES: usize = 5_000;
/// Messages that a schema is found in, at most.
const SCHEMA_MESSAGES_MAX: usize = 20_000;

/// What may be asked of a source's history.
#[derive(Debug, Clone)]
pub(crate) struct HistoryQuery {
    pub(crate) filter: Filter,
    pub(crate) before: Option<Position>,
    pub(crate) limit: usize,
}

/// What may be asked of a live stream.
#[derive(Debug, Clone, Default)]
pub(crate) struct LiveQuery {
    pub(crate) filter: Filter,
    pub(crate) after: Option<After>,
    pub(crate) recent: usize,
    pub(crate) since: Option<Duration>,
}

/// A place that a viewer has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// In front of everything that is left.
    Start,
    /// Everything up to here is known.
    Position(Position),
}

type Pairs = [(String, String)];

pub(crate) fn history(pairs: &Pairs) -> Result<HistoryQuery, Problem> {
    let mut query = HistoryQuery { filter: Filter::default(), before: None, limit: LIMIT };
    for (name, value) in pairs {
        match name.as_str() {
            "before" => query.before = Some(Position(number("before", value)?)),
            "limit" => query.limit = count("limit", value, 1, LIMIT_MAX)?,
            _ => filter(&mut query.filter, name, value, &["before", "limit"])?,
        }
    }
    Ok(query)
}

pub(crate) fn live(pairs: &Pairs) -> Result<LiveQuery, Problem> {
    let mut query = LiveQuery::default();
    for (name, value) in pairs {
        match name.as_str() {
            "after" => query.after = Some(after("after", value)?),
            "recent" => query.recent = count("recent", value, 0, LIMIT_MAX)?,
            "since" => query.since = Some(duration("since", value)?),
            _ => filter(&mut query.filter, name, value, &["after", "recent", "since"])?,
        }
    }
    Ok(query)
}

/// Which messages a schema is to be found in: so many, and not before a time ago. With a time, as
/// many as one request may look at unless they are said.
pub(crate) fn schema(pairs: &Pairs) -> Result<(usize, Option<Duration>), Problem> {
    let (mut messages, mut since) = (None, None);
    for (name, value) in pairs {
        match name.as_str() {
            "messages" => messages = Some(count("messages", value, 1, SCHEMA_MESSAGES_MAX)?),
            "since" => since = Some(duration("since", value)?),
            _ => return Err(unknown(name, &["messages", "since"])),
        }
    }
    let usual = if since.is_some() { SCHEMA_MESSAGES_MAX } else { SCHEMA_MESSAGES };
    Ok((messages.unwrap_or(usual), since))
}

/// How far back a plan's views look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) since: Duration,
    /// Parts of a trend.
    pub(crate) buckets: usize,
}

/// `since` and `buckets` of a plan's views.
pub(crate) fn period(pairs: &Pairs) -> Result<Period, Problem> {
    let mut period = Period { since: Duration::from_secs(86_400), buckets: 24 };
    for (name, value) in pairs {
        match name.as_str() {
            "since" => period.since = duration("since", value)?,
            "buckets" => period.buckets = count("buckets", value, 1, 200)?,
            _ => return Err(unknown(name, &["since", "buckets"])),
        }
    }
    Ok(period)
}

/// The `source` of a trace.
pub(crate) fn trace(pairs: &Pairs) -> Result<Option<String>, Problem> {
    let mut source = None;
    for (name, value) in pairs {
        match name.as_str() {
            "source" => source = (!value.is_empty()).then(|| value.clone()),
            _ => return Err(unknown(name, &["source"])),
        }
    }
    Ok(source)
}

pub(crate) fn nothing(pairs: &Pairs) -> Result<(), Problem> {
    match pairs.first() {
        Some((name, _)) => Err(unknown(name, &[])),
        None => Ok(()),
    }
}

/// A place as `id` of a frame or in `after`.
pub(crate) fn after(name: &'static str, value: &str) -> Result<After, Problem> {
    match value {
        START => Ok(After::Start),
        value => Ok(After::Position(Position(number(name, value)?))),
    }
}

fn filter(filter: &mut Filter, name: &str, value: &str, beside: &[&str]) -> Result<(), Problem> {
    match filter.set(name, value) {
        Ok(true) => Ok(()),
        Ok(false) => Err(unknown(name, &[beside, &Filter::PARAMETERS[..]].concat())),
        Err(bad) => Err(Problem::bad_parameter(
            name.to_owned(),
            bad.to_string(),
            format!("correct or leave out {name}"),
        )),
    }
}

fn unknown(name: &str, known: &[&str]) -> Problem {
    let fix = match known {
        [] => "this path takes no query parameters".to_owned(),
        known => format!("known parameters: {}", known.join(", ")),
    };
    Problem::bad_parameter(name.to_owned(), format!("query parameter {name:?} is unknown"), fix)
}

fn number<T: FromStr>(name: &'static str, value: &str) -> Result<T, Problem> {
    value.parse().map_err(|_| {
        let fix = "give a position as rows name it, a whole number".to_owned();
        Problem::bad_parameter(name, format!("{name} {value:?} is not a position"), fix)
    })
}

fn count(name: &'static str, value: &str, min: usize, max: usize) -> Result<usize, Problem> {
    let count = value.parse().ok().filter(|count| (min..=max).contains(count));
    count.ok_or_else(|| {
        let fix = format!("give a whole number from {min} to {max}");
        Problem::bad_parameter(name, format!("{name} {value:?} is out of range"), fix)
    })
}

fn duration(name: &'static str, value: &str) -> Result<Duration, Problem> {
    let parsed = value.char_indices().next_back().and_then(|(at, unit)| {
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        let count: u32 = value[..at].parse().ok()?;
        Some(Duration::from_secs(u64::from(count) * seconds))
    });
    parsed.ok_or_else(|| {
        let fix = "give a number with s, m, h or d, such as 10m".to_owned();
        Problem::bad_parameter(name, format!("{name} {value:?} is not a duration"), fix)
    })
}
