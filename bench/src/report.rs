//! The figures and their goals.

use std::fmt::Write as _;

/// One line of the report.
struct Figure {
    what: String,
    value: String,
    goal: &'static str,
    good: bool,
}

/// What was measured, in order.
#[derive(Default)]
pub(crate) struct Report(Vec<Figure>);

impl Report {
    /// Notes a figure and prints it.
    pub(crate) fn add(
        &mut self,
        what: impl Into<String>,
        value: String,
        goal: &'static str,
        good: bool,
    ) {
        let figure = Figure { what: what.into(), value, goal, good };
        let mark = if figure.good { "ok " } else { "MISS" };
        println!("{mark} {}: {} (goal {goal})", figure.what, figure.value);
        self.0.push(figure);
    }

    /// How many there are and how many miss.
    pub(crate) fn sum(&self) -> String {
        let misses = self.0.iter().filter(|figure| !figure.good).count();
        format!("{} figures, {misses} miss their goal", self.0.len())
    }

    /// As docs/PERFORMANCE.md shows it.
    pub(crate) fn markdown(&self) -> String {
        let mut text = "| figure | measured | goal | |\n| --- | --- | --- | --- |\n".to_owned();
        for Figure { what, value, goal, good } in &self.0 {
            let mark = if *good { "✓" } else { "misses" };
            writeln!(text, "| {what} | {value} | {goal} | {mark} |").expect("a string takes any");
        }
        text
    }
}
