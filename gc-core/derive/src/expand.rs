//! From the type to its `impl Trace`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{DeriveInput, Member, Path, Result, parse_quote};

use crate::input::{Input, Variant};
use crate::{bounds, tracked};

pub(crate) fn derive(derive: &DeriveInput) -> Result<TokenStream> {
    let input = Input::parse(derive)?;
    let krate = input
        .attributes
        .krate
        .clone()
        .unwrap_or_else(|| parse_quote!(::gc_core));

    let ident = input.ident;
    let generics = bounds::for_impl(&input, &krate);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, type_generics, _) = input.generics.split_for_impl();

    let trace = trace(&input, &krate);
    let trace_named = trace_named(&input, &krate);
    let tracked = tracked::methods(&input, &krate);
    let finalizer = input.attributes.finalize.then(|| finalizer(ident, &krate));

    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #krate::Trace for #ident #type_generics #where_clause {
            #trace

            #trace_named

            #tracked

            #finalizer
        }
    })
}

fn trace(input: &Input, krate: &Path) -> TokenStream {
    if input.traced_fields().next().is_none() {
        return quote! {
            #[inline]
            fn trace(&self, _: &mut #krate::Tracer<'_>) {}
        };
    }
    let tracer = local("tracer");
    let arms = input
        .variants
        .iter()
        .map(|variant| arm(variant, &tracer, krate));
    quote! {
        #[inline]
        fn trace(&self, #tracer: &mut #krate::Tracer<'_>) {
            match self {
                #(#arms)*
            }
        }
    }
}

fn arm(variant: &Variant, tracer: &Ident, krate: &Path) -> TokenStream {
    let name = variant.ident.map(|ident| quote!(::#ident));
    let members = variant.fields.iter().map(|field| &field.member);
    let types = variant.fields.iter().map(|field| field.ty);
    let bindings: Vec<Ident> = (0..variant.fields.len())
        .map(|n| local(&format!("field_{n}")))
        .collect();
    // The field's own tokens stand for `Self`, so that an error marks all of them.
    quote! {
        Self #name { #(#members: #bindings,)* .. } => {
            #(<#types as #krate::Trace>::trace(#bindings, #tracer);)*
        }
    }
}

/// The same with the names of the fields, for `gc_core::inspect`. Nothing for a type without traced fields.
fn trace_named(input: &Input, krate: &Path) -> Option<TokenStream> {
    input.traced_fields().next()?;
    let tracer = local("tracer");
    let arms = input
        .variants
        .iter()
        .map(|variant| named_arm(variant, &tracer, krate));
    Some(quote! {
        fn trace_named(&self, #tracer: &mut #krate::Tracer<'_>) {
            match self {
                #(#arms)*
            }
        }
    })
}

fn named_arm(variant: &Variant, tracer: &Ident, krate: &Path) -> TokenStream {
    let name = variant.ident.map(|ident| quote!(::#ident));
    let members = variant.fields.iter().map(|field| &field.member);
    let types = variant.fields.iter().map(|field| field.ty);
    let names = variant.fields.iter().map(|field| {
        let member = match &field.member {
            Member::Named(ident) => ident.unraw().to_string(),
            Member::Unnamed(index) => index.index.to_string(),
        };
        match variant.ident {
            Some(ident) => format!("{}.{member}", ident.unraw()),
            None => member,
        }
    });
    let bindings: Vec<Ident> = (0..variant.fields.len())
        .map(|n| local(&format!("field_{n}")))
        .collect();
    quote! {
        Self #name { #(#members: #bindings,)* .. } => {
            #(
                #krate::Tracer::enter(#tracer, #names);
                <#types as #krate::Trace>::trace_named(#bindings, #tracer);
                #krate::Tracer::leave(#tracer);
            )*
        }
    }
}

fn finalizer(ident: &syn::Ident, krate: &Path) -> TokenStream {
    // Marks the type's name when it has no `Finalize`.
    let span = Span::mixed_site().located_at(ident.span());
    let function = quote_spanned! {span=>
        <Self as #krate::Finalize>::finalize
    };
    quote! {
        #[inline]
        fn finalizer() -> ::core::option::Option<
            fn(&#krate::Gc<Self>, &mut #krate::Heap),
        > {
            ::core::option::Option::Some(#function)
        }
    }
}

/// A variable that no name of the user's can meet, whatever macro wrote the type. The underscores
/// are for constants, which hygiene doesn't keep apart from bindings.
fn local(name: &str) -> Ident {
    format_ident!("__{name}", span = Span::mixed_site())
}
