//! What values of a configuration mean: durations, sizes, addresses, names. Each function takes a
//! node and says, when it cannot, what would be right.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::{
    problem::Origin,
    section::Parsed,
    tree::{Node, Value, parse_value},
};

/// Text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` from being printed.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text itself, for comparing and sending.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub at: Origin,
}

/// Keeps the place of a value beside it.
pub fn located<T>(parse: impl Fn(&Node) -> Parsed<T>) -> impl Fn(&Node) -> Parsed<Located<T>> {
    move |node| parse(node).map(|value| Located { value, at: node.origin.clone() })
}

/// Text that is never printed, with something in it.
pub fn secret(node: &Node) -> Parsed<Secret> {
    match &node.value {
        Value::Text(text) if text.len() >= 16 => Ok(Secret::new(text)),
        _ => node.problem("must be text of at least 16 characters"),
    }
}

/// Text.
pub fn text(node: &Node) -> Parsed<String> {
    match &node.value {
        Value::Text(text) => Ok(text.clone()),
        _ => node.problem(format!("must be text in quotes, not {}", node.describe())),
    }
}

/// Text with something in it.
pub fn name(node: &Node) -> Parsed<String> {
    let text = text(node)?;
    if text.trim().is_empty() { node.problem("must not be empty") } else { Ok(text) }
}

/// A path.
pub fn path(node: &Node) -> Parsed<PathBuf> {
    name(node).map(PathBuf::from)
}

/// Yes or no.
pub fn switch(node: &Node) -> Parsed<bool> {
    match &node.value {
        Value::Bool(yes) => Ok(*yes),
        Value::Text(text) if node.is_untyped() => match text.as_str() {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => node.problem(format!("must be true or false, not {text:?}")),
        },
        _ => node.problem(format!("must be true or false, not {}", node.describe())),
    }
}

/// A whole number within bounds, both included.
pub fn whole(min: i64, max: i64) -> impl Fn(&Node) -> Parsed<u64> {
    move |node| {
        let number = match &node.value {
            Value::Integer(number) => Some(*number),
            Value::Text(text) if node.is_untyped() => text.parse().ok(),
            _ => None,
        };
        match number {
            Some(number) if (min..=max).contains(&number) => Ok(number.unsigned_abs()),
            _ => node.problem(format!(
                "must be a whole number from {min} to {max}, not {}",
                node.describe()
            )),
        }
    }
}

/// One of these words.
pub fn choice(words: &'static [&'static str]) -> impl Fn(&Node) -> Parsed<&'static str> {
    move |node| match &node.value {
        Value::Text(text) if words.contains(&text.as_str()) => {
            Ok(words.iter().find(|word| **word == text).expect("it was just found"))
        }
        _ => node.problem(format!("must be one of {}, not {}", words.join(", "), node.describe())),
    }
}

/// A list of values; environment and flags write it as TOML or separated by commas.
pub fn list<T>(each: impl Fn(&Node) -> Parsed<T>) -> impl Fn(&Node) -> Parsed<Vec<T>> {
    move |node| {
        let spelled = match &node.value {
            Value::Text(text) if node.is_untyped() => Some(untyped_list(text, node)),
            _ => None,
        };
        let Value::List(nodes) = &spelled.as_ref().unwrap_or(node).value else {
            return node.problem(format!("must be a list, not {}", node.describe()));
        };
        let (mut out, mut problems) = (Vec::new(), Vec::new());
        for node in nodes {
            match each(node) {
                Ok(value) => out.push(value),
                Err(more) => problems.extend(more),
            }
        }
        if problems.is_empty() { Ok(out) } else { Err(problems) }
    }
}

fn untyped_list(text: &str, node: &Node) -> Node {
    let parsed = parse_value(text, &node.origin);
    if matches!(parsed.value, Value::List(_)) {
        return parsed;
    }
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let nodes = parts
        .map(|part| Node { value: Value::Text(part.to_owned()), origin: node.origin.clone() })
        .collect();
    Node { value: Value::List(nodes), origin: node.origin.clone() }
}

/// An address with a port; a port alone means loopback.
pub fn address(node: &Node) -> Parsed<SocketAddr> {
    let given = text(node)?;
    let (host, port) = given.rsplit_once(':').unwrap_or(("", &given));
    let parsed = given.parse().ok().or_else(|| {
        let port: u16 = port.parse().ok()?;
        match host {
            "" | "localhost" => Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
            "*" => Some(SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))),
            _ => None,
        }
    });
    match parsed {
        Some(address) => Ok(address),
        None => node.problem(format!(
            "must be an IP address with a port, such as \"127.0.0.1:8080\" or \"0.0.0.0:8080\", not {given:?}"
        )),
    }
}

/// A network such as `10.0.0.0/8`, or one address.
pub fn network(node: &Node) -> Parsed<ipnet::IpNet> {
    let given = text(node)?;
    let parsed = given
        .parse::<ipnet::IpNet>()
        .ok()
        .or_else(|| given.parse::<std::net::IpAddr>().ok().map(ipnet::IpNet::from));
    match parsed {
        Some(network) => Ok(network),
        None => node.problem(format!(
            "must be a network such as \"10.0.0.0/8\" or an address, not {given:?}"
        )),
    }
}

/// Certificates, PEM, at least one.
///
/// Errors: what is wrong with them, in words.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    match CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>() {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err("it holds no certificate in PEM form".to_owned()),
    }
}

/// Certificates of authorities, PEM, at least one.
///
/// Errors: what is wrong with them, in words.
pub fn authorities(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = certificates(pem)?;
    for (at, certificate) in certificates.iter().enumerate() {
        if RootCertStore::empty().add(certificate.clone()).is_err() {
            return Err(format!("certificate {} in it cannot be read", at + 1));
        }
    }
    Ok(certificates)
}

/// A length of time: `"24h"`, `"30 s"`, `"1h 30m"`.
pub fn duration(node: &Node) -> Parsed<Duration> {
    let parsed = match &node.value {
        Value::Text(text) => parse_duration(text),
        _ => None,
    };
    match parsed {
        Some(duration) => Ok(duration),
        None => node.problem(format!(
            "must be a length of time such as \"30s\", \"15m\", \"24h\" or \"7d\", not {}",
            node.describe()
        )),
    }
}

/// A length of time within bounds, both included; the bounds are written as people write them.
pub fn duration_within(min: &'static str, max: &'static str) -> impl Fn(&Node) -> Parsed<Duration> {
    let bound = |text| parse_duration(text).expect("bounds are valid durations");
    let bounds = bound(min)..=bound(max);
    move |node| {
        let given = duration(node)?;
        if bounds.contains(&given) {
            Ok(given)
        } else {
            node.problem(format!("must be from {min:?} to {max:?}, not {}", node.describe()))
        }
    }
}

/// Reads a length of time; `None` when it is none.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let amount: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let seconds = match &rest[..letters] {
            "ms" => 0.001,
            "s" | "sec" | "second" | "seconds" => 1.0,
            "m" | "min" | "minute" | "minutes" => 60.0,
            "h" | "hour" | "hours" => 3600.0,
            "d" | "day" | "days" => 86_400.0,
            "w" | "week" | "weeks" => 604_800.0,
            _ => return None,
        };
        total = total.checked_add(Duration::try_from_secs_f64(amount * seconds).ok()?)?;
        rest = rest[letters..].trim_start();
    }
    Some(total)
}

/// A number of bytes: `"256 MB"`, `"64 KiB"`, or a plain number.
pub fn size(node: &Node) -> Parsed<u64> {
    let parsed = match &node.value {
        Value::Integer(bytes) => u64::try_from(*bytes).ok(),
        Value::Text(text) => parse_size(text),
        _ => None,
    };
    match parsed {
        Some(bytes) => Ok(bytes),
        None => node.problem(format!(
            "must be a size such as \"256 MB\", \"10 GiB\" or a number of bytes, not {}",
            node.describe()
        )),
    }
}

/// A size within bounds, both included; the bounds are written as people write them.
pub fn size_within(min: &'static str, max: &'static str) -> impl Fn(&Node) -> Parsed<u64> {
    let bound = |text| parse_size(text).expect("bounds are valid sizes");
    let bounds = bound(min)..=bound(max);
    move |node| {
        let given = size(node)?;
        if bounds.contains(&given) {
            Ok(given)
        } else {
            node.problem(format!("must be from {min:?} to {max:?}, not {}", node.describe()))
        }
    }
}

/// Reads a number of bytes; `None` when it is none.
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let amount: f64 = text[..digits].parse().ok()?;
    let unit: f64 = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "kib" => 1024.0,
        "mib" => 1024.0 * 1024.0,
        "gib" => 1024.0 * 1024.0 * 1024.0,
        "tib" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    Some((amount * unit) as u64)
}

/// A name in paths and on the command line.
pub fn slug(node: &Node) -> Parsed<String> {
    let given = text(node)?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let begins = given.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if begins && given.len() <= 64 && given.chars().all(fits) {
        Ok(given)
    } else {
        node.problem(format!(
            "must be 1 to 64 of a-z, 0-9, - and _, beginning with a letter or digit, not {given:?}"
        ))
    }
}

/// A write key, as it can stand in a header, a path and a query.
pub fn write_key(node: &Node) -> Parsed<spec::WriteKey> {
    use spec::limits::{WRITE_KEY_BYTES_MAX as MAX, WRITE_KEY_BYTES_MIN as MIN};
    let given = text(node)?;
    let fits = |b: u8| b.is_ascii_graphic() && !b":/?#%&\"\\".contains(&b);
    if (MIN..=MAX).contains(&given.len()) && given.bytes().all(fits) {
        Ok(spec::WriteKey(given.into()))
    } else {
        // The key itself is not named: messages end up in logs.
        node.problem(format!(
            "must hold keys of {MIN} to {MAX} letters, digits or marks other than : / ? # % & \" \\ (this one has {} bytes)",
            given.len()
        ))
    }
}
