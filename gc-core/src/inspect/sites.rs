//! Where the handles outside the heap were made: with the feature `call_sites`.

use super::chunks::Chunks;
use super::snapshot::Snapshot;
use crate::ObjectId;
use crate::arena::word::Word;
use crate::handle::Site;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;
use core::panic::Location;
use core::ptr::NonNull;

/// A place in the source where handles were allocated, cloned or upgraded. `Display`: `3 from src/camera.rs:41:23`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CallSite {
    /// The place. Of a handle that a function of the standard library has cloned (`option.cloned()`, `vec.clone()`), the
    /// place is in that; [`Gc::made_here`](crate::Gc::made_here) names another.
    pub location: &'static Location<'static>,
    /// How many handles outside the heap are from there.
    pub handles: usize,
}

impl fmt::Display for CallSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {}", self.handles, self.location)
    }
}

/// For each node of a snapshot, the sites of its handles; when the snapshot is complete, of those outside the heap.
/// Without the feature it is empty.
#[derive(Default)]
pub(crate) struct SiteLists {
    /// By node: where its entries begin, and how many they are.
    lists: Chunks<(u32, u32)>,
    entries: Chunks<(Site, u32)>,
}

impl SiteLists {
    /// Of the next node: all handles that there are.
    pub(crate) fn add(&mut self, slot: NonNull<Word>) {
        if Site::RECORDED {
            let first = self.entries.len() as u32;
            Site::each(slot, |site, count| self.entries.push((site, count)));
            self.lists.push((first, self.entries.len() as u32 - first));
        }
    }

    /// A node gets another number, not a higher one.
    pub(crate) fn renumber(&mut self, from: usize, to: usize) {
        if Site::RECORDED {
            self.lists[to] = self.lists[from];
        }
    }

    pub(crate) fn truncate(&mut self, nodes: usize) {
        self.lists.truncate(nodes);
    }

    /// Gives some memory back. False when there is none left.
    pub(crate) fn free_some(&mut self) -> bool {
        self.lists.free_some() || self.entries.free_some()
    }

    /// One of the node's handles, made at `site`, is in an object.
    pub(crate) fn is_inside(&mut self, node: usize, site: Site) {
        if Site::RECORDED {
            let (first, count) = self.lists[node];
            for at in first as usize..(first + count) as usize {
                let (known, handles) = &mut self.entries[at];
                if *known == site {
                    *handles = handles.saturating_sub(1);
                    return;
                }
            }
        }
    }

    fn of(&self, node: usize) -> impl Iterator<Item = (Site, u32)> + '_ {
        let (first, count) = match Site::RECORDED {
            true => self.lists[node],
            false => (0, 0),
        };
        (first as usize..(first + count) as usize).map(|at| self.entries[at])
    }

    /// Adds those of the handles outside the heap to a node.
    pub(crate) fn count(&self, node: usize, counts: &mut SiteCounts) {
        for (location, handles) in self.outside_of(node) {
            *counts.0.entry(location).or_insert(0) += handles as usize;
        }
    }

    /// Where the handles outside the heap to a node were made, and how many.
    pub(crate) fn outside_of(
        &self,
        node: usize,
    ) -> impl Iterator<Item = (&'static Location<'static>, u32)> + '_ {
        self.of(node)
            .filter(|&(_, count)| count > 0)
            .filter_map(|(site, count)| Some((site.location()?, count)))
    }

    /// Of the handles outside the heap to a node, most first.
    pub(crate) fn outside(&self, node: usize) -> Vec<CallSite> {
        let mut counts = SiteCounts::default();
        self.count(node, &mut counts);
        counts.take()
    }
}

/// How many handles are from where.
#[derive(Default)]
pub(crate) struct SiteCounts(BTreeMap<&'static Location<'static>, usize>);

impl SiteCounts {
    /// Those with most handles first.
    pub(crate) fn take(&mut self) -> Vec<CallSite> {
        let counts = core::mem::take(&mut self.0).into_iter();
        let mut sites: Vec<CallSite> = counts
            .map(|(location, handles)| CallSite { location, handles })
            .collect();
        sites.sort_by_key(|site| (Reverse(site.handles), site.location));
        sites
    }
}

/// Writes a line for each of the first sites, and how many there are more.
pub(crate) fn write_lines(f: &mut fmt::Formatter<'_>, sites: &[CallSite]) -> fmt::Result {
    const SHOWN: usize = 6;
    for site in sites.iter().take(SHOWN) {
        write!(f, "\n    {site}")?;
    }
    if let Some(rest @ [_, ..]) = sites.get(SHOWN..) {
        let handles: usize = rest.iter().map(|site| site.handles).sum();
        write!(f, "\n    {handles} from {} other places", rest.len())?;
    }
    Ok(())
}

impl Snapshot {
    /// Where the handles outside the heap to the object were allocated, cloned or upgraded, those with most handles first.
    /// Empty without the feature `call_sites`.
    pub fn call_sites(&self, id: ObjectId) -> Vec<CallSite> {
        match self.find(id) {
            Some(node) => self.sites.outside(node),
            None => Vec::new(),
        }
    }
}
