//! What is taken, what is different, and what is refused as a whole.

use super::*;

const NOON: Timestamp = Timestamp::from_millis(1_795_348_800_000);

fn attributes(account: &str, pairs: &[(&str, &str)]) -> Saying {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let attributes = pairs.iter().map(own).collect();
    Saying { account: account.to_owned(), attributes, ..Saying::default() }
}

fn contact(name: &str, email: Option<&str>, role: Option<&str>) -> Saying {
    let own = |text: Option<&str>| text.map(str::to_owned);
    let (email, role) = (own(email), own(role));
    let contact = ContactSaid { name: name.to_owned(), email, role, user: None };
    Saying { account: "acme".to_owned(), contacts: vec![contact], ..Saying::default() }
}

fn note(text: &str, told: &[&str]) -> Saying {
    let note = NoteSaid {
        day: "2026-10-19".to_owned(),
        kind: "intervention".to_owned(),
        text: text.to_owned(),
        told: Some(told.iter().copied().map(str::to_owned).collect()),
    };
    Saying { account: "acme".to_owned(), notes: vec![note], ..Saying::default() }
}

/// The ledger of the next request, with the clock set back.
fn next(ledger: &Ledger, told: &mut Vec<Told>) -> Ledger {
    told.extend(ledger.told());
    Ledger::new(told, &ledger.merges, ("ana", Source::Member), NOON.plus_millis(-5_000))
}

fn take(ledger: &mut Ledger, saying: &Saying) -> Result<usize, String> {
    ledger.take(saying).map(|turns| turns.len())
}

#[test]
fn only_what_is_different_is_told_and_after_what_holds() {
    let (mut told, mut ledger) =
        (Vec::new(), Ledger::new(&[], &Merges::default(), ("ana", Source::Api), NOON));
    let team = attributes("acme", &[("plan", "Team"), ("seats", "025")]);
    assert_eq!(take(&mut ledger, &team), Ok(2));
    assert_eq!(take(&mut ledger, &team), Ok(0), "in one request, too");
    let mut ledger = next(&ledger, &mut told);
    assert_eq!(take(&mut ledger, &attributes("acme", &[("plan", "Team"), ("seats", "25")])), Ok(0));
    assert!(ledger.told().is_empty());
    let mut ledger = next(&ledger, &mut told);
    assert_eq!(take(&mut ledger, &attributes("acme", &[("plan", ""), ("none", "")])), Ok(1));
    assert_eq!(ledger.told()[0].at, NOON.plus_millis(1));
}

#[test]
fn a_saying_is_taken_as_a_whole_or_not_at_all() {
    let mut ledger = Ledger::new(&[], &Merges::default(), ("ana", Source::Api), NOON);
    let bad = attributes("acme", &[("plan", "Team"), ("seats", "many")]);
    let why = take(&mut ledger, &bad).unwrap_err();
    assert_eq!(why, "seats: `many` is no number, such as `12000` or `0.5`");
    assert!(ledger.told().is_empty());
    // What was taken back was not said.
    assert_eq!(take(&mut ledger, &attributes("acme", &[("plan", "Free")])), Ok(1));
    let why = take(&mut ledger, &attributes("acme", &[("plan", "Team")])).unwrap_err();
    assert_eq!(why, "plan: `Team` here, and `Free` in what came before it");
    assert_eq!(ledger.told().len(), 1);
    assert!(take(&mut ledger, &attributes(" ", &[("plan", "Team")])).is_err());
}

#[test]
fn a_contact_is_known_by_the_address_and_else_by_the_name() {
    let (mut told, mut ledger) =
        (Vec::new(), Ledger::new(&[], &Merges::default(), ("ana", Source::Api), NOON));
    assert_eq!(take(&mut ledger, &contact("Ana", None, Some("Champion"))), Ok(2));
    let mut ledger = next(&ledger, &mut told);
    assert_eq!(take(&mut ledger, &contact("ana", Some("ana@x.example"), None)), Ok(2));
    let mut ledger = next(&ledger, &mut told);
    assert_eq!(take(&mut ledger, &contact("Ana Lyst", Some("ANA@x.example"), None)), Ok(2));
    // Another of the same name.
    assert_eq!(take(&mut ledger, &contact("Ana Lyst", Some("other@x.example"), None)), Ok(3));
    let mut ledger = next(&ledger, &mut told);
    let ids = ledger.ids("acme", Subject::Contact);
    assert_eq!(ids.len(), 2);
    let champion = |(of_one, id): &&Id| {
        ledger.value(&of(of_one, Subject::Contact, id)(Contact::ROLE)) == "champion"
    };
    let (_, first) = ids.iter().find(champion).unwrap();
    ledger.change_contact("acme", first, None).unwrap();
    assert!(ledger.change_contact("acme", "nobody", None).is_err());
    let mut ledger = next(&ledger, &mut told);
    assert!(ledger.change_contact("acme", first, None).is_err(), "he is gone");
    let mut other = contact("Zoe", None, Some("boss"));
    assert!(take(&mut ledger, &other).is_err());
    other.contacts[0].role = None;
    assert_eq!(take(&mut ledger, &other), Ok(2));
}

#[test]
fn a_note_is_known_by_what_it_says_and_names_contacts() {
    let (mut told, mut ledger) =
        (Vec::new(), Ledger::new(&[], &Merges::default(), ("ana", Source::Api), NOON));
    let why = take(&mut ledger, &note("Trained", &["Ana"])).unwrap_err();
    assert_eq!(why, "nobody is called `Ana` among the contacts of this account");
    let mut both = note("Trained", &["ana "]);
    both.contacts = contact("Ana", None, None).contacts;
    assert_eq!(take(&mut ledger, &both), Ok(6));
    let mut ledger = next(&ledger, &mut told);
    assert_eq!(take(&mut ledger, &both), Ok(0));
    let mut ledger = next(&ledger, &mut told);
    let (_, contact) = ledger.ids("acme", Subject::Contact)[0].clone();
    let (_, id) = ledger.ids("acme", Subject::Note)[0].clone();
    ledger.change_contact("acme", &contact, None).unwrap();
    // Who was told stays told, and can be told nothing new.
    let mut later = both.notes[0].clone();
    later.day = "2026-10-20".to_owned();
    ledger.change_note("acme", &id, Some(&later)).unwrap();
    assert!(take(&mut ledger, &note("Called", &["Ana"])).is_err());
    let mut ledger = next(&ledger, &mut told);
    ledger.change_note("acme", &id, None).unwrap();
    let mut ledger = next(&ledger, &mut told);
    assert!(ledger.change_note("acme", &id, None).is_err());
    // What was taken away can be said again.
    assert_eq!(take(&mut ledger, &note("Trained", &[])), Ok(3));
}

#[test]
fn there_is_an_end_to_what_an_account_has() {
    let mut ledger = Ledger::new(&[], &Merges::default(), ("ana", Source::Api), NOON);
    for n in 0..ATTRIBUTES {
        assert_eq!(take(&mut ledger, &attributes("acme", &[(&format!("a{n}"), "x")])), Ok(1));
    }
    assert!(take(&mut ledger, &attributes("acme", &[("one more", "x")])).is_err());
    assert_eq!(take(&mut ledger, &attributes("other", &[("one more", "x")])), Ok(1));
}

fn nobody() -> Ledger {
    Ledger::new(&[], &Merges::default(), ("ana", Source::Api), NOON)
}

#[test]
fn who_is_added_is_nobody_who_is_there() {
    let (mut told, mut ledger) = (Vec::new(), nobody());
    take(&mut ledger, &contact("Ana", Some("ana@x.example"), Some("champion"))).unwrap();
    take(&mut ledger, &note("Trained", &["Ana"])).unwrap();
    let mut ledger = next(&ledger, &mut told);
    let of = |name: &str, email: &str, role: &str| {
        contact(name, Some(email), Some(role)).contacts.remove(0)
    };
    for other in
        [of("ana", "", "other"), of("Ana", "", "champion"), of("Zoe", "ana@x.example", "other")]
    {
        let why = ledger.add_contact("acme", &other).unwrap_err();
        assert_eq!(why, "`Ana` is a contact of this account already: change that one");
        ledger = next(&nobody(), &mut told);
    }
    let added = ledger.add_note("acme", &note("Trained", &[]).notes[0]);
    assert_eq!(added.unwrap_err(), "a note says this of that day already: change that one");
    let mut ledger = next(&nobody(), &mut told);
    // Who presses the button twice adds one; another of the same name has another address.
    ledger.add_contact("acme", &of("Ana", "ana@x.example", "champion")).unwrap();
    ledger.add_note("acme", &note("Trained", &["Ana"]).notes[0]).unwrap();
    assert!(ledger.told().is_empty());
    ledger.add_contact("acme", &of("Ana", "other@x.example", "other")).unwrap();
    assert_eq!(ledger.told().len(), 3);
}

#[test]
fn accounts_that_are_one_have_their_contacts_and_notes_together() {
    let project = protocol::ProjectId::parse("p").unwrap();
    let merge = store::Merge::new(project, "old", "acme").unwrap();
    let (mut told, mut ledger) =
        (Vec::new(), Ledger::new(&[], &[merge].iter().collect(), ("ana", Source::Api), NOON));
    let of_old = |saying: Saying| Saying { account: "old".to_owned(), ..saying };
    let said = of_old(contact("Ana", Some("ana@x.example"), Some("Champion")));
    assert_eq!(take(&mut ledger, &said), Ok(3));
    assert_eq!(take(&mut ledger, &of_old(note("Trained", &["Ana"]))), Ok(4));
    assert_eq!(
        take(&mut ledger, &of_old(attributes("", &[("plan", "Team"), ("tier", "low")]))),
        Ok(2)
    );
    assert_eq!(take(&mut ledger, &attributes("acme", &[("tier", "top")])), Ok(1));
    let mut ledger = next(&ledger, &mut told);

    // The same contact and the same note, and the changes stay with the account of which they are.
    assert_eq!(take(&mut ledger, &contact("Ana Lyst", Some("ana@x.example"), None)), Ok(1));
    assert_eq!(take(&mut ledger, &note("Trained", &["Ana Lyst"])), Ok(0));
    assert_eq!(take(&mut ledger, &note("Called", &["Ana Lyst"])), Ok(4));
    let accounts: Vec<_> = ledger.told().into_iter().map(|told| told.place.account).collect();
    assert_eq!(accounts, ["old", "acme", "acme", "acme", "acme"]);
    let mut ledger = next(&ledger, &mut told);
    let (holder, id) = ledger.ids("acme", Subject::Note).swap_remove(1);
    assert_eq!(holder, "old");
    ledger.change_note("acme", &id, None).unwrap();
    assert_eq!(ledger.told()[0].place.account, "old");

    // What is taken away of the one that they are is taken away of all, and comes again when said.
    let mut ledger = next(&ledger, &mut told);
    let turns = ledger.take(&attributes("acme", &[("plan", ""), ("tier", "")])).unwrap();
    let turns: Vec<_> = turns.iter().map(|it| (&*it.before, &*it.after)).collect();
    assert_eq!(turns, [("Team", ""), ("top", "")]);
    assert!(ledger.told().iter().all(|told| told.place.account == "acme" && told.at > NOON));
    let mut ledger = next(&ledger, &mut told);
    assert_eq!(take(&mut ledger, &attributes("acme", &[("plan", ""), ("tier", "")])), Ok(0));
    assert_eq!(take(&mut ledger, &of_old(attributes("", &[("plan", "Big")]))), Ok(1));
}
