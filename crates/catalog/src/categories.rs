//! The categories of the catalog: a fixed list, so that browsing stays short.
//!
//! Source: the category list of Segment's catalog metadata form.

use crate::problem::Problem;

/// What a partner may choose, in the order of the form.
pub const CATEGORIES: [&str; 22] = [
    "A/B Testing",
    "Advertising",
    "Analytics",
    "Attribution",
    "CRM",
    "Customer Success",
    "Deep Linking",
    "Email Marketing",
    "Enrichment",
    "Feature Flagging",
    "Heatmaps & Recordings",
    "Live Chat",
    "Marketing Automation",
    "Performance Monitoring",
    "Personalization",
    "Raw Data",
    "Referrals",
    "Security & Fraud",
    "SMS & Push Notifications",
    "Surveys",
    "Tag Managers",
    "Video",
];

/// Where our own plain sources stand; not for partners. A catalog page shows them first.
pub const PLAIN_CATEGORIES: [&str; 3] = ["Website", "Mobile", "Server"];

/// The name of a category in addresses: lower case, everything else one hyphen.
pub fn category_slug(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// The category of this name or slug, whatever its case.
pub fn find_category(name: &str) -> Option<&'static str> {
    let slug = category_slug(name);
    let mut all = CATEGORIES.iter().chain(&PLAIN_CATEGORIES);
    all.find(|known| category_slug(known) == slug).copied()
}

/// Place on a catalog page: website, mobile, server, then by name.
pub fn category_rank(name: &str) -> (usize, String) {
    let plain = PLAIN_CATEGORIES.iter().position(|plain| *plain == name);
    (plain.unwrap_or(PLAIN_CATEGORIES.len()), name.to_lowercase())
}

/// Whether a partner may choose it, exactly as written.
pub fn check_category(name: &str) -> Result<(), Problem> {
    if CATEGORIES.contains(&name) {
        return Ok(());
    }
    let fix = match find_category(name).filter(|known| CATEGORIES.contains(known)) {
        Some(known) => format!("write it as {known:?}"),
        None => "choose the nearest one of the list".to_owned(),
    };
    Err(Problem::new(
        "unknown_category",
        "",
        format!("{name:?} is not a category"),
        format!("one of {}", CATEGORIES.join(", ")),
        fix,
    ))
}

#[cfg(test)]
mod tests;
