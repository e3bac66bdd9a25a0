//! `cargo run --release -p shooter`, or with a window: `cargo shooter`

use shooter::options::Options;
use std::{error::Error, process::ExitCode};

fn main() -> ExitCode {
    let options = Options::read(std::env::args_os()).unwrap_or_else(|error| error.exit());
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    #[cfg(feature = "window")]
    if !options.headless {
        return shooter::window::run(options);
    }
    shooter::run::run(options)
}
