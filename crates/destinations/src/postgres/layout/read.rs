//! Reads a batch: which values its messages have, which rows they become, and which columns those
//! need.

use std::ops::Range;

use destination_kit::Parcel;
use spec::{Kind, Message, format_iso};

use super::{COLLECTIONS_MAX, Collection, Layout, PATHS_MAX, Takes};
use crate::postgres::{
    scan::{Leaf, Scanner, Tree},
    table::{Field, Holds, Slot, Table, put},
    value::Shape,
};

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

impl Layout {
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
}
