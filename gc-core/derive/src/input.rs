//! The type under the derive, reduced to what the expansion needs.

use syn::{Data, DeriveInput, Error, Fields, GenericParam, Generics, Ident, Member, Result, Type};

use crate::attributes::{self, FieldAttributes, TypeAttributes};
use crate::errors::Errors;

pub(crate) struct Input<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) attributes: TypeAttributes,
    /// One for a struct, any number for an enum.
    pub(crate) variants: Vec<Variant<'a>>,
}

pub(crate) struct Variant<'a> {
    /// `None` for a struct.
    pub(crate) ident: Option<&'a Ident>,
    pub(crate) fields: Vec<Field<'a>>,
}

/// A field that is traced; the skipped ones are left out.
pub(crate) struct Field<'a> {
    pub(crate) member: Member,
    pub(crate) ty: &'a Type,
}

impl<'a> Input<'a> {
    pub(crate) fn parse(derive: &'a DeriveInput) -> Result<Self> {
        let mut errors = Errors::default();
        let attributes = TypeAttributes::parse(&derive.attrs, &mut errors);
        for param in &derive.generics.params {
            let attributes = match param {
                GenericParam::Lifetime(param) => &param.attrs,
                GenericParam::Type(param) => &param.attrs,
                GenericParam::Const(param) => &param.attrs,
            };
            attributes::reject(attributes, "a generic parameter", &mut errors);
        }
        let variants = match &derive.data {
            Data::Struct(data) => {
                vec![Variant {
                    ident: None,
                    fields: traced(&data.fields, &mut errors),
                }]
            }
            Data::Enum(data) => data
                .variants
                .iter()
                .map(|variant| {
                    attributes::reject(&variant.attrs, "a variant", &mut errors);
                    Variant {
                        ident: Some(&variant.ident),
                        fields: traced(&variant.fields, &mut errors),
                    }
                })
                .collect(),
            Data::Union(data) => {
                errors.push(Error::new_spanned(
                    data.union_token,
                    "`Trace` can't be derived for a union: nothing says which of its fields \
                     holds a handle. Use an enum, or write the `impl Trace` by hand",
                ));
                Vec::new()
            }
        };
        errors.finish()?;
        Ok(Self {
            ident: &derive.ident,
            generics: &derive.generics,
            attributes,
            variants,
        })
    }

    pub(crate) fn traced_fields(&self) -> impl Iterator<Item = &Field<'a>> {
        self.variants.iter().flat_map(|variant| &variant.fields)
    }
}

fn traced<'a>(fields: &'a Fields, errors: &mut Errors) -> Vec<Field<'a>> {
    fields
        .members()
        .zip(fields)
        .filter(|(_, field)| !FieldAttributes::parse(&field.attrs, errors).skip)
        .map(|(member, field)| Field {
            member,
            ty: &field.ty,
        })
        .collect()
}
