//! People groups: customers who meet conditions, listed, saved and exported.

use super::{N_CUSTOMERS, whole};
use crate::app::App;
use crate::catalogue::Texts;
use crate::choice::Choice;
use crate::company::Company;
use crate::draft::{Ask, Draft, Frame};
use crate::error::Error;
use crate::export::{self, FORMATS};
use crate::language::{Language, fill};
use crate::monitoring::chart::{Chart, Look, Request};
use crate::monitoring::series::{Shape, Unit};
use crate::page::{Module, Shell, render};
use crate::session::Member;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Html, Response};
use jiff::civil::Date;
use serde::Deserialize;

pub(crate) const HERE: (Module, &str) = (Module::Analysis, "/analysis/groups");

/// What a condition asks about, each with the mean over all customers.
const FIELDS: [(Choice, f64); 5] = [
    (Choice::of("orders", |t| t.field_orders), 2.4),
    (Choice::of("spent", |t| t.field_spent), 210.0),
    (Choice::of("last_order", |t| t.field_last_order), 46.0),
    (Choice::of("visits", |t| t.field_visits), 5.0),
    (Choice::of("returns", |t| t.field_returns), 0.6),
];
const OPERATORS: [Choice; 3] = [
    Choice::of("least", |t| t.at_least),
    Choice::of("most", |t| t.at_most),
    Choice::of("exactly", |t| t.exactly),
];

/// Something that is true of everyone in a group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    pub(crate) field: Choice,
    pub(crate) operator: Choice,
    pub(crate) value: u32,
}

impl Condition {
    /// The share of all customers that meets it.
    fn share(&self) -> f64 {
        let mean = FIELDS.iter().find(|(field, _)| *field == self.field).map_or(1.0, |(_, m)| *m);
        let value = f64::from(self.value);
        match self.operator.value {
            "least" => (-value / mean).exp(),
            "most" => 1.0 - (-(value + 1.0) / mean).exp(),
            _ => (-value / mean).exp() / (mean + 1.0),
        }
    }
}

/// Customers who meet all conditions.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) name: String,
    conditions: Vec<Condition>,
    saved_by: String,
    saved_on: Date,
}

impl Group {
    /// What a company finds at the first visit.
    pub(crate) fn samples(today: Date) -> [Self; 5] {
        let [orders, spent, last_order, visits, returns] = FIELDS.map(|(field, _)| field);
        let [least, most, exactly] = OPERATORS;
        let sample = |name: &str, conditions: &[(Choice, Choice, u32)], ago: i32| Self {
            name: name.to_owned(),
            conditions: conditions
                .iter()
                .map(|&(field, operator, value)| Condition { field, operator, value })
                .collect(),
            saved_by: "Analyst 1".to_owned(),
            saved_on: today.saturating_sub(jiff::Span::new().days(ago)),
        };
        [
            sample("Gone quiet", &[(orders, least, 2), (last_order, least, 90)], 44),
            sample("One order only", &[(orders, exactly, 1), (returns, most, 0)], 37),
            sample("Loyal customers", &[(orders, least, 3), (last_order, most, 60)], 31),
            sample("Big baskets", &[(spent, least, 400)], 19),
            sample("Looking, not buying", &[(visits, least, 4), (orders, most, 0)], 5),
        ]
    }

    /// How many customers are in it.
    pub(super) fn size(&self) -> u32 {
        whole(self.conditions.iter().fold(N_CUSTOMERS, |n, condition| n * condition.share()))
    }

    /// The value, or the nearest that the conditions on its field allow.
    fn within(&self, field: &str, value: u32) -> u32 {
        let on_field = self.conditions.iter().filter(|condition| condition.field.value == field);
        on_field.fold(value, |value, condition| match condition.operator.value {
            "least" => value.max(condition.value.saturating_add(value % 5)),
            "most" => value.min(condition.value),
            _ => condition.value,
        })
    }

    /// Some of the customers: number, orders and what they spent.
    fn sample(&self, language: Language) -> Vec<[String; 3]> {
        let n = self.size().min(8);
        let customer = |i: u32| {
            let number = 10_000 + (self.size() * 31 + i * 7_919) % 89_999;
            let orders = self.within("orders", 1 + number % 7);
            let spent = if orders == 0 { 0 } else { self.within("spent", 40 + number % 811) };
            let spent = Unit::Money.show(f64::from(spent), language);
            [number.to_string(), orders.to_string(), spent]
        };
        (0..n).map(customer).collect()
    }
}

#[derive(Template)]
#[template(path = "analysis/groups.html")]
struct ListPage {
    shell: Shell,
    groups: Vec<(u32, Group)>,
}

/// The groups of the company.
pub(crate) async fn list(State(app): State<App>, member: Member) -> Result<Html<String>, Error> {
    let groups = app.company(&member, |company| {
        Ok(company.groups.iter().rev().map(|(id, group)| (*id, group.clone())).collect())
    })?;
    render(&ListPage {
        shell: Shell::inside(&app, &member, HERE, member.t().people_groups),
        groups,
    })
}

#[derive(Template)]
#[template(path = "analysis/group.html")]
struct GroupPage {
    shell: Shell,
    id: u32,
    group: Group,
    share: String,
    chart: Chart,
    sample: Vec<[String; 3]>,
    formats: [Choice; 3],
}

/// One group: its conditions, how it grew, and some of its people.
pub(crate) async fn show(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
) -> Result<Html<String>, Error> {
    let group = app.company(&member, |company| company.get::<Group>(id).cloned())?;
    let (today, language) = (app.today(), member.language);
    let size = f64::from(group.size());
    let values = Shape::of(size, 0.18, 0.04).values(&group.name, today, 90);
    render(&GroupPage {
        shell: Shell::inside(&app, &member, HERE, &group.name),
        id,
        share: language.decimal(size / N_CUSTOMERS * 100.0, 1),
        chart: Chart::new(Request {
            values: &values,
            before: None,
            look: Look::Area,
            unit: Unit::Count,
            today,
            language,
        }),
        sample: group.sample(language),
        formats: FORMATS,
        group,
    })
}

/// Some of a group's people, as a file.
pub(crate) async fn export(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
    Query(wish): Query<export::Wish>,
) -> Result<Response, Error> {
    let group = app.company(&member, |company| company.get::<Group>(id).cloned())?;
    let t = member.t();
    let head = [t.customer, t.orders, t.spent].map(str::to_owned).to_vec();
    let rows = group.sample(member.language).into_iter().map(Vec::from);
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    Ok(export::file(&wish, &group.name, &rows))
}

/// The form of a group: a name, and one field, operator and value per row.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct GroupForm {
    name: String,
    field: Vec<String>,
    operator: Vec<String>,
    value: Vec<String>,
}

impl From<&Group> for GroupForm {
    fn from(group: &Group) -> Self {
        let each = |text: fn(&Condition) -> String| group.conditions.iter().map(text).collect();
        Self {
            name: group.name.clone(),
            field: each(|condition| condition.field.value.to_owned()),
            operator: each(|condition| condition.operator.value.to_owned()),
            value: each(|condition| condition.value.to_string()),
        }
    }
}

impl GroupForm {
    /// The rows as they were sent: field, operator and value.
    fn rows(&self) -> Vec<(Choice, Choice, &str)> {
        let fields = self.field.iter().zip(&self.operator).zip(&self.value);
        let row = |((field, operator), value): ((&String, &String), _)| {
            let fields = FIELDS.map(|(field, _)| field);
            let operator = Choice::find_or_first(&OPERATORS, operator);
            (Choice::find_or_first(&fields, field), operator, String::as_str(value))
        };
        fields.map(row).collect()
    }

    /// The conditions, or what is wrong with one of them.
    fn conditions(&self, t: &'static Texts) -> Result<Vec<Condition>, String> {
        let condition = |(field, operator, value): (Choice, Choice, &str)| {
            let value = value.trim().parse().map_err(|_| fill(t.enter_a_number, field.text(t)))?;
            Ok(Condition { field, operator, value })
        };
        self.rows().into_iter().map(condition).collect()
    }
}

#[derive(Template)]
#[template(path = "analysis/group_form.html")]
struct FormPage<'a> {
    shell: Shell,
    frame: Frame,
    name: &'a str,
    rows: Vec<(Choice, Choice, &'a str)>,
    fields: [Choice; 5],
    operators: [Choice; 3],
    complaint: Option<String>,
}

impl Draft for GroupForm {
    type Thing = Group;

    fn complaint(&self, t: &'static Texts) -> Option<String> {
        if self.name.trim().is_empty() {
            return Some(t.name_the_group.to_owned());
        }
        match self.conditions(t) {
            Err(complaint) => Some(complaint),
            Ok(conditions) => conditions.is_empty().then(|| t.keep_a_condition.to_owned()),
        }
    }

    fn thing(
        &self,
        _: &Company,
        _: Option<&Group>,
        (by, today): (&Member, Date),
    ) -> Result<Group, Error> {
        Ok(Group {
            name: self.name.trim().to_owned(),
            conditions: self.conditions(by.t()).unwrap_or_default(),
            saved_by: by.name.clone(),
            saved_on: today,
        })
    }

    fn page(&self, ask: Ask<'_>) -> Result<Html<String>, Error> {
        let Ask { app, member, id, complaint } = ask;
        let t = member.t();
        let frame = Frame::of::<Group>(id, [t.new_group, t.edit_group]);
        let fields = FIELDS.map(|(field, _)| field);
        let rows = self.rows();
        render(&FormPage {
            shell: Shell::inside(app, member, HERE, frame.title),
            frame,
            name: &self.name,
            rows: if rows.is_empty() { vec![(fields[0], OPERATORS[0], "")] } else { rows },
            fields,
            operators: OPERATORS,
            complaint,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stricter_condition_leaves_fewer_people() {
        let [_, _, regulars, baskets, lookers] = Group::samples(Date::new(2026, 11, 20).unwrap());
        let sizes = [&regulars, &baskets, &lookers].map(Group::size);
        assert!(sizes.iter().all(|size| (500..9_000).contains(size)), "{sizes:?}");
        let mut stricter = regulars.clone();
        stricter.conditions.push(baskets.conditions[0].clone());
        assert!(stricter.size() < regulars.size());
        let is_idle = |customer: &[String; 3]| customer[1..] == ["0", "€0"];
        assert!(lookers.sample(Language::English).iter().all(is_idle), "they buy nothing");
    }
}
