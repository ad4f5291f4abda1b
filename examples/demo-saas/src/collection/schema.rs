//! The schema of a source: its columns, which can be renamed, typed, added and removed.

use super::{HERE, Source, check_role};
use crate::app::App;
use crate::catalogue::Texts;
use crate::choice::Choice;
use crate::error::Error;
use crate::kept::lead_to;
use crate::language::fill;
use crate::page::{Shell, refused, render};
use crate::session::Member;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use axum_extra::extract::Form;
use serde::Deserialize;
use std::collections::BTreeSet;

const KINDS: [Choice; 5] = [
    Choice::of("text", |t| t.text),
    Choice::of("number", |t| t.number),
    Choice::of("money", |t| t.money),
    Choice::of("date", |t| t.date),
    Choice::of("yes_no", |t| t.yes_or_no),
];

/// A column of a source.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Choice,
}

impl Column {
    /// What most sources of orders hold.
    pub(crate) fn usual() -> Vec<Self> {
        let [text, number, money, date, yes_or_no] = KINDS;
        let usual = [
            ("order_id", number),
            ("ordered_at", date),
            ("customer", text),
            ("channel", text),
            ("amount", money),
            ("is_first_order", yes_or_no),
        ];
        usual.map(|(name, kind)| Self { name: name.to_owned(), kind }).into()
    }
}

/// The form: one name and one kind per row, in order.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Schema {
    #[serde(default)]
    name: Vec<String>,
    #[serde(default)]
    kind: Vec<String>,
}

impl Schema {
    /// The columns, or what is wrong with them. Rows without a name are left out.
    fn columns(&self, t: &'static Texts) -> Result<Vec<Column>, String> {
        let mut seen = BTreeSet::new();
        let mut columns = Vec::new();
        for (name, kind) in self.name.iter().zip(&self.kind) {
            let name = name.trim();
            if name.is_empty() {
                continue;
            }
            if !seen.insert(name) {
                return Err(fill(t.names_must_differ, name));
            }
            let kind = Choice::find(&KINDS, kind);
            let kind = kind.ok_or_else(|| fill(t.choose_what_it_holds, name))?;
            columns.push(Column { name: name.to_owned(), kind });
        }
        if columns.is_empty() { Err(t.keep_a_column.to_owned()) } else { Ok(columns) }
    }
}

#[derive(Template)]
#[template(path = "collection/schema.html")]
struct SchemaPage {
    shell: Shell,
    id: u32,
    source: String,
    kinds: [Choice; 5],
    columns: Vec<Column>,
    complaint: Option<String>,
}

impl SchemaPage {
    fn new(app: &App, member: &Member, id: u32) -> Result<Self, Error> {
        check_role(member)?;
        let source = app.company(member, |company| company.get::<Source>(id).cloned())?;
        let shell = Shell::inside(app, member, HERE, fill(member.t().schema_of, &source.name));
        let (source, columns) = (source.name, source.columns);
        Ok(Self { shell, id, source, kinds: KINDS, columns, complaint: None })
    }
}

/// The columns of a source.
pub(crate) async fn show(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
) -> Result<Html<String>, Error> {
    render(&SchemaPage::new(&app, &member, id)?)
}

/// Saves the columns of a source, and leads back to it.
pub(crate) async fn save(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
    Form(schema): Form<Schema>,
) -> Result<Response, Error> {
    check_role(&member)?;
    match schema.columns(member.t()) {
        Ok(columns) => {
            app.company(&member, |company| {
                company.get_mut::<Source>(id)?.columns = columns;
                Ok(())
            })?;
            Ok(lead_to::<Source>(id).into_response())
        }
        Err(complaint) => {
            let page = SchemaPage::new(&app, &member, id)?;
            let page = SchemaPage { complaint: Some(complaint), ..page };
            Ok(refused(render(&page)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::ENGLISH;

    fn check(rows: &[(&str, &str)], expected: Result<usize, &str>) {
        let (name, kind) = rows.iter().map(|(n, k)| ((*n).to_owned(), (*k).to_owned())).unzip();
        let columns = Schema { name, kind }.columns(&ENGLISH).map(|columns| columns.len());
        assert_eq!(columns, expected.map_err(str::to_owned));
    }

    #[test]
    fn a_schema_has_named_distinct_columns_of_known_kinds() {
        check(&[("a", "text"), (" ", "text"), ("b", "date")], Ok(2));
        check(
            &[("a", "text"), ("a ", "date")],
            Err("Two columns are called a; names must differ."),
        );
        check(&[("a", "blob")], Err("Choose what a holds."));
        check(&[], Err("Keep at least one column."));
    }
}
