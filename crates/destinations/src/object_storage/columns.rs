//! Messages as columns. Pure.
//!
//! The common fields are columns of fixed types. What stands in `context`, `properties` and
//! `traits` becomes a column for each leaf, `properties_cart_total`, named as in a warehouse, with
//! the type that its values in this file have. What fits into no column stands in `rest`, so that nothing is lost.

use std::collections::HashMap;

use destination_kit::Parcel;
use jiff::Timestamp;
use serde_json::{Map, Number, Value};

use super::layout::{Layout, event_of};
use crate::postgres::name;

/// Columns made from leaves; further ones go to `rest`.
const LEAVES_MAX: usize = 1000;
/// An object that stands deeper than this is JSON in a text.
const DEPTH_MAX: usize = 5;
/// Whole numbers up to this are exact as floating point numbers.
const EXACT_MAX: u64 = 1 << 53;

/// Fields that are a column each, in this order.
const FIELDS: [(&str, &str, Kind); 11] = [
    ("messageId", "id", Kind::Text),
    ("type", "type", Kind::Text),
    ("event", "event_text", Kind::Text),
    ("name", "name", Kind::Text),
    ("category", "category", Kind::Text),
    ("userId", "user_id", Kind::Text),
    ("anonymousId", "anonymous_id", Kind::Text),
    ("previousId", "previous_id", Kind::Text),
    ("groupId", "group_id", Kind::Text),
    ("timestamp", "timestamp", Kind::Time),
    ("originalTimestamp", "original_timestamp", Kind::Time),
];
/// The same, after the time of arrival.
const SENT_AT: (&str, &str, Kind) = ("sentAt", "sent_at", Kind::Time);
/// Objects whose leaves are columns.
const OBJECTS: [&str; 3] = ["context", "properties", "traits"];

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Flag,
    Whole,
    Real,
    /// Microseconds since 1970, UTC.
    Time,
}

/// A value that is there.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Text(String),
    Flag(bool),
    Whole(i64),
    /// And its digits.
    Real(f64, String),
}

/// One column: its values that are there, by row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Column {
    pub cells: Vec<(usize, Cell)>,
}

/// Messages as columns.
#[derive(Debug)]
pub(super) struct Table {
    pub rows: usize,
    /// Name, what it holds, and its values.
    pub columns: Vec<(String, Kind, Column)>,
}

impl Table {
    /// The columns of `parcels`, without those that the names of folders tell already.
    pub(super) fn new(parcels: &[&Parcel], layout: &Layout) -> Table {
        let mut rows = Rows::default();
        for (row, parcel) in parcels.iter().enumerate() {
            rows.take(row, parcel);
        }
        let Rows { positions, received, sources, events, fields, sent_at, mut leaves, .. } = rows;
        leaves.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let mut columns = vec![("position".to_owned(), Kind::Whole, positions)];
        for ((_, name, kind), column) in FIELDS.into_iter().zip(fields) {
            columns.push((name.to_owned(), kind, column));
        }
        columns.push(("received_at".to_owned(), Kind::Time, received));
        columns.push((SENT_AT.1.to_owned(), SENT_AT.2, sent_at));
        for (name, column) in [("source", sources), ("event", events)] {
            if !layout.tells(name) {
                columns.push((name.to_owned(), Kind::Text, column));
            }
        }
        columns.extend(leaves.into_iter().map(|(name, leaf)| {
            let kind = leaf.kind();
            (name, kind, leaf)
        }));
        columns.push(("rest".to_owned(), Kind::Text, rows.rest));
        Table { rows: parcels.len(), columns }
    }
}

#[derive(Default)]
struct Rows {
    positions: Column,
    received: Column,
    sources: Column,
    events: Column,
    fields: [Column; FIELDS.len()],
    sent_at: Column,
    leaves: Vec<(String, Column)>,
    /// Which leaf stands where: keys are spelled in many ways, and each is read once.
    paths: HashMap<Vec<String>, usize>,
    rest: Column,
}

impl Rows {
    fn take(&mut self, row: usize, parcel: &Parcel) {
        self.positions.push(row, Cell::Whole(i64::try_from(parcel.position).unwrap_or(i64::MAX)));
        self.received.push(row, Cell::Whole(parcel.received_at_ms.saturating_mul(1000)));
        self.sources.push(row, Cell::Text(parcel.source.slug.clone()));
        self.events.push(row, Cell::Text(event_of(parcel)));
        let raw = parcel.message.raw();
        let Some(Value::Object(mut message)) = readable(raw) else {
            // deeper than a reader goes: its bytes are kept, and its id is found
            let id = String::from_utf8_lossy(parcel.message.message_id()).into_owned();
            self.fields[0].push(row, Cell::Text(id));
            return self.rest.push(row, Cell::Text(String::from_utf8_lossy(raw).into_owned()));
        };
        let mut rest = Map::new();
        message.remove("receivedAt");
        let columns = self.fields.iter_mut().chain([&mut self.sent_at]);
        for ((key, _, kind), column) in FIELDS.into_iter().chain([SENT_AT]).zip(columns) {
            match message.remove(key).map(|value| (field(kind, &value), value)) {
                Some((Some(cell), _)) => column.push(row, cell),
                None | Some((None, Value::Null)) => {}
                Some((None, odd)) => drop(rest.insert(key.to_owned(), odd)),
            }
        }
        for key in OBJECTS {
            if let Some(value) = message.remove(key) {
                let mut path = vec![key.to_owned()];
                self.flatten(row, &mut path, value, &mut rest);
            }
        }
        let says_nothing = |value: &Value| match value {
            Value::Null => true,
            Value::Object(inside) => inside.is_empty(),
            _ => false,
        };
        message.retain(|_, value| !says_nothing(value));
        rest.extend(message);
        if !rest.is_empty() {
            self.rest.push(row, Cell::Text(Value::Object(rest).to_string()));
        }
    }

    fn flatten(
        &mut self,
        row: usize,
        path: &mut Vec<String>,
        value: Value,
        rest: &mut Map<String, Value>,
    ) {
        let value = match value {
            Value::Null => return,
            Value::Object(inside) if path.len() <= DEPTH_MAX => {
                for (key, value) in inside {
                    path.push(key);
                    self.flatten(row, path, value, rest);
                    path.pop();
                }
                return;
            }
            value => value,
        };
        match self.leaf(path).filter(|leaf| leaf.last_row() != Some(row)) {
            Some(leaf) => leaf.push(row, cell(value)),
            None => drop(rest.insert(path.join("."), value)),
        }
    }

    /// The column of what stands at `path`, while there is room for it.
    fn leaf(&mut self, path: &[String]) -> Option<&mut Column> {
        let at = match self.paths.get(path) {
            Some(at) => *at,
            None => {
                let keys: Vec<&str> = path.iter().map(String::as_str).collect();
                let name = name::column("", &keys);
                let known = self.leaves.iter().position(|(known, _)| *known == name);
                let at = known.unwrap_or(self.leaves.len());
                if at == LEAVES_MAX {
                    return None;
                }
                if known.is_none() {
                    self.leaves.push((name, Column::default()));
                }
                self.paths.insert(path.to_vec(), at);
                at
            }
        };
        Some(&mut self.leaves[at].1)
    }
}

impl Column {
    fn last_row(&self) -> Option<usize> {
        self.cells.last().map(|(row, _)| *row)
    }

    fn push(&mut self, row: usize, cell: Cell) {
        self.cells.push((row, cell));
    }

    /// The narrowest kind that holds every value exactly.
    fn kind(&self) -> Kind {
        let all = |fits: &dyn Fn(&Cell) -> bool| self.cells.iter().all(|(_, cell)| fits(cell));
        if all(&|cell| matches!(cell, Cell::Flag(_))) {
            Kind::Flag
        } else if all(&|cell| matches!(cell, Cell::Whole(_))) {
            Kind::Whole
        } else if all(&|cell| match cell {
            Cell::Whole(number) => number.unsigned_abs() <= EXACT_MAX,
            cell => matches!(cell, Cell::Real(..)),
        }) {
            Kind::Real
        } else {
            Kind::Text
        }
    }
}

impl Cell {
    /// As text, for a column whose values are of several kinds.
    pub(super) fn text(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Cell::Text(text) | Cell::Real(_, text) => text.as_str().into(),
            Cell::Flag(flag) => flag.to_string().into(),
            Cell::Whole(number) => number.to_string().into(),
        }
    }
}

/// A common field, where it is what it should be.
fn field(kind: Kind, value: &Value) -> Option<Cell> {
    match (kind, value) {
        (Kind::Time, Value::String(text)) => {
            let time: Timestamp = text.parse().ok()?;
            Some(Cell::Whole(time.as_microsecond()))
        }
        (Kind::Text, Value::String(text)) => Some(Cell::Text(text.clone())),
        (Kind::Text, Value::Number(number)) => Some(Cell::Text(number.to_string())),
        _ => None,
    }
}

fn cell(value: Value) -> Cell {
    match value {
        Value::Bool(flag) => Cell::Flag(flag),
        Value::Number(number) => number_cell(&number),
        Value::String(text) => Cell::Text(text),
        value => Cell::Text(value.to_string()),
    }
}

/// A number beyond what the kinds hold keeps its digits, as text.
fn number_cell(number: &Number) -> Cell {
    let digits = number.to_string();
    if let Some(whole) = number.as_i64() {
        return Cell::Whole(whole);
    }
    let fraction = digits.contains(['.', 'e', 'E']);
    match number.as_f64().filter(|real| fraction && real.is_finite()) {
        Some(real) => Cell::Real(real, digits),
        None => Cell::Text(digits),
    }
}

/// Reads JSON; a lone surrogate, which senders' strings may hold, becomes U+FFFD. `None`: it is
/// nested deeper than can be read.
pub(super) fn readable(json: &[u8]) -> Option<Value> {
    if let Ok(value) = serde_json::from_slice(json) {
        return Some(value);
    }
    let mut mended = json.to_vec();
    let unit = |bytes: &[u8], at: usize| {
        let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', mended.get(at..)?) {
        at += found;
        at += match (unit(&mended, at), unit(&mended, at + 6)) {
            (None, _) => 2,
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                mended[at..at + 6].copy_from_slice(b"\\ufffd");
                6
            }
            _ => 6,
        };
    }
    serde_json::from_slice(&mended).ok()
}

#[cfg(test)]
mod tests;
