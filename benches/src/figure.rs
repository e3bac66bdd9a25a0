//! A measured value beside its goal.

use std::fmt::{self, Write};

/// What a figure must not exceed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Figure {
    pub value: f64,
    pub goal: f64,
    /// Must it stay below the goal, not only at it?
    pub strictly: bool,
}

impl Figure {
    pub fn at_most(goal: f64, value: f64) -> Self {
        Figure {
            value,
            goal,
            strictly: false,
        }
    }

    pub fn below(goal: f64, value: f64) -> Self {
        Figure {
            strictly: true,
            ..Figure::at_most(goal, value)
        }
    }

    pub fn is_reached(self) -> bool {
        self.value < self.goal || !self.strictly && self.value == self.goal
    }
}

/// A line of a table of figures.
pub struct Line {
    /// What was measured.
    pub figure: &'static str,
    /// In which case.
    pub case: String,
    /// The value with its unit.
    pub value: String,
    /// The goal with its unit.
    pub goal: String,
    pub reached: bool,
}

impl Line {
    /// Shows numbers with `digits` decimals and the unit after them.
    pub fn new(
        figure: &'static str,
        case: impl Into<String>,
        measured: Figure,
        digits: usize,
        unit: &str,
    ) -> Self {
        let show = |value: f64| format!("{value:.digits$} {unit}").trim_end().to_owned();
        let sign = if measured.strictly { "<" } else { "≤" };
        Line {
            figure,
            case: case.into(),
            value: show(measured.value),
            goal: format!("{sign} {}", show(measured.goal)),
            reached: measured.is_reached(),
        }
    }
}

/// A table: right-aligned but for the first `left` columns.
pub struct Table {
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
    pub left: usize,
}

impl Table {
    pub fn new<const N: usize>(left: usize, head: [&str; N]) -> Self {
        Table {
            head: head.map(str::to_owned).to_vec(),
            rows: Vec::new(),
            left,
        }
    }

    pub fn of_lines(lines: &[Line]) -> Self {
        let mut table = Table::new(2, ["figure", "case", "measured", "goal", ""]);
        for line in lines {
            table.rows.push(vec![
                line.figure.to_owned(),
                line.case.clone(),
                line.value.clone(),
                line.goal.clone(),
                if line.reached { "reached" } else { "missed" }.to_owned(),
            ]);
        }
        table
    }

    fn widths(&self) -> Vec<usize> {
        let width = |column: usize| {
            let cells = self.rows.iter().chain([&self.head]);
            cells.map(|row| row[column].chars().count()).max()
        };
        (0..self.head.len())
            .map(|column| width(column).unwrap_or(0))
            .collect()
    }

    /// For documents.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        let mut row = |cells: &[String]| {
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        };
        row(&self.head);
        let rule = |column| if column < self.left { "---" } else { "---:" };
        row(&(0..self.head.len())
            .map(|column| rule(column).to_owned())
            .collect::<Vec<_>>());
        for cells in &self.rows {
            row(cells);
        }
        out
    }
}

/// For the terminal.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        for row in [&self.head].into_iter().chain(&self.rows) {
            for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                if column < self.left {
                    write!(f, "{cell:width$}  ")?;
                } else {
                    write!(f, "{cell:>width$}  ")?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Three digits.
pub fn short(value: f64) -> String {
    let digits = match value {
        _ if value == 0.0 || value >= 100.0 => 0,
        _ if value >= 10.0 => 1,
        _ if value >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// The one in the middle; of two, the larger.
///
/// # Panics
/// If there is none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_may_be_met_exactly_unless_it_is_strict() {
        assert!(Figure::at_most(1.3, 1.3).is_reached());
        assert!(!Figure::below(20.0, 20.0).is_reached());
        assert!(!Figure::at_most(1.3, f64::NAN).is_reached());
    }

    #[test]
    fn a_table_reads_in_a_document() {
        let line = Line::new("idle", "empty", Figure::below(20.0, 3.0), 1, "ns");
        let table = Table::of_lines(&[line]).markdown();
        assert!(
            table.contains("| idle | empty | 3.0 ns | < 20.0 ns | reached |"),
            "{table}"
        );
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(short(1_234.5), "1234");
        assert_eq!(short(12.34), "12.3");
        assert_eq!(short(1.0), "1");
        assert_eq!(short(0.0124), "0.012");
        assert_eq!(short(100.0), "100");
    }

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert_eq!(median([9.0, 1.0, 5.0]), 5.0);
    }
}
