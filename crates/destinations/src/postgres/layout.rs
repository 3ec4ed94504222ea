//! One source's part of the warehouse, and how its messages become rows.
//!
//! Pure. [`Layout::read`] goes through a batch once and notes which values stand where and which
//! types their columns need; once Postgres has those, `rows` and `latest` write them out.
//!
//! Source: Segment, "Warehouse Schemas".

mod read;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use spec::{Kind, Message};

use super::{
    name,
    scan::{Scanner, Tree},
    selection::{Selection, TableSelection},
    table::{Holds, Slot, Standing, Table},
    value::text,
};

pub use read::{Batch, Origin, Row};

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
