//! Looking for answers while the game goes on.

use super::work::{Found, Questions};
use alloc::boxed::Box;
use std::{
    sync::mpsc::channel,
    thread::{Builder, JoinHandle},
};

/// A thread that answers, or the questions where there are no threads. It has nothing of the heap or the app: when
/// the app goes, it comes to its end by itself.
pub(super) fn ask(questions: Box<Questions>) -> Result<JoinHandle<Found>, Box<Questions>> {
    // Sent when the thread is there: a thread that could not start would take them with it.
    let (sender, receiver) = channel::<Box<Questions>>();
    let answer = move || receiver.recv().expect("they are sent").answer();
    match Builder::new().name("gc inspector".into()).spawn(answer) {
        Ok(thread) => sender.send(questions).map(|()| thread).map_err(|it| it.0),
        Err(_) => Err(questions),
    }
}
