//! One source's part of the warehouse, and how its messages become rows.
//!
//! Pure. [`Layout::read`] goes through a batch once and notes which values stand where and which
//! types their columns need; once Postgres has those, `rows` and `latest` write them out.
//!
//! Source: Segment, "Warehouse Schemas".

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::Arc,
};

use destination_kit::Parcel;
use spec::{Kind, Message, format_iso};

use super::{
    name,
    scan::{Leaf, Scanner, Tree},
    selection::{Selection, TableSelection},
    table::{Field, Holds, Slot, Standing, Table, put},
    value::{Shape, text},
};

/// Paths that are remembered before they are forgotten and found out anew: senders may make up
/// keys without end.
const PATHS_MAX: usize = 200_000;
/// Events that are remembered, for the same reason.
const COLLECTIONS_MAX: usize = 20_000;
/// Tables of one source; further events stand in `tracks` alone.
pub const TABLES_MAX: usize = 5000;

/// One source's part of the warehouse.
#[derive(Debug)]
pub struct Layout {
    /// The source's slug.
    slug: String,
    selection: Arc<Selection>,
    pub tables: Vec<Table>,
    by_name: HashMap<String, usize>,
    /// Names of what is in the schema and no table.
    taken: HashSet<String>,
    pub context: Tree,
    /// The node of `context.protocols.violations`.
    violations: u32,
    pub collections: Vec<Collection>,
    by_call: HashMap<Kind, HashMap<Box<[u8]>, usize>>,
    violated: Option<usize>,
    /// The number of the batch that was read last.
    pub batch: u64,
    tables_max: usize,
}

/// Messages of one event, or of one call that is no track call.
#[derive(Debug)]
pub struct Collection {
    /// What its table is called.
    pub name: String,
    /// The paths of its properties or traits.
    pub body: Tree,
    pub targets: Vec<Target>,
}

/// A table that takes a collection.
#[derive(Debug)]
pub struct Target {
    pub table: usize,
    takes: Takes,
    body: Vec<Slot>,
    /// What stays out where there is no table to say so.
    selection: TableSelection,
}

/// What becomes of properties and traits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// Another table has them.
    Nothing,
    Columns,
    /// There is no table for them.
    Extra,
}

/// Where a value was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Field,
    Context,
    Body,
}

/// One message that was read.
#[derive(Debug)]
pub struct Read {
    fields: Range<usize>,
    context: Range<usize>,
    pub collection: usize,
    pub received_at: Vec<u8>,
    pub received_at_ms: i64,
}

/// One row of a table.
#[derive(Debug)]
pub struct Row {
    /// The message it is of, by its place in the batch.
    pub message: usize,
    pub collection: usize,
    /// Which target of the collection it is.
    pub target: usize,
    body: Range<usize>,
    /// Which of the message's violations it is, counted from 1.
    pub violation: Option<usize>,
}

/// What was read of a batch.
#[derive(Debug, Default)]
pub struct Batch {
    pub messages: Vec<Message>,
    pub reads: Vec<Read>,
    fields: Vec<Leaf>,
    context: Vec<Leaf>,
    body: Vec<Leaf>,
    /// By table.
    pub rows: Vec<Vec<Row>>,
}

impl Target {
    fn find_extra(&self, tree: &Tree, node: u32) -> Slot {
        let keys: Vec<String> = tree.path(node).into_iter().map(text).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        if self.selection.leaves_out(&name::column("", &keys)) { Slot::Out } else { Slot::Extra }
    }
}

impl Layout {
    /// The part of the source `slug`, as it stands in Postgres: its `tables`, and what else bears
    /// a name there.
    pub fn new(
        slug: &str,
        selection: Arc<Selection>,
        standing: Vec<Standing>,
        taken: HashSet<String>,
        tables_max: usize,
    ) -> Self {
        let (context, violations) = context_paths();
        let mut layout = Layout {
            slug: slug.to_owned(),
            selection,
            tables: Vec::new(),
            by_name: HashMap::new(),
            taken,
            context,
            violations,
            collections: Vec::new(),
            by_call: HashMap::new(),
            violated: None,
            batch: 0,
            tables_max,
        };
        for standing in standing {
            let selection = layout.selection.of_table(slug, &standing.name);
            let holds = holds(&standing.name);
            layout.add(Table::standing(holds, standing, selection).with_fields());
        }
        layout
    }

    /// Reads `parcels`, all of this source.
    pub fn read<'a>(&mut self, parcels: impl Iterator<Item = &'a Parcel>) -> Batch {
        self.batch += 1;
        if self.paths() > PATHS_MAX || self.collections.len() > COLLECTIONS_MAX {
            self.forget_paths();
        }
        let mut batch = Batch::default();
        for parcel in parcels {
            self.read_one(parcel, &mut batch);
        }
        batch.rows.resize_with(self.tables.len(), Vec::new);
        batch
    }

    fn read_one(&mut self, parcel: &Parcel, batch: &mut Batch) {
        let message = &parcel.message;
        let raw = &message.raw()[..];
        let at = self.collection(message);
        let mut received_at = Vec::with_capacity(24);
        format_iso(parcel.received_at_ms, &mut received_at);
        let (fields, context, body) = (batch.fields.len(), batch.context.len(), batch.body.len());

        let own = |node: Field, shape| Leaf { node: node as u32, start: 0, len: 0, shape };
        batch.fields.push(own(Field::MessageId, Shape::Text));
        batch.fields.push(own(Field::ReceivedAt, Shape::Time));
        batch.fields.push(own(Field::Event, Shape::Text));
        self.read_members(message, at, batch);
        let read = Read {
            fields: fields..batch.fields.len(),
            context: context..batch.context.len(),
            collection: at,
            received_at,
            received_at_ms: parcel.received_at_ms,
        };

        let number = batch.reads.len();
        let known = |field: Field| {
            batch.fields[read.fields.clone()].iter().any(|leaf| leaf.node == field as u32)
        };
        let (user, group) = (known(Field::UserId), known(Field::GroupId));
        let body = body..batch.body.len();
        let mut rows = Vec::new();
        for (target, to) in self.collections[at].targets.iter().enumerate() {
            let nobody = match self.tables[to.table].holds {
                Holds::Users => !user,
                Holds::Accounts => !group,
                _ => false,
            };
            if !nobody {
                let body = body.clone();
                let row = Row { message: number, collection: at, target, body, violation: None };
                rows.push((to.table, row));
            }
        }
        self.read_violations(raw, number, &read, batch, &mut rows);
        batch.messages.push(message.clone());
        batch.reads.push(read);
        for (table, row) in rows {
            self.see(batch, table, &row);
            if batch.rows.len() <= table {
                batch.rows.resize_with(self.tables.len(), Vec::new);
            }
            batch.rows[table].push(row);
        }
    }

    /// Takes what stands at the top of a message, and what it leads to.
    fn read_members(
        &mut self,
        message: &Message,
        collection: usize,
        batch: &mut Batch,
    ) -> Option<()> {
        let body_key: &[u8] = match message.kind() {
            Kind::Track | Kind::Page | Kind::Screen => b"properties",
            Kind::Identify | Kind::Group | Kind::Alias => b"traits",
        };
        let mut scanner = Scanner::new(message.raw(), 0);
        scanner.enter()?;
        while let Some(key) = scanner.key() {
            let field = match key {
                b"anonymousId" => Field::AnonymousId,
                b"userId" => Field::UserId,
                b"sentAt" => Field::SentAt,
                b"timestamp" => Field::Timestamp,
                b"originalTimestamp" => Field::OriginalTimestamp,
                b"event" => Field::EventText,
                b"groupId" => Field::GroupId,
                b"previousId" => Field::PreviousId,
                b"name" => Field::Name,
                b"category" => Field::Category,
                b"context" => {
                    scanner.leaves(&mut self.context, Tree::ROOT, &mut batch.context)?;
                    continue;
                }
                _ if key == body_key => {
                    let tree = &mut self.collections[collection].body;
                    scanner.leaves(tree, Tree::ROOT, &mut batch.body)?;
                    continue;
                }
                _ => {
                    scanner.value(0)?;
                    continue;
                }
            };
            let leaf = scanner.value(field as u32)?;
            if leaf.shape != Shape::Null {
                batch.fields.push(leaf);
            }
        }
        Some(())
    }

    /// Makes a row of each violation that the tracking plan found.
    fn read_violations(
        &mut self,
        raw: &[u8],
        message: usize,
        read: &Read,
        batch: &mut Batch,
        rows: &mut Vec<(usize, Row)>,
    ) {
        let context = &batch.context[read.context.clone()];
        let found = context.iter().rfind(|leaf| leaf.node == self.violations);
        let Some(list) = found.filter(|leaf| leaf.shape == Shape::List).copied() else { return };
        let at = self.violated();
        let mut scanner = Scanner::new(raw, list.start as usize);
        if scanner.enter_list().is_none() {
            return;
        }
        let mut count = 0;
        loop {
            let begin = batch.body.len();
            let tree = &mut self.collections[at].body;
            if scanner.leaves(tree, Tree::ROOT, &mut batch.body).is_none() {
                return;
            }
            count += 1;
            if let Some(to) = self.collections[at].targets.first() {
                let body = begin..batch.body.len();
                let violation = Some(count);
                rows.push((to.table, Row { message, collection: at, target: 0, body, violation }));
            }
            if scanner.element().is_none() {
                return;
            }
        }
    }

    /// Sees to it that the columns of `row` are there and take what it has.
    fn see(&mut self, batch: &Batch, table: usize, row: &Row) {
        let number = self.batch;
        let raw = &batch.messages[row.message].raw()[..];
        let read = &batch.reads[row.message];
        let Collection { body, targets, .. } = &mut self.collections[row.collection];
        let target = &mut targets[row.target];
        let table = &mut self.tables[table];
        let latest = table.holds.latest();
        for leaf in &batch.fields[read.fields.clone()] {
            if let Slot::Column(at) = table.field(leaf.node) {
                // what we say ourselves always fits
                let own = leaf.len == 0 && leaf.shape != Shape::Text;
                let value = if own { &read.received_at[..] } else { leaf.raw(raw) };
                table.see(at, leaf, value, number);
            }
        }
        let fields_only = table.holds == Holds::Violations;
        let context = if fields_only { 0..0 } else { read.context.clone() };
        for leaf in &batch.context[context] {
            if leaf.shape == Shape::Null && !latest {
                continue;
            }
            let slot = match table.context(leaf.node) {
                Slot::Unknown => table.find_context(&self.context, leaf.node),
                known => known,
            };
            if let Slot::Column(at) = slot {
                table.see(at, leaf, leaf.raw(raw), number);
            }
        }
        if target.takes == Takes::Nothing {
            return;
        }
        for leaf in &batch.body[row.body.clone()] {
            if leaf.shape == Shape::Null && !latest {
                continue;
            }
            let slot = match target.body.get(leaf.node as usize) {
                None | Some(Slot::Unknown) => {
                    let slot = match target.takes {
                        Takes::Extra => target.find_extra(body, leaf.node),
                        _ => table.find("", body, leaf.node),
                    };
                    put(&mut target.body, leaf.node, slot);
                    slot
                }
                Some(known) => *known,
            };
            if let Slot::Column(at) = slot {
                table.see(at, leaf, leaf.raw(raw), number);
            }
        }
    }

    /// Gives `take` every value of `row`, and where it goes.
    pub fn values(&self, batch: &Batch, row: &Row, mut take: impl FnMut(Origin, &Leaf, Slot)) {
        let read = &batch.reads[row.message];
        let target = &self.collections[row.collection].targets[row.target];
        let table = &self.tables[target.table];
        for leaf in &batch.fields[read.fields.clone()] {
            take(Origin::Field, leaf, table.field(leaf.node));
        }
        if table.holds != Holds::Violations {
            for leaf in &batch.context[read.context.clone()] {
                take(Origin::Context, leaf, table.context(leaf.node));
            }
        }
        for leaf in &batch.body[row.body.clone()] {
            let slot = target.body.get(leaf.node as usize).copied().unwrap_or(Slot::Unknown);
            take(Origin::Body, leaf, slot);
        }
    }

    /// The table that a row is of.
    pub fn table_of(&self, row: &Row) -> &Table {
        &self.tables[self.collections[row.collection].targets[row.target].table]
    }

    /// What a value is, as it stands in JSON.
    pub fn raw<'a>(&'a self, batch: &'a Batch, row: &Row, origin: Origin, leaf: &Leaf) -> &'a [u8] {
        let message = &batch.messages[row.message];
        let read = &batch.reads[row.message];
        match origin {
            Origin::Field if leaf.node == Field::MessageId as u32 => message.message_id(),
            Origin::Field if leaf.node == Field::ReceivedAt as u32 => &read.received_at,
            Origin::Field if leaf.node == Field::Event as u32 => {
                self.collections[read.collection].name.as_bytes()
            }
            _ => leaf.raw(message.raw()),
        }
    }

    /// Where a value stood in its message, as keys with dots between, as they stand in JSON.
    pub fn path(&self, row: &Row, origin: Origin, node: u32) -> Vec<u8> {
        let collection = &self.collections[row.collection];
        let (first, keys) = match origin {
            Origin::Field => {
                let field = Field::ALL.get(node as usize).copied().unwrap_or(Field::MessageId);
                return field.key().as_bytes().to_vec();
            }
            Origin::Context => ("context", self.context.path(node)),
            Origin::Body => {
                let holds = self.table_of(row).holds;
                let traits = matches!(
                    holds,
                    Holds::Identifies
                        | Holds::Users
                        | Holds::Groups
                        | Holds::Accounts
                        | Holds::Aliases
                );
                (if traits { "traits" } else { "properties" }, collection.body.path(node))
            }
        };
        let mut path = first.as_bytes().to_vec();
        for key in keys {
            path.push(b'.');
            path.extend_from_slice(key);
        }
        path
    }

    /// Postgres has now what the batch wanted.
    pub fn stands(&mut self) {
        let batch = self.batch;
        for table in &mut self.tables {
            let touched = table.touched(batch);
            if touched.is_empty() {
                continue;
            }
            table.completed();
            if !table.stands {
                table.stands = true;
                for column in &mut table.columns {
                    column.stands = column.stands.or(column.wanted);
                }
                table.numbered += table.columns.iter().filter(|c| c.stands.is_some()).count();
                continue;
            }
            for at in touched {
                let column = &mut table.columns[at as usize];
                table.numbered += usize::from(column.stands.is_none());
                column.stands = column.wanted;
            }
        }
    }

    /// The collection of a message, made if it is the first of its kind.
    fn collection(&mut self, message: &Message) -> usize {
        let kind = message.kind();
        let event = if kind == Kind::Track { message.name().unwrap_or_default() } else { b"" };
        if let Some(at) = self.by_call.get(&kind).and_then(|calls| calls.get(event)) {
            return *at;
        }
        let (name, targets) = match kind {
            Kind::Track => self.event(event),
            Kind::Identify => {
                self.call(&[("identifies", Holds::Identifies), ("users", Holds::Users)])
            }
            Kind::Page => self.call(&[("pages", Holds::Pages)]),
            Kind::Screen => self.call(&[("screens", Holds::Screens)]),
            Kind::Group => self.call(&[("groups", Holds::Groups), ("accounts", Holds::Accounts)]),
            Kind::Alias => self.call(&[("aliases", Holds::Aliases)]),
        };
        let at = self.collections.len();
        self.collections.push(Collection { name, body: Tree::new(), targets });
        self.by_call.entry(kind).or_default().insert(event.into(), at);
        at
    }

    fn event(&mut self, event: &[u8]) -> (String, Vec<Target>) {
        let mut name = name::table(&text(event));
        while self.taken.contains(&name) {
            name.insert(0, '_');
        }
        let own = self.target(&name, Holds::Event, Takes::Columns);
        let selection = self.selection.of_table(&self.slug, &name);
        let takes = match own {
            None if !selection.out => Takes::Extra,
            _ => Takes::Nothing,
        };
        let mut tracks = self.target("tracks", Holds::Tracks, takes);
        if let Some(tracks) = &mut tracks {
            tracks.selection = selection;
        }
        (name, tracks.into_iter().chain(own).collect())
    }

    fn call(&mut self, tables: &[(&str, Holds)]) -> (String, Vec<Target>) {
        let targets =
            tables.iter().filter_map(|(name, holds)| self.target(name, *holds, Takes::Columns));
        let targets = targets.collect();
        (tables[0].0.to_owned(), targets)
    }

    /// The collection of violations.
    fn violated(&mut self) -> usize {
        if let Some(at) = self.violated {
            return at;
        }
        let (name, targets) = self.call(&[("violations", Holds::Violations)]);
        let at = self.collections.len();
        self.collections.push(Collection { name, body: Tree::new(), targets });
        self.violated = Some(at);
        at
    }

    /// `None` where nobody wants the table, or there are too many.
    fn target(&mut self, name: &str, holds: Holds, takes: Takes) -> Option<Target> {
        let selection = self.selection.of_table(&self.slug, name);
        if selection.out {
            return None;
        }
        let table = match self.by_name.get(name) {
            Some(at) => *at,
            None if holds == Holds::Event && self.tables.len() >= self.tables_max => return None,
            None => self.add(Table::new(holds, name.to_owned(), selection).with_fields()),
        };
        Some(Target { table, takes, body: Vec::new(), selection: TableSelection::default() })
    }

    fn add(&mut self, table: Table) -> usize {
        let at = self.tables.len();
        self.by_name.insert(table.name.clone(), at);
        self.tables.push(table);
        at
    }

    fn paths(&self) -> usize {
        let bodies: usize = self.collections.iter().map(|one| one.body.len()).sum();
        self.context.len() + bodies
    }

    fn forget_paths(&mut self) {
        (self.context, self.violations) = context_paths();
        self.collections.clear();
        self.by_call.clear();
        self.violated = None;
        self.tables.iter_mut().for_each(Table::forget_paths);
    }
}

/// A tree that knows where violations stand.
fn context_paths() -> (Tree, u32) {
    let mut tree = Tree::new();
    let mut leaves = Vec::new();
    let json = br#"{"protocols":{"violations":[]}}"#;
    Scanner::new(json, 0).leaves(&mut tree, Tree::ROOT, &mut leaves);
    let node = leaves.first().map_or(Tree::ROOT, |leaf| leaf.node);
    (tree, node)
}

/// What a table of this name holds.
fn holds(name: &str) -> Holds {
    match name {
        "tracks" => Holds::Tracks,
        "identifies" => Holds::Identifies,
        "users" => Holds::Users,
        "pages" => Holds::Pages,
        "screens" => Holds::Screens,
        "groups" => Holds::Groups,
        "accounts" => Holds::Accounts,
        "aliases" => Holds::Aliases,
        "violations" => Holds::Violations,
        _ => Holds::Event,
    }
}
