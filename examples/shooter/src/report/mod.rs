//! The report folder: a page with the tables and a picture of the frames, and every frame as numbers.

mod csv;
mod page;
mod picture;

use crate::measure::Played;
use std::{
    error::Error,
    fmt, fs,
    path::{Path, PathBuf},
};

pub use csv::CSV;
pub use page::PAGE;
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

/// Writes the frames, the picture, and the page: the picture and `text`.
pub fn write(folder: &Path, text: &str, matches: &[Played]) -> Result<(), ReportError> {
    let csv = folder.join(CSV);
    csv::write(&csv, matches).map_err(|cause| ReportError::new(&csv, cause))?;
    let picture = folder.join(PICTURE);
    picture::write(&picture, matches).map_err(|cause| ReportError::new(&picture, cause))?;
    let page = folder.join(PAGE);
    fs::write(&page, page::page(text)).map_err(|cause| ReportError::new(&page, cause))
}
