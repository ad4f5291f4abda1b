//! `sillage spool`: looks at a spool without a collector.

use crate::spool::{
    Finding, Inspection, Position, RecordInfo, SegmentInfo, Verification, inspect, is_of_spool,
    many, verify,
};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Looks at what is accepted and not yet in ClickHouse. Reads only.
#[derive(Debug, Clone, Subcommand)]
pub enum SpoolCommand {
    /// Shows how far ClickHouse has it, and a line for each segment.
    Inspect {
        /// Where it is, and how to print.
        #[command(flatten)]
        place: Place,
        /// Lists every record.
        #[arg(long)]
        records: bool,
    },
    /// Reads everything, and says what is damaged; fails if something is.
    Verify {
        /// Where it is, and how to print.
        #[command(flatten)]
        place: Place,
    },
}

/// Where it is, and how to print.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// The data folder, or a copy of its folder `spool`.
    #[arg(long, value_name = "DIR", default_value = "sillage-data")]
    data: PathBuf,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

impl SpoolCommand {
    /// Prints what there is to see.
    ///
    /// # Errors
    /// When there is no spool, it cannot be read, or it is damaged.
    pub fn run(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        match self {
            Self::Inspect { place, records } => {
                let dir = spool_of(&place.data)?;
                let seen = inspect(&dir, *records).with_context(|| unreadable(&dir))?;
                place.print(out, &seen, show)
            }
            Self::Verify { place } => {
                let dir = spool_of(&place.data)?;
                let verified = verify(&dir).with_context(|| unreadable(&dir))?;
                place.print(out, &verified, show_verified)?;
                if verified.is_damaged() {
                    bail!("the spool {} is damaged", dir.display());
                }
                Ok(())
            }
        }
    }
}

impl Place {
    fn print<T: serde::Serialize>(
        &self,
        out: &mut dyn Write,
        value: &T,
        show: impl Fn(&T) -> Result<String, fmt::Error>,
    ) -> anyhow::Result<()> {
        let text = if self.json { serde_json::to_string(value)? + "\n" } else { show(value)? };
        match out.write_all(text.as_bytes()) {
            // Whoever closed it has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }
}

fn unreadable(dir: &Path) -> String {
    format!("the spool {} cannot be read", dir.display())
}

/// The spool of a data folder, or the folder itself if it is a copy of one.
fn spool_of(data: &Path) -> anyhow::Result<PathBuf> {
    let within = data.join("spool");
    let dir = if within.is_dir() { within } else { data.to_owned() };
    let listed = std::fs::read_dir(&dir).with_context(|| unreadable(&dir))?;
    let names = listed.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    if !names.into_iter().any(|name| is_of_spool(&name)) {
        bail!(
            "there is no spool in {}: it has neither a cursor nor segments; expected is a data \
             folder, or a copy of its folder `spool`",
            dir.display()
        );
    }
    Ok(dir)
}

fn wait(n: u64) -> String {
    format!("{n} {}", if n == 1 { "waits" } else { "wait" })
}

fn show(seen: &Inspection) -> Result<String, fmt::Error> {
    let mut text = String::new();
    match &seen.cursor {
        Some(cursor) => {
            write!(text, "ClickHouse has everything before {}", place(cursor.done))?;
            if let Some(cut) = cursor.cut {
                let attempt = cut.attempt;
                write!(text, "; what follows up to {} is sent, attempt {attempt}", place(cut.end))?;
            }
            writeln!(text)?;
        }
        None => writeln!(text, "no cursor can be read")?,
    }
    for segment in &seen.segments {
        show_segment(&mut text, segment)?;
    }
    let n_segments = seen.segments.len() as u64;
    writeln!(
        text,
        "{}, {}, {}, {}",
        many(n_segments, "segment"),
        many(seen.n_bytes, "byte"),
        many(seen.n_records, "record"),
        wait(seen.n_waiting)
    )?;
    if !seen.corrupt.is_empty() {
        writeln!(text, "under corrupt/: {}", seen.corrupt.join(", "))?;
    }
    Ok(text)
}

fn show_segment(text: &mut String, segment: &SegmentInfo) -> fmt::Result {
    let (number, created) = (segment.number, time(segment.created));
    let (n_bytes, n_records) = (many(segment.n_bytes, "byte"), many(segment.n_records, "record"));
    write!(text, "segment {number} of {created}: {n_bytes}, {n_records}, ")?;
    if let (Some(first), Some(last)) = (segment.first_received_at, segment.last_received_at) {
        write!(text, "received {} to {}, ", time(first), time(last))?;
    }
    writeln!(text, "{}", wait(segment.n_waiting))?;
    segment.records.iter().try_for_each(|record| show_record(text, record))
}

fn show_record(text: &mut String, record: &RecordInfo) -> fmt::Result {
    let kind = record.kind.as_deref().unwrap_or("unknown");
    write!(text, "  {} {kind}", place(record.position))?;
    if let Some(project) = &record.project {
        write!(text, " of {project}")?;
    }
    if let Some(received_at) = record.received_at {
        write!(text, ", received {}", time(received_at))?;
    }
    if let Some(n) = record.n_events {
        let one = if kind == "import" { "line" } else { "event" };
        write!(text, ", {} kept", many(n.into(), one))?;
    }
    let waits = if record.is_waiting { ", waits" } else { "" };
    writeln!(text, ", {}{waits}", many(record.n_bytes, "byte"))
}

fn show_verified(verified: &Verification) -> Result<String, fmt::Error> {
    let mut text = String::new();
    for Finding { is_damage, segment, byte, what } in &verified.findings {
        text.push_str(if *is_damage { "damage" } else { "information" });
        if let Some(segment) = segment {
            write!(text, ", segment {segment}")?;
        }
        if let Some(byte) = byte {
            write!(text, ", byte {byte}")?;
        }
        writeln!(text, ": {what}")?;
    }
    let Verification { n_segments, n_records, n_bytes, .. } = verified;
    let found = if verified.is_damaged() { "damaged" } else { "nothing is damaged" };
    writeln!(
        text,
        "{}, {}, {}: {found}",
        many(*n_segments, "segment"),
        many(*n_bytes, "byte"),
        many(*n_records, "whole record")
    )?;
    Ok(text)
}

fn place(position: Position) -> String {
    format!("{}:{}", position.segment, position.offset)
}

fn time(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).ok();
    time.map_or("-".to_owned(), |time| time.to_string())
}

#[cfg(test)]
mod tests;
