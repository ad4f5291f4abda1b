//! The same by numbers, for whoever counts in memory.

use super::{ASKED, Fact, by_hand};
use anyhow::{Result, bail};
use std::collections::BTreeMap;
use store::identity::Grouping;
use store::whose::{RowsOf, told};
use store::{Connection, Statement, Who, identity};

/// Which rows there are: numbers of histories and ids, and the columns that say whose they are.
async fn rows(connection: &Connection, grouping: &Grouping, all: bool) -> Result<[Vec<u64>; 5]> {
    let place =
        |from, n| format!("reinterpretAsUInt64(reverse(substring(e.event_id, {from}, {n})))");
    let sql = format!(
        "SELECT {}, {}, {} FROM {} AS e WHERE e.project = {{project:String}}",
        place(9, 8),
        place(1, 2),
        told(connection.databases(), grouping, "e"),
        connection.databases().events(),
    );
    let question = identity::bind(Statement::new(sql), grouping, all).bind("project", ASKED);
    let mut rows = [const { Vec::new() }; 5];
    connection
        .each_block::<5>(&question, |block| {
            for (all, column) in rows.iter_mut().zip(&block.numbers) {
                all.extend_from_slice(column);
            }
        })
        .await?;
    Ok(rows)
}

/// Holds the numbers of persons and accounts against their names, and whether there are none
/// against who counts.
pub(super) async fn check(
    connection: &Connection,
    seed: u64,
    named: &[Vec<Fact>],
    grouping: &Grouping,
    all: bool,
) -> Result<()> {
    let [histories, ids, whose, accounts, moments] = rows(connection, grouping, all).await?;
    for of in [RowsOf::Events, RowsOf::Sessions] {
        let mut who_is_whose = connection.whose(grouping).await?;
        let mut found = Vec::new();
        who_is_whose.tell([&whose, &accounts, &moments], of, &mut found);
        assert_eq!(found.len(), named.iter().map(Vec::len).sum::<usize>());
        let (mut people, mut of_accounts) = (Names::default(), Names::default());
        of_accounts.is_one("", 0);
        for ((number, id), who) in histories.iter().zip(&ids).zip(&found) {
            let history = &named[*number as usize];
            let Some(fact) = history.iter().find(|fact| u64::from(fact.id) == *id) else {
                bail!("something is not there");
            };
            let is_out = !by_hand::is_counted(history, fact, grouping, all)
                || (of == RowsOf::Sessions && by_hand::may_change_account(history, fact));
            let is_one = match is_out {
                true => who.person == Who::NOBODY,
                false => {
                    who.person != Who::NOBODY
                        && people.is_one(&by_hand::person(history, fact), who.person)
                        && of_accounts
                            .is_one(&by_hand::account(history, fact, &grouping.merges), who.account)
                }
            };
            if !is_one {
                bail!("seed {seed}\n{grouping:?}\n{history:#?}\nof {fact:?}, as {of:?}: {who:?}");
            }
        }
        assert!(people.by_name.len() <= who_is_whose.n_people());
        assert!(of_accounts.by_name.len() <= who_is_whose.n_accounts());
    }
    Ok(())
}

/// Names and their numbers, each of which has one other.
#[derive(Default)]
struct Names {
    by_name: BTreeMap<String, u32>,
    by_number: BTreeMap<u32, String>,
}

impl Names {
    fn is_one(&mut self, name: &str, number: u32) -> bool {
        *self.by_name.entry(name.to_owned()).or_insert(number) == number
            && self.by_number.entry(number).or_insert_with(|| name.to_owned()) == name
    }
}
