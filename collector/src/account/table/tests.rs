//! Files, good and bad.

use super::*;
use protocol::Timestamp;
use store::Merges;
use store::record::{Place, Source, Subject, Told};

const NOON: Timestamp = Timestamp::from_millis(1_795_348_800_000);

fn ledger(told: &[Told]) -> Ledger {
    Ledger::new(told, &Merges::default(), ("ana@x.example", Source::Import), NOON)
}

fn plan_of_acme() -> Told {
    let (account, subject) = ("acme".to_owned(), Subject::Attribute);
    let place = Place { account, subject, id: String::new(), name: "plan".to_owned() };
    let (value, author) = ("Free".to_owned(), "ben".to_owned());
    Told { place, value, at: NOON, author, source: Source::Api }
}

fn read(text: &str, keeps_unknown: bool) -> (Table, Outcome) {
    let table = Table::read(text).unwrap();
    let seen = ["acme", "cobalt"].map(str::to_owned).into();
    let mut ledger = ledger(&[plan_of_acme()]);
    let outcome = table.take(&table.guess(), &seen, keeps_unknown, &mut ledger).unwrap();
    (table, outcome)
}

const FILE: &str = "Account ID;Plan;Seats;Renewal;Contact;E-Mail;Role;Industry\r\n\
    acme;Team;25;2027-06-21;Ana;ana@x.example;;Retail\r\n\
    acme;Team;;;\"Ben; Jr\";;Champion;\r\n\
    cobalt;;many;;;;;\r\n\
    ;Team;;;;;;\r\n\
    ;;;;;;;\r\n\
    dune;Big;;;;;;\r\n\
    acme;Free;;;;;;\r\n\
    cobalt;Team\r\n\
    cobalt;;;;;cy@x.example;;\r\n\
    cobalt;Free;7;;;;;\r\n";

#[test]
fn each_line_is_taken_or_refused_with_its_number() {
    let (table, outcome) = read(FILE, false);
    let words: Vec<_> = table.guess().iter().map(Column::word).collect();
    assert_eq!(
        words.join(" "),
        "account attribute.plan attribute.seats attribute.renewal_date contact.name contact.email contact.role attribute.industry"
    );
    let counts = (outcome.n_new, outcome.n_changed, outcome.n_same, outcome.n_unknown);
    assert_eq!(counts, (2, 1, 0, 1));
    let refused = String::from_utf8(table.refused(&outcome).unwrap()).unwrap();
    insta::assert_snapshot!(refused, @"
    Account ID;Plan;Seats;Renewal;Contact;E-Mail;Role;Industry;Line;Reason
    cobalt;;many;;;;;;4;seats: `many` is no number, such as `12000` or `0.5`
    ;Team;;;;;;;5;it says nothing of which account it is
    dune;Big;;;;;;;7;no event names the account `dune`
    acme;Free;;;;;;;8;plan: `Free` here, and `Team` in what came before it
    cobalt;Team;;;;;;;9;it has 2 cells, and the first line has 8
    cobalt;;;;;cy@x.example;;;10;a contact has a name of at most 200 characters
    ");
}

#[test]
fn an_unknown_account_is_kept_where_somebody_says_so() {
    let (_, outcome) = read(FILE, true);
    assert_eq!((outcome.n_new, outcome.n_unknown, outcome.refused.len()), (3, 1, 5));
}

#[test]
fn what_was_refused_can_be_mended_and_sent_again() {
    let (table, outcome) = read(FILE, false);
    let refused = String::from_utf8(table.refused(&outcome).unwrap()).unwrap();
    let mended = refused.replace("many", "7").replace("dune", "cobalt");
    let (table, outcome) = read(&mended, false);
    assert_eq!(outcome.refused.len(), 3, "{:?}", outcome.refused);
    let again = String::from_utf8(table.refused(&outcome).unwrap()).unwrap();
    assert_eq!(again.lines().next(), refused.lines().next(), "the columns do not become more");
}

#[test]
fn marks_between_cells_are_found_out() {
    for text in ["a\tb\nx\ty\n", "\u{feff}a;b\nx;y\n", "a,b\nx,y", "a\nx"] {
        let table = Table::read(text).unwrap();
        assert_eq!(table.header[0], "a");
        assert_eq!(table.rows[0].cells[0], "x", "{text}");
    }
}

#[test]
fn what_makes_no_sense_as_a_whole_is_refused() {
    let check = |text: &str| {
        let table = Table::read(text)?;
        table.take(&table.guess(), &BTreeSet::new(), true, &mut ledger(&[]))
    };
    let faults = ["", "account,plan", "plan\nx", "account\nx", "account,email\nx,a@b"];
    let faults: Vec<_> = faults.map(|text| check(text).unwrap_err()).into();
    insta::assert_snapshot!(faults.join("\n"), @"
    there is no line under the names of the columns
    there is no line under the names of the columns
    say which column has the id of the account
    say what at least one column is about
    say what at least one column is about
    ");
    let table = Table::read("account,email,plan\nx,a@b,Team").unwrap();
    for (columns, why) in [
        (["account", "contact.email", ""], "contacts need a column with their names"),
        (["account", "account", ""], "two columns are said to be `account`"),
    ] {
        let columns = columns.map(|word| Column::parse(word).unwrap());
        let taken = table.take(&columns, &BTreeSet::new(), true, &mut ledger(&[]));
        assert_eq!(taken.unwrap_err(), why);
    }
    let long = format!("account,plan\n{}", "a,b\n".repeat(LINES + 1));
    assert!(check(&long).is_err());
    assert!(check(&long[..long.len() - 4]).is_ok());
}
