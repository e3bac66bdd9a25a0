//! The `where` clause of the impl.

use std::collections::HashSet;

use syn::visit::{self, Visit};
use syn::{Generics, Ident, Macro, Path, PathSegment, Type, TypeFnPtr, TypePath, parse_quote};

use crate::idents;
use crate::input::Input;

/// The generics of the type, with what `Trace` asks of them.
pub(crate) fn for_impl(input: &Input, krate: &Path) -> Generics {
    let mut generics = input.generics.clone();
    let clause = generics.make_where_clause();
    for param in input.generics.lifetimes() {
        let lifetime = &param.lifetime;
        clause.predicates.push(parse_quote!(#lifetime: 'static));
    }
    if let Some(bound) = &input.attributes.bound {
        clause.predicates.extend(bound.iter().cloned());
        return generics;
    }

    let mut usage = Usage::new(input.generics);
    for field in input.traced_fields() {
        usage.visit_type(field.ty);
    }
    for param in input.generics.type_params() {
        let ident = &param.ident;
        clause.predicates.push(if usage.traced.contains(ident) {
            parse_quote!(#ident: #krate::Trace)
        } else {
            // What `Trace` itself asks of a type, and so of its parameters.
            parse_quote!(#ident: ::core::marker::Send + ::core::marker::Sync + 'static)
        });
    }
    for projection in usage.projections {
        clause
            .predicates
            .push(parse_quote!(#projection: #krate::Trace));
    }
    generics
}

/// How the type parameters occur in the traced fields.
struct Usage<'a> {
    params: HashSet<&'a Ident>,
    traced: HashSet<&'a Ident>,
    /// `T::Item`, `<T as Trait>::Item`
    projections: Vec<&'a TypePath>,
}

impl<'a> Usage<'a> {
    fn new(generics: &'a Generics) -> Self {
        Self {
            params: generics.type_params().map(|param| &param.ident).collect(),
            traced: HashSet::new(),
            projections: Vec::new(),
        }
    }

    fn use_param(&mut self, ident: &Ident) {
        if let Some(param) = self.params.get(ident) {
            self.traced.insert(param);
        }
    }

    fn is_projection(&self, ty: &TypePath) -> bool {
        let names_param = |path: &Path| self.params.contains(&path.segments[0].ident);
        match &ty.qself {
            Some(qself) => match &*qself.ty {
                Type::Path(inner) => inner.qself.is_none() && names_param(&inner.path),
                _ => false,
            },
            None => ty.path.segments.len() > 1 && names_param(&ty.path),
        }
    }
}

impl<'a> Visit<'a> for Usage<'a> {
    fn visit_type_path(&mut self, ty: &'a TypePath) {
        if self.is_projection(ty) {
            self.projections.push(ty);
        } else {
            visit::visit_type_path(self, ty);
        }
    }

    fn visit_path(&mut self, path: &'a Path) {
        if let Some(ident) = path.get_ident() {
            self.use_param(ident);
        }
        visit::visit_path(self, path);
    }

    fn visit_path_segment(&mut self, segment: &'a PathSegment) {
        // Holds no value of its parameter.
        if segment.ident != "PhantomData" {
            visit::visit_path_segment(self, segment);
        }
    }

    fn visit_type_fn_ptr(&mut self, _: &'a TypeFnPtr) {
        // Nor does this.
    }

    fn visit_macro(&mut self, mac: &'a Macro) {
        // What it makes of them can't be seen here, so each parameter counts as used.
        idents::each(mac.tokens.clone(), &mut |ident| self.use_param(ident));
    }
}
