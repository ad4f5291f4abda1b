//! A file of accounts: rows between commas, semicolons or tabs, the first of them with names.
//!
//! Each column becomes an attribute, a field of a contact, or nothing. A line is taken as a whole or
//! refused with its reason, and what is refused comes back as a file that can be mended and sent
//! again. An empty cell says nothing.

mod column;

pub(crate) use column::Column;

use super::ledger::{Ledger, Turn};
use super::{ContactSaid, Saying};
use crate::http::csv::is_formula;
use csv::StringRecord;
use std::borrow::Cow;
use std::collections::BTreeSet;
use store::record::Contact;

/// The most bytes of a file.
pub(crate) const BYTES: usize = 10 << 20;
/// The most lines of one, the first not counted.
pub(crate) const LINES: usize = 100_000;
/// The most columns of one.
const COLUMNS: usize = 200;
/// The most cells of one, which bounds the memory that it takes.
pub(crate) const CELLS: usize = 300_000;
/// Changes that are told at most.
pub(crate) const TURNS: usize = 50;

/// The columns that a file of refused lines has before its own.
const OF_REFUSED: [&str; 2] = ["Line", "Reason"];

/// A file.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<TableRow>,
    /// Whether it is a file of refused lines that comes back.
    is_of_refused: bool,
    delimiter: u8,
}

/// A line of a file.
#[derive(Debug)]
pub(crate) struct TableRow {
    /// Its number, from 1, as an editor shows it.
    pub(crate) line: u64,
    pub(crate) cells: StringRecord,
}

/// What comes of a file.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Lines of which everything is said for the first time.
    pub(crate) n_new: u64,
    /// Lines that change something.
    pub(crate) n_changed: u64,
    /// Lines that say what holds.
    pub(crate) n_same: u64,
    /// Lines about accounts that nothing is known of, kept or refused.
    pub(crate) n_unknown: u64,
    pub(crate) refused: Vec<Refused>,
    /// What becomes different, the first [`TURNS`] of it.
    pub(crate) turns: Vec<Turn>,
    /// How much does.
    pub(crate) n_turns: usize,
}

/// A line that is not taken.
#[derive(Debug)]
pub(crate) struct Refused {
    /// Its place among the rows.
    row: usize,
    pub(crate) line: u64,
    pub(crate) reason: String,
}

impl Table {
    /// Reads a file.
    ///
    /// # Errors
    /// A sentence, when there is nothing in it, or more than there may be.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // As lines are counted by an editor, whatever they end with.
        let text = &match text.contains("\r\n") {
            true => Cow::Owned(text.replace("\r\n", "\n")),
            false => Cow::Borrowed(text),
        };
        if text.len() > BYTES {
            return Err(format!("the file is larger than {} MB", BYTES >> 20));
        }
        let delimiter = delimiter(text);
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.delimiter(delimiter).flexible(true).trim(csv::Trim::All);
        let mut reader = reader.from_reader(text.as_bytes());
        let why = |error: csv::Error| format!("the file cannot be read: {error}");
        let header: Vec<String> =
            reader.headers().map_err(why)?.iter().map(str::to_owned).collect();
        if header.len() > COLUMNS {
            return Err(format!("the file has more than {COLUMNS} columns"));
        }
        let is_of_refused = OF_REFUSED.iter().all(|own| header.iter().any(|name| name == own));
        let (mut rows, mut n_cells) = (Vec::new(), 0);
        for record in reader.records() {
            let record = record.map_err(why)?;
            if record.iter().all(str::is_empty) {
                continue;
            }
            if rows.len() == LINES {
                return Err(format!("the file has more than {LINES} lines: send it in parts"));
            }
            n_cells += record.len();
            if n_cells > CELLS {
                let why = format!("the file has more than {CELLS} cells: send it in parts, or ");
                return Err(why + "without the columns that are not needed");
            }
            let line = record.position().map_or(0, csv::Position::line);
            let cells = if is_of_refused { record.iter().map(unguarded).collect() } else { record };
            rows.push(TableRow { line, cells });
        }
        if rows.is_empty() {
            return Err("there is no line under the names of the columns".to_owned());
        }
        Ok(Self { header, rows, is_of_refused, delimiter })
    }

    /// What the columns seem to be, by their names and those of the attributes that are known.
    pub(crate) fn guess(&self, said: &[String]) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        for name in &self.header {
            let guess = Column::guess(name, said);
            // The second column of a name is looked at by a person.
            let is_new = guess == Column::Out || !columns.contains(&guess);
            columns.push(if is_new { guess } else { Column::Out });
        }
        // An address belongs to somebody, so without names it is no contact's.
        if !columns.contains(&Column::Contact(Contact::NAME)) {
            let is_of_contact = |column: &&mut Column| matches!(column, Column::Contact(_));
            columns.iter_mut().filter(is_of_contact).for_each(|column| *column = Column::Out);
        }
        columns
    }

    /// The accounts that lines are about, by these columns.
    pub(crate) fn accounts(&self, columns: &[Column]) -> BTreeSet<String> {
        let place = columns.iter().position(|column| *column == Column::Account);
        let cells = place.iter().flat_map(|n| self.rows.iter().filter_map(|row| row.cells.get(*n)));
        cells.filter(|id| !id.is_empty()).map(str::to_owned).collect()
    }

    /// Takes each line that makes sense into the ledger.
    ///
    /// # Errors
    /// A sentence, when the columns make no sense.
    pub(crate) fn take(
        &self,
        columns: &[Column],
        seen: &BTreeSet<String>,
        keeps_unknown: bool,
        ledger: &mut Ledger,
    ) -> Result<Outcome, String> {
        column::check(columns, self.header.len())?;
        let mut outcome = Outcome::default();
        for (place, row) in self.rows.iter().enumerate() {
            let taken = self.saying(columns, row).and_then(|saying| {
                let is_known = seen.contains(&saying.account) || ledger.knows(&saying.account);
                outcome.n_unknown += u64::from(!is_known);
                if is_known || keeps_unknown {
                    ledger.take(&saying)
                } else {
                    Err(format!("no event names the account `{}`", saying.account))
                }
            });
            match taken {
                Ok(turns) => {
                    let n = match turns.as_slice() {
                        [] => &mut outcome.n_same,
                        turns if turns.iter().all(|turn| turn.before.is_empty()) => {
                            &mut outcome.n_new
                        }
                        _ => &mut outcome.n_changed,
                    };
                    *n += 1;
                    outcome.n_turns += turns.len();
                    let room = TURNS - outcome.turns.len();
                    outcome.turns.extend(turns.into_iter().take(room));
                }
                Err(reason) => {
                    outcome.refused.push(Refused { row: place, line: row.line, reason });
                }
            }
        }
        Ok(outcome)
    }

    /// The lines that were refused, with their numbers and reasons before them, as a file of the same
    /// form. A cell that a spreadsheet would take for a formula gets an apostrophe, which is taken
    /// away when the file comes back; and a line with too few cells still has too few.
    ///
    /// # Errors
    /// When it cannot be written, which is a fault of ours.
    pub(crate) fn refused(&self, outcome: &Outcome) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::WriterBuilder::new();
        let mut writer = writer.delimiter(self.delimiter).flexible(true).from_writer(Vec::new());
        let header = self.header.iter().map(String::as_str);
        let own = self.own(header).map(Cow::Borrowed);
        writer.write_record(OF_REFUSED.map(Cow::Borrowed).into_iter().chain(own).map(bytes))?;
        for refused in &outcome.refused {
            let before = [refused.line.to_string(), refused.reason.clone()].map(Cow::Owned);
            let own = self.own(self.rows[refused.row].cells.iter()).map(guarded);
            writer.write_record(before.into_iter().chain(own).map(bytes))?;
        }
        writer.into_inner().map_err(|error| error.into_error().into())
    }

    /// Cells without those that a file of refused lines has besides.
    fn own<'a>(&self, cells: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
        let is_own = |n: usize| {
            !self.is_of_refused
                || self.header.get(n).is_none_or(|name| !OF_REFUSED.contains(&name.as_str()))
        };
        cells.enumerate().filter(move |(n, _)| is_own(*n)).map(|(_, cell)| cell)
    }

    fn saying(&self, columns: &[Column], row: &TableRow) -> Result<Saying, String> {
        let (n_cells, n_columns) = (
            self.own(row.cells.iter()).count(),
            self.own(self.header.iter().map(String::as_str)).count(),
        );
        if row.cells.len() != self.header.len() {
            return Err(format!("it has {n_cells} cells, and the first line has {n_columns}"));
        }
        let mut saying = Saying::default();
        let mut contact = None::<ContactSaid>;
        for (column, cell) in
            columns.iter().zip(row.cells.iter()).filter(|(_, cell)| !cell.is_empty())
        {
            match column {
                Column::Out => {}
                Column::Account => cell.clone_into(&mut saying.account),
                Column::Attribute(name) => saying.attributes.push((name.clone(), cell.to_owned())),
                Column::Contact(field) => {
                    let contact = contact.get_or_insert_default();
                    match *field {
                        Contact::NAME => cell.clone_into(&mut contact.name),
                        Contact::EMAIL => contact.email = Some(cell.to_owned()),
                        Contact::ROLE => contact.role = Some(cell.to_owned()),
                        _ => contact.user = Some(cell.to_owned()),
                    }
                }
            }
        }
        saying.contacts.extend(contact);
        saying.account = super::value::account(&saying.account)?;
        Ok(saying)
    }
}

/// A cell that no spreadsheet takes for a formula.
fn guarded(cell: &str) -> Cow<'_, str> {
    let is_guarded = is_formula(cell) || cell.starts_with('\'');
    if is_guarded { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// The cell that was [`guarded`].
fn unguarded(cell: &str) -> &str {
    let inner = cell.strip_prefix('\'').filter(|it| is_formula(it) || it.starts_with('\''));
    inner.unwrap_or(cell)
}

fn bytes(cell: Cow<'_, str>) -> Vec<u8> {
    cell.into_owned().into_bytes()
}

/// What stands between the cells: of the marks that do, the one that is most often in the first line.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let n = |mark: &u8| first.bytes().filter(|byte| byte == mark).count();
    // Of equals the last is the greatest.
    [b'\t', b';', b','].into_iter().max_by_key(n).unwrap_or(b',')
}

#[cfg(test)]
mod tests;
