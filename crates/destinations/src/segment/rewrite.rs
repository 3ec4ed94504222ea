//! A message as another endpoint is to see it. Pure; members that stay keep their bytes.

use serde_json::value::RawValue;

use crate::template::{Members, shown};

/// What an endpoint says itself, and `sentAt`, which the batch says.
const ENDPOINTS_OWN: [&[u8]; 6] =
    [b"receivedAt", b"originalTimestamp", b"projectId", b"version", b"sentAt", b"writeKey"];

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rewritten {
    /// It was written.
    Done,
    /// It has been where it is to go.
    BeenThere,
}

/// Appends `message`, JSON, to `out` as the endpoint is to see it whose write key stands in
/// `context.repeatChain` as `link`. `None`: it is no JSON object.
pub(crate) fn rewritten(message: &[u8], link: &str, out: &mut Vec<u8>) -> Option<Rewritten> {
    let text = std::str::from_utf8(message).ok()?;
    let members: Members<'_> = serde_json::from_str(text).ok()?;
    let mut object = Object::begin(text, out);
    let mut context = false;
    for (name, value) in &members.0 {
        if ENDPOINTS_OWN.contains(&&name.0[..]) {
            object.cut(value);
        } else if name.0 == b"context" {
            if !value.get().starts_with('{') {
                object.cut(value);
                continue;
            }
            context = true;
            let mut chained = Vec::new();
            if with_link(value, link, &mut chained)? == Rewritten::BeenThere {
                return Some(Rewritten::BeenThere);
            }
            object.replace(value, &chained);
        } else {
            object.keep(value);
        }
    }
    if !context {
        object.add(&format!(r#""context":{{"repeatChain":["{link}"]}}"#));
    }
    object.end();
    Some(Rewritten::Done)
}

/// Appends the object `context` with `link` in its chain.
fn with_link(context: &RawValue, link: &str, out: &mut Vec<u8>) -> Option<Rewritten> {
    let members: Members<'_> = serde_json::from_str(context.get()).ok()?;
    let chain = members.last("repeatChain").map(RawValue::get).unwrap_or("[]");
    // what is no list is no chain of ours, and is replaced
    let chain: Vec<&RawValue> = serde_json::from_str(chain).unwrap_or_default();
    if chain.iter().any(|known| shown(known) == link) {
        return Some(Rewritten::BeenThere);
    }
    let mut object = Object::begin(context.get(), out);
    for (name, value) in &members.0 {
        if name.0 == b"repeatChain" { object.cut(value) } else { object.keep(value) }
    }
    let known: String = chain.iter().map(|known| format!("{},", known.get())).collect();
    object.add(&format!(r#""repeatChain":[{known}"{link}"]"#));
    object.end();
    Some(Rewritten::Done)
}

/// Writes an object anew, member for member of one that was read.
struct Object<'a, 'o> {
    text: &'a str,
    /// Where the member begins that comes next, with the comma before it.
    next: usize,
    first: bool,
    out: &'o mut Vec<u8>,
}

impl<'a, 'o> Object<'a, 'o> {
    fn begin(text: &'a str, out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        let next = text.find('{').map_or(0, |at| at + 1);
        Object { text, next, first: true, out }
    }

    /// Leaves out the next member, which has this value.
    fn cut(&mut self, value: &RawValue) {
        self.next = self.end_of(value);
    }

    fn keep(&mut self, value: &RawValue) {
        let end = self.end_of(value);
        let member = self.text[self.next..end].trim_start_matches([',', ' ', '\t', '\n', '\r']);
        self.next = end;
        self.add(member);
    }

    fn replace(&mut self, value: &RawValue, with: &[u8]) {
        let begin = self.end_of(value) - value.get().len();
        let before = self.text[self.next..begin].trim_start_matches([',', ' ', '\t', '\n', '\r']);
        self.next = self.end_of(value);
        self.add(before);
        self.out.extend_from_slice(with);
    }

    fn add(&mut self, member: &str) {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        self.out.extend_from_slice(member.as_bytes());
    }

    fn end(self) {
        self.out.push(b'}');
    }

    /// Where `value`, a part of the text, ends in it.
    fn end_of(&self, value: &RawValue) -> usize {
        value.get().as_ptr() as usize - self.text.as_ptr() as usize + value.get().len()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(message: &str, expect: Expect) {
        let mut out = Vec::new();
        let shown = match rewritten(message.as_bytes(), "k2", &mut out) {
            Some(Rewritten::Done) => String::from_utf8(out).expect("text stays text"),
            other => format!("{other:?}"),
        };
        expect.assert_eq(&shown);
    }

    #[test]
    fn what_is_the_endpoints_to_say_is_left_out() {
        check(
            r#"{"sentAt":"a","type":"track", "messageId":"m\u0031" ,"total":1.50,"timestamp":"t","originalTimestamp":"o","receivedAt":"r","projectId":"p","version":2}"#,
            expect![[
                r#"{"type":"track","messageId":"m\u0031","total":1.50,"timestamp":"t","context":{"repeatChain":["k2"]}}"#
            ]],
        );
        check("{}", expect![[r#"{"context":{"repeatChain":["k2"]}}"#]]);
        check(
            r#"{"a":"\ud800","\ud800":{"receivedAt":1},"context":null}"#,
            expect![[
                r#"{"a":"\ud800","\ud800":{"receivedAt":1},"context":{"repeatChain":["k2"]}}"#
            ]],
        );
    }

    #[test]
    fn the_chain_grows_and_closes() {
        check(
            r#"{"context":{"ip":"1.2.3.4","repeatChain":["k1"],"library":{"name":"x"}},"type":"page"}"#,
            expect![[
                r#"{"context":{"ip":"1.2.3.4","library":{"name":"x"},"repeatChain":["k1","k2"]},"type":"page"}"#
            ]],
        );
        check(
            r#"{"context" : { "repeatChain" : "none" } , "type":"page"}"#,
            expect![[r#"{"context" : {"repeatChain":["k2"]},"type":"page"}"#]],
        );
        check(r#"{"context":{"repeatChain":["k1","k2","k3"]}}"#, expect!["Some(BeenThere)"]);
        check(r#"["no object"]"#, expect!["None"]);
    }
}
