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
use crate::schema::{records as r, sessions, traits};
use crate::{Connection, Error, Merges, Row, Statement};
use protocol::{ProjectId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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
    /// Writes what was said. All of it is there together, or none; what is written again changes
    /// nothing.
    ///
    /// # Errors
    /// When the server refuses or is away; then it can simply be repeated.
    pub async fn tell(&self, project: &ProjectId, told: &[Told]) -> Result<(), Error> {
        let rows: Vec<_> = told.iter().map(|told| RecordRow::new(project, told)).collect();
        self.insert(&self.databases().records(), &rows.iter().collect::<Vec<_>>()).await
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
        let key = [r::PROJECT, r::SUBJECT, r::NAME, r::ACCOUNT_ID, r::SUBJECT_ID].join(", ");
        let question = format!(
            "SELECT {columns} FROM {table} WHERE {of_project} = {{project:String}} \
             AND {subject} IN {{subjects:Array(String)}} \
             ORDER BY {key}, {at} DESC, {value} DESC LIMIT 1 BY {key}",
            columns = r::COLUMNS.join(", "),
            table = self.databases().records(),
            of_project = r::PROJECT,
            subject = r::SUBJECT,
            at = r::TOLD_AT,
            value = r::VALUE,
        );
        let subjects: Vec<_> = subjects.iter().map(|it| it.as_str().to_owned()).collect();
        let question = Statement::new(question).bind("project", project.as_str());
        let rows = self.select::<RecordRow>(&question.bind("subjects", subjects)).await?;
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

    /// The accounts in which anything happened, and those that they are.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn accounts_seen(
        &self,
        project: &ProjectId,
        merges: &Merges,
    ) -> Result<BTreeSet<String>, Error> {
        let question = format!(
            "SELECT DISTINCT {account} AS id, '' AS value FROM {table} \
             WHERE {of_project} = {{project:String}} AND {account} != ''",
            account = sessions::ACCOUNT_ID,
            table = self.databases().sessions(),
            of_project = sessions::PROJECT,
        );
        let question = Statement::new(question).bind("project", project.as_str());
        let rows = self.select::<Said>(&question).await?;
        let ids = |row: Said| [merges.account(&row.id).to_owned(), row.id];
        Ok(rows.into_iter().flat_map(ids).collect())
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
