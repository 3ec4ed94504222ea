//! `name=value` on the command line.

use serde_json::{Map, Value};

use crate::Failure;

/// Settings: a value is JSON where it can be read so, else text.
pub(super) fn settings(option: &str, pairs: &[String]) -> Result<Map<String, Value>, Failure> {
    let one = |pair: &String| {
        let (name, value) = text(option, pair)?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        Ok((name.to_owned(), value))
    };
    pairs.iter().map(one).collect()
}

/// Texts by name.
pub(super) fn texts<'p>(
    option: &str,
    pairs: &'p [String],
) -> Result<Vec<(&'p str, &'p str)>, Failure> {
    pairs.iter().map(|pair| text(option, pair)).collect()
}

/// One text by name.
pub(super) fn text<'p>(option: &str, pair: &'p str) -> Result<(&'p str, &'p str), Failure> {
    pair.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
        Failure::usage(
            format!("{option}: {pair:?} is not NAME=VALUE"),
            "write for example url=https://example.com/hook",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_json_or_text() {
        let pairs = ["url=https://x/?a=b", "retries=3", "flags=[true]", "empty="];
        let pairs = pairs.map(str::to_owned);
        let read = settings("--setting", &pairs).expect("they can be read");
        let json = Value::from(read).to_string();
        assert_eq!(json, r#"{"url":"https://x/?a=b","retries":3,"flags":[true],"empty":""}"#);
        for wrong in ["x", "=x"] {
            let failure = settings("--setting", &[wrong.to_owned()]).expect_err("it is no pair");
            assert_eq!(failure.exit_code(), 2);
        }
    }
}
