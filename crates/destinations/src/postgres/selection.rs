//! Selective sync: what stays out of the warehouse.
//!
//! Pure. A rule is `source`, `source.table` or `source.table.column`, in the words of the
//! warehouse; `*` stands for any.
//!
//! Source: Segment, "Warehouse Syncs", selective sync.

use super::name;

/// Rules that one destination may have.
const RULES_MAX: usize = 1000;
/// Without them no row could be told from another.
const KEPT_COLUMNS: [&str; 2] = ["id", "received_at"];

/// What stays out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    source: Part,
    table: Option<Part>,
    column: Option<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Any,
    Named(String),
}

impl Selection {
    /// Reads rules that stand in lines or behind commas.
    ///
    /// Errors: the first rule that is none, in words.
    pub fn parse(text: &str) -> Result<Selection, String> {
        let rules = text.split([',', '\n']).map(str::trim).filter(|rule| !rule.is_empty());
        let rules = rules.map(rule).collect::<Result<Vec<_>, _>>()?;
        if rules.len() > RULES_MAX {
            return Err(format!("holds {} rules, of which there may be {RULES_MAX}", rules.len()));
        }
        Ok(Selection { rules })
    }

    /// Nothing of the source `slug` is loaded.
    pub fn leaves_out(&self, slug: &str) -> bool {
        self.rules.iter().any(|rule| rule.table.is_none() && rule.source.is(slug))
    }

    /// The rules that say something of a table of the source `slug`.
    pub fn of_table(&self, slug: &str, table: &str) -> TableSelection {
        let mut selection = TableSelection::default();
        for rule in self.rules.iter().filter(|rule| rule.source.is(slug)) {
            match (&rule.table, &rule.column) {
                (None, _) => selection.out = true,
                (Some(of), _) if !of.is(table) => {}
                (Some(_), None) => selection.out = true,
                (Some(_), Some(Part::Any)) => selection.all = true,
                (Some(_), Some(Part::Named(name))) => selection.columns.push(name.clone()),
            }
        }
        selection
    }
}

/// What stays out of one table.
#[derive(Debug, Clone, Default)]
pub struct TableSelection {
    /// There is no such table.
    pub out: bool,
    all: bool,
    columns: Vec<String>,
}

impl TableSelection {
    /// Whether a column stays out.
    pub fn leaves_out(&self, column: &str) -> bool {
        let named = self.all || self.columns.iter().any(|name| name == column);
        named && !KEPT_COLUMNS.contains(&column)
    }
}

impl Part {
    fn is(&self, name: &str) -> bool {
        match self {
            Part::Any => true,
            Part::Named(own) => own == name || *own == name::snake(name),
        }
    }
}

fn rule(text: &str) -> Result<Rule, String> {
    let parts: Vec<&str> = text.split('.').map(str::trim).collect();
    if parts.len() > 3 || parts.contains(&"") {
        return Err(format!("{text:?} is none of source, source.table and source.table.column"));
    }
    let part = |part: &&str| match *part {
        "*" => Part::Any,
        name => Part::Named(name.to_owned()),
    };
    if let [_, _, column] = *parts
        && KEPT_COLUMNS.contains(&column)
    {
        return Err(format!("{text:?} leaves out {column}, which every table needs"));
    }
    let [source, table, column] = [0, 1, 2].map(|at| parts.get(at).map(part));
    Ok(Rule { source: source.unwrap_or(Part::Any), table, column })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use super::*;

    #[test]
    fn rules_name_sources_tables_and_columns() {
        let selection = Selection::parse(
            "internal, my-shop.debug_ping\n *.*.context_ip,my_shop.order_completed.coupon, *.users.*",
        )
        .unwrap();
        assert!(selection.leaves_out("internal"));
        assert!(!selection.leaves_out("my-shop"));
        assert!(selection.of_table("my-shop", "debug_ping").out);
        let order = selection.of_table("my-shop", "order_completed");
        assert!(!order.out && order.leaves_out("coupon") && order.leaves_out("context_ip"));
        assert!(!order.leaves_out("total"));
        assert!(!selection.of_table("other", "order_completed").leaves_out("coupon"));
        let users = selection.of_table("other", "users");
        assert!(users.leaves_out("email") && !users.leaves_out("id"));
    }

    #[test]
    fn what_is_no_rule_is_said() {
        for (text, part) in [
            ("a.b.c.d", "none of"),
            ("a..c", "none of"),
            ("a.tracks.id", "every table needs"),
            (&"a,".repeat(1001), "1001 rules"),
        ] {
            let problem = Selection::parse(text).unwrap_err();
            assert!(problem.contains(part), "{problem}");
        }
        assert_eq!(Selection::parse(" \n,"), Ok(Selection::default()));
    }
}
