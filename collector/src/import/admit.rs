//! Decides of each line of an import whether it is kept. Pure: the time is told.

use super::SENDER;
use crate::counters::{Counts, Fault, Sample};
use crate::enrich::id_of;
use crate::http::error::ApiError;
use crate::ingest::refusal;
use crate::spool::Bitmap;
use protocol::{
    DropReason, EventId, ImportId, ImportLine, ImportReceipt, LineResult, Outcome, Refused,
    Timestamp, Warning, import, limits,
};

/// How many refused lines of one body and reason are kept to look at.
const SAMPLES: usize = 3;

/// What became of some lines.
#[derive(Debug)]
pub(super) struct Admission {
    /// Which lines are kept.
    pub(super) admitted: Bitmap,
    /// The ids of their events.
    pub(super) ids: Vec<EventId>,
    /// The answer, without its mark.
    pub(super) receipt: ImportReceipt,
    /// The same for the counters.
    pub(super) counts: Counts,
    /// What was wrong with some of the refused lines.
    pub(super) samples: Vec<(DropReason, Sample)>,
}

/// Decides of lines of a file, the first of which has this number. One bad line takes no good one
/// with it.
pub(super) fn admit(
    body: &[u8],
    import: &ImportId,
    first_line: u64,
    received_at: Timestamp,
) -> Result<Admission, refusal::Refused> {
    let n_lines = import::lines(body).count();
    if n_lines > limits::IMPORT_LINES {
        let limit = limits::IMPORT_LINES;
        let sentence = format!("the body has {n_lines} lines, at most {limit} are allowed");
        let error = ApiError::TooLarge(sentence);
        return Err(refusal::Refused { fault: Fault::TooMany, error });
    }
    let mut admission = Admission::nothing(n_lines);
    for ((i, line), number) in import::lines(body).enumerate().zip(first_line..) {
        if !import::is_blank(line) {
            let id = |line: &ImportLine<'_>| id_of(line, import, number);
            let judged = judge(line, received_at, id);
            if let Err(refused) = &judged {
                admission.sample(number, refused, received_at);
            }
            admission.note(i, judged);
        }
    }
    admission.counts.imported = admission.counts.accepted;
    Ok(admission)
}

/// Whether a line is kept, and if so, its id, and whether all of it is.
fn judge(
    line: &[u8],
    received_at: Timestamp,
    id: impl Fn(&ImportLine<'_>) -> EventId,
) -> Result<(EventId, Option<Warning>), Refused> {
    let line = ImportLine::parse(line)?;
    match line.fault(received_at) {
        Some(refused) => Err(refused),
        None => Ok((id(&line), (line.properties.n_cut() > 0).then_some(Warning::PropertiesCut))),
    }
}

impl Admission {
    fn nothing(n_lines: usize) -> Self {
        let admitted = Bitmap::zeros(n_lines);
        let (receipt, counts) = (ImportReceipt::default(), Counts::default());
        Self { admitted, ids: Vec::new(), receipt, counts, samples: Vec::new() }
    }

    fn sample(&mut self, number: u64, refused: &Refused, received_at: Timestamp) {
        let Refused { reason, detail } = refused;
        if self.samples.iter().filter(|(other, _)| other == reason).count() < SAMPLES {
            let sentence = format!("line {number}: {detail}");
            self.samples.push((*reason, Sample::new(received_at, &sentence, SENDER, "")));
        }
    }

    fn note(&mut self, i: usize, judged: Result<(EventId, Option<Warning>), Refused>) {
        let (outcome, detail) = match judged {
            Ok((id, warning)) => {
                self.admitted.set(i);
                self.ids.push(id);
                self.receipt.accepted += 1;
                (warning.map(Outcome::Warning), String::new())
            }
            Err(Refused { reason, detail }) => (Some(Outcome::Dropped(reason)), detail),
        };
        self.counts.note(outcome);
        if let Some(outcome) = outcome {
            let i = u32::try_from(i).unwrap_or(u32::MAX);
            self.receipt.results.push(LineResult { i, outcome, detail });
        }
    }
}
