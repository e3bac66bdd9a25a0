//! The page that ties the report together, in Markdown.

use super::{CSV, PICTURE};

pub const PAGE: &str = "report.md";

/// The text is set as it is on a terminal, where its tables line up.
pub fn page(text: &str) -> String {
    format!(
        "# The same match under each strategy\n\n\
         ![Time of every frame under each strategy, with the collections marked; the heap below]({PICTURE})\n\n\
         ```text\n{text}```\n\n\
         Every frame as numbers: [{CSV}]({CSV}).\n"
    )
}
