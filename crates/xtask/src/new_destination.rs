//! Writes a destination that compiles and conforms, and its line in the list.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::tidy::root;

pub(crate) fn run(slug: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if slug.is_empty() || !slug.chars().all(fits) || slug.starts_with(|c: char| c.is_ascii_digit())
    {
        bail!("slug {slug:?} must be lower-case letters, digits and _, beginning with a letter");
    }
    let src = root()?.join("crates/destinations/src");
    let file = src.join(format!("{slug}.rs"));
    if file.exists() {
        bail!("{} is there already", file.display());
    }
    let webhook = fs::read_to_string(src.join("webhook.rs")).context("the model is webhook.rs")?;
    let _ = webhook;
    let list = src.join("lib.rs");
    let text = fs::read_to_string(&list)?;
    let _ = text;
    bail!("not wired yet")
}
