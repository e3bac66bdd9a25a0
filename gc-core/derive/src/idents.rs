//! The names in tokens that can't be parsed, such as a macro's.

use proc_macro2::{Ident, TokenStream, TokenTree};

pub(crate) fn each(tokens: TokenStream, see: &mut impl FnMut(&Ident)) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => see(&ident),
            TokenTree::Group(group) => each(group.stream(), see),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
