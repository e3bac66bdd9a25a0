//! The derive macro of `gc-core`. Use it through `gc_core::Trace`: the macro and the trait come
//! together under that name, with the feature `derive`, which is on by default.
//!
//! The way through the code: `input` reads the type and its `attributes`, `expand` writes
//! the impl, with `bounds` for its `where` clause and `tracked` for the one part that takes
//! thought.

#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod attributes;
mod bounds;
mod errors;
mod expand;
mod idents;
mod input;
mod tracked;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements `Trace` for a struct or an enum: every field is traced, so the collector sees every
/// handle in it.
///
/// ```
/// use gc_core::{Gc, Heap, Trace, Weak};
///
/// #[derive(Trace)]
/// struct Ship {
///     hp: u32,
///     bullets: Vec<Gc<Bullet>>,
/// }
///
/// #[derive(Trace)]
/// struct Bullet {
///     owner: Gc<Ship>,
///     target: Weak<Ship>,
/// }
///
/// let mut heap = Heap::new();
/// let ship = heap.alloc(Ship { hp: 3, bullets: Vec::new() });
/// let bullet = heap.alloc(Bullet { owner: ship.clone(), target: ship.downgrade() });
/// heap[&ship].bullets.push(bullet); // a cycle
///
/// drop(ship);
/// assert_eq!(heap.collect().collected, 2);
/// ```
///
/// # Fields
///
/// Each field's type has to implement `Trace`: `Gc`, `Weak`, the numbers, strings and standard
/// containers do, and what derives it. A `Cell`, `RefCell`, `Mutex` or `Arc` around handles
/// doesn't, on purpose: `Heap::get_mut` changes an object without them.
///
/// | on a field | |
/// |---|---|
/// | `#[trace(skip)]` | The field isn't traced, and its type needs no `Trace`. For types of other crates that hold no handles. A skipped handle keeps its object alive all the same; a cycle through it leaks. |
///
/// ```
/// # use std::sync::mpsc::Sender;
/// # use std::sync::Mutex;
/// # use gc_core::{Gc, Trace};
/// # #[derive(Trace)] struct Sound;
/// #[derive(Trace)]
/// struct Speaker {
///     playing: Option<Gc<Sound>>,
///     #[trace(skip)]
///     device: Mutex<Sender<f32>>,
/// }
/// ```
///
/// # The type
///
/// | on the type | |
/// |---|---|
/// | `#[trace(finalize)]` | The type has an `impl Finalize`, which the collector calls once, before the object goes. |
/// | `#[trace(acyclic)]` | A promise: no object of this type is ever part of a cycle. It is not tracked, and costs the collector nothing. Where the promise is broken, the cycle leaks. |
/// | `#[trace(bound = "T: MyTrait")]` | Replaces the bounds that the derive finds for the type parameters. |
/// | `#[trace(crate = my_engine::gc_core)]` | Where `gc_core` is, when it isn't a dependency of that name. |
///
/// ```
/// use gc_core::{Finalize, Gc, Heap, Trace};
///
/// #[derive(Trace)]
/// #[trace(finalize)]
/// struct Squad {
///     members: Vec<Gc<Squad>>,
///     log: Gc<Log>,
/// }
///
/// #[derive(Trace)]
/// struct Log(Vec<String>);
///
/// impl Finalize for Squad {
///     fn finalize(this: &Gc<Self>, heap: &mut Heap) {
///         let log = heap[this].log.clone();
///         heap[&log].0.push("a squad is gone".into());
///     }
/// }
/// ```
///
/// # Generics
///
/// A type parameter `T` that occurs in a traced field gets the bound `T: Trace`, and so does an
/// associated type such as `T::Item`. Every other parameter (only in skipped fields, behind
/// `PhantomData` or in a function pointer) gets what `Trace` demands of every type:
/// `Send + Sync + 'static`. A lifetime has to be `'static`. When this asks too much, for instance
/// `Trace` of a map's hasher, `#[trace(bound = "..")]` has the last word.
///
/// # Which types are tracked
///
/// An object that can't refer to another one can't be in a cycle, and the collector leaves it
/// out. `Trace::tracked` says so: the derive answers `true` when the type of any traced field
/// does. A type that holds itself, as in `struct Node { kids: Vec<Node>, .. }`, is decided by
/// what else is in it.
///
/// **Two types that hold each other without a handle** are beyond what a macro can see of one of
/// them: below, `Folder::tracked` asks `Entry::tracked`, which asks `Folder::tracked`. After 16
/// levels the answer is `true`, also when there is no handle inside. The same goes for a type that
/// holds itself by way of an alias, and for types nested deeper than that. Where it matters that
/// such a type costs the collector nothing, say `#[trace(acyclic)]`, as here.
///
/// ```
/// # use gc_core::Trace;
/// #[derive(Trace)]
/// #[trace(acyclic)]
/// struct Folder {
///     name: String,
///     entries: Vec<Entry>,
/// }
///
/// #[derive(Trace)]
/// enum Entry {
///     File(String),
///     Folder(Folder),
/// }
/// # assert!(!Entry::tracked());
/// ```
#[proc_macro_derive(Trace, attributes(trace))]
pub fn derive_trace(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::derive(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
