//! How far it is, on standard error: a bar on a terminal, now and then a line elsewhere.

use super::state::State;
use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often there is a line where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(2);

/// How far it is.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    is_terminal: bool,
    n_bytes: u64,
    /// When sending began, and the lines and bytes that were done then.
    began: (Instant, u64, u64),
    said_at: Option<Instant>,
    /// What was said last of waiting, so that it is not said again and again.
    waits: String,
}

impl Progress {
    /// Begins with reading the file.
    pub(super) fn new(path: &Path) -> anyhow::Result<Self> {
        let metadata =
            path.metadata().with_context(|| format!("cannot read {}", path.display()))?;
        let is_terminal = io::stderr().is_terminal();
        let target =
            if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(metadata.len()), target);
        bar.set_style(ProgressStyle::with_template("{bar:30} {percent:>3}%  {msg}")?);
        let progress = Self {
            bar,
            is_terminal,
            n_bytes: metadata.len(),
            began: (Instant::now(), 0, 0),
            said_at: None,
            waits: String::new(),
        };
        progress.bar.set_message("reading the file");
        Ok(progress)
    }

    /// The file is being hashed.
    pub(super) fn hashing(&mut self, n_bytes: u64) {
        self.bar.set_position(n_bytes);
        let percent = self.percent(n_bytes);
        self.now_and_then(|| format!("reading the file: {percent}%"));
    }

    /// Sending begins at what `state` says.
    pub(super) fn begin(&mut self, n_bytes: u64, state: &State) {
        self.n_bytes = n_bytes;
        self.began = (Instant::now(), state.next_line, state.offset);
        self.bar.set_length(n_bytes);
        self.show(state);
    }

    /// Shows how far sending is.
    pub(super) fn show(&mut self, state: &State) {
        self.waits.clear();
        self.bar.set_position(state.offset);
        let text = self.text(state);
        self.bar.set_message(text.clone());
        let percent = self.percent(state.offset);
        self.now_and_then(|| format!("{percent}%  {text}"));
    }

    fn text(&self, state: &State) -> String {
        let (at, first_line, offset) = self.began;
        let seconds = at.elapsed().as_secs_f64().max(0.001);
        let rate = (state.next_line - first_line) as f64 / seconds;
        let mut text = format!("{} lines, {rate:.0} events/s", state.next_line - 1);
        if state.refused > 0 {
            text += &format!(", {} refused", state.refused);
        }
        if state.offset > offset {
            let left =
                (self.n_bytes - state.offset) as f64 * seconds / (state.offset - offset) as f64;
            text += &format!(", {left:.0} s left");
        }
        text
    }

    /// Shows that the collector asks to wait, which is in order.
    pub(super) fn pause(&mut self, why: &str) {
        self.bar.set_message(why.to_owned());
        self.now_and_then(|| why.to_owned());
    }

    /// Says why it does not go on just now.
    pub(super) fn wait(&mut self, why: &str) {
        if self.waits != why {
            why.clone_into(&mut self.waits);
            self.say(why);
        }
    }

    /// Says something.
    pub(super) fn say(&self, text: &str) {
        if self.is_terminal {
            self.bar.println(text);
        } else {
            line(text);
        }
    }

    /// There is nothing left to show.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn percent(&self, n_bytes: u64) -> u64 {
        (n_bytes.saturating_mul(100)).checked_div(self.n_bytes).unwrap_or(100)
    }

    fn now_and_then(&mut self, text: impl FnOnce() -> String) {
        let is_time = self.said_at.is_none_or(|at| at.elapsed() >= LINE_EVERY);
        if !self.is_terminal && is_time {
            self.said_at = Some(Instant::now());
            line(&text());
        }
    }
}

fn line(text: &str) {
    // Whoever closed standard error does not want to see it.
    drop(writeln!(io::stderr(), "{text}"));
}
