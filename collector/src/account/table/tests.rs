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
    let outcome = table.take(&table.guess(&[]), &seen, keeps_unknown, &mut ledger).unwrap();
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
    let words: Vec<_> = table.guess(&[]).iter().map(Column::word).collect();
    assert_eq!(
        words.join(" "),
        "account attribute.plan attribute.seats attribute.renewal_date contact.name contact.email contact.role attribute.industry"
    );
    let counts = (outcome.n_new, outcome.n_changed, outcome.n_same, outcome.n_unknown);
    assert_eq!(counts, (2, 1, 0, 1));
    let refused = String::from_utf8(table.refused(&outcome).unwrap()).unwrap();
    insta::assert_snapshot!(refused, @"
    Line;Reason;Account ID;Plan;Seats;Renewal;Contact;E-Mail;Role;Industry
    4;seats: `many` is no number, such as `12000` or `0.5`;cobalt;;many;;;;;
    5;it says nothing of which account it is;;Team;;;;;;
    7;no event names the account `dune`;dune;Big;;;;;;
    8;plan: `Free` here, and `Team` in what came before it;acme;Free;;;;;;
    9;it has 2 cells, and the first line has 8;cobalt;Team
    10;a contact has a name of at most 200 characters;cobalt;;;;;cy@x.example;;
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
    let reasons: Vec<_> = outcome.refused.iter().map(|it| it.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "it says nothing of which account it is",
            "it has 2 cells, and the first line has 8",
            "a contact has a name of at most 200 characters",
        ]
    );
    let again = String::from_utf8(table.refused(&outcome).unwrap()).unwrap();
    assert_eq!(again.lines().next(), refused.lines().next(), "the columns do not become more");
}

#[test]
fn marks_between_cells_are_found_out() {
    for text in ["a\tb\nx\ty\n", "\u{feff}a;b\nx;y\n", "a,b\nx,y", "a\nx"] {
        let table = Table::read(text).unwrap();
        assert_eq!(table.header[0], "a");
        assert_eq!(table.rows[0].cells.get(0), Some("x"), "{text}");
    }
}

#[test]
fn what_makes_no_sense_as_a_whole_is_refused() {
    let check = |text: &str| {
        let table = Table::read(text)?;
        table.take(&table.guess(&[]), &BTreeSet::new(), true, &mut ledger(&[]))
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

#[test]
fn no_refused_line_is_a_formula_and_each_comes_back_as_it_was() {
    let file = "account,plan\nx,=1+1\nx,'=quoted\nx,-5\nx,plain\n";
    let table = Table::read(file).unwrap();
    let nobody = BTreeSet::new();
    let outcome = table.take(&table.guess(&[]), &nobody, false, &mut ledger(&[])).unwrap();
    let refused = String::from_utf8(table.refused(&outcome).unwrap()).unwrap();
    let cells: Vec<_> =
        refused.lines().skip(1).filter_map(|line| line.rsplit(',').next()).collect();
    assert_eq!(cells, ["'=1+1", "''=quoted", "'-5", "plain"]);
    let back = Table::read(&refused).unwrap();
    let cells: Vec<_> = back.rows.iter().filter_map(|row| row.cells.get(3)).collect();
    assert_eq!(cells, ["=1+1", "'=quoted", "-5", "plain"]);
}

#[test]
fn an_attribute_that_is_known_is_meant_by_just_its_name() {
    let said = ["Industry", "company", "email", "plan"].map(str::to_owned);
    let table = Table::read("Company,Industry,email,industry,Plan\na,b,c,d,e").unwrap();
    let words = |said: &[String]| table.guess(said).iter().map(Column::word).collect::<Vec<_>>();
    assert_eq!(
        words(&said),
        [
            "account",
            "attribute.Industry",
            "attribute.email",
            "attribute.industry",
            "attribute.plan",
        ]
    );
    assert_eq!(words(&[])[1..3], ["attribute.industry", ""]);
    let choices: Vec<_> = Column::choices("other", &said).iter().map(Column::word).collect();
    assert!(choices.contains(&"attribute.Industry".to_owned()), "{choices:?}");
    assert_eq!(choices.iter().filter(|word| *word == "attribute.plan").count(), 1);
}

#[test]
fn a_file_has_so_many_cells() {
    let line = format!("a{}\n", ",x".repeat(99));
    let header = (0..100).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",") + "\n";
    assert!(Table::read(&format!("{header}{}", line.repeat(CELLS / 100))).is_ok());
    let why = Table::read(&format!("{header}{}", line.repeat(CELLS / 100 + 1))).unwrap_err();
    assert!(why.starts_with("the file has more than 300000 cells"), "{why}");
}

#[test]
fn only_the_first_changes_are_told_and_all_are_counted() {
    let lines: String = (0..TURNS + 7).map(|n| format!("a{n},Team\n")).collect();
    let table = Table::read(&format!("account,plan\n{lines}")).unwrap();
    let outcome = table.take(&table.guess(&[]), &BTreeSet::new(), true, &mut ledger(&[])).unwrap();
    assert_eq!((outcome.turns.len(), outcome.n_turns), (TURNS, TURNS + 7));
}
