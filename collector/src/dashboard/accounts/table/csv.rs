//! Accounts as CSV: a line for each, with the columns that are seen (RFC 4180).

use crate::http::csv::quoted;
use accounts::figures::Metric;
use accounts::table::{Cell, Column, Table, TableResult};

/// The lines, the header first.
pub(super) fn lines(table: &Table, result: &TableResult) -> String {
    let mut out = "account,name".to_owned();
    for column in &table.columns {
        out.push_str(&match column {
            Column::Figure(metric) => {
                let word = metric.word();
                let of = if *metric == Metric::Modules { ",modules_of" } else { "" };
                format!(",{word},{word}_before,{word}_change{of}")
            }
            Column::Attribute(name) => format!(",{}", quoted(name)),
        });
    }
    let drawn = result.drawn.word();
    result.weeks.iter().for_each(|week| out.push_str(&format!(",{drawn}_{}", week.name)));
    for row in &result.accounts {
        out.push_str(&format!("\r\n{},{}", quoted(&row.account), quoted(&row.name)));
        let mut figures = row.figures.iter();
        for column in &table.columns {
            match column {
                Column::Figure(_) => figures.by_ref().take(1).for_each(|it| cell(&mut out, it)),
                Column::Attribute(name) => {
                    let value = row.attributes.get(name).map_or("", String::as_str);
                    out.push_str(&format!(",{}", quoted(value)));
                }
            }
        }
        row.drawn.iter().for_each(|week| number(&mut out, *week));
    }
    out + "\r\n"
}

fn cell(out: &mut String, cell: &Cell) {
    [cell.now, cell.before, cell.change].into_iter().for_each(|it| number(out, it));
    if cell.figure == Metric::Modules {
        number(out, cell.of.map(|of| of as f64));
    }
}

/// A number with at most four decimals; nothing where it is not known.
fn number(out: &mut String, number: Option<f64>) {
    out.push(',');
    if let Some(number) = number {
        out.push_str(&((number * 10_000.0).round() / 10_000.0).to_string());
    }
}
