//! The wire rules: what makes a message unusable. Never fails; a verdict is data.
//!
//! Lenient where SDKs are: `null` is as good as missing, `[]` is how PHP writes an empty object,
//! a number is taken for an id. Not rules: semantic properties, casing, the length of an id.
//!
//! Source: Segment, "Delivery Overview", codes of events that failed on ingest; Spec, "Common
//! fields"; Consent, "Consent in Connections".

mod example;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, ops::ControlFlow};

use spec::{Kind, limits};

use crate::{
    split::{Context, Field, Item, Shape, Slots, Value},
    text::{plain, unescape},
};

/// One way in which a message breaks the wire rules, in words for the person who sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Stable code, such as `no_user_anon_id`.
    pub code: &'static str,
    /// JSON pointer into the message; empty for the message as a whole.
    pub pointer: Cow<'static, str>,
    /// What is wrong, in one sentence.
    pub detail: Cow<'static, str>,
    /// What should stand there.
    pub expected: &'static str,
    /// A small message that is right, as JSON: the sender's own ids and names, the fault mended.
    pub example: Cow<'static, str>,
}

/// One message as the rules see it.
pub(crate) struct View<'a> {
    pub(crate) body: &'a [u8],
    pub(crate) kind: Kind,
    pub(crate) slots: &'a Slots<'a>,
    /// The context once the batch's is merged in, and the bytes it stands in.
    pub(crate) context: (&'a Context, &'a [u8]),
    /// The sender's own `context`.
    pub(crate) context_value: Value,
}

const ID: &str = "text that is not empty";
const OBJECT: &str = "an object";
const TEXT: &str = "text";

impl View<'_> {
    /// The first fault; `None` means the message conforms.
    pub(crate) fn fault(&self) -> Option<Fault> {
        let mut first = None;
        let _ = self.each_fault(&mut |fault| {
            first = Some(fault);
            ControlFlow::Break(())
        });
        first
    }

    /// Every fault, in the order of the rules.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let mut all = Vec::new();
        let _ = self.each_fault(&mut |fault| {
            all.push(fault);
            ControlFlow::Continue(())
        });
        all
    }

    #[inline(always)]
    fn each_fault(&self, on: &mut impl FnMut(Fault) -> ControlFlow<()>) -> ControlFlow<()> {
        self.identity(on)?;
        match self.kind {
            Kind::Track => self.event(on)?,
            Kind::Page | Kind::Screen => {
                self.optional_text(Field::Name, "name", "name_not_string", on)?;
                self.optional_text(Field::Category, "category", "category_not_string", on)?;
            }
            Kind::Group => self.required_id(Field::GroupId, "groupId", on)?,
            Kind::Alias => self.required_id(Field::PreviousId, "previousId", on)?,
            Kind::Identify => {}
        }
        self.object(Field::Properties, "properties", "properties_not_object", on)?;
        self.object(Field::Traits, "traits", "traits_not_object", on)?;
        self.object(Field::Integrations, "integrations", "integrations_not_object", on)?;
        if !self.context_value.object_like() {
            return on(self.not_object("context", "context_not_object", self.context_value));
        }
        self.device(on)?;
        self.consent(on)
    }

    fn identity(&self, on: &mut impl FnMut(Fault) -> ControlFlow<()>) -> ControlFlow<()> {
        let user = self.slots.value(Field::UserId);
        let anonymous = self.slots.value(Field::AnonymousId);
        let both = [("userId", user), ("anonymousId", anonymous)];
        for (key, id) in both {
            if id.given() && !matches!(id.shape, Shape::String | Shape::Number) {
                on(self.odd_id(key, id))?;
            }
        }
        if !usable_id(user, self.body) && !usable_id(anonymous, self.body) {
            return match both.into_iter().find(|(_, id)| id.given()) {
                Some((key, id)) if id.shape == Shape::String => on(self.odd_id(key, id)),
                Some(_) => ControlFlow::Continue(()),
                None => on(self.missing_ids()),
            };
        }
        if self.kind == Kind::Alias && !usable_id(user, self.body) {
            return self.required_id(Field::UserId, "userId", on);
        }
        ControlFlow::Continue(())
    }

    fn required_id(
        &self,
        field: Field,
        key: &'static str,
        on: &mut impl FnMut(Fault) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let id = self.slots.value(field);
        if usable_id(id, self.body) {
            return ControlFlow::Continue(());
        }
        if id.given() {
            return on(self.odd_id(key, id));
        }
        on(Fault {
            code: "id_required",
            pointer: pointer(key),
            detail: format!("{key} is missing, {} needs it", self.kind).into(),
            expected: ID,
            example: self.example(key, "\"8e9df332ac\""),
        })
    }

    fn event(&self, on: &mut impl FnMut(Fault) -> ControlFlow<()>) -> ControlFlow<()> {
        let event = self.slots.value(Field::Event);
        if event.some_text(self.body).is_some() {
            return ControlFlow::Continue(());
        }
        let (code, detail) = match event.shape {
            Shape::Absent => ("event_not_defined", "event is missing".into()),
            Shape::Null => ("event_not_defined", "event is null".into()),
            Shape::String => ("event_not_defined", "event is empty".into()),
            shape => ("event_not_string", format!("event is {}", word(shape)).into()),
        };
        let pointer = pointer("event");
        let example = self.example("event", "\"Order Completed\"");
        on(Fault {
            code,
            pointer,
            detail,
            expected: "the event's name, text that is not empty",
            example,
        })
    }

    fn optional_text(
        &self,
        field: Field,
        key: &'static str,
        code: &'static str,
        on: &mut impl FnMut(Fault) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let value = self.slots.value(field);
        if !value.given() || value.shape == Shape::String {
            return ControlFlow::Continue(());
        }
        on(Fault {
            code,
            pointer: pointer(key),
            detail: format!("{key} is {}", word(value.shape)).into(),
            expected: TEXT,
            example: self.example(key, "\"Home\""),
        })
    }

    fn object(
        &self,
        field: Field,
        key: &'static str,
        code: &'static str,
        on: &mut impl FnMut(Fault) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let value = self.slots.value(field);
        if value.object_like() {
            return ControlFlow::Continue(());
        }
        on(self.not_object(key, code, value))
    }

    fn device(&self, on: &mut impl FnMut(Fault) -> ControlFlow<()>) -> ControlFlow<()> {
        let id = self.context.0.advertising_id;
        if !id.given() || id.shape == Shape::String {
            return ControlFlow::Continue(());
        }
        on(Fault {
            code: "device_advertisingid_should_be_string",
            pointer: "/context/device/advertisingId".into(),
            detail: format!("context.device.advertisingId is {}", word(id.shape)).into(),
            expected: TEXT,
            example: self.example(
                "context",
                r#"{"device":{"advertisingId":"7A3CBEA0-BDF5-11E4-8DFC-AA07A5B093DB"}}"#,
            ),
        })
    }

    /// Source: Segment, "Consent in Connections": an empty consent object flows everywhere.
    fn consent(&self, on: &mut impl FnMut(Fault) -> ControlFlow<()>) -> ControlFlow<()> {
        let (consent, bytes) = (&self.context.0.consent, self.context.1);
        if consent.whole.empty() {
            return ControlFlow::Continue(());
        }
        let preferences = consent.preferences;
        let fault = |code, pointer, detail, expected| {
            let example =
                r#"{"consent":{"categoryPreferences":{"Advertising":true,"Analytics":false}}}"#;
            Fault { code, pointer, detail, expected, example: self.example("context", example) }
        };
        const PREFERENCES: &str = "/context/consent/categoryPreferences";
        if !preferences.given() {
            on(fault(
                "consent_categorypreferences_should_exist",
                PREFERENCES.into(),
                "context.consent has no categoryPreferences".into(),
                "an object of category ids to true or false",
            ))?;
        } else if !preferences.object_like() {
            on(fault(
                "consent_categorypreferences_fields_should_be_object",
                PREFERENCES.into(),
                format!("categoryPreferences is {}", word(preferences.shape)).into(),
                "an object of category ids to true or false",
            ))?;
        } else if let Some((start, end)) = consent.odd_choice {
            let key = plain(&bytes[start as usize + 1..end as usize - 1]);
            on(fault(
                "consent_categorypreferences_fields_should_be_bool",
                format!("{PREFERENCES}/{}", key.replace('~', "~0").replace('/', "~1")).into(),
                format!("the choice for {key:?} is neither true nor false").into(),
                "true or false",
            ))?;
        }
        let version = consent.version;
        if version.given() && version.shape != Shape::Number {
            on(fault(
                "consent_version_should_be_number",
                "/context/consent/version".into(),
                format!("context.consent.version is {}", word(version.shape)).into(),
                "a number",
            ))?;
        }
        ControlFlow::Continue(())
    }

    #[cold]
    fn missing_ids(&self) -> Fault {
        Fault {
            code: "no_user_anon_id",
            pointer: "".into(),
            detail: "neither userId nor anonymousId is there".into(),
            expected: "a userId or an anonymousId, text that is not empty",
            example: self.example("userId", "\"019mr8mf4r\""),
        }
    }

    #[cold]
    fn odd_id(&self, key: &'static str, id: Value) -> Fault {
        let found = if id.shape == Shape::String { "empty" } else { word(id.shape) };
        Fault {
            code: "id_not_string",
            pointer: pointer(key),
            detail: format!("{key} is {found}").into(),
            expected: ID,
            example: self.example(key, "\"019mr8mf4r\""),
        }
    }

    #[cold]
    fn not_object(&self, key: &'static str, code: &'static str, value: Value) -> Fault {
        let sample = match key {
            "properties" => r#"{"price":18.99}"#,
            "traits" => r#"{"plan":"pro"}"#,
            "integrations" => r#"{"All":true}"#,
            _ => r#"{"locale":"en-GB"}"#,
        };
        Fault {
            code,
            pointer: pointer(key),
            detail: format!("{key} is {}", word(value.shape)).into(),
            expected: OBJECT,
            example: self.example(key, sample),
        }
    }
}

/// Text that is not empty, or a number: it becomes text.
pub(crate) fn usable_id(id: Value, body: &[u8]) -> bool {
    id.shape == Shape::Number || id.some_text(body).is_some()
}

/// The kind of a batched message: its `type`.
pub(crate) fn kind_of(slots: &Slots<'_>, body: &[u8]) -> Result<Kind, Fault> {
    let value = slots.value(Field::Type);
    let kind = value.text(body).and_then(|text| Kind::from_wire(&unescape(text)));
    kind.ok_or_else(|| {
        let detail = match value.text(body) {
            Some(text) => {
                let text = plain(text).chars().take(40).collect::<String>();
                format!("type is {text:?}")
            }
            None if !value.given() => "type is missing".to_owned(),
            None => format!("type is {}", word(value.shape)),
        };
        Fault {
            code: "bad_request",
            pointer: "/type".into(),
            detail: detail.into(),
            expected: "one of identify, track, page, screen, group, alias",
            example: example::plain(Kind::Track).into(),
        }
    })
}

/// What makes it impossible to read an item of a batch as a message at all.
pub(crate) fn unreadable(item: &Item, index: usize) -> Option<Fault> {
    let bytes = (item.whole.end - item.whole.start) as usize;
    let (detail, expected): (Cow<'static, str>, _) = if index >= limits::BATCH_MESSAGES_MAX {
        ("the batch already holds 2,500 messages".into(), "at most 2,500 messages in one batch")
    } else if bytes > limits::MESSAGE_BYTES_MAX {
        (format!("the message has {bytes} bytes").into(), "at most 32,768 bytes in one message")
    } else if !matches!(item.whole.shape, Shape::Object | Shape::EmptyObject) {
        (format!("the message is {}", word(item.whole.shape)).into(), OBJECT)
    } else if item.too_deep {
        ("the message is nested too deep".into(), "at most 64 levels of nesting")
    } else {
        return None;
    };
    Some(whole("bad_request", detail, expected))
}

/// Messages so far beyond the limit of a batch that they are told of together.
pub(crate) fn surplus(messages: u32) -> Fault {
    let detail = format!("{messages} more messages behind these");
    whole("bad_request", detail.into(), "at most 2,500 messages in one batch")
}

/// A batch without messages.
pub(crate) fn empty_batch(batch: Value) -> Fault {
    let detail = match batch.shape {
        Shape::Absent => "batch is missing".into(),
        Shape::EmptyArray => "batch is empty".into(),
        shape => format!("batch is {}", word(shape)).into(),
    };
    let mut fault = whole("empty_batch", detail, "an array of messages");
    fault.pointer = "/batch".into();
    fault.example = format!(r#"{{"batch":[{}]}}"#, example::plain(Kind::Track)).into();
    fault
}

/// Nothing of a disabled source is delivered, however right it is.
pub(crate) fn source_disabled() -> Fault {
    whole("source_disabled", "the source is disabled".into(), "a source that is enabled")
}

/// A fault of the message as a whole.
pub(crate) fn whole(
    code: &'static str,
    detail: Cow<'static, str>,
    expected: &'static str,
) -> Fault {
    let example = example::plain(Kind::Track).into();
    Fault { code, pointer: "".into(), detail, expected, example }
}

fn pointer(key: &str) -> Cow<'static, str> {
    format!("/{key}").into()
}

/// A shape in a sentence.
fn word(shape: Shape) -> &'static str {
    match shape {
        Shape::Absent => "missing",
        Shape::Null => "null",
        Shape::True | Shape::False => "a boolean",
        Shape::Number => "a number",
        Shape::String => "text",
        Shape::EmptyArray | Shape::Array => "an array",
        Shape::EmptyObject | Shape::Object => "an object",
    }
}
