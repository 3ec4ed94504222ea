//! Checks of single texts: addresses, mail, lengths, names.

use crate::problem::Problem;

/// The longest address of a page.
pub(crate) const URL_CHARS_MAX: usize = 2048;

/// Whether the text says nothing.
pub(crate) fn blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

/// An address of a public page: http or https, a host, nothing that hides another host.
pub(crate) fn check_url(url: &str, pointer: &str) -> Option<Problem> {
    let refuse = |message: String, fix: &str| {
        Some(Problem::new(
            "bad_url",
            pointer,
            message,
            "an address like https://www.example.com/page",
            fix,
        ))
    };
    if url.chars().count() > URL_CHARS_MAX {
        return refuse("the address is too long".to_owned(), "use a shorter one");
    }
    if url.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"\\`{}".contains(c)) {
        let message = format!("{url:?} holds a character that no address has");
        return refuse(message, "leave out blanks, quotes and brackets");
    }
    let lower = url.to_ascii_lowercase();
    let Some(length) = ["https://", "http://"]
        .iter()
        .find_map(|start| lower.starts_with(start).then_some(start.len()))
    else {
        return refuse(format!("{url:?} does not start with https://"), "put https:// in front");
    };
    let authority = url[length..].split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return refuse(format!("{url:?} holds a user name"), "leave out what stands before the @");
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return refuse(format!("{url:?} has a port that is no number"), "leave the port out");
    }
    if !is_domain(host) {
        return refuse(format!("{url:?} has no public host name"), "use your site's domain");
    }
    None
}

/// The host of an address that passed [`check_url`], lower case, without `www.`.
pub(crate) fn host(url: &str) -> Option<String> {
    let rest = url.split_once("://")?.1;
    let host = rest.split(['/', '?', '#', ':']).next()?.to_ascii_lowercase();
    Some(host.strip_prefix("www.").unwrap_or(&host).to_owned())
}

/// A mail address that a letter can be sent to.
pub fn check_email(email: &str, pointer: &str) -> Option<Problem> {
    let good = email.len() <= 254
        && email.rsplit_once('@').is_some_and(|(local, domain)| {
            (1..=64).contains(&local.len())
                && local
                    .chars()
                    .all(|c| !c.is_whitespace() && !c.is_control() && !"@<>()[],;:\\\"".contains(c))
                && !local.starts_with('.')
                && !local.ends_with('.')
                && !local.contains("..")
                && is_domain(domain)
        });
    (!good).then(|| {
        Problem::new(
            "bad_email",
            pointer,
            format!("{email:?} is not a mail address"),
            "an address like support@example.com",
            "check it for blanks and missing parts",
        )
    })
}

/// A text of at most `most` characters.
pub(crate) fn check_length(text: &str, most: usize, pointer: &str) -> Option<Problem> {
    let chars = text.chars().count();
    (chars > most).then(|| {
        Problem::new(
            "too_long",
            pointer,
            format!("this has {chars} characters, {} too many", chars - most),
            format!("at most {most} characters"),
            "shorten it",
        )
    })
}

/// A single line without control characters.
pub(crate) fn check_line(text: &str, most: usize, pointer: &str) -> Option<Problem> {
    if text.chars().any(char::is_control) {
        return Some(Problem::new(
            "control_character",
            pointer,
            format!("{text:?} holds a control character"),
            "one line of text",
            "leave out line breaks and tabs",
        ));
    }
    check_length(text, most, pointer)
}

/// Many lines: the only control characters are line breaks and tabs.
pub(crate) fn check_lines(text: &str, most: usize, pointer: &str) -> Option<Problem> {
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Some(Problem::new(
            "control_character",
            pointer,
            "this holds a control character",
            "plain text",
            "paste it again as plain text",
        ));
    }
    check_length(text, most, pointer)
}

fn is_domain(host: &str) -> bool {
    let labels: Vec<_> = host.split('.').collect();
    let good = |label: &&str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    host.len() <= 253
        && labels.len() >= 2
        && labels.iter().all(good)
        && labels.last().is_some_and(|top| top.chars().any(|c| c.is_alphabetic()))
}

#[cfg(test)]
mod tests;
