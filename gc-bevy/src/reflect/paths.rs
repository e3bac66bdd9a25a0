//! Type paths by hand, so that a heap's marker needs none of its own.

use crate::{GcBound, GcDeaths, GcHeapId, GcInspectorSettings, GcSettings};
use bevy_reflect::{TypePath, utility::GenericTypePathCell};
use core::any::type_name;

macro_rules! marked_type_path {
    ($name:ident in $module:literal) => {
        impl<M: Send + Sync + 'static> TypePath for $name<M> {
            fn type_path() -> &'static str {
                static CELL: GenericTypePathCell = GenericTypePathCell::new();
                CELL.get_or_insert::<Self, _>(|| {
                    let marker = type_name::<M>();
                    alloc::format!("{}::{}<{marker}>", $module, stringify!($name))
                })
            }

            fn short_type_path() -> &'static str {
                static CELL: GenericTypePathCell = GenericTypePathCell::new();
                CELL.get_or_insert::<Self, _>(|| {
                    alloc::format!("{}<{}>", stringify!($name), GcHeapId::of::<M>().name())
                })
            }

            fn type_ident() -> Option<&'static str> {
                Some(stringify!($name))
            }

            fn crate_name() -> Option<&'static str> {
                Some("gc_bevy")
            }

            fn module_path() -> Option<&'static str> {
                Some($module)
            }
        }
    };
}

marked_type_path!(GcSettings in "gc_bevy::settings");
marked_type_path!(GcBound in "gc_bevy::bound");
marked_type_path!(GcDeaths in "gc_bevy::bound");
marked_type_path!(GcInspectorSettings in "gc_bevy::inspector::settings");
