//! Writes a destination that compiles and conforms, and its lines in the list.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::tidy::root;

pub(crate) fn run(slug: &str) -> Result<()> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let begins = slug.starts_with(|c: char| c.is_ascii_lowercase());
    if !begins || !slug.chars().all(fits) {
        bail!("slug {slug:?} must be lower-case letters, digits and -, beginning with a letter");
    }
    let src = root()?.join("crates/destinations/src");
    let module = slug.replace('-', "_");
    let file = src.join(format!("{module}.rs"));
    if file.exists() {
        bail!("{} is there already", file.display());
    }
    let list = src.join("lib.rs");
    let text = fs::read_to_string(&list)?;
    let words = slug.split('-').filter(|word| !word.is_empty());
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    let words: Vec<String> = words.map(capital).collect();
    let text = with_destination(&text, &module, &words.concat())
        .context("destinations/src/lib.rs no longer has its list as `vec![…]` after `mod` lines")?;
    fs::create_dir_all(src.join(&module))?;
    let fill = |template: &str| {
        template
            .replace("SLUG", slug)
            .replace("KIND", &format!("{}Kind", words.concat()))
            .replace("NAME", &words.join(" "))
    };
    fs::write(&file, fill(include_str!("new_destination/destination.rs.txt")))?;
    fs::write(
        src.join(&module).join("tests.rs"),
        fill(include_str!("new_destination/tests.rs.txt")),
    )?;
    fs::write(&list, text)?;
    println!(
        "{} and its line in lib.rs are written; next: UPDATE_EXPECT=1 cargo test -p destinations (which writes its page)",
        file.display()
    );
    Ok(())
}

/// The list with one more destination; `None` when it does not look as it did.
fn with_destination(list: &str, slug: &str, name: &str) -> Option<String> {
    let (before, rest) = list.split_once("vec![")?;
    let (entries, after) = rest.split_once(']')?;
    let module = before.find("mod ")?;
    let (head, modules) = before.split_at(module);
    let entries = entries.trim().trim_end_matches(',');
    Some(format!(
        "{head}mod {slug};\n{modules}vec![{entries}, Box::new({slug}::{name}Kind)]{after}"
    ))
}

#[cfg(test)]
mod tests {
    use super::with_destination;

    #[test]
    fn the_list_gains_a_module_and_an_entry() {
        let list = "//! Doc.\n\nmod file;\n\npub fn all() -> Vec<X> {\n    vec![Box::new(file::FileKind)]\n}\n";
        let expected = "//! Doc.\n\nmod crm;\nmod file;\n\npub fn all() -> Vec<X> {\n    \
                        vec![Box::new(file::FileKind), Box::new(crm::CrmKind)]\n}\n";
        assert_eq!(with_destination(list, "crm", "Crm").as_deref(), Some(expected));
        assert_eq!(with_destination("fn all() {}", "crm", "Crm"), None);
    }
}
