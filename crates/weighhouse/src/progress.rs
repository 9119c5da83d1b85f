//! A progress bar for work that takes longer than a moment, on terminals only.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use weighhouse_scan::engine::Progress;

/// Work that ends sooner shows no bar.
const PATIENCE: Duration = Duration::from_millis(700);
const BEAT: Duration = Duration::from_millis(80);

/// A bar that watches an engine until it is dropped.
#[derive(Debug)]
pub(crate) struct Watch {
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Watches `progress` until dropped; does nothing if standard error is no terminal or `quiet` is set.
    pub(crate) fn start(progress: Arc<Progress>, total_bytes: u64, quiet: bool) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let wanted = !quiet && std::io::stderr().is_terminal();
        let thread = wanted.then(|| {
            let done = Arc::clone(&done);
            std::thread::spawn(move || draw(&progress, total_bytes, &done))
        });
        Self { done, thread }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            // A bar that failed to draw is no reason to fail the run.
        }
    }
}

fn draw(progress: &Progress, total: u64, done: &AtomicBool) {
    let mut waited = Duration::ZERO;
    while waited < PATIENCE {
        if done.load(Ordering::Relaxed) {
            return;
        }
        std::thread::sleep(BEAT);
        waited += BEAT;
    }
    let bar = ProgressBar::with_draw_target(Some(total.max(1)), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template(
        "inspecting {wide_bar} {bytes} of {total_bytes}  {binary_bytes_per_sec}  {msg}",
    ) {
        bar.set_style(style.progress_chars("━━─"));
    }
    while !done.load(Ordering::Relaxed) {
        bar.set_position(progress.bytes.load(Ordering::Relaxed));
        bar.set_message(format!("{} files", progress.files.load(Ordering::Relaxed)));
        std::thread::sleep(BEAT);
    }
    bar.finish_and_clear();
}
