//! Type names as people say them.

use alloc::string::String;

/// `game::squad::Squad<game::ship::Ship>` becomes `Squad<Ship>`.
pub(crate) fn short(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    let mut word = 0;
    for (at, letter) in name.char_indices() {
        let rest = &name[at..];
        if letter == ':' {
            // What was written of the path so far is taken back.
            short.truncate(word);
        } else {
            short.push(letter);
            if !(letter.is_alphanumeric() || letter == '_' || rest.starts_with("{{")) {
                word = short.len();
            }
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn paths_are_left_out() {
        for (long, expected) in [
            ("u32", "u32"),
            ("game::squad::Squad", "Squad"),
            (
                "game::Pair<game::a::A, alloc::vec::Vec<game::B>>",
                "Pair<A, Vec<B>>",
            ),
            ("(a::A, [b::B; 3])", "(A, [B; 3])"),
            ("dyn a::Trait + core::marker::Send", "dyn Trait + Send"),
            ("fn(a::A) -> b::B", "fn(A) -> B"),
        ] {
            assert_eq!(short(long), expected);
        }
    }
}
