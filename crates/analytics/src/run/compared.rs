//! Features side by side, by the statements that read them.
//!
//! First everybody, and then the features, some at a time: while one question is read another is
//! counted, so that ClickHouse and this each have something to do.

use crate::Error;
use crate::feature::Features;
use crate::query::{InvalidQuery, Scope};
use crate::report::adoption::{
    Adoption, AdoptionResult, AdoptionRow, Everybody, Known, MAX_PEOPLE, Moments, Uses,
};
use protocol::Timestamp;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::whose::RowsOf;
use store::{Block, Connection, Statement, Whose};
use tokio::task::{JoinSet, yield_now};

/// How many questions about features are asked at once.
const AT_ONCE: usize = 2;

/// What those who count have in common.
struct Shared {
    connection: Connection,
    statements: Vec<Statement>,
    /// The first of them that nobody asked yet.
    next: AtomicUsize,
    whose: Mutex<Whose>,
    known: Known,
    moments: Moments,
    /// Of each person by his number when he was there.
    there: Vec<u64>,
}

/// The answer, by statements of [`crate::report::adoption::statements`].
pub(super) async fn compared(
    connection: &Connection,
    scope: &Scope,
    adoption: &Adoption,
    (features, statements): (&Features, &[Statement]),
    now: Timestamp,
) -> Result<AdoptionResult, Error> {
    let cut = adoption.cut(scope, now)?;
    let first_event = connection.first_event(&scope.project).await?;
    let Some(([sessions, events], uses)) = statements.split_first_chunk() else {
        return Ok(AdoptionResult::new(features, &cut, &[], first_event, now)?);
    };
    let mut whose = connection.whose(&scope.grouping).await?;
    let (known, moments) = (Known::new(adoption, &cut, now)?, Moments::new(adoption, &cut, now)?);
    let mut everybody = Everybody::new(&known);
    for (statement, of) in [(sessions, RowsOf::Sessions), (events, RowsOf::Events)] {
        let take = |block: &Block<3>| {
            // Beyond the limit there is no answer, and nothing to be kept for it.
            if !is_too_much(&whose) {
                everybody.add(block, of, &mut whose, &moments);
            }
        };
        connection.each_block(statement, take).await?;
        if is_too_much(&whose) {
            return Err(InvalidQuery::TooManyPeople.into());
        }
    }
    let (all, there) = everybody.count(&known);
    let shared = Arc::new(Shared {
        connection: connection.clone(),
        statements: uses.to_vec(),
        next: AtomicUsize::new(0),
        whose: Mutex::new(whose),
        known,
        moments,
        there,
    });
    let mut counting = JoinSet::new();
    for _ in 0..AT_ONCE.min(uses.len()) {
        let of_features = Uses::new(features.iter().map(|meant| meant.feature.id.as_str()));
        counting.spawn(count(Arc::clone(&shared), of_features));
    }
    let mut rows = vec![shared.known.row(); features.iter().count() + 1];
    rows[0] = all;
    while let Some(counted) = counting.join_next().await {
        for (number, row) in counted.map_err(|_| Error::Stopped)?? {
            rows[number + 1] = row;
        }
    }
    Ok(AdoptionResult::new(features, &cut, &rows, first_event, now)?)
}

/// Asks one statement after the other until all are asked, and counts; returns rows of features by
/// their numbers.
async fn count(shared: Arc<Shared>, mut uses: Uses) -> Result<Vec<(usize, AdoptionRow)>, Error> {
    let mut rows = Vec::new();
    while let Some(statement) = shared.statements.get(shared.next.fetch_add(1, Ordering::Relaxed)) {
        shared.connection.each_block(statement, |block| shared.take(block, &mut uses)).await?;
        if is_too_much(&shared.whose()) {
            return Err(InvalidQuery::TooManyPeople.into());
        }
        for number in uses.there() {
            rows.push((number, uses.count(number, &shared.known, &shared.there)));
            // Of a hundred million events one takes some milliseconds, and others want to be answered.
            yield_now().await;
        }
    }
    Ok(rows)
}

/// Whether there are more people than are counted.
const fn is_too_much(whose: &Whose) -> bool {
    whose.n_people() > MAX_PEOPLE
}

impl Shared {
    fn whose(&self) -> MutexGuard<'_, Whose> {
        self.whose.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, block: &Block<3>, uses: &mut Uses) {
        let mut whose = self.whose();
        if is_too_much(&whose) {
            return;
        }
        let columns = block.numbers.each_ref().map(Vec::as_slice);
        whose.tell(columns, RowsOf::Events, uses.found());
        drop(whose);
        uses.add(block, &self.moments);
    }
}
