//! Reads typed values out of a tree. Every key is declared where it is read, with its default and
//! its meaning; from these declarations come the list of known keys, `config reference` and
//! `config show`, so that they cannot disagree with what the program does.

use std::path::Path;

use super::{
    ReadFile,
    problem::{Origin, Problem, suggestion},
    tree::{Node, Table, Value, parse_value},
};

/// A parsed value, or all that is wrong with it; texts say what would be right, without the key.
pub type Parsed<T> = Result<T, Vec<Problem>>;

/// One line of the reference.
#[derive(Debug, Clone, PartialEq)]
pub enum Declared {
    /// `[path]` or, for a list, `[[path]]`.
    Section {
        /// Its path.
        path: String,
        /// Whether it may come several times.
        repeated: bool,
        /// Its meaning.
        doc: String,
    },
    /// A key.
    Key(Box<Key>),
}

/// A key as it was declared and as it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Its name within its section.
    pub name: String,
    /// Its meaning.
    pub doc: String,
    /// What holds when nobody gives it, or an example, as TOML.
    pub sample: String,
    /// What `sample` is.
    pub presence: Presence,
    /// Never shown.
    pub secret: bool,
    /// What was given, and where.
    pub given: Option<Node>,
}

/// Whether a key must be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It has a default.
    Default,
    /// It may be left out and has no value then.
    Optional,
    /// It must be given.
    Required,
}

/// Collects problems and declarations while a tree is read.
#[derive(Debug, Default)]
pub struct Reader {
    /// What is wrong so far.
    pub problems: Vec<Problem>,
    /// What was asked for so far.
    pub declared: Vec<Declared>,
    /// Reads an empty tree to learn what is asked for; nothing is missing then.
    pub example: bool,
    /// Reads the files that keys name.
    pub files: Option<ReadFile>,
}

/// One table that is being read.
pub struct Section<'a> {
    reader: &'a mut Reader,
    path: String,
    repeated: bool,
    table: Option<&'a Table>,
    origin: Origin,
    known: Vec<&'static str>,
}

impl Reader {
    /// Begins to read the whole tree.
    pub fn root<'a>(&'a mut self, table: &'a Table) -> Section<'a> {
        Section {
            reader: self,
            path: String::new(),
            repeated: false,
            table: Some(table),
            origin: Origin::File { line: 1, column: 1 },
            known: vec![],
        }
    }
}

impl<'a> Section<'a> {
    /// Reads the table under `name` with `read`.
    pub fn section<T>(
        &mut self,
        name: &'static str,
        doc: &'static str,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        self.known.push(name);
        let path = self.path_of(name);
        self.reader.declared.push(Declared::Section {
            path: path.clone(),
            repeated: false,
            doc: doc.to_owned(),
        });
        let (table, origin) = match self.table.and_then(|table| table.get(name)) {
            None => (None, self.origin.clone()),
            Some(Node { value: Value::Table(table), origin }) => (Some(table), origin.clone()),
            Some(other) => {
                let text = format!("{path} must be a table [{path}], not {}", other.describe());
                self.reader.problems.push(Problem::new(&other.origin, text));
                (None, other.origin.clone())
            }
        };
        self.enter(path, false, table, origin, read)
    }

    /// Reads each table of the list under `name` with `read`.
    pub fn each<T>(
        &mut self,
        name: &'static str,
        doc: &'static str,
        mut read: impl FnMut(&mut Section<'_>) -> T,
    ) -> Vec<T> {
        self.known.push(name);
        let path = self.path_of(name);
        let declare = |this: &mut Self| {
            let (path, doc) = (path.clone(), doc.to_owned());
            this.reader.declared.push(Declared::Section { path, repeated: true, doc });
        };
        let nodes = match self.table.and_then(|table| table.get(name)) {
            None if self.reader.example => {
                declare(self);
                let origin = self.origin.clone();
                return vec![self.enter(path.clone(), true, None, origin, read)];
            }
            None => return vec![],
            Some(Node { value: Value::List(nodes), .. }) => nodes,
            Some(other) => {
                let text = format!("{path} must be a list [[{path}]], not {}", other.describe());
                self.reader.problems.push(Problem::new(&other.origin, text));
                return vec![];
            }
        };
        let mut out = Vec::with_capacity(nodes.len());
        for node in nodes {
            declare(self);
            match &node.value {
                Value::Table(table) => {
                    let origin = node.origin.clone();
                    out.push(self.enter(path.clone(), true, Some(table), origin, &mut read));
                }
                _ => {
                    let text = format!("{path} must hold tables, not {}", node.describe());
                    self.reader.problems.push(Problem::new(&node.origin, text));
                }
            }
        }
        out
    }

    fn enter<'b, T>(
        &'b mut self,
        path: String,
        repeated: bool,
        table: Option<&'b Table>,
        origin: Origin,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        let mut section =
            Section { reader: &mut *self.reader, path, repeated, table, origin, known: vec![] };
        let out = read(&mut section);
        section.refuse_unknown();
        out
    }

    /// A key with a default, given as TOML.
    pub fn key<T>(
        &mut self,
        name: &'static str,
        default: &str,
        doc: &'static str,
        parse: impl Fn(&Node) -> Parsed<T>,
    ) -> T {
        let given = self.read(name, default, doc, Presence::Default, false, &parse);
        given.unwrap_or_else(|| {
            parse(&parse_value(default, &Origin::Default))
                .unwrap_or_else(|problems| panic!("default of {name} is valid: {problems:?}"))
        })
    }

    /// A key that may be left out; `example` is TOML.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        example: &str,
        doc: &'static str,
        parse: impl Fn(&Node) -> Parsed<T>,
    ) -> Option<T> {
        self.read(name, example, doc, Presence::Optional, false, &parse)
    }

    /// A key that may be left out and is never shown.
    pub fn secret<T>(
        &mut self,
        name: &'static str,
        example: &str,
        doc: &'static str,
        parse: impl Fn(&Node) -> Parsed<T>,
    ) -> Option<T> {
        self.read(name, example, doc, Presence::Optional, true, &parse)
    }

    /// A key that must be given. `None` when it is missing or wrong, which is a problem by then.
    pub fn required<T>(
        &mut self,
        name: &'static str,
        example: &str,
        doc: &'static str,
        parse: impl Fn(&Node) -> Parsed<T>,
    ) -> Option<T> {
        let out = self.read(name, example, doc, Presence::Required, false, &parse);
        let missing = self.table.and_then(|table| table.get(name)).is_none();
        if missing && !self.reader.example {
            let text = format!("{} needs {name}, for example {name} = {example}", self.title());
            self.reader.problems.push(Problem::new(&self.origin, text));
        }
        out
    }

    /// A table whose keys someone else knows, such as a destination's settings.
    pub fn free_table(&mut self, name: &'static str) -> (Option<&'a Table>, Origin) {
        self.known.push(name);
        match self.table.and_then(|table| table.get(name)) {
            None => (None, self.origin.clone()),
            Some(Node { value: Value::Table(table), origin }) => (Some(table), origin.clone()),
            Some(other) => {
                let text =
                    format!("{} must be a table, not {}", self.path_of(name), other.describe());
                self.reader.problems.push(Problem::new(&other.origin, text));
                (None, other.origin.clone())
            }
        }
    }

    /// Adds a declaration that was made elsewhere.
    pub fn declare(&mut self, declared: Declared) {
        self.reader.declared.push(declared);
    }

    /// Adds a problem.
    pub fn problem(&mut self, at: &Origin, text: impl Into<String>) {
        self.reader.problems.push(Problem::new(at, text));
    }

    /// Where the value of `key` stands, or else the section.
    pub fn origin(&self, key: &str) -> Origin {
        match self.table.and_then(|table| table.get(key)) {
            Some(node) => node.origin.clone(),
            None => self.origin.clone(),
        }
    }

    /// Whether `key` was given.
    pub fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.get(key).is_some())
    }

    /// What stands in the file that `key` names, read with `parse`. `None` when files are not
    /// looked at, or when something is wrong with this one, which is a problem by then.
    pub fn file<T>(
        &mut self,
        key: &'static str,
        path: &Path,
        parse: impl FnOnce(&[u8]) -> Result<T, String>,
    ) -> Option<T> {
        let read = self.reader.files?;
        let parsed = match read(path) {
            Ok(bytes) => parse(&bytes),
            Err(error) => Err(format!("it cannot be read: {error}")),
        };
        let wrong = |why| format!("{} names {}: {why}", self.path_of(key), path.display());
        match parsed.map_err(wrong) {
            Ok(value) => Some(value),
            Err(text) => {
                let at = self.origin(key);
                self.problem(&at, text);
                None
            }
        }
    }

    /// Whether an empty tree is read only to learn what is asked for.
    pub fn is_example(&self) -> bool {
        self.reader.example
    }

    fn read<T>(
        &mut self,
        name: &'static str,
        sample: &str,
        doc: &'static str,
        presence: Presence,
        secret: bool,
        parse: &impl Fn(&Node) -> Parsed<T>,
    ) -> Option<T> {
        self.known.push(name);
        let given = self.table.and_then(|table| table.get(name));
        self.reader.declared.push(Declared::Key(Box::new(Key {
            name: name.to_owned(),
            doc: doc.to_owned(),
            sample: sample.to_owned(),
            presence,
            secret,
            given: given.cloned(),
        })));
        match parse(given?) {
            Ok(value) => Some(value),
            Err(problems) => {
                let path = self.path_of(name);
                for Problem { at, text } in problems {
                    self.reader.problems.push(Problem { at, text: format!("{path} {text}") });
                }
                None
            }
        }
    }

    fn refuse_unknown(&mut self) {
        let Some(table) = self.table else { return };
        for (key, origin, _) in table.iter() {
            if !self.known.contains(&key) {
                let place = if self.path.is_empty() {
                    String::new()
                } else {
                    format!(" in {}", self.title())
                };
                let hint = suggestion(key, "keys", &self.known);
                let text = format!("unknown key {key:?}{place}{hint}");
                self.reader.problems.push(Problem::new(origin, text));
            }
        }
    }

    /// Ends the root: what was not asked for is unknown.
    pub fn finish(mut self) {
        self.refuse_unknown();
    }

    fn title(&self) -> String {
        if self.repeated { format!("[[{}]]", self.path) } else { format!("[{}]", self.path) }
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}
