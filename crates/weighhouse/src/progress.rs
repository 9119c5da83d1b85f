//! A progress bar for work that takes longer than a moment, on terminals only.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use weighhouse_scan::engine::Progress;

/// Work that ends sooner shows no bar.
const PATIENCE: Duration = Duration::from_millis(700);
/// Columns below which only the share is told: a line that wraps cannot be drawn over.
const ROOMY: usize = 80;
const BEAT: Duration = Duration::from_millis(80);

/// Something that draws until it is dropped.
#[derive(Debug)]
pub(crate) struct Watch {
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Watches an inspection of `files` files that hold `bytes`.
    pub(crate) fn inspection(progress: Arc<Progress>, files: u64, bytes: u64, quiet: bool) -> Self {
        Self::start(quiet, move |done| draw(&progress, files, bytes, done))
    }

    /// Says what is done while nothing can be counted yet.
    pub(crate) fn waiting(what: &'static str, quiet: bool) -> Self {
        Self::start(quiet, move |done| {
            let bar = bar(0, "{spinner} {msg}");
            bar.set_message(what);
            while !done.load(Ordering::Relaxed) {
                bar.tick();
                std::thread::sleep(BEAT);
            }
            bar.finish_and_clear();
        })
    }

    /// Draws after a moment; does nothing if standard error is no terminal or `quiet` is set.
    fn start(quiet: bool, draw: impl FnOnce(&AtomicBool) + Send + 'static) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let wanted = !quiet && std::io::stderr().is_terminal();
        let thread = wanted.then(|| {
            let done = Arc::clone(&done);
            std::thread::spawn(move || {
                if outlasts_patience(&done) {
                    draw(&done);
                }
            })
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

fn outlasts_patience(done: &AtomicBool) -> bool {
    let mut waited = Duration::ZERO;
    while waited < PATIENCE {
        if done.load(Ordering::Relaxed) {
            return false;
        }
        std::thread::sleep(BEAT);
        waited += BEAT;
    }
    true
}

/// The bar that is drawn now: a message must not be written into its line.
static DRAWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Remembers the bar that is drawn.
pub(crate) fn remember(bar: &ProgressBar) {
    *DRAWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
}

/// Writes a message above the bar, if one is drawn.
pub(crate) fn message(text: &str) {
    let drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match drawn.filter(|bar| !bar.is_finished()) {
        Some(bar) => bar.suspend(|| crate::output::message(text)),
        None => crate::output::message(text),
    }
}

fn bar(length: u64, template: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length.max(1)), ProgressDrawTarget::stderr());
    remember(&bar);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━━─"));
    }
    bar
}

fn draw(progress: &Progress, files: u64, bytes: u64, done: &AtomicBool) {
    let template = if crate::output::width() < ROOMY {
        "inspecting {percent} %  {binary_bytes_per_sec}"
    } else {
        "inspecting {wide_bar} {msg}{binary_bytes} of {binary_total_bytes}  {binary_bytes_per_sec}"
    };
    let bar = bar(bytes, template);
    while !done.load(Ordering::Relaxed) {
        bar.set_position(progress.bytes.load(Ordering::Relaxed));
        if files > 1 {
            let seen = HumanCount(progress.files.load(Ordering::Relaxed));
            bar.set_message(format!("{seen} of {} files  ", HumanCount(files)));
        }
        std::thread::sleep(BEAT);
    }
    bar.finish_and_clear();
}
