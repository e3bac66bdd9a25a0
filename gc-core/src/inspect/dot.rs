//! The graph for Graphviz: for small heaps, and for pictures in bug reports.

use super::snapshot::Snapshot;
use alloc::string::ToString;
use core::fmt::{self, Write};

/// What is shown at most, and the handles that are looked at.
const MOST: usize = 4096;
const MOST_EDGES: usize = 65_536;

impl Snapshot {
    /// Writes the graph in Graphviz' language. Objects that are held from outside the heap have a thick border, and say
    /// by how many handles; with the feature `call_sites`, from where. After `most` objects, 4096 at most, and after 65,536
    /// handles it ends with a note: a picture of more than a few hundred objects tells nobody anything, and so it is written
    /// in one go, in 10 ms at most.
    ///
    /// ```
    /// use gc_core::inspect::Snapshot;
    /// use gc_core::{Gc, Heap, Trace};
    ///
    /// #[derive(Trace)]
    /// struct Node { next: Option<Gc<Node>> }
    ///
    /// let mut heap = Heap::new();
    /// let node = heap.alloc(Node { next: None });
    /// heap[&node].next = Some(node.clone());
    /// let mut dot = String::new();
    /// Snapshot::of(&heap).write_dot(&mut dot, 100).unwrap();
    /// assert!(dot.contains(r#"n0 -> n0 [label=".next"]"#));
    /// ```
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_dot(&self, out: &mut (impl Write + ?Sized), most: usize) -> fmt::Result {
        writeln!(
            out,
            "digraph heap {{\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];"
        )?;
        let shown = self.len().min(most).min(MOST);
        for node in 0..shown {
            write!(out, "  n{node} [label=\"")?;
            quoted(out, &self.title(node))?;
            match self.nodes[node].outside() {
                0 => out.write_str("\"")?,
                1 => out.write_str("\\nheld by 1 handle")?,
                more => write!(out, "\\nheld by {more} handles")?,
            }
            if self.nodes[node].outside() > 0 {
                for site in self.sites.outside(node) {
                    out.write_str("\\n")?;
                    quoted(out, &site.to_string())?;
                }
                out.write_str("\", penwidth=3")?;
            }
            writeln!(out, "];")?;
        }
        let edges = (0..shown).flat_map(|node| self.edges_of(node).map(move |edge| (node, edge)));
        let edges = edges.take(MOST_EDGES);
        for (node, edge) in edges.filter(|(_, edge)| (edge.to as usize) < shown) {
            write!(out, "  n{node} -> n{} [label=\"", edge.to)?;
            quoted(out, &self.edge_name(edge))?;
            writeln!(out, "\"];")?;
        }
        let more = self.len() - shown;
        if more > 0 {
            writeln!(out, "  more [label=\"and {more} more\", shape=plaintext];")?;
        } else if self.edge_count() > MOST_EDGES {
            writeln!(out, "  more [label=\"and more handles\", shape=plaintext];")?;
        }
        writeln!(out, "}}")
    }
}

fn quoted(out: &mut (impl Write + ?Sized), text: &str) -> fmt::Result {
    for letter in text.chars() {
        if matches!(letter, '"' | '\\') {
            out.write_char('\\')?;
        }
        out.write_char(letter)?;
    }
    Ok(())
}
