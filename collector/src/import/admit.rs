//! Decides of each line of an import whether it is kept. Pure: the time is told.

use super::SENDER;
use crate::counters::{Counts, Fault, FewSamples, Sample};
use crate::enrich::id_of;
use crate::http::error::ApiError;
use crate::ingest::refusal;
use crate::spool::Bitmap;
use protocol::{
    EventId, ImportId, ImportLine, ImportReceipt, LineResult, Outcome, Refused, Timestamp, Warning,
    import, limits,
};

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
    /// What was wrong with some of the lines that were refused or changed.
    pub(super) samples: FewSamples,
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
            admission.note(i, number, judge(line, received_at, id), received_at);
        }
    }
    admission.counts.imported = admission.counts.accepted;
    Ok(admission)
}

/// Whether a line is kept, and if so, its id, and what of it is not as it came.
fn judge(
    line: &[u8],
    received_at: Timestamp,
    id: impl Fn(&ImportLine<'_>) -> EventId,
) -> Result<(EventId, Option<Changed>), Refused> {
    let line = ImportLine::parse(line)?;
    match line.fault(received_at) {
        Some(refused) => Err(refused),
        None => Ok((id(&line), changed(&line))),
    }
}

/// How a line that is kept differs from what came, and the sentence about it.
type Changed = (Warning, String);

fn changed(line: &ImportLine<'_>) -> Option<Changed> {
    let n = line.properties.n_cut();
    if n > 0 {
        let sentence = format!("`properties`: {n} of them left out or shortened");
        return Some((Warning::PropertiesCut, sentence));
    }
    line.context.nobody()?;
    Some((Warning::IdentityLeftOut, refusal::nobodys(&line.context)))
}

impl Admission {
    fn nothing(n_lines: usize) -> Self {
        let admitted = Bitmap::zeros(n_lines);
        let (receipt, counts) = (ImportReceipt::default(), Counts::default());
        Self { admitted, ids: Vec::new(), receipt, counts, samples: FewSamples::default() }
    }

    fn note(
        &mut self,
        i: usize,
        number: u64,
        judged: Result<(EventId, Option<Changed>), Refused>,
        received_at: Timestamp,
    ) {
        if let Ok((id, _)) = &judged {
            self.admitted.set(i);
            self.ids.push(*id);
            self.receipt.accepted += 1;
        }
        let (outcome, detail) = match judged {
            Ok((_, None)) => return self.counts.note(None),
            Ok((_, Some((warning, detail)))) => (Outcome::Warning(warning), detail),
            Err(Refused { reason, detail }) => (Outcome::Dropped(reason), detail),
        };
        self.counts.note(Some(outcome));
        self.samples.add(outcome, || {
            Sample::new(received_at, &format!("line {number}: {detail}"), SENDER, "")
        });
        let i = u32::try_from(i).unwrap_or(u32::MAX);
        self.receipt.results.push(LineResult { i, outcome, detail });
    }
}
