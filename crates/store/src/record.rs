//! What people, files and programs say of accounts: attributes, contacts and notes.
//!
//! Nothing is ever changed: whoever says something else adds a [`Told`], and of what was said of one
//! thing the last holds; of two in one millisecond the greater value. So each change has its moment
//! and its author. An empty value takes away.
//!
//! **Over what pages tell.** An attribute that is said here holds over what `group()` says, for
//! pages speak with a public key, and whoever has it can say anything. What is taken away here is
//! again what pages tell. [`crate::identity`] puts both together for every report, so an attribute
//! is at once a filter and a breakdown, for all of the past.
//!
//! **Of accounts that are one.** What is said of an account stays with its id, so that to undo a merge
//! brings it back. Whoever reads of the account that they are ([`Merges`]) reads the contacts, notes
//! and changes of all of them, and of each attribute what is said of that one itself; else the latest
//! of what is said of the others, unless it was taken away from the one itself after that. So it is
//! for what is said here, and then for what pages tell.
//!
//! This module is the only one that writes and reads the table. It does not judge what is said:
//! whoever writes checks it, by [`attribute::kind`] and what the screens explain.

pub mod attribute;
mod held;

pub use held::{AccountRecord, Attribute, By, Change, Contact, Note, Turn};

use crate::derived::ACCOUNT;
use crate::identity::{self, Grouping};
use crate::insert::{ROWS, ended};
use crate::schema::{records as r, sessions, traits};
use crate::{Connection, Error, Merges, Row, Statement};
use protocol::{ProjectId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// As many things that are said become one block, which is there as a whole or not at all.
pub const MOST: usize = ROWS;

/// Bytes of ids in one question: a parameter may have 128 KiB, and a byte of it becomes up to four.
const ID_BYTES: usize = 24 << 10;

/// Beyond so many questions it is less work to read all.
const QUESTIONS: usize = 8;

/// What something is said of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// An attribute of the account.
    Attribute,
    /// Somebody whom one talks to there.
    Contact,
    /// What happened with it, or what was done for it.
    Note,
}

impl Subject {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Attribute, Self::Contact, Self::Note];

    /// The word of the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attribute => "attribute",
            Self::Contact => "contact",
            Self::Note => "note",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subject| subject.as_str() == word)
    }
}

/// How something came here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A member typed it.
    Member,
    /// A program said it.
    Api,
    /// It stood in a file.
    Import,
}

impl Source {
    const ALL: [Self; 3] = [Self::Member, Self::Api, Self::Import];

    /// The word of the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Api => "api",
            Self::Import => "import",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == word)
    }
}

/// What value is said of: one attribute, or one field of a contact or note.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The account.
    pub account: String,
    /// What of it.
    pub subject: Subject,
    /// The contact or note; empty for an attribute.
    pub id: String,
    /// The attribute, or the field.
    pub name: String,
}

/// One thing that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What it is about.
    pub place: Place,
    /// The value; empty takes away.
    pub value: String,
    /// When.
    pub at: Timestamp,
    /// By whom: the address of a member, or what stands for a program.
    pub author: String,
    /// How it came.
    pub source: Source,
}

#[derive(Row, Serialize, Deserialize)]
struct RecordRow {
    project: String,
    subject: String,
    name: String,
    account_id: String,
    subject_id: String,
    value: String,
    told_at: Timestamp,
    author: String,
    source: String,
}

impl RecordRow {
    fn new(project: &ProjectId, told: &Told) -> Self {
        let Place { account, subject, id, name } = &told.place;
        Self {
            project: project.to_string(),
            subject: subject.as_str().to_owned(),
            name: name.clone(),
            account_id: account.clone(),
            subject_id: id.clone(),
            value: told.value.clone(),
            told_at: told.at,
            author: told.author.clone(),
            source: told.source.as_str().to_owned(),
        }
    }

    /// What the row says; none for a word of a later build.
    fn told(self) -> Option<Told> {
        let place = Place {
            account: self.account_id,
            subject: Subject::parse(&self.subject)?,
            id: self.subject_id,
            name: self.name,
        };
        let source = Source::parse(&self.source)?;
        Some(Told { place, value: self.value, at: self.told_at, author: self.author, source })
    }
}

#[derive(Row, Deserialize)]
struct Said {
    id: String,
    value: String,
}

#[derive(Row, Deserialize)]
struct PageTold {
    account: String,
    name: String,
    value: String,
    at: Timestamp,
}

impl Connection {
    /// Writes what was said. Up to [`MOST`] things are there together, or none of them; what is
    /// written again changes nothing.
    ///
    /// # Errors
    /// When the server refuses or is away; then it can simply be repeated.
    pub async fn tell(&self, project: &ProjectId, told: &[Told]) -> Result<(), Error> {
        let table = self.databases().records();
        for block in told.chunks(MOST) {
            let mut insert = self.start::<RecordRow>(&table).await?;
            // Each row is sent as it is made: an insert that is dropped unfinished leaves nothing.
            for told in block {
                let row = RecordRow::new(project, told);
                insert.write(&row).await.map_err(Error::from_client)?;
            }
            insert.end().await.map_err(ended)?;
        }
        Ok(())
    }

    /// All that was ever said here of an account and of those that are merged into it, in its order;
    /// what was said at one moment by what it is about.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn told_of(
        &self,
        project: &ProjectId,
        merges: &Merges,
        account: &str,
    ) -> Result<Vec<Told>, Error> {
        let question = format!(
            "SELECT {columns} FROM {table} WHERE {of_project} = {{project:String}} \
             AND {account} IN {{accounts:Array(String)}} ORDER BY {at}, {subject}, {id}, {name}, {value}",
            columns = r::COLUMNS.join(", "),
            table = self.databases().records(),
            of_project = r::PROJECT,
            account = r::ACCOUNT_ID,
            at = r::TOLD_AT,
            subject = r::SUBJECT,
            id = r::SUBJECT_ID,
            name = r::NAME,
            value = r::VALUE,
        );
        let question = Statement::new(question).bind("project", project.as_str());
        let question = question.bind("accounts", merges.all_of(account));
        let rows = self.select::<RecordRow>(&question).await?;
        Ok(rows.into_iter().filter_map(RecordRow::told).collect())
    }

    /// What was said last of each thing of these kinds, of all accounts; what was taken away
    /// included, as an empty value.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn told_last(
        &self,
        project: &ProjectId,
        subjects: &[Subject],
    ) -> Result<Vec<Told>, Error> {
        self.last(project, subjects, None).await
    }

    /// The same of some accounts and of those that are one with them, of all that was said of them.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn told_last_of(
        &self,
        project: &ProjectId,
        merges: &Merges,
        accounts: &BTreeSet<String>,
    ) -> Result<Vec<Told>, Error> {
        let (mut told, accounts) = (Vec::new(), families(merges, accounts));
        for ids in questions(&accounts) {
            told.extend(self.last(project, &Subject::ALL, ids).await?);
        }
        told.retain(|told| accounts.contains(&told.place.account));
        Ok(told)
    }

    async fn last(
        &self,
        project: &ProjectId,
        subjects: &[Subject],
        accounts: Option<Vec<String>>,
    ) -> Result<Vec<Told>, Error> {
        let key = [r::PROJECT, r::SUBJECT, r::NAME, r::ACCOUNT_ID, r::SUBJECT_ID].join(", ");
        let question = format!(
            "SELECT {columns} FROM {table} WHERE {of_project} = {{project:String}} \
             AND {subject} IN {{subjects:Array(String)}}{some} \
             ORDER BY {key}, {at} DESC, {value} DESC LIMIT 1 BY {key}",
            columns = r::COLUMNS.join(", "),
            table = self.databases().records(),
            of_project = r::PROJECT,
            subject = r::SUBJECT,
            some = among(r::ACCOUNT_ID, accounts.as_ref()),
            at = r::TOLD_AT,
            value = r::VALUE,
        );
        let subjects: Vec<_> = subjects.iter().map(|it| it.as_str().to_owned()).collect();
        let question = Statement::new(question).bind("project", project.as_str());
        let question = question.bind("subjects", subjects);
        let rows = self.select::<RecordRow>(&of(question, accounts)).await?;
        Ok(rows.into_iter().filter_map(RecordRow::told).collect())
    }

    /// What is known of an account, or of the one that it is merged into: what is said here, and the
    /// attributes that pages tell.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn account_record(
        &self,
        project: &ProjectId,
        merges: &Merges,
        account: &str,
    ) -> Result<AccountRecord, Error> {
        let account = merges.account(account);
        let told = self.told_of(project, merges, account).await?;
        let mut record = AccountRecord::of(account, &told);
        record.add_pages(account, self.told_by_pages(project, merges, account).await?);
        Ok(record)
    }

    /// The notes of every account that has some, by day; of accounts that are one by the one that they
    /// are.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn account_notes(
        &self,
        project: &ProjectId,
        merges: &Merges,
    ) -> Result<BTreeMap<String, Vec<Note>>, Error> {
        let told = self.told_last(project, &[Subject::Contact, Subject::Note]).await?;
        Ok(held::notes_by_account(merges, &told))
    }

    /// An attribute of every account that has it, as reports see it: what is said here, else what
    /// pages told last.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn attribute_of_accounts(
        &self,
        grouping: &Grouping,
        name: &str,
    ) -> Result<BTreeMap<String, String>, Error> {
        let of = identity::Subject::Account;
        let said = identity::said_of(self.databases(), grouping, of, "{name:String}");
        let question = format!("SELECT id, value FROM ({said}) WHERE value != ''");
        let question = identity::bind(Statement::new(question), grouping, false)
            .bind("project", grouping.staff.project.as_str());
        let rows = self.select::<Said>(&question.bind("name", name)).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.value)).collect())
    }

    /// Those of these accounts in which anything happened, or in one that is merged into them.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn accounts_seen(
        &self,
        project: &ProjectId,
        merges: &Merges,
        accounts: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, Error> {
        let mut seen = BTreeSet::new();
        for ids in questions(&families(merges, accounts)) {
            let question = format!(
                "SELECT DISTINCT {account} AS id, '' AS value FROM {table} \
                 WHERE {of_project} = {{project:String}} AND {account} != ''{some}",
                account = sessions::ACCOUNT_ID,
                table = self.databases().sessions(),
                of_project = sessions::PROJECT,
                some = among(sessions::ACCOUNT_ID, ids.as_ref()),
            );
            let question = Statement::new(question).bind("project", project.as_str());
            let rows = self.select::<Said>(&of(question, ids)).await?;
            let ids = rows.into_iter().flat_map(|row| [merges.account(&row.id).to_owned(), row.id]);
            seen.extend(ids.filter(|id| accounts.contains(id)));
        }
        Ok(seen)
    }

    /// What pages told last of an account and of each that is merged into it.
    async fn told_by_pages(
        &self,
        project: &ProjectId,
        merges: &Merges,
        account: &str,
    ) -> Result<Vec<PageTold>, Error> {
        let question = format!(
            "SELECT {id} AS account, toString({name}) AS name, max({last}) AS latest, latest.3 AS value, latest.1 AS at \
             FROM {table} WHERE {of_project} = {{project:String}} AND {subject} = '{ACCOUNT}' \
             AND {id} IN {{accounts:Array(String)}} GROUP BY account, {name}",
            name = traits::NAME,
            last = traits::LAST,
            table = self.databases().traits(),
            of_project = traits::PROJECT,
            subject = traits::SUBJECT,
            id = traits::ID,
        );
        let question = format!("SELECT account, name, value, at FROM ({question})");
        let question = Statement::new(question).bind("project", project.as_str());
        self.select(&question.bind("accounts", merges.all_of(account))).await
    }
}

/// These accounts, and all that are one with them.
fn families(merges: &Merges, accounts: &BTreeSet<String>) -> BTreeSet<String> {
    accounts.iter().flat_map(|id| merges.all_of(id)).collect()
}

/// The ids of each question about these accounts; none of one that reads all.
fn questions(accounts: &BTreeSet<String>) -> Vec<Option<Vec<String>>> {
    let mut questions: Vec<Vec<String>> = Vec::new();
    let mut room = 0;
    for id in accounts {
        // With its marks.
        let bytes = id.len() + 4;
        if room < bytes || questions.is_empty() {
            questions.push(Vec::new());
            room = ID_BYTES;
        }
        room = room.saturating_sub(bytes);
        questions.last_mut().into_iter().for_each(|ids| ids.push(id.clone()));
    }
    if questions.len() > QUESTIONS { vec![None] } else { questions.into_iter().map(Some).collect() }
}

/// The condition that a column is among the accounts of a question, if it is about some.
fn among(column: &str, accounts: Option<&Vec<String>>) -> String {
    accounts.map_or_else(String::new, |_| format!(" AND {column} IN {{accounts:Array(String)}}"))
}

/// A question with its accounts, if it is about some.
fn of(question: Statement, accounts: Option<Vec<String>>) -> Statement {
    match accounts {
        Some(accounts) => question.bind("accounts", accounts),
        None => question,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_accounts_are_asked_for_and_all_are_read_for_very_many() {
        let ids = |n: usize, bytes: usize| -> BTreeSet<String> {
            (0..n).map(|n| format!("{n:0bytes$}")).collect()
        };
        assert!(questions(&BTreeSet::new()).is_empty());
        let of = |n, bytes| -> Vec<Option<usize>> {
            let sizes = |ids: Option<Vec<String>>| ids.map(|ids| ids.len());
            questions(&ids(n, bytes)).into_iter().map(sizes).collect()
        };
        assert_eq!(of(1, 256), [Some(1)]);
        assert_eq!(of(100, 252), [Some(96), Some(4)], "256 bytes each with its marks");
        assert_eq!(of(QUESTIONS * 96, 252).len(), QUESTIONS);
        assert_eq!(of(QUESTIONS * 96 + 1, 252), [None]);
    }
}
