//! Lists in pages. A cursor is the sort key of the last row seen, so pages neither skip nor repeat
//! what is added between them.

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Rows wanted; at least 1.
    pub count: u32,
    /// Sort key of the last row of the page before, `None` for the first page.
    pub after: Option<String>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paged<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page starts; `None` on the last page.
    pub next: Option<String>,
    /// Rows in the whole list.
    pub total: i64,
}

impl Page {
    /// The first `count` rows.
    pub fn first(count: u32) -> Page {
        Page { count, after: None }
    }

    /// The bound for a list sorted ascending by text: everything is greater than `""`.
    pub fn after_text(&self) -> &str {
        self.after.as_deref().unwrap_or_default()
    }

    /// The bound for a list sorted descending by number.
    pub fn before_number(&self) -> i64 {
        self.after.as_deref().and_then(|after| after.parse().ok()).unwrap_or(i64::MAX)
    }

    /// Rows to ask for: one more than wanted tells whether there is a next page.
    pub fn limit(&self) -> i64 {
        i64::from(self.count) + 1
    }

    /// Whether so many rows, of which up to [`Page::limit`] were asked for, are the whole list.
    pub fn is_whole(&self, rows: usize) -> bool {
        self.after.is_none() && rows <= self.count as usize
    }

    /// The page of a list that is held whole; the cursor is a place in it.
    pub fn cut_all<T>(&self, all: Vec<T>) -> Paged<T> {
        let from: usize = self.after.as_deref().and_then(|at| at.parse().ok()).unwrap_or(0);
        let to = from.saturating_add(self.count as usize);
        let total = all.len();
        let next = (to < total).then(|| to.to_string());
        let rows = all.into_iter().skip(from).take(self.count as usize).collect();
        Paged { rows, next, total: i64::try_from(total).unwrap_or(i64::MAX) }
    }

    /// Cuts `rows`, of which up to [`Page::limit`] were asked for, to a page.
    pub fn cut<T>(&self, mut rows: Vec<T>, total: i64, key: impl Fn(&T) -> String) -> Paged<T> {
        let wanted = self.count as usize;
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let next = if more { rows.last().map(key) } else { None };
        Paged { rows, next, total }
    }
}
