//! `#[trace(..)]`: what it may say, and where.

use proc_macro2::TokenTree;
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, LitStr, Meta, Path, Result, Token, WherePredicate};

use crate::errors::Errors;

const ON_TYPE: [&str; 4] = ["finalize", "acyclic", "crate", "bound"];
const ON_FIELD: [&str; 1] = ["skip"];

/// The attributes of the struct or enum itself.
#[derive(Default)]
pub(crate) struct TypeAttributes {
    pub(crate) finalize: bool,
    pub(crate) acyclic: bool,
    /// Where `gc_core` is, when it isn't `::gc_core`.
    pub(crate) krate: Option<Path>,
    /// Replaces the bounds that the derive would find.
    pub(crate) bound: Option<Vec<WherePredicate>>,
}

impl TypeAttributes {
    pub(crate) fn parse(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut found = Self::default();
        each_entry(attributes, errors, |name, meta| {
            match name {
                "finalize" => {
                    no_value(name, meta)?;
                    found.finalize = true;
                }
                "acyclic" => {
                    no_value(name, meta)?;
                    found.acyclic = true;
                }
                "crate" => found.krate = Some(crate_path(meta)?),
                "bound" => found.bound = Some(predicates(meta)?),
                _ => return Err(misplaced(name, meta, "a type", &ON_TYPE)),
            }
            Ok(())
        });
        found
    }
}

/// The attributes of a field.
#[derive(Default)]
pub(crate) struct FieldAttributes {
    pub(crate) skip: bool,
}

impl FieldAttributes {
    pub(crate) fn parse(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut found = Self::default();
        each_entry(attributes, errors, |name, meta| {
            match name {
                "skip" => {
                    no_value(name, meta)?;
                    found.skip = true;
                }
                _ => return Err(misplaced(name, meta, "a field", &ON_FIELD)),
            }
            Ok(())
        });
        found
    }
}

/// For the places that the compiler lets `#[trace(..)]` through to, but where it means nothing.
pub(crate) fn reject(attributes: &[Attribute], place: &str, errors: &mut Errors) {
    for attribute in ours(attributes) {
        errors.push(Error::new_spanned(
            attribute,
            format!(
                "`#[trace(..)]` means nothing on {place}: \
                 `skip` goes on a field, everything else on the type"
            ),
        ));
    }
}

fn ours(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("trace"))
}

/// Hands every entry of every `#[trace(..)]` to `entry`, and goes on after an error.
fn each_entry(
    attributes: &[Attribute],
    errors: &mut Errors,
    mut entry: impl FnMut(&str, &ParseNestedMeta) -> Result<()>,
) {
    let mut seen: Vec<String> = Vec::new();
    for attribute in ours(attributes) {
        if !matches!(attribute.meta, Meta::List(_)) {
            errors.push(Error::new_spanned(
                attribute,
                "expected a list: `#[trace(skip)]`, `#[trace(finalize)]`, ..",
            ));
            continue;
        }
        let syntax = attribute.parse_nested_meta(|meta| {
            let name = name_of(&meta.path);
            let result = if seen.contains(&name) {
                Err(meta.error(format!("`{name}` is said twice")))
            } else {
                entry(&name, &meta)
            };
            if errors.note(result).is_none() {
                to_next_entry(meta.input);
            }
            seen.push(name);
            Ok(())
        });
        errors.note(syntax);
    }
}

fn name_of(path: &Path) -> String {
    let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
    names.join("::")
}

fn misplaced(name: &str, meta: &ParseNestedMeta, here: &str, allowed: &[&str]) -> Error {
    let message = if ON_FIELD.contains(&name) {
        format!("`{name}` goes on a field, not on {here}")
    } else if ON_TYPE.contains(&name) {
        format!("`{name}` goes on the type, not on {here}")
    } else {
        let known: Vec<String> = allowed.iter().map(|name| format!("`{name}`")).collect();
        format!(
            "`trace` knows no `{name}` on {here}: it can be {}",
            known.join(", ")
        )
    };
    meta.error(message)
}

fn no_value(name: &str, meta: &ParseNestedMeta) -> Result<()> {
    if meta.input.is_empty() || meta.input.peek(Token![,]) {
        Ok(())
    } else {
        Err(meta.input.error(format!("`{name}` takes no value")))
    }
}

fn value<'a>(meta: &ParseNestedMeta<'a>, example: &str) -> Result<ParseStream<'a>> {
    if meta.input.peek(Token![=]) {
        meta.value()
    } else {
        Err(meta.error(format!("expected a value: `{example}`")))
    }
}

fn crate_path(meta: &ParseNestedMeta) -> Result<Path> {
    let example = "crate = my_engine::gc_core";
    let value = value(meta, example)?;
    if value.peek(LitStr) {
        return Err(value.error(format!("expected a path without quotes: `{example}`")));
    }
    value.call(Path::parse_mod_style)
}

fn predicates(meta: &ParseNestedMeta) -> Result<Vec<WherePredicate>> {
    let text: LitStr = value(meta, "bound = \"T: Trace\"")?.parse()?;
    let list = text.parse_with(Punctuated::<WherePredicate, Token![,]>::parse_terminated);
    match list {
        Ok(list) => Ok(list.into_iter().collect()),
        Err(error) => Err(Error::new(
            error.span(),
            format!("`bound` is what stands after `where`, as in \"T: Trace\": {error}"),
        )),
    }
}

/// After an error inside an entry: what follows the next comma can still be checked.
fn to_next_entry(input: ParseStream) {
    while !input.is_empty() && !input.peek(Token![,]) {
        // Cannot fail: the stream isn't empty.
        let _ = input.parse::<TokenTree>();
    }
}
