use std::{fs, path::Path};

use bytes::Bytes;
use destination_kit::{Parcel, conformance};
use expect_test::expect_file;
use spec::{Head, Kind, Message, Span};

/// What `user` did at position `n`, on its way; words and properties as they stand in JSON.
pub(crate) fn tracked(n: u64, user: &str, event: &str, properties: &str) -> Parcel {
    let mut raw = String::from(r#"{"type":"track","messageId":""#);
    let mut span = |value: &str, after: &str| {
        let start = raw.len() as u32;
        raw.push_str(value);
        raw.push_str(after);
        Span { start, len: value.len() as u32 }
    };
    let message_id = span(&format!("m-{n}"), r#"","userId":""#);
    let user_id = span(user, r#"","event":""#);
    let name = span(event, r#"","properties":"#);
    span(properties, "}");
    let (anonymous_id, integrations) = (Span::default(), Span::default());
    let head = Head { kind: Kind::Track, message_id, name, user_id, anonymous_id, integrations };
    let mut out = Vec::new();
    let at = Message::begin(&mut out);
    out.extend_from_slice(raw.as_bytes());
    Message::finish(&mut out, at, &head);
    conformance::parcel(n, Message::decode(Bytes::from(out)).expect("it was encoded above"))
}

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
