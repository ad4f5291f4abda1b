//! Letters survive the folder, whatever is done to it.

use super::*;
use crate::config::store::Store;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use store::EventRow;
use tempfile::TempDir;

const NOON: Timestamp = Timestamp::from_millis(1_795_348_800_000);
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn open(dir: &TempDir) -> Letters {
    Letters::open(dir.path(), &Store::default()).unwrap()
}

fn filter() -> Filter {
    Filter { project: "tide".to_owned(), known_projects: Some(vec![]), reason: None }
}

fn letter(n: u8, reason: &str) -> Letter {
    let row = EventRow { project: "tide".to_owned(), event_id: [n; 16], ..EventRow::default() };
    Letter::of_row(row, reason.to_owned(), NOON)
}

fn all(letters: &Letters) -> Vec<Kept> {
    letters.read(&letters.keys(&filter())).unwrap()
}

fn texts(letters: &Letters) -> BTreeMap<LetterId, String> {
    all(letters).into_iter().map(|k| (k.letter.id(), k.letter.to_line().unwrap())).collect()
}

fn file(dir: &TempDir) -> PathBuf {
    dir.path().join("dead-letters/2026-11-22.jsonl")
}

#[test]
fn letters_are_for_nobody_else_and_outlive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let letters = open(&dir);
    letters.bury(&[letter(1, "a"), letter(2, "b")]).unwrap();
    letters.bury(&[letter(3, "b")]).unwrap();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(dir.path().join("dead-letters")), mode(file(&dir))), (0o700, 0o600));
    assert_eq!(texts(&open(&dir)), texts(&letters));
    let counts: Vec<_> =
        open(&dir).reasons(&filter()).into_iter().map(|(r, n)| (r.sentence, n)).collect();
    assert_eq!(counts, [("b".to_owned(), 2), ("a".to_owned(), 1)]);
}

#[test]
fn what_comes_twice_is_one_letter_and_the_last_holds() {
    let dir = tempfile::tempdir().unwrap();
    let letters = open(&dir);
    letters.bury(&[letter(1, "a")]).unwrap();
    let later = Letter { buried_at: NOON.plus_millis(DAY_MS), ..letter(1, "b") };
    letters.bury(std::slice::from_ref(&later)).unwrap();
    for letters in [letters, open(&dir)] {
        let kept = all(&letters);
        assert_eq!(kept.iter().map(|kept| &kept.letter).collect::<Vec<_>>(), [&later]);
    }
    // Both lines go with it, or it would rise again.
    let letters = open(&dir);
    letters.remove(&letters.keys(&filter())).unwrap();
    assert_eq!(texts(&open(&dir)).len(), 0);
    assert!(fs::read_dir(dir.path().join("dead-letters")).unwrap().next().is_none());
}

#[test]
fn a_letter_that_came_back_meanwhile_stays() {
    let dir = tempfile::tempdir().unwrap();
    let letters = open(&dir);
    letters.bury(&[letter(1, "a"), letter(2, "a")]).unwrap();
    let keys = letters.keys(&filter());
    letters.bury(&[letter(1, "b")]).unwrap();
    letters.remove(&keys).unwrap();
    for letters in [letters, open(&dir)] {
        assert_eq!(all(&letters)[0].letter, letter(1, "b"));
        assert_eq!(all(&letters).len(), 1);
    }
}

#[test]
fn a_torn_line_is_no_letter_and_harms_none() {
    let dir = tempfile::tempdir().unwrap();
    open(&dir).bury(&[letter(1, "a")]).unwrap();
    let mut bytes = fs::read(file(&dir)).unwrap();
    let line = bytes.clone();
    bytes.extend_from_slice(&line[..line.len() / 2]);
    fs::write(file(&dir), bytes).unwrap();
    let letters = open(&dir);
    letters.bury(&[letter(2, "a")]).unwrap();
    let letters = open(&dir);
    assert_eq!(texts(&letters).len(), 2);
    letters.remove(&letters.keys(&filter())[..1]).unwrap();
    assert_eq!(texts(&open(&dir)).len(), 1);
}

#[test]
fn how_they_are_is_told_while_a_file_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let letters = open(&dir);
    letters.bury(&[letter(1, "a")]).unwrap();
    let held = letters.shelf();
    let (tell, told) = std::sync::mpsc::channel();
    let asked = letters.clone();
    std::thread::spawn(move || tell.send(asked.status()));
    let status = told.recv_timeout(std::time::Duration::from_secs(10));
    drop(held);
    assert_eq!(status.unwrap().n_letters, 1);
    letters.remove(&letters.keys(&filter())).unwrap();
    assert_eq!((letters.status().n_letters, letters.status().n_bytes), (0, 0));
}

#[test]
fn as_many_are_read_at_once_as_fit() {
    let dir = tempfile::tempdir().unwrap();
    let letters = open(&dir);
    letters.bury(&(0..5).map(|n| letter(n, "a")).collect::<Vec<_>>()).unwrap();
    let keys = letters.keys(&filter());
    let length = letter(1, "a").to_line().unwrap().len();
    let read = |keys: &[Key], max_bytes| {
        let (kept, n_keys) = letters.read_some(keys, max_bytes).unwrap();
        (kept.iter().map(|kept| kept.key).collect::<Vec<_>>(), n_keys)
    };
    assert_eq!(read(&keys, 2 * length), (keys[..2].to_vec(), 2));
    assert_eq!(read(&keys[2..], 1), (keys[2..3].to_vec(), 1));
    assert_eq!(read(&keys, usize::MAX), (keys.clone(), 5));
    // One that is gone takes no room, and is passed over.
    letters.remove(&keys[..1]).unwrap();
    assert_eq!(read(&keys, length), (keys[1..2].to_vec(), 2));
    assert_eq!(read(&keys[..1], length), (vec![], 1));
}

#[test]
fn beyond_the_limit_nothing_is_buried_and_nothing_goes() {
    let dir = tempfile::tempdir().unwrap();
    let config = Store { dead_letters_bytes: 1_000, ..Store::default() };
    let letters = Letters::open(dir.path(), &config).unwrap();
    letters.bury(&[letter(1, "a")]).unwrap();
    let refused = letters.bury(&[letter(2, "a")]).unwrap_err();
    assert!(refused.to_string().contains("may hold 1000:"), "{refused}");
    assert_eq!(letters.status().failure, Some(refused.to_string()));
    assert_eq!(texts(&letters).len(), 1);
    letters.remove(&letters.keys(&filter())).unwrap();
    letters.bury(&[letter(2, "a")]).unwrap();
    assert_eq!(letters.status().failure, None);
}

#[test]
fn what_the_disk_refuses_is_told_and_buried_at_last() {
    let dir = tempfile::tempdir().unwrap();
    let letters = open(&dir);
    fs::create_dir(file(&dir)).unwrap();
    letters.bury(&[letter(1, "a")]).unwrap_err();
    assert!(letters.status().failure.is_some());
    fs::remove_dir(file(&dir)).unwrap();
    letters.bury(&[letter(1, "a")]).unwrap();
    assert_eq!(letters.status().failure, None);
    assert_eq!(texts(&open(&dir)).len(), 1);
}

#[test]
fn letters_of_other_projects_are_not_shown_and_those_of_none_to_administrators() {
    let dir = tempfile::tempdir().unwrap();
    let letters = open(&dir);
    let of = |n: u8, project: Option<&str>| Letter {
        project: project.map(str::to_owned),
        ..letter(n, "a")
    };
    letters
        .bury(&[of(1, Some("tide")), of(2, Some("other")), of(3, Some("gone")), of(4, None)])
        .unwrap();
    let seen = |known_projects: Option<Vec<String>>| {
        let filter = Filter { known_projects, ..filter() };
        let kept = letters.read(&letters.keys(&filter)).unwrap().into_iter();
        let hidden = of(2, None).id();
        assert!(letters.find(hidden, &filter).unwrap().is_none());
        kept.map(|kept| kept.letter.project.unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(seen(None), ["tide"]);
    assert_eq!(seen(Some(vec!["tide".to_owned(), "other".to_owned()])), ["", "gone", "tide"]);
}

#[test]
fn a_row_of_an_earlier_version_is_read_with_columns_empty() {
    let line = letter(1, "a").to_line().unwrap();
    let earlier = line.replace("\"app_version\":\"\",", "");
    assert_ne!(earlier, line);
    assert_eq!(Letter::from_line(earlier.as_bytes()), Some(letter(1, "a")));
    assert_eq!(Letter::from_line(line.replace("app_version", "colour").as_bytes()), None);
}

#[test]
fn old_letters_go_by_the_day() {
    let dir = tempfile::tempdir().unwrap();
    let letters = open(&dir);
    letters.bury(&[letter(1, "a")]).unwrap();
    let later = Letter { buried_at: NOON.plus_millis(DAY_MS), ..letter(2, "a") };
    letters.bury(&[later]).unwrap();
    let expire = |letters: &Letters, days: i64| {
        letters.expire(NOON.plus_millis(days * DAY_MS)).unwrap();
        texts(letters).len()
    };
    assert_eq!([30, 31].map(|day| expire(&letters, day)), [2, 2]);
    // A restart does not begin the day anew.
    let letters = open(&dir);
    assert_eq!(expire(&letters, 32), 1);
    assert_eq!(texts(&letters).into_keys().collect::<Vec<_>>(), [letter(2, "a").id()]);
    assert_eq!(texts(&letters), texts(&open(&dir)));
}

#[test]
fn a_clock_that_jumps_takes_no_letter_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let letters = open(&dir);
    letters.bury(&[letter(1, "a")]).unwrap();
    for hour in [0, 1, 24, 40 * 24, 40 * 24 + 1, 25, 41 * 24, 26, 49] {
        letters.expire(NOON.plus_millis(hour * DAY_MS / 24)).unwrap();
        assert_eq!(texts(&letters).len(), 1, "after {hour} hours");
    }
}

prop_compose! {
    fn any_row()(
        texts in proptest::collection::vec(any::<String>(), 4),
        event_id in any::<[u8; 16]>(),
        times in any::<[i64; 3]>(),
        numbers in any::<(u32, u64, u64, bool)>(),
        properties in proptest::collection::btree_map(any::<String>(), any::<String>(), 0..5),
    ) -> EventRow {
        let [timestamp, sent_at, received_at] = times.map(Timestamp::from_millis);
        let mut texts = texts.into_iter();
        let mut text = || texts.next().unwrap_or_default();
        let (month, page_id, element_id, is_automated) = numbers;
        EventRow {
            project: text(), event_id, timestamp, sent_at, received_at, month, page_id, element_id,
            is_automated, anonymous_id: text(), path: text(), name: text(),
            properties: properties.into_iter().collect(),
            ..EventRow::default()
        }
    }
}

fn any_letter() -> impl Strategy<Value = Letter> {
    let row = any_row().prop_map(|row| Content::Row(Box::new(row)));
    let record = any::<(u8, Vec<u8>)>().prop_map(|(kind, bytes)| Content::Record { kind, bytes });
    let at = any::<i64>().prop_map(Timestamp::from_millis);
    (row.boxed().prop_union(record.boxed()), at, any::<Option<String>>(), any::<String>()).prop_map(
        |(content, buried_at, project, reason)| Letter { buried_at, project, reason, content },
    )
}

#[derive(Debug, Clone)]
enum Step {
    Bury(Vec<Letter>),
    Remove(proptest::sample::Index),
    Reopen,
    Damage(proptest::sample::Index, Vec<u8>),
}

proptest! {
    #[test]
    fn a_letter_is_read_as_it_was_written(letter in any_letter()) {
        let line = letter.to_line().unwrap();
        prop_assert!(!line.contains('\n'));
        prop_assert_eq!(Letter::from_line(line.as_bytes()), Some(letter));
    }

    #[test]
    fn any_line_is_read_without_harm(line in any::<Vec<u8>>(), text in ".*") {
        Letter::from_line(&line);
        Letter::from_line(text.as_bytes());
        Letter::from_line(format!("{{\"id\":\"\",\"buried_at\":0,\"reason\":\"\",\"row\":{text}}}").as_bytes());
        Reason::of(&text);
    }

}

proptest! {
    // Each step syncs, so fewer histories than elsewhere.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_folder_holds_what_was_buried_and_not_taken_out(
        steps in proptest::collection::vec(prop_oneof![
            3 => proptest::collection::vec(any_letter(), 1..4).prop_map(Step::Bury),
            2 => any::<proptest::sample::Index>().prop_map(Step::Remove),
            1 => Just(Step::Reopen),
            1 => (any::<proptest::sample::Index>(), any::<Vec<u8>>()).prop_map(|(at, bytes)| Step::Damage(at, bytes)),
        ], 0..12),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut letters = open(&dir);
        let mut model = BTreeMap::new();
        for step in steps {
            match step {
                Step::Bury(buried) => {
                    // Of one file, so that the order in which they are read is that of time.
                    let buried = buried.into_iter().map(|l| Letter { buried_at: NOON, ..l });
                    let buried: Vec<_> = buried.collect();
                    letters.bury(&buried).unwrap();
                    model.extend(buried.into_iter().map(|l| (l.id(), l)));
                }
                Step::Remove(at) if !model.is_empty() => {
                    let id = *at.get(&model.keys().copied().collect::<Vec<_>>());
                    let keys = letters.keys(&Filter { known_projects: Some(vec![]), ..Filter::default() });
                    let keys: Vec<_> = keys.into_iter().filter(|key| key.id == id).collect();
                    letters.remove(&keys).unwrap();
                    model.remove(&id);
                }
                Step::Remove(_) => {}
                Step::Reopen => letters = open(&dir),
                // Any bytes at the end of a file, as a crash leaves them.
                Step::Damage(at, bytes) => {
                    let files: Vec<_> = fs::read_dir(dir.path().join("dead-letters")).unwrap().collect();
                    if !files.is_empty() {
                        let path = at.get(&files).as_ref().unwrap().path();
                        let whole = [fs::read(&path).unwrap(), bytes].concat();
                        fs::write(path, whole).unwrap();
                        letters = open(&dir);
                    }
                }
            }
            let filter = Filter { known_projects: Some(vec![]), ..Filter::default() };
            let kept = letters.read(&letters.keys(&filter)).unwrap();
            let kept: BTreeMap<_, _> = kept.into_iter().map(|k| (k.key.id, k.letter)).collect();
            prop_assert_eq!(&kept, &model);
        }
    }
}
