//! The pages of the documentation are made of the data. `UPDATE_EXPECT=1` writes them anew.

use expect_test::expect_file;

#[test]
fn the_rules_are_the_page_in_docs() {
    expect_file!["../../../../../docs/spec/rules.md"].assert_eq(&crate::rules::rules_markdown());
}

#[test]
fn the_events_are_the_page_in_docs() {
    expect_file!["../../../../../docs/spec/events.md"].assert_eq(&crate::rules::events_markdown());
}
