//! Tables for the terminal.

use std::{fmt, time::Duration};

/// A table whose first column is text and whose other columns are numbers.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A heading may take several lines.
    pub fn new<const N: usize>(heading: [&str; N]) -> Self {
        let lines = heading
            .iter()
            .map(|cell| cell.lines().count())
            .max()
            .unwrap_or(1);
        let line = |number: usize| {
            heading
                .iter()
                .map(|cell| cell.lines().nth(number).unwrap_or_default().to_owned())
                .collect()
        };
        let mut rows: Vec<Vec<String>> = (0..lines).map(line).collect();
        rows.push(Vec::new());
        Self { rows }
    }

    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows[0].len();
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            if row.is_empty() {
                writeln!(
                    f,
                    "{}",
                    "─".repeat(widths.iter().sum::<usize>() + 2 * (columns - 1))
                )?;
                continue;
            }
            let mut line = String::new();
            for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                match column {
                    0 => line += &format!("{cell:<width$}"),
                    _ => line += &format!("  {cell:>width$}"),
                }
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Milliseconds with three decimals, without the unit.
pub fn ms(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64() * 1e3)
}

/// The same, or a dash.
pub fn ms_or_dash(time: Option<Duration>) -> String {
    time.map_or_else(|| "–".to_owned(), ms)
}

/// Millions of bytes, without the unit.
pub fn megabytes(bytes: usize) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

/// A number with a separator between groups of three digits.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(["name", "long\nheading"]);
        table.row(["–".into(), "1".into()]);
        table.row(["abc".into(), "1,000".into()]);
        assert_eq!(
            table.to_string(),
            "name     long\n      heading\n─────────────\n–           1\nabc     1,000\n"
        );
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(
            [0, 999, 1000, 1234567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
