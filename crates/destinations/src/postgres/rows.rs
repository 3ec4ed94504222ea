//! Rows as `COPY` reads them.
//!
//! Pure. A value that no column takes stands in `_extra`, under the path at which it was sent, so
//! that nothing of a message is lost: what is called like a column of ours, what does not fit a
//! column that cannot be widened, what a second key of the same name says, and what a row of
//! Postgres has no room for.

use bytes::Bytes;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    layout::{Batch, Layout, Origin, Row},
    scan::Leaf,
    table::{Slot, Table},
    value::{ColumnType, Shape, copy_escaped, copy_field, plain, text},
};

/// A row is on one page of 8 KB; long texts are moved out of it and leave a pointer.
const ROW_BYTES_MAX: usize = 8000;
const ROW_HEAD_BYTES: usize = 24;
/// What a text takes at most in a row.
const TEXT_BYTES_MAX: usize = 24;
/// What an id has at most: an index takes no more than a third of a page.
const ID_BYTES_MAX: usize = 512;

/// Rows of one table.
pub struct Copied {
    /// The columns, by number, in the order in which they stand; `_extra` follows them.
    pub columns: Vec<u32>,
    pub data: Bytes,
    pub rows: usize,
    /// Values in `_extra`.
    pub extras: usize,
}

/// A value, and where it was found.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    pub origin: Origin,
    pub leaf: Leaf,
}

/// A row's values by column, and those that have none.
pub struct Cells {
    pub columns: Vec<Option<Cell>>,
    pub extras: Vec<Cell>,
    /// What says the same as the value of its column.
    twins: Vec<(usize, Cell)>,
    filled: Vec<usize>,
}

impl Cells {
    pub fn of(table: &Table) -> Self {
        Cells {
            columns: vec![None; table.columns.len()],
            extras: Vec::new(),
            twins: Vec::new(),
            filled: Vec::new(),
        }
    }

    /// The column does not take its value, so it stands with those that have none.
    pub fn refuse(&mut self, column: u32) {
        let at = column as usize;
        let cell = self.columns[at].filter(|cell| cell.leaf.shape != Shape::Null);
        self.extras.extend(cell);
        self.extras.extend(self.twins.iter().filter(|(of, _)| *of == at).map(|(_, twin)| *twin));
    }

    /// Takes the values of `row`. Of two keys that lead to one column the first fills it; a key
    /// that is there twice says what it says last.
    pub fn fill(&mut self, layout: &Layout, batch: &Batch, row: &Row) {
        for at in self.filled.drain(..) {
            self.columns[at] = None;
        }
        self.extras.clear();
        self.twins.clear();
        let columns = &layout.table_of(row).columns;
        layout.values(batch, row, |origin, leaf, slot| {
            let new = Cell { origin, leaf: *leaf };
            let refused = |at: u32| columns[at as usize].wanted == Some(ColumnType::Other);
            let at = match slot {
                Slot::Column(at) if refused(at) && leaf.shape != Shape::Null => {
                    return self.extras.push(new);
                }
                Slot::Out | Slot::Unknown => return,
                Slot::Extra if leaf.shape == Shape::Null => return,
                Slot::Extra => return self.extras.push(new),
                Slot::Column(at) => at as usize,
            };
            match self.columns[at] {
                None => {
                    self.columns[at] = Some(new);
                    self.filled.push(at);
                }
                Some(old) if old.origin == origin && old.leaf.node == leaf.node => {
                    self.columns[at] = Some(new);
                }
                Some(old) if old.leaf.shape == Shape::Null => self.columns[at] = Some(new),
                Some(old) => {
                    let same = old.leaf.shape == leaf.shape
                        && layout.raw(batch, row, old.origin, &old.leaf)
                            == layout.raw(batch, row, origin, leaf);
                    if same {
                        self.twins.push((at, new));
                    } else if leaf.shape != Shape::Null {
                        self.extras.push(new);
                    }
                }
            }
        });
    }
}

/// Writes the rows that `batch` has for the table of this number.
pub fn copy(layout: &Layout, batch: &Batch, at: usize) -> Copied {
    let table = &layout.tables[at];
    let columns = table.touched(layout.batch);
    let types: Vec<ColumnType> = columns
        .iter()
        .map(|at| table.columns[*at as usize].wanted.unwrap_or(ColumnType::Other))
        .collect();
    let id = table.id();
    let rows = &batch.rows[at];
    let (mut data, mut extras) = (Vec::new(), 0);
    let mut cells = Cells::of(table);
    for row in rows {
        cells.fill(layout, batch, row);
        let mut room = Room::of(table);
        for (column, column_type) in columns.iter().zip(&types) {
            if let Some(cell) = cells.columns[*column as usize] {
                let raw = layout.raw(batch, row, cell.origin, &cell.leaf);
                match plain(*column_type, cell.leaf.shape, raw) {
                    Some(_) if Some(*column) == id => {
                        let id = id_text(raw, row.violation);
                        room.take(*column_type, TEXT_BYTES_MAX);
                        copy_escaped(id.as_bytes(), &mut data);
                    }
                    Some(value) if room.take(*column_type, value.text.len()) => {
                        copy_field(&value, &mut data);
                    }
                    _ => {
                        data.extend_from_slice(b"\\N");
                        cells.refuse(*column);
                    }
                }
            } else {
                data.extend_from_slice(b"\\N");
            }
            data.push(b'\t');
        }
        extras += cells.extras.len();
        match extra(layout, batch, row, &cells.extras) {
            Some(json) if table.keeps_extra() => copy_escaped(&json, &mut data),
            _ => data.extend_from_slice(b"\\N"),
        }
        data.push(b'\n');
    }
    Copied { columns, data: Bytes::from(data), rows: rows.len(), extras }
}

/// What has no column, as a JSON object from path to value.
pub fn extra(layout: &Layout, batch: &Batch, row: &Row, cells: &[Cell]) -> Option<Vec<u8>> {
    if cells.is_empty() {
        return None;
    }
    let mut json = vec![b'{'];
    for cell in cells {
        if json.len() > 1 {
            json.push(b',');
        }
        json.push(b'"');
        json.extend(layout.path(row, cell.origin, cell.leaf.node));
        json.extend_from_slice(b"\":");
        let quote: &[u8] = match cell.leaf.shape {
            Shape::Text | Shape::Time => b"\"",
            _ => b"",
        };
        json.extend_from_slice(quote);
        json.extend_from_slice(layout.raw(batch, row, cell.origin, &cell.leaf));
        json.extend_from_slice(quote);
    }
    json.push(b'}');
    Some(json)
}

/// An id as it stands in the warehouse: the end of a very long one is a hash of the whole.
pub fn id_text(raw: &[u8], violation: Option<usize>) -> String {
    let mut id = text(raw);
    if id.len() > ID_BYTES_MAX {
        let hash = xxh3_64(id.as_bytes());
        let cut = (0..=ID_BYTES_MAX - 17).rev().find(|at| id.is_char_boundary(*at));
        id.truncate(cut.unwrap_or_default());
        id += &format!("~{hash:016x}");
    }
    if let Some(number) = violation {
        id += &format!(":{number}");
    }
    id
}

/// How much of a page a row takes.
struct Room {
    used: usize,
}

impl Room {
    fn of(table: &Table) -> Self {
        let bitmap = table.columns.len().div_ceil(8);
        Room { used: (ROW_HEAD_BYTES + bitmap).next_multiple_of(8) + TEXT_BYTES_MAX + 8 }
    }

    /// Takes the room of one more value, if there is some.
    fn take(&mut self, column: ColumnType, text_bytes: usize) -> bool {
        let end = match column {
            ColumnType::Bool => self.used + 1,
            ColumnType::Text(_) | ColumnType::Numeric | ColumnType::Other => {
                self.used + (text_bytes + 4).min(TEXT_BYTES_MAX)
            }
            _ => self.used.next_multiple_of(8) + 8,
        };
        let fits = end <= ROW_BYTES_MAX;
        if fits {
            self.used = end;
        }
        fits
    }
}

#[cfg(test)]
mod tests;
