//! The tables of a source: which columns they have, and which value goes into which.
//!
//! Pure. What Postgres was seen to have is `stands`, what it must have before a batch is loaded
//! is `wanted`.

use std::collections::HashMap;

use super::{
    name,
    scan::{Leaf, Tree},
    selection::TableSelection,
    value::{ColumnType, Shape, text},
};

/// Columns that Postgres gives a table at most in its life, dropped ones counted.
pub const COLUMNS_MAX: usize = 1600;
/// Takes what has no column, as a JSON object.
pub const EXTRA: &str = "_extra";
/// When each column of `users` and `accounts` was said last, as a JSON object.
pub const TIMES: &str = "_times";
/// When a row was loaded; Postgres fills it in.
pub const LOADED: &str = "uuid_ts";

/// Where a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Not found out yet.
    Unknown,
    /// Nowhere: somebody wants it left out.
    Out,
    /// Into [`EXTRA`].
    Extra,
    /// Into the column of this number.
    Column(u32),
}

/// What every message has outside `context`, `properties` and `traits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Field {
    MessageId,
    ReceivedAt,
    AnonymousId,
    UserId,
    SentAt,
    Timestamp,
    OriginalTimestamp,
    /// The table of the event.
    Event,
    EventText,
    GroupId,
    PreviousId,
    Name,
    Category,
}

impl Field {
    pub const ALL: [Field; 13] = [
        Field::MessageId,
        Field::ReceivedAt,
        Field::AnonymousId,
        Field::UserId,
        Field::SentAt,
        Field::Timestamp,
        Field::OriginalTimestamp,
        Field::Event,
        Field::EventText,
        Field::GroupId,
        Field::PreviousId,
        Field::Name,
        Field::Category,
    ];

    /// Its key in a message.
    pub fn key(self) -> &'static str {
        match self {
            Field::MessageId => "messageId",
            Field::ReceivedAt => "receivedAt",
            Field::AnonymousId => "anonymousId",
            Field::UserId => "userId",
            Field::SentAt => "sentAt",
            Field::Timestamp => "timestamp",
            Field::OriginalTimestamp => "originalTimestamp",
            Field::Event | Field::EventText => "event",
            Field::GroupId => "groupId",
            Field::PreviousId => "previousId",
            Field::Name => "name",
            Field::Category => "category",
        }
    }

    fn column_type(self) -> ColumnType {
        match self {
            Field::ReceivedAt | Field::SentAt | Field::Timestamp | Field::OriginalTimestamp => {
                ColumnType::Time
            }
            _ => ColumnType::Text(None),
        }
    }
}

/// What a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    Tracks,
    Event,
    Identifies,
    Users,
    Pages,
    Screens,
    Groups,
    Accounts,
    Aliases,
    Violations,
}

impl Holds {
    /// One row for each id, that holds the latest of each value.
    pub fn latest(self) -> bool {
        matches!(self, Holds::Users | Holds::Accounts)
    }

    /// The fields it has columns for, and their names.
    pub fn fields(self) -> Vec<(Field, &'static str)> {
        let received = (Field::ReceivedAt, "received_at");
        match self {
            Holds::Users => return vec![(Field::UserId, "id"), received],
            Holds::Accounts => return vec![(Field::GroupId, "id"), received],
            _ => {}
        }
        let mut fields = vec![
            (Field::MessageId, "id"),
            received,
            (Field::AnonymousId, "anonymous_id"),
            (Field::UserId, "user_id"),
        ];
        if self == Holds::Violations {
            fields.extend([(Field::Event, "collection"), (Field::EventText, "event_text")]);
            return fields;
        }
        fields.extend([
            (Field::SentAt, "sent_at"),
            (Field::Timestamp, "timestamp"),
            (Field::OriginalTimestamp, "original_timestamp"),
        ]);
        match self {
            Holds::Tracks | Holds::Event => {
                fields.extend([(Field::Event, "event"), (Field::EventText, "event_text")]);
            }
            Holds::Pages | Holds::Screens => {
                fields.extend([(Field::Name, "name"), (Field::Category, "category")]);
            }
            Holds::Groups => fields.push((Field::GroupId, "group_id")),
            Holds::Aliases => fields.push((Field::PreviousId, "previous_id")),
            _ => {}
        }
        fields
    }

    /// Whether no property may go into the column `name`.
    fn reserves(self, name: &str) -> bool {
        let ours = [EXTRA, TIMES, LOADED].contains(&name);
        // a page's name is often among its properties as well
        let shared = matches!(name, "name" | "category");
        ours || (!shared && self.fields().iter().any(|(_, column)| *column == name))
    }
}

/// One column.
#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    /// Its type in Postgres, if it is there.
    pub stands: Option<ColumnType>,
    /// The type that the batch needs; none while only null was seen.
    pub wanted: Option<ColumnType>,
    /// It keeps its type, whatever comes.
    pub fixed: bool,
    /// The batch that has a value for it.
    pub batch: u64,
}

/// One table as Postgres has it.
#[derive(Debug, Default)]
pub struct Standing {
    pub name: String,
    /// Its `id` is unique.
    pub keyed: bool,
    /// Columns that Postgres counts, dropped ones too.
    pub numbered: usize,
    pub columns: Vec<(String, ColumnType)>,
}

/// One table.
#[derive(Debug)]
pub struct Table {
    pub holds: Holds,
    pub name: String,
    /// It is in Postgres.
    pub stands: bool,
    /// We made it, with all of our columns.
    made: bool,
    /// Its `id` is unique there.
    pub keyed: bool,
    /// Columns that Postgres counts, dropped ones too.
    pub numbered: usize,
    pub columns: Vec<Column>,
    by_name: HashMap<String, u32>,
    fields: [Slot; Field::ALL.len()],
    context: Vec<Slot>,
    selection: TableSelection,
}

impl Table {
    /// A table that Postgres does not have yet.
    pub fn new(holds: Holds, name: String, selection: TableSelection) -> Self {
        Table {
            holds,
            name,
            stands: false,
            made: true,
            keyed: true,
            // ours: `_extra`, `uuid_ts` and perhaps `_times`
            numbered: 2 + usize::from(holds.latest()),
            columns: Vec::new(),
            by_name: HashMap::new(),
            fields: [Slot::Unknown; Field::ALL.len()],
            context: Vec::new(),
            selection,
        }
    }

    /// The same as Postgres has it.
    pub fn standing(holds: Holds, standing: Standing, selection: TableSelection) -> Self {
        let Standing { name, keyed, numbered, columns } = standing;
        let mut table = Table::new(holds, name, selection);
        (table.stands, table.made) = (true, false);
        (table.keyed, table.numbered) = (keyed, numbered);
        for (name, stands) in columns {
            table.by_name.insert(name.clone(), table.columns.len() as u32);
            let (stands, fixed) = (Some(stands), false);
            table.columns.push(Column { name, stands, wanted: stands, fixed, batch: 0 });
        }
        table
    }

    /// Gives the fields their columns.
    pub fn with_fields(mut self) -> Self {
        for (field, name) in self.holds.fields() {
            let slot = self.column(name);
            if let Slot::Column(at) = slot {
                let column = &mut self.columns[at as usize];
                column.wanted = column.wanted.or(Some(field.column_type()));
            }
            self.fields[field as usize] = slot;
        }
        self
    }

    /// The column `name`, made if there is room.
    fn column(&mut self, name: &str) -> Slot {
        if self.selection.leaves_out(name) {
            return Slot::Out;
        }
        if let Some(at) = self.by_name.get(name) {
            return Slot::Column(*at);
        }
        let unmade = self.columns.iter().filter(|column| column.stands.is_none()).count();
        if self.numbered + unmade >= COLUMNS_MAX {
            return Slot::Extra;
        }
        let at = self.columns.len() as u32;
        self.by_name.insert(name.to_owned(), at);
        let name = name.to_owned();
        self.columns.push(Column { name, stands: None, wanted: None, fixed: false, batch: 0 });
        Slot::Column(at)
    }

    /// Where a field goes; into no column of most tables.
    pub fn field(&self, field: u32) -> Slot {
        match self.fields[field as usize] {
            Slot::Unknown => Slot::Out,
            known => known,
        }
    }

    /// Where what stands at `node` of `context` goes.
    pub fn context(&self, node: u32) -> Slot {
        self.context.get(node as usize).copied().unwrap_or(Slot::Unknown)
    }

    /// Finds out where what stands at `node` of `context` goes.
    pub fn find_context(&mut self, tree: &Tree, node: u32) -> Slot {
        let slot = self.find("context", tree, node);
        put(&mut self.context, node, slot);
        slot
    }

    /// Finds out where what stands at `node` of `properties` or `traits` goes.
    pub fn find(&mut self, prefix: &str, tree: &Tree, node: u32) -> Slot {
        let keys: Vec<String> = tree.path(node).into_iter().map(text).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let name = name::column(prefix, &keys);
        if self.selection.leaves_out(&name) {
            return Slot::Out;
        }
        if prefix.is_empty() && self.holds.reserves(&name) {
            Slot::Extra
        } else {
            self.column(&name)
        }
    }

    /// Whether [`EXTRA`] is wanted.
    pub fn keeps_extra(&self) -> bool {
        !self.selection.leaves_out(EXTRA)
    }

    /// It has all of our columns now.
    pub fn completed(&mut self) {
        self.made = true;
    }

    /// Forgets which paths lead where.
    pub fn forget_paths(&mut self) {
        self.context.clear();
    }

    /// Sees to it that the column at `at` takes a value.
    pub fn see(&mut self, at: u32, leaf: &Leaf, raw: &[u8], batch: u64) {
        let column = &mut self.columns[at as usize];
        column.batch = batch;
        if leaf.shape == Shape::Null || column.fixed {
            return;
        }
        column.wanted = match column.wanted {
            None => leaf.shape.natural(),
            Some(wanted) => Some(wanted.widened(leaf.shape, raw)),
        };
    }

    /// Columns that the batch has values for and that Postgres has, or will have, to take them.
    pub fn touched(&self, batch: u64) -> Vec<u32> {
        let columns = self.columns.iter().enumerate();
        let takes = |column: &Column| !matches!(column.wanted, None | Some(ColumnType::Other));
        let touched = columns.filter(|(_, c)| c.batch == batch && takes(c));
        touched.map(|(at, _)| at as u32).collect()
    }

    /// The column that tells one row from another.
    pub fn id(&self) -> Option<u32> {
        self.by_name.get("id").copied()
    }

    /// Whether Postgres has the table without the column `name`, one of ours.
    pub fn lacks(&self, name: &str) -> bool {
        !self.made && !self.by_name.contains_key(name)
    }

    /// The number of the column `name`.
    pub fn number_of(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied()
    }
}

/// Sets the slot of `node`.
pub fn put(slots: &mut Vec<Slot>, node: u32, slot: Slot) {
    let at = node as usize;
    if slots.len() <= at {
        slots.resize(at + 1, Slot::Unknown);
    }
    slots[at] = slot;
}
