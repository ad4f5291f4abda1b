//! What of the table is shown, by its address and by its form.

use super::words::scale;
use crate::dashboard::report::form::Fields;
use accounts::table::{Bound, Condition, End, InvalidTable, Key, Pick, Table, Test};
use form_urlencoded::{Serializer, parse};

/// How many accounts are on a page.
pub(super) const PAGE: usize = 50;

/// How many are picked where nobody says how many.
const PICKED: u32 = 10;

/// What is asked, and which page of the answer is shown.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Shown {
    pub(super) table: Table,
    /// The page, from 0 on.
    pub(super) page: usize,
}

/// A condition as it was typed, which is to be added.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Typed {
    pub(super) property: String,
    pub(super) test: String,
    pub(super) values: Vec<String>,
}

/// A question of which a part means nothing.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) why: InvalidTable,
    /// What of it does mean something.
    pub(super) kept: Shown,
    pub(super) typed: Typed,
}

/// The tests that a form can add, with what they are called.
pub(super) const TESTS: [(&str, &str); 6] = [
    ("is", "is"),
    ("contains", "contains"),
    ("at_least", "is at least"),
    ("at_most", "is at most"),
    ("set", "is said"),
    ("unset", "is not said"),
];

impl Shown {
    /// What is shown where nothing is asked for: with the columns that were chosen last.
    pub(super) fn remembered(columns: Option<&str>) -> Self {
        let table = columns.and_then(|text| Table::from_query_string(text).ok());
        let columns = table.map_or_else(Table::usual_columns, |table| table.columns);
        Self { table: Table { columns, ..Table::default() }, page: 0 }
    }

    /// What a query string asks, and the query string to go to where it came from the form.
    ///
    /// # Errors
    /// When a part of it cannot be read: with all that can.
    pub(super) fn read(query: &str) -> Result<(Self, Option<String>), Box<Fault>> {
        let typed = Typed::of(query);
        Self::try_read(query, &typed).map_err(|why| {
            let kept = Self { table: kept(query), page: 0 };
            Box::new(Fault { why, kept, typed })
        })
    }

    fn try_read(query: &str, typed: &Typed) -> Result<(Self, Option<String>), InvalidTable> {
        let fields = Fields::of(query);
        let of = |name: &str| fields.get(name).unwrap_or_default();
        if !fields.is_form() {
            let page = of("page").parse::<usize>().unwrap_or(1).saturating_sub(1);
            return Ok((Self { table: Table::from_query_string(query)?, page }, None));
        }
        // A form has a number beside a choice that needs none, or the other way round.
        let is_left = |key: &str| match key {
            "show" | "n" => !matches!(of("show").as_str(), "best" | "worst"),
            _ => false,
        };
        let pairs = parse(query.as_bytes()).filter(|(key, _)| !is_left(key));
        let mut rest = Serializer::new(String::new());
        rest.extend_pairs(pairs);
        if !of("show").is_empty() && of("n").is_empty() && !is_left("n") {
            rest.append_pair("n", &PICKED.to_string());
        }
        let mut table = Table::from_query_string(&rest.finish())?;
        table.conditions.extend(typed.condition()?);
        let shown = Self { table, page: 0 };
        let go_to = shown.address();
        Ok((shown, Some(go_to)))
    }

    /// The query string of it.
    pub(super) fn address(&self) -> String {
        let table = self.table.to_query_string();
        if self.page == 0 { table } else { format!("{table}&page={}", self.page + 1) }
    }

    /// The columns alone, as a query string.
    pub(super) fn columns(&self) -> String {
        let mut pairs = Serializer::new(String::new());
        pairs.extend_pairs(self.table.columns.iter().map(|it| ("column", it.to_string())));
        pairs.finish()
    }

    /// The first page of another table.
    pub(super) fn with(&self, change: impl FnOnce(&mut Table)) -> Self {
        let mut table = self.table.clone();
        change(&mut table);
        Self { table, page: 0 }
    }

    /// The same without one of its conditions.
    pub(super) fn without(&self, n: usize) -> Self {
        self.with(|table| {
            table.conditions.remove(n);
        })
    }

    /// The hidden fields: all of the question that no visible field says.
    pub(super) fn hidden(&self) -> Vec<(String, String)> {
        let visible = ["on", "column", "q", "show", "n", "page"];
        let query = self.address();
        let pairs = parse(query.as_bytes()).filter(|(key, _)| !visible.contains(&key.as_ref()));
        let pairs = pairs.map(|(key, value)| (key.into_owned(), value.into_owned()));
        std::iter::once(("form".to_owned(), "1".to_owned())).chain(pairs).collect()
    }

    /// Which end is picked, and how many.
    pub(super) fn picked(&self) -> (&'static str, u32) {
        match self.table.pick {
            None => ("all", PICKED),
            Some(Pick { end: End::Best, n }) => ("best", n),
            Some(Pick { end: End::Worst, n }) => ("worst", n),
        }
    }
}

impl Typed {
    fn of(query: &str) -> Self {
        let fields = Fields::of(query);
        let of = |name: &str| fields.get(name).unwrap_or_default();
        let values = parse(query.as_bytes()).filter(|(key, _)| key == "value");
        let values = values.map(|(_, value)| value.trim().to_owned());
        let values = values.filter(|value| !value.is_empty()).collect();
        Self { property: of("add"), test: of("test"), values }
    }

    /// The condition that the form adds, if any.
    fn condition(&self) -> Result<Option<Condition>, InvalidTable> {
        if self.property.is_empty() {
            return Ok(None);
        }
        let key: Key = self.property.parse()?;
        let first = self.values.first().map_or("", String::as_str);
        let bound = || match first.parse::<Bound>()? {
            Bound::Number(number) => Ok(Bound::Number(number / scale(&key))),
            day @ Bound::Day(_) => Ok::<_, InvalidTable>(day),
        };
        let test = match self.test.as_str() {
            "contains" if !first.is_empty() => Test::Contains(first.to_owned()),
            "at_least" => Test::AtLeast(bound()?),
            "at_most" => Test::AtMost(bound()?),
            "set" => Test::Set(true),
            "unset" => Test::Set(false),
            "is" if !first.is_empty() => Test::Is(self.values.clone()),
            _ => return Err(InvalidTable::Condition(self.property.clone())),
        };
        Condition::new(key, test).map(Some)
    }
}

/// All of a question that means something, where a part of it means nothing.
fn kept(query: &str) -> Table {
    let goes_on = ["is", "contains", "set", "at_least", "at_most", "order", "n"];
    let mut parts: Vec<Vec<(String, String)>> = Vec::new();
    for (key, value) in parse(query.as_bytes()) {
        let pair = (key.into_owned(), value.into_owned());
        match parts.last_mut() {
            Some(part) if goes_on.contains(&pair.0.as_str()) => part.push(pair),
            _ => parts.push(vec![pair]),
        }
    }
    let mut text = String::new();
    for part in parts {
        let more = Serializer::new(text.clone()).extend_pairs(part).finish();
        if Table::from_query_string(&more).is_ok() {
            text = more;
        }
    }
    Table::from_query_string(&text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn go_to(query: &str) -> String {
        Shown::read(&format!("form=1&{query}")).unwrap().1.unwrap()
    }

    #[test]
    fn a_form_becomes_an_address() {
        // Of the worst the worst comes first.
        let expected = "column=people&sort=people&order=rising&show=worst&n=20";
        assert_eq!(
            go_to("sort=people&order=falling&column=people&q=&show=worst&n=20&add="),
            expected
        );
        let all = "column=people&sort=people&order=falling";
        assert_eq!(go_to("sort=people&order=falling&column=people&show=all&n=20"), all);
        let with = "column=people&sort=name&order=rising&where=account.plan&is=Team&is=Pro+2";
        let added = "sort=name&order=rising&column=people&add=account.plan&test=is&value=Team&value=&value=Pro+2";
        assert_eq!(go_to(added), with);
        // A value may have commas in it.
        let list = go_to("add=account.modules&test=is&value=Collection,+Analysis");
        assert!(list.ends_with("where=account.modules&is=Collection%2C+Analysis"), "{list}");
        // Shares are said in percent, as they are shown.
        for (typed, said) in [
            ("add=depth&test=at_least&value=25", "where=depth&at_least=0.25"),
            ("add=depth.change&test=at_most&value=-50", "where=depth.change&at_most=-50"),
            ("add=engaged&test=at_least&value=90", "where=engaged&at_least=90"),
            (
                "add=account.renewal_date&test=at_most&value=2027-03-01",
                "where=account.renewal_date&at_most=2027-03-01",
            ),
        ] {
            assert!(go_to(typed).ends_with(said), "{}", go_to(typed));
        }
        let number =
            "sort=name&order=rising&column=people&add=people.change&test=at_most&value=-50";
        assert!(go_to(number).ends_with("where=people.change&at_most=-50"));
        for wrong in [
            "add=people&test=at_least&value=many",
            "add=mood&test=set",
            "add=people&test=is&value=3",
        ] {
            assert!(Shown::read(&format!("form=1&{wrong}")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_is_shown_as_it_is_and_its_page_is_part_of_it() {
        let address = "column=people&sort=name&order=rising&page=3";
        let (shown, go_to) = Shown::read(address).unwrap();
        assert_eq!((shown.page, go_to), (2, None));
        assert_eq!(shown.address(), address);
        assert_eq!(shown.with(|_| ()).page, 0);
        let columns = shown.columns();
        assert_eq!(Shown::remembered(Some(&columns)).table.columns, shown.table.columns);
        assert_eq!(Shown::remembered(Some("column=mood")), Shown::default());
    }

    #[test]
    fn what_can_be_read_is_kept_beside_what_cannot() {
        let good = "column=people&sort=people&order=falling&where=account.plan&is=Team";
        let typed = "form=1&add=people&test=at_least&value=many";
        let fault = Shown::read(&format!("{good}&show=worst&n=20&{typed}")).unwrap_err();
        let worst = good.replace("falling", "rising");
        assert_eq!(fault.kept.address(), format!("{worst}&show=worst&n=20"));
        let Typed { property, test, values } = &fault.typed;
        assert_eq!((&**property, &**test, &*values[0]), ("people", "at_least", "many"));
        let fault = Shown::read(&format!("{good}&column=mood&where=people&is=3")).unwrap_err();
        assert_eq!(fault.kept.address(), good);
        assert_eq!(fault.why, InvalidTable::Column("mood".to_owned()));
    }
}
