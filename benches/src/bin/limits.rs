//! What the machine allows: the costs that no collector can go below.

use benches::limits::Limits;

fn main() {
    // Started by `cargo bench`, there is nothing to do.
    if std::env::args().all(|argument| argument != "--bench") {
        println!("{}", Limits::measure().markdown());
    }
}
