//! The question as the query string of an address, so that every state of the table is one.

use super::condition::Words;
use super::{Compared, End, InvalidTable, Order, Pick, Table};
use crate::as_of;
use form_urlencoded::{Serializer, parse};

impl Table {
    /// The query string of this question, without a question mark.
    ///
    /// ```
    /// use accounts::table::Table;
    ///
    /// let address = "on=2026-11-22&column=core_actions&column=account.plan&sort=core_actions.change&order=rising\
    ///     &where=account.plan&is=Team&where=core_actions.before&at_least=20&show=worst&n=20";
    /// let table = Table::from_query_string(address)?;
    /// assert_eq!(table.to_query_string(), address);
    /// # Ok::<(), accounts::table::InvalidTable>(())
    /// ```
    pub fn to_query_string(&self) -> String {
        let mut pairs = Serializer::new(String::new());
        if let Some(day) = self.on {
            pairs.append_pair("on", &day.to_string());
        }
        if let Some(compared) = self.compared {
            pairs.append_pair("weeks", compared.word());
        }
        for column in &self.columns {
            pairs.append_pair("column", &column.to_string());
        }
        pairs.append_pair("sort", &self.order.key.to_string());
        pairs.append_pair("order", if self.is_rising() { "rising" } else { "falling" });
        for condition in &self.conditions {
            let Words { key, is, contains, set, at_least, at_most } = Words::from(condition);
            pairs.append_pair("where", &key);
            pairs.extend_pairs(is.into_iter().flatten().map(|value| ("is", value)));
            pairs.extend_pairs(contains.map(|text| ("contains", text)));
            pairs.extend_pairs(set.map(|is_set| ("set", if is_set { "yes" } else { "no" })));
            pairs.extend_pairs(at_least.map(|bound| ("at_least", bound.to_string())));
            pairs.extend_pairs(at_most.map(|bound| ("at_most", bound.to_string())));
        }
        if !self.search.is_empty() {
            pairs.append_pair("q", &self.search);
        }
        if let Some(Pick { end, n }) = self.pick {
            pairs.append_pair("show", if end == End::Best { "best" } else { "worst" });
            pairs.append_pair("n", &n.to_string());
        }
        pairs.finish()
    }

    /// Reads a query string. What it does not know in it is somebody else's.
    ///
    /// # Errors
    /// When a word or a number cannot be read.
    pub fn from_query_string(text: &str) -> Result<Self, InvalidTable> {
        let mut table = Self { columns: Vec::new(), ..Self::default() };
        let mut conditions: Vec<Words> = Vec::new();
        let (mut sort, mut order) = (String::new(), String::new());
        let (mut show, mut n) = (String::new(), String::new());
        for (key, value) in parse(text.as_bytes()) {
            let value = value.trim();
            match key.as_ref() {
                "on" => table.on = as_of::day(value)?,
                "weeks" => table.compared = compared(value)?,
                "column" if !value.is_empty() => table.columns.push(value.parse()?),
                "sort" => value.clone_into(&mut sort),
                "order" => value.clone_into(&mut order),
                "where" => conditions.push(Words { key: value.to_owned(), ..Words::default() }),
                "q" => value.clone_into(&mut table.search),
                "show" => value.clone_into(&mut show),
                "n" => value.clone_into(&mut n),
                key => {
                    if let Some(condition) = conditions.last_mut() {
                        take(condition, key, value)?;
                    }
                }
            }
        }
        if table.columns.is_empty() {
            table.columns = Self::usual_columns();
        }
        if !sort.is_empty() {
            table.order = Order { key: sort.parse()?, is_rising: false };
        }
        table.order.is_rising = match order.as_str() {
            "" => table.order.is_rising,
            "rising" => true,
            "falling" => false,
            other => return Err(unknown(other, "`rising` and `falling`")),
        };
        table.conditions = conditions.into_iter().map(Words::read).collect::<Result<_, _>>()?;
        table.pick = pick(&show, &n)?;
        table.checked()
    }
}

fn compared(word: &str) -> Result<Option<Compared>, InvalidTable> {
    match word {
        "" => Ok(None),
        "running" => Ok(Some(Compared::Running)),
        "full" => Ok(Some(Compared::Full)),
        other => Err(unknown(other, "`running` and `full`")),
    }
}

fn pick(show: &str, n: &str) -> Result<Option<Pick>, InvalidTable> {
    let end = match show {
        "" | "all" => return Ok(None),
        "best" => End::Best,
        "worst" => End::Worst,
        other => return Err(unknown(other, "`best`, `worst` and `all`")),
    };
    let n = n.parse().map_err(|_| InvalidTable::Picked(n.to_owned()))?;
    Ok(Some(Pick { end, n }))
}

/// Takes a word that says more about a condition.
fn take(condition: &mut Words, key: &str, value: &str) -> Result<(), InvalidTable> {
    match key {
        "is" => condition.is.get_or_insert_default().push(value.to_owned()),
        "contains" => condition.contains = Some(value.to_owned()),
        "set" => condition.set = Some(value != "no"),
        "at_least" => condition.at_least = Some(value.parse()?),
        "at_most" => condition.at_most = Some(value.parse()?),
        _ => {}
    }
    Ok(())
}

fn unknown(word: &str, known: &'static str) -> InvalidTable {
    InvalidTable::Word { word: word.to_owned(), known }
}
