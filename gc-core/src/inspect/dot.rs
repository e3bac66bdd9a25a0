//! The graph for Graphviz: for small heaps, and for pictures in bug reports.

use super::snapshot::Snapshot;
use core::fmt::{self, Write};

impl Snapshot {
    /// Writes the graph in Graphviz' language. Objects that are held from outside the heap have a thick border, and say
    /// by how many handles. After `most` objects it ends with a note; a picture of more than a few hundred tells nobody
    /// anything.
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
        let shown = self.len().min(most);
        for node in 0..shown {
            write!(out, "  n{node} [label=\"")?;
            quoted(out, &self.title(node))?;
            match self.nodes[node].outside() {
                0 => writeln!(out, "\"];")?,
                1 => writeln!(out, "\\nheld by 1 handle\", penwidth=3];")?,
                more => writeln!(out, "\\nheld by {more} handles\", penwidth=3];")?,
            }
        }
        for node in 0..shown {
            for edge in self
                .edges_of(node)
                .filter(|edge| (edge.to as usize) < shown)
            {
                write!(out, "  n{node} -> n{} [label=\"", edge.to)?;
                quoted(out, &self.edge_name(edge))?;
                writeln!(out, "\"];")?;
            }
        }
        if shown < self.len() {
            let more = self.len() - shown;
            writeln!(out, "  more [label=\"and {more} more\", shape=plaintext];")?;
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
