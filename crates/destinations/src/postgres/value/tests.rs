#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::*;

fn shape(json: &str) -> (Shape, Vec<u8>) {
    let raw = json.trim_matches('"').as_bytes().to_vec();
    let shape = match json.as_bytes()[0] {
        b'"' => Shape::of_string(&raw),
        b't' => Shape::True,
        b'f' => Shape::False,
        b'n' => Shape::Null,
        b'[' => Shape::List,
        _ => Shape::of_number(&raw),
    };
    (shape, raw)
}

/// The type of a column after `values`, first to last.
fn column(values: &[&str]) -> Option<ColumnType> {
    values.iter().fold(None, |column: Option<ColumnType>, json| {
        let (shape, raw) = shape(json);
        column.map_or(shape.natural(), |column| Some(column.widened(shape, &raw)))
    })
}

fn stands(column: ColumnType, json: &str) -> Option<String> {
    let (shape, raw) = shape(json);
    let value = plain(column, shape, &raw)?;
    Some(String::from_utf8(value.text.into_owned()).unwrap())
}

#[test]
fn the_first_value_says_the_type() {
    for (json, expect) in [
        ("1", Shape::Int),
        ("-9223372036854775808", Shape::Int),
        ("9223372036854775808", Shape::Big),
        ("1.5", Shape::Float),
        ("1e3", Shape::Float),
        ("1e400", Shape::Big),
        ("1e-400", Shape::Big),
        ("0e-400", Shape::Float),
        ("1e99999", Shape::Huge),
        ("1e99999999999999999999", Shape::Huge),
        ("true", Shape::True),
        ("\"2026-11-30T12:31:07.123Z\"", Shape::Time),
        ("\"2026-11-30T12:31:07+02:00\"", Shape::Time),
        ("\"2026-11-30T12:31\"", Shape::Time),
        ("\"2026-02-30T12:31:07.123Z\"", Shape::Text),
        ("\"0000-11-30T12:31:07.123Z\"", Shape::Text),
        ("\"0001-01-01T00:00:00.000+05:00\"", Shape::Text),
        ("\"2026-11-30\"", Shape::Text),
        ("\"12\"", Shape::Text),
        ("[1]", Shape::List),
    ] {
        assert_eq!(shape(json).0, expect, "{json}");
    }
    assert_eq!(shape(&"9".repeat(1001)).0, Shape::Huge);
}

#[test]
fn a_column_is_widened_as_far_as_it_takes() {
    let text = Some(ColumnType::Text(None));
    for (values, expect) in [
        (&["null"][..], None),
        (&["null", "1"], Some(ColumnType::Int(64))),
        (&["1", "2.0", "1e3"], Some(ColumnType::Int(64))),
        (&["1", "2.5"], Some(ColumnType::Float(64))),
        (&["1", "18446744073709551616"], Some(ColumnType::Numeric)),
        (&["1.5", "18446744073709551616"], Some(ColumnType::Float(64))),
        (&["1.5", "1e400"], Some(ColumnType::Numeric)),
        (&["1e400", "1", "1.5"], Some(ColumnType::Numeric)),
        (&["1e400", "1e99999"], text),
        (&["true", "1"], text),
        (&["true", "false", "null"], Some(ColumnType::Bool)),
        (&["\"2026-11-30T12:31:07Z\"", "\"soon\""], text),
        (&["1", "\"1\""], text),
        (&["\"a\"", "1", "true", "[1]"], text),
    ] {
        assert_eq!(column(values), expect, "{values:?}");
    }
    assert_eq!(ColumnType::Int(32).widened(Shape::Int, b"3000000000"), ColumnType::Int(64));
    assert_eq!(ColumnType::Other.widened(Shape::Int, b"1"), ColumnType::Other);
}

#[test]
fn values_stand_as_postgres_reads_them() {
    let some = |text: &str| Some(text.to_owned());
    for (column, json, expect) in [
        (ColumnType::Int(64), "2.0", some("2")),
        (ColumnType::Int(64), "1e3", some("1000")),
        (ColumnType::Int(64), "1.5", None),
        (ColumnType::Int(64), "9007199254740993.0", None),
        (ColumnType::Int(16), "32767", some("32767")),
        (ColumnType::Int(16), "32768", None),
        (ColumnType::Int(32), "-2147483648", some("-2147483648")),
        (ColumnType::Float(32), "1e39", None),
        (ColumnType::Float(32), "0.5", some("0.5")),
        (ColumnType::Float(64), "18446744073709551616", some("18446744073709551616")),
        (ColumnType::Float(64), "1e400", None),
        (ColumnType::Bool, "true", some("t")),
        (ColumnType::Bool, "\"true\"", None),
        (ColumnType::Text(None), "1.50", some("1.50")),
        (ColumnType::Text(None), "false", some("false")),
        (
            ColumnType::Text(None),
            r#""a\nb\u0000\ud83c\udf89\ud83c\"\/""#,
            some("a\nb🎉\u{fffd}\"/"),
        ),
        (ColumnType::Text(None), r#"["\n", 1]"#, some(r#"["\n", 1]"#)),
        (ColumnType::Text(Some(3)), "\"größe\"", None),
        (ColumnType::Text(Some(5)), "\"größe\"", some("größe")),
        (ColumnType::Time, "\"2026-11-30T12:31:07.123Z\"", some("2026-11-30T12:31:07.123Z")),
        (
            ColumnType::Time,
            "\"2026-11-30T12:31:07.123456789+01:00\"",
            some("2026-11-30T11:31:07.123456Z"),
        ),
        (ColumnType::Time, "\"2026-11-30T12:31\"", some("2026-11-30T12:31:00.000Z")),
        (ColumnType::Time, "\"soon\"", None),
        (ColumnType::Other, "1", None),
    ] {
        assert_eq!(stands(column, json), expect, "{column:?} {json}");
    }
}

#[test]
fn copy_reads_back_what_was_written() {
    let mut out = Vec::new();
    copy_field(&plain(ColumnType::Text(None), Shape::Text, br"a\\N\t\r\n|").unwrap(), &mut out);
    assert_eq!(String::from_utf8(out).unwrap(), r"a\\N\t\r\n|");
}
