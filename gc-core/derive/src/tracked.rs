//! `tracked()`: the disjunction of the fields, cut where the type holds itself.
//!
//! `struct Node { kids: Vec<Node>, .. }` is tracked when anything else in it is. So
//! `<Vec<Node> as Trace>::tracked()`, which would ask `Node` again without end, is left out. Where
//! it can't be told what a type that mentions `Node` holds besides, the answer is `true`: this
//! costs the collector some work, a wrong `false` would leak. Two types that hold each other can't
//! be seen from one of them: there the depth of the question ends it, with `true`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{
    GenericArgument, GenericParam, Generics, Ident, Macro, Path, PathArguments, PathSegment, Type,
    TypeFnPtr, TypePath,
};

use crate::idents;
use crate::input::Input;

/// `tracked()`, and the method by which it asks others.
pub(crate) fn methods(input: &Input, krate: &Path) -> TokenStream {
    let answer = |answer: bool| {
        quote! {
            #[inline]
            fn tracked() -> ::core::primitive::bool {
                #answer
            }
        }
    };
    if input.attributes.acyclic {
        return answer(false);
    }
    let own = Own {
        ident: input.ident.unraw(),
        generics: input.generics,
    };
    let mut operands = Operands::default();
    for field in input.traced_fields() {
        if own.is_namesake(field.ty) {
            operands.asked.push(field.ty);
        } else {
            own.add(field.ty, &mut operands);
        }
    }
    if operands.unknown {
        return answer(true);
    }
    let asked = operands.asked;
    if asked.is_empty() {
        return answer(false);
    }
    quote! {
        #[inline]
        fn tracked() -> ::core::primitive::bool {
            false #(|| <#asked as #krate::Trace>::tracked_within(#krate::TRACKED_DEPTH))*
        }
        #[inline]
        fn tracked_within(depth: ::core::primitive::u32) -> ::core::primitive::bool {
            depth == 0 #(|| <#asked as #krate::Trace>::tracked_within(depth - 1))*
        }
    }
}

/// What the disjunction is made of.
#[derive(Default)]
struct Operands<'a> {
    asked: Vec<&'a Type>,
    /// There is a type that mentions the own one and isn't known otherwise.
    unknown: bool,
}

/// The type under the derive.
struct Own<'a> {
    ident: Ident,
    generics: &'a Generics,
}

impl Own<'_> {
    /// What `ty` adds to the disjunction.
    fn add<'t>(&self, ty: &'t Type, operands: &mut Operands<'t>) {
        if !self.is_mentioned_in(ty) {
            operands.asked.push(ty);
            return;
        }
        match ty {
            Type::Group(group) => self.add(&group.elem, operands),
            Type::Paren(paren) => self.add(&paren.elem, operands),
            Type::Array(array) => self.add(&array.elem, operands),
            Type::Slice(slice) => self.add(&slice.elem, operands),
            Type::Tuple(tuple) => tuple.elems.iter().for_each(|elem| self.add(elem, operands)),
            Type::Path(path) if self.is_self(path) => {}
            Type::Path(path) => match contents(path) {
                Some(types) => types.for_each(|ty| self.add(ty, operands)),
                None => operands.unknown = true,
            },
            _ => operands.unknown = true,
        }
    }

    /// `Self`, or the type's name with its own parameters in their order.
    fn is_self(&self, ty: &TypePath) -> bool {
        let Some(segment) = only_segment(ty) else {
            return false;
        };
        if segment.ident == "Self" {
            return true;
        }
        segment.ident.unraw() == self.ident
            && match &segment.arguments {
                PathArguments::None => self.generics.params.is_empty(),
                PathArguments::AngleBracketed(arguments) => {
                    arguments.args.len() == self.generics.params.len()
                        && arguments
                            .args
                            .iter()
                            .zip(&self.generics.params)
                            .all(is_param_itself)
                }
                PathArguments::Parenthesized(_) => false,
            }
    }

    /// `other::Node` as the whole of a field of `Node`: a type that held itself so directly
    /// wouldn't compile, so it is another one.
    fn is_namesake(&self, ty: &Type) -> bool {
        match ty {
            Type::Path(ty) => {
                ty.qself.is_none()
                    && ty.path.segments.len() > 1
                    && ty.path.segments.last().is_some_and(|last| {
                        last.ident.unraw() == self.ident
                            && matches!(last.arguments, PathArguments::None)
                    })
            }
            _ => false,
        }
    }

    fn is_mentioned_in(&self, ty: &Type) -> bool {
        let mut search = Search {
            own: &self.ident,
            found: false,
        };
        search.visit_type(ty);
        search.found
    }
}

fn only_segment(ty: &TypePath) -> Option<&PathSegment> {
    let simple =
        ty.qself.is_none() && ty.path.leading_colon.is_none() && ty.path.segments.len() == 1;
    simple.then(|| &ty.path.segments[0])
}

fn is_param_itself((argument, param): (&GenericArgument, &GenericParam)) -> bool {
    let name = match param {
        GenericParam::Lifetime(param) => param.lifetime.to_token_stream(),
        GenericParam::Type(param) => param.ident.to_token_stream(),
        GenericParam::Const(param) => param.ident.to_token_stream(),
    };
    argument.to_token_stream().to_string() == name.to_string()
}

/// The types that a standard container is tracked by; `None` for a type that isn't known.
fn contents(ty: &TypePath) -> Option<impl Iterator<Item = &Type>> {
    let segment = ty.path.segments.last()?;
    let count = match segment.ident.to_string().as_str() {
        "PhantomData" => 0,
        "Box" | "Option" | "Vec" | "VecDeque" | "LinkedList" | "BinaryHeap" | "BTreeSet"
        | "HashSet" => 1,
        "Result" | "BTreeMap" | "HashMap" => 2,
        _ => return None,
    };
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    // With fewer it is an alias, with more the rest are hashers and allocators.
    (types.clone().count() >= count).then(|| types.take(count))
}

/// Looks for the type's own name outside of handles, whose `tracked()` doesn't ask further.
struct Search<'a> {
    own: &'a Ident,
    found: bool,
}

impl Search<'_> {
    fn see(&mut self, ident: &Ident) {
        self.found |= ident == "Self" || ident.unraw() == *self.own;
    }
}

impl<'a> Visit<'a> for Search<'_> {
    fn visit_path_segment(&mut self, segment: &'a PathSegment) {
        self.see(&segment.ident);
        if segment.ident != "Gc" && segment.ident != "Weak" {
            visit::visit_path_segment(self, segment);
        }
    }

    fn visit_type_fn_ptr(&mut self, _: &'a TypeFnPtr) {
        // Holds nothing.
    }

    fn visit_macro(&mut self, mac: &'a Macro) {
        idents::each(mac.tokens.clone(), &mut |ident| self.see(ident));
    }
}
