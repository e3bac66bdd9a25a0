//! Every frame of every match as a line of text.

use crate::measure::Played;
use std::{
    fs::File,
    io::{BufWriter, Result, Write},
    path::Path,
    time::Duration,
};

pub const CSV: &str = "frames.csv";

/// Times in microseconds.
const HEADING: &str = "strategy,frame,round,phase,frame_us,pause_us,longest_pause_us,reclaim_us,collections,\
                       freed_nothing,reclaimed,units,live_objects,heap_bytes,bullets";

pub fn write(path: &Path, matches: &[Played]) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "{HEADING}")?;
    for played in matches {
        // A name with a comma is no good in a file of commas.
        let strategy = played.entrant.name().replace(',', "");
        for (number, frame) in played.frames.iter().enumerate() {
            let gc = &frame.gc;
            writeln!(
                file,
                "{strategy},{number},{},{},{:.1},{:.1},{:.1},{:.1},{},{},{},{},{},{},{}",
                frame.round,
                if frame.playing { "playing" } else { "pause" },
                us(frame.took),
                us(gc.pause),
                us(gc.longest_pause),
                us(gc.reclaim),
                gc.collections,
                gc.freed_nothing,
                gc.reclaimed,
                gc.units,
                frame.live_objects,
                frame.heap_bytes,
                frame.bullets,
            )?;
        }
    }
    file.flush()
}

fn us(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
