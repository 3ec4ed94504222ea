//! A plan's rules as a table (CSV) for people with spreadsheets.
//!
//! One row for each rule, and below it one for each property that it describes, nested ones by
//! their path (`properties.products.$.sku`; `$` is an element of a list, a dot in a name is written
//! `\.`). What has no column of its own stands as JSON in the last one, so that nothing is lost.

mod path;
mod schema;

use std::{collections::HashMap, fmt};

use csv::StringRecord;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::plan::{Rule, RuleName, RuleType};
use path::Path;
use schema::{Cells, Node};

/// Bytes of a table. Source: Segment, "Tracking Plans", CSV import.
pub const CSV_BYTES_MAX: usize = 15_000_000;
/// Rows of a table, without its header. Source: as above.
pub const CSV_ROWS_MAX: usize = 100_000;

/// The header, in order.
const COLUMNS: [&str; 11] = [
    "type",
    "key",
    "version",
    "property",
    "description",
    "status",
    "data_type",
    "permitted_values",
    "pattern",
    "labels",
    "other_keywords",
];

/// One thing that is wrong with a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CellProblem {
    /// The row, as spreadsheets count: the header is row 1.
    pub row: usize,
    /// The column's name; empty for the row as a whole.
    pub column: &'static str,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

impl CellProblem {
    fn new(row: usize, column: &'static str, message: String, fix: &str) -> CellProblem {
        CellProblem { row, column, message, fix: fix.to_owned() }
    }
}

impl fmt::Display for CellProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}", self.row)?;
        if !self.column.is_empty() {
            write!(f, ", {}", self.column)?;
        }
        write!(f, ": {}; fix: {}", self.message, self.fix)
    }
}

/// Writes rules as a table.
///
/// A cell that a spreadsheet would take for a formula begins with an apostrophe, which
/// [`from_csv`] takes off again.
pub fn to_csv(rules: &[Rule]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |row: &[String]| {
        writer.write_record(row).expect("a vector takes any amount, and rows are of one length");
    };
    write(&COLUMNS.map(str::to_owned));
    for rule in rules {
        let (key, version) = (rule.key.clone().unwrap_or_default(), rule.version.to_string());
        for (path, required, cells) in Node::split(&rule.json_schema).rows() {
            let status = match (path.is_root(), required) {
                (true, _) => "",
                (false, true) => "required",
                (false, false) => "optional",
            };
            let row = [
                rule.on.as_str().to_owned(),
                key.clone(),
                version.clone(),
                path.to_string(),
                cells.description,
                status.to_owned(),
                cells.data_type,
                cells.permitted_values,
                cells.pattern,
                cells.labels,
                cells.other,
            ];
            write(&row.map(|cell| guard(&cell)));
        }
    }
    let bytes = writer.into_inner().expect("a vector takes any amount");
    String::from_utf8(bytes).expect("text was written")
}

/// Reads rules from a table, in the order of its rows. Columns are found by their names and may be
/// left out, but for `type`; a rule without a version is version 1.
///
/// Errors: everything that is wrong, by row and column.
pub fn from_csv(text: &[u8]) -> Result<Vec<Rule>, Vec<CellProblem>> {
    if text.len() > CSV_BYTES_MAX {
        let message = format!("the table has {} bytes", text.len());
        let fix = "keep it under 15 MB, or import it in parts";
        return Err(vec![CellProblem::new(1, "", message, fix)]);
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let mut problems = Vec::new();
    let columns = match reader.headers() {
        Ok(header) => columns(header, &mut problems),
        Err(error) => return Err(vec![unreadable(1, &error)]),
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut rules: Vec<(RuleName, Node, usize)> = Vec::new();
    let mut places: HashMap<RuleName, usize> = HashMap::new();
    for (index, record) in reader.records().enumerate() {
        let row = index + 2;
        if index >= CSV_ROWS_MAX {
            let message = format!("the table has more than {CSV_ROWS_MAX} rows");
            problems.push(CellProblem::new(row, "", message, "import it in parts"));
            break;
        }
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                problems.push(unreadable(row, &error));
                continue;
            }
        };
        let row = Row { number: row, columns: &columns, record: &record };
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let Some(name) = row.rule(&mut problems) else { continue };
        let place = *places.entry(name.clone()).or_insert_with(|| {
            rules.push((name, Node::default(), row.number));
            rules.len() - 1
        });
        row.property(&mut rules[place].1, &mut problems);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let rule = |(RuleName { on, key, version }, node, _): (RuleName, Node, usize)| Rule {
        on,
        key,
        version,
        json_schema: node.join(),
    };
    Ok(rules.into_iter().map(rule).collect())
}

fn unreadable(row: usize, error: &csv::Error) -> CellProblem {
    let fix = "save the table as CSV in UTF-8, with commas";
    CellProblem::new(row, "", format!("the row cannot be read: {error}"), fix)
}

/// Where each column stands.
fn columns(header: &StringRecord, problems: &mut Vec<CellProblem>) -> HashMap<&'static str, usize> {
    let mut places = HashMap::new();
    for (place, name) in header.iter().enumerate() {
        let name = name.trim().to_lowercase().replace(' ', "_");
        match COLUMNS.into_iter().find(|column| *column == name) {
            Some(column) => {
                if places.insert(column, place).is_some() {
                    let message = format!("the column {column} is there twice");
                    problems.push(CellProblem::new(1, column, message, "take one out"));
                }
            }
            None if name.is_empty() => {}
            None => {
                let message = format!("the column {name:?} is not known");
                let fix = format!("take it out; the columns are {}", COLUMNS.join(", "));
                problems.push(CellProblem::new(1, "", message, &fix));
            }
        }
    }
    if !places.contains_key("type") {
        let message = "the header has no column type".to_owned();
        let fix = format!("begin with a header of {}", COLUMNS.join(","));
        problems.push(CellProblem::new(1, "type", message, &fix));
    }
    places
}

struct Row<'a> {
    number: usize,
    columns: &'a HashMap<&'static str, usize>,
    record: &'a StringRecord,
}

impl Row<'_> {
    fn cell(&self, column: &str) -> String {
        let place = self.columns.get(column);
        unguard(place.and_then(|place| self.record.get(*place)).unwrap_or_default()).to_owned()
    }

    fn problem(&self, column: &'static str, message: String, fix: &str) -> CellProblem {
        CellProblem::new(self.number, column, message, fix)
    }

    /// Which rule the row belongs to.
    fn rule(&self, problems: &mut Vec<CellProblem>) -> Option<RuleName> {
        let before = problems.len();
        let word = self.cell("type");
        let on = RuleType::from_word(&word.trim().to_uppercase());
        if on.is_none() {
            let fix = "say one of COMMON, TRACK, IDENTIFY, GROUP, PAGE, SCREEN";
            problems.push(self.problem("type", format!("the type is {word:?}"), fix));
        }
        let key = Some(self.cell("key")).filter(|key| !key.is_empty());
        match (on, &key) {
            (Some(RuleType::Track), None) => {
                let fix = "give the event's name";
                problems.push(self.problem("key", "a TRACK rule names no event".into(), fix));
            }
            (Some(on), Some(_)) if on != RuleType::Track => {
                let message = format!("a rule of type {} has a key", on.as_str());
                problems.push(self.problem("key", message, "leave the cell empty"));
            }
            _ => {}
        }
        let said = self.cell("version");
        let version = if said.trim().is_empty() { Ok(1) } else { said.trim().parse::<u32>() };
        if version.is_err() {
            let message = format!("the version is {said:?}");
            problems.push(self.problem("version", message, "give a whole number, such as 1"));
        }
        let (on, version) = (on?, version.ok()?);
        (problems.len() == before).then_some(RuleName { on, key, version })
    }

    /// Puts what the row says of a property into its rule.
    fn property(&self, rule: &mut Node, problems: &mut Vec<CellProblem>) {
        let text = self.cell("property");
        let path = match text.parse::<Path>() {
            Ok(path) => path,
            Err(message) => {
                let fix = "write names with dots between them, $ for an element of a list";
                problems.push(self.problem("property", message, fix));
                return;
            }
        };
        let status = self.cell("status");
        let required = match status.trim().to_lowercase().as_str() {
            "required" if !path.is_root() && !path.ends_in_element() => true,
            "required" => {
                let message = format!("{path} cannot be required");
                problems.push(self.problem("status", message, "leave the cell empty"));
                return;
            }
            "" | "optional" => false,
            _ => {
                let message = format!("the status is {status:?}");
                problems.push(self.problem("status", message, "say required or optional"));
                return;
            }
        };
        let cells = Cells {
            description: self.cell("description"),
            data_type: self.cell("data_type"),
            permitted_values: self.cell("permitted_values"),
            pattern: self.cell("pattern"),
            labels: self.cell("labels"),
            other: self.cell("other_keywords"),
        };
        let keywords = match cells.keywords() {
            Ok(keywords) => keywords,
            Err((column, message, fix)) => {
                problems.push(self.problem(column, message, fix));
                return;
            }
        };
        if !rule.put(&path, required, keywords) {
            let message = if path.is_root() {
                "the rule itself has two rows".to_owned()
            } else {
                format!("{path} has two rows in this rule")
            };
            problems.push(self.problem("property", message, "take one out"));
        }
    }
}

/// Whether a spreadsheet takes a cell that begins so for a formula.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

fn guard(cell: &str) -> String {
    if is_formula(cell.trim_start_matches('\'')) { format!("'{cell}") } else { cell.to_owned() }
}

fn unguard(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest,
        _ => cell,
    }
}

/// Keywords of one schema, without those of the schemas in it.
type Keywords = Map<String, Value>;

#[cfg(test)]
mod tests;
