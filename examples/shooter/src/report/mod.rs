//! The report folder: every frame as numbers, and a picture of them.

mod csv;
mod picture;

use crate::measure::Played;
use std::{
    error::Error,
    fmt, fs,
    path::{Path, PathBuf},
};

pub use csv::CSV;
pub use picture::PICTURE;

/// The report could not be written.
#[derive(Debug)]
pub struct ReportError {
    path: PathBuf,
    cause: Box<dyn Error>,
}

impl ReportError {
    fn new(path: &Path, cause: impl Into<Box<dyn Error>>) -> Self {
        Self {
            path: path.to_owned(),
            cause: cause.into(),
        }
    }
}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot write the report to {}: {}",
            self.path.display(),
            self.cause
        )
    }
}

impl Error for ReportError {}

/// Makes the folder.
pub fn prepare(folder: &Path) -> Result<PathBuf, ReportError> {
    fs::create_dir_all(folder).map_err(|cause| ReportError::new(folder, cause))?;
    Ok(folder.to_owned())
}

/// Writes the frames and the picture.
pub fn write(folder: &Path, matches: &[Played]) -> Result<(), ReportError> {
    let csv = folder.join(CSV);
    csv::write(&csv, matches).map_err(|cause| ReportError::new(&csv, cause))?;
    let picture = folder.join(PICTURE);
    picture::write(&picture, matches).map_err(|cause| ReportError::new(&picture, cause))
}
