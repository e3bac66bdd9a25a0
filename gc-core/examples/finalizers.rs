//! A finalizer runs once, before its object goes; it may look around, and even bring the object back.
//!
//! `cargo run -p gc-core --example finalizers`

use gc_core::{Finalize, Gc, Heap, Trace};

/// Objects that are kept by this handle's holder are alive.
#[derive(Trace, Default)]
struct Wreckage {
    salvaged: Vec<Gc<Ship>>,
    log: Vec<String>,
}

#[derive(Trace)]
#[trace(finalize)]
struct Ship {
    name: &'static str,
    worth: u32,
    /// A cycle: only the collector finds that the ship is lost.
    wingman: Option<Gc<Ship>>,
    yard: Gc<Wreckage>,
}

impl Finalize for Ship {
    fn finalize(this: &Gc<Self>, heap: &mut Heap) {
        // Everything that it refers to is still there.
        let wingman = heap[this]
            .wingman
            .as_ref()
            .map(|wingman| heap[wingman].name);
        let line = format!("{} lost, wingman {wingman:?}", heap[this].name);
        let (yard, worth) = (heap[this].yard.clone(), heap[this].worth);
        heap[&yard].log.push(line);
        if worth > 100 {
            heap[&yard].salvaged.push(this.clone()); // it lives on, with all that it refers to
        }
    }
}

fn pair(heap: &mut Heap, yard: &Gc<Wreckage>, names: [&'static str; 2], worth: u32) {
    let [one, two] = names.map(|name| {
        heap.alloc(Ship {
            name,
            worth,
            wingman: None,
            yard: yard.clone(),
        })
    });
    heap[&one].wingman = Some(two.clone());
    heap[&two].wingman = Some(one);
}

fn main() {
    let mut heap = Heap::new();
    let yard = heap.alloc(Wreckage::default());
    pair(&mut heap, &yard, ["Vega", "Rigel"], 10);
    pair(&mut heap, &yard, ["Deneb", "Altair"], 500);

    let collection = heap.collect();
    println!("{:#?}", heap[&yard].log);
    assert_eq!((collection.collected, collection.resurrected), (2, 2));
    assert_eq!(heap[&yard].log.len(), 4);
    assert_eq!(heap[&yard].salvaged.len(), 2);

    // Once only: the next time they go without a word.
    heap[&yard].salvaged.clear();
    assert_eq!(heap.collect().collected, 2);
    assert_eq!(heap[&yard].log.len(), 4);
}

#[test]
fn runs() {
    main();
}
