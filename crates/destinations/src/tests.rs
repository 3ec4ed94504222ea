use std::{fs, path::Path};

use expect_test::expect_file;

/// `UPDATE_EXPECT=1` writes the pages anew.
#[test]
fn the_documentation_holds_a_page_for_each() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for kind in super::all() {
        let definition = kind.definition();
        let notes = fs::read_to_string(source.join(format!("{}.md", definition.slug)));
        let page = definition.markdown() + &notes.unwrap_or_default();
        let path = format!(
            "{}/../../docs/destinations/{}.md",
            env!("CARGO_MANIFEST_DIR"),
            definition.slug
        );
        expect_file![path].assert_eq(&page);
    }
}

#[test]
fn slugs_and_names_are_told_apart() {
    let mut seen = Vec::new();
    for definition in super::all().iter().map(|kind| kind.definition()) {
        assert!(!seen.contains(&definition.slug), "{} stands there twice", definition.slug);
        seen.push(definition.slug);
    }
}
