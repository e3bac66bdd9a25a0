//! What the iterators of the containers share: they go from both ends, know how many are left, and end for good.

/// Implements `Iterator`, `DoubleEndedIterator`, `ExactSizeIterator` and `FusedIterator`.
///
/// Either for a struct around another iterator, whose items it maps, or with what answers from the front, from the back
/// and how many are left.
macro_rules! double_ended {
    ([$($generics:tt)*] $type:ty, $item:ty, $inner:ident => $value:expr) => {
        $crate::containers::iterators::double_ended! {
            [$($generics)*] $type, $item,
            next: it => Some({ let $inner = it.0.next()?; $value }),
            next_back: it => Some({ let $inner = it.0.next_back()?; $value }),
            size_hint: it => it.0.size_hint()
        }
    };
    (
        [$($generics:tt)*] $type:ty, $item:ty,
        next: $front:ident => $next:expr,
        next_back: $back:ident => $next_back:expr,
        size_hint: $left:ident => $size_hint:expr
    ) => {
        impl<$($generics)*> Iterator for $type {
            type Item = $item;
            #[inline]
            fn next(&mut self) -> Option<$item> {
                let $front = self;
                $next
            }
            #[inline]
            fn size_hint(&self) -> (usize, Option<usize>) {
                let $left = self;
                $size_hint
            }
        }

        impl<$($generics)*> DoubleEndedIterator for $type {
            #[inline]
            fn next_back(&mut self) -> Option<$item> {
                let $back = self;
                $next_back
            }
        }

        impl<$($generics)*> ExactSizeIterator for $type {}
        impl<$($generics)*> core::iter::FusedIterator for $type {}
    };
}

pub(super) use double_ended;
