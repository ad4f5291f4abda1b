//! The projects and their private keys, held in memory so that no request waits for ClickHouse.
//!
//! They are read from ClickHouse in the background. Snapshots in the data folder, readable by
//! nobody else, let a collector take events when it starts while ClickHouse is away.
//!
//! Of what is stored and cannot be read, such as by an older build after a roll-back, what was
//! known before holds on, and the rest is taken up as if it were not there.

use crate::counters::{Counters, Day, Outcomes};
use crate::data;
use crate::live::Feed;
use crate::remote_config::{Findings, PageConfig};
use anyhow::Context;
use jiff::tz::TimeZone;
use protocol::{ProjectId, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use store::definition::Kind;
use store::identity::Grouping;
use store::{
    Among, Captured, Connection, Defined, IdentityRules, Merge, PrivateKey, SavedView, StaffRules,
    Unreadable, Versioned,
};
use tokio::sync::Mutex;

/// A project and what happens to it while the collector runs.
#[derive(Debug)]
pub struct Project {
    /// What is stored of it.
    pub definition: store::Project,
    /// Who is left out of its reports, and which accounts are one.
    pub grouping: Grouping,
    /// Its events as they arrive.
    pub feed: Feed,
    /// How many, and what was refused and why.
    pub counters: Arc<Counters>,
    /// The zone of its days.
    pub zone: TimeZone,
    /// What its pages are told.
    pub config: PageConfig,
    /// What came of its identity rules.
    pub findings: Arc<Findings>,
}

impl Project {
    /// What of it decides the answer to a question.
    pub fn scope(&self) -> analytics::Scope {
        let grouping = self.grouping.clone();
        analytics::Scope { grouping, ..analytics::Scope::from(&self.definition) }
    }

    /// The day of the project's calendar that it is at this moment.
    pub fn day(&self, at: Timestamp) -> Day {
        Day::of(at, &self.zone)
    }
}

/// Everything as it was at one moment.
#[derive(Debug, Default)]
struct Known {
    by_key: HashMap<String, Arc<Project>>,
    by_id: HashMap<ProjectId, Arc<Project>>,
    /// By their hashes.
    private_keys: HashMap<[u8; 32], PrivateKey>,
    merges: Vec<Merge>,
}

/// The projects, by write key, by id and by private key.
#[derive(Debug)]
pub struct Definitions {
    known: RwLock<Arc<Known>>,
    /// Held while what is stored is read and taken up.
    refreshing: Mutex<()>,
    views: RwLock<Arc<Vec<SavedView>>>,
    unreadable: Aside,
    outcomes: Arc<Outcomes>,
    snapshot: PathBuf,
    keys_snapshot: PathBuf,
    rules_snapshot: PathBuf,
    captured_snapshot: PathBuf,
    grouping_snapshot: PathBuf,
}

impl Definitions {
    /// Reads the snapshots in `data`, if there are any. What becomes of events is counted in
    /// `outcomes`.
    ///
    /// # Errors
    /// When the file system refuses. A snapshot that cannot be understood counts as none.
    pub fn open(data: &Path, outcomes: Arc<Outcomes>) -> anyhow::Result<Self> {
        let definitions = Self {
            known: RwLock::default(),
            refreshing: Mutex::default(),
            views: RwLock::default(),
            unreadable: Aside::default(),
            outcomes,
            snapshot: data.join("definitions.json"),
            keys_snapshot: data.join("private-keys.json"),
            rules_snapshot: data.join("identity-rules.json"),
            captured_snapshot: data.join("captured.json"),
            grouping_snapshot: data.join("grouping.json"),
        };
        let projects = read(&definitions.snapshot)?;
        let keys = read(&definitions.keys_snapshot)?;
        let rules = read(&definitions.rules_snapshot)?;
        let captured = read(&definitions.captured_snapshot)?;
        // A report may be asked for before the definitions are read again.
        let grouping = read(&definitions.grouping_snapshot)?;
        definitions.replace(projects, &grouping, keys, Told { rules, captured });
        Ok(definitions)
    }

    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The project that this key writes to.
    pub fn by_write_key(&self, key: &str) -> Option<Arc<Project>> {
        self.known().by_key.get(key).cloned()
    }

    /// The project with this id.
    pub fn project(&self, id: &ProjectId) -> Option<Arc<Project>> {
        self.known().by_id.get(id).cloned()
    }

    /// The project that a private key opens, if the key is known and not revoked.
    pub fn by_private_key(&self, text: &str) -> Option<Arc<Project>> {
        let known = self.known();
        let key = known.private_keys.get(&PrivateKey::hash_of(text))?;
        known.by_id.get(&key.project).cloned()
    }

    /// The saved views of every project.
    pub fn views(&self) -> Arc<Vec<SavedView>> {
        Arc::clone(&self.views.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is stored and cannot be read, features apart.
    pub fn unreadable(&self) -> Vec<Unreadable> {
        self.unreadable.all()
    }

    /// All projects, by id.
    pub fn projects(&self) -> Vec<Arc<Project>> {
        let mut projects: Vec<_> = self.known().by_id.values().cloned().collect();
        projects.sort_by(|a, b| a.definition.id.cmp(&b.definition.id));
        projects
    }

    /// Reads what is stored now, and keeps a snapshot if it is not what was known.
    ///
    /// # Errors
    /// When ClickHouse or the file system refuses.
    pub async fn refresh(&self, store: &Connection) -> anyhow::Result<()> {
        // What was read earlier must not be taken up after what was read later.
        let _one_at_a_time = self.refreshing.lock().await;
        let mut defined = store.defined().await.context("what is defined cannot be read")?;
        self.known().hold_on(&mut defined);
        let Defined { projects, private_keys, staff_rules, merges, .. } = defined;
        let told = Told { rules: defined.identity_rules, captured: defined.captured };
        self.unreadable.note(defined.unreadable);
        *self.views.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(defined.views);
        let stored = values(projects);
        let keys = values(private_keys);
        let grouping = Said { staff: values(staff_rules), merges: values(merges) };
        if self.known().is(&stored, &grouping, &keys, &told) {
            return Ok(());
        }
        let texts = [
            (self.grouping_snapshot.clone(), serde_json::to_vec(&grouping)?),
            (self.snapshot.clone(), serde_json::to_vec(&stored)?),
            (self.keys_snapshot.clone(), serde_json::to_vec(&keys)?),
            (self.rules_snapshot.clone(), serde_json::to_vec(&told.rules)?),
            (self.captured_snapshot.clone(), serde_json::to_vec(&told.captured)?),
        ];
        self.replace(stored, &grouping, keys, told);
        let write = move || texts.iter().try_for_each(|(path, text)| data::replace(path, text));
        tokio::task::spawn_blocking(write).await?
    }

    /// Takes what is stored now in the place of what was. Feeds and counters go on.
    fn replace(
        &self,
        definitions: Vec<store::Project>,
        grouping: &Said,
        keys: Vec<PrivateKey>,
        told: Told,
    ) {
        let before = self.known();
        let rules = told.rules.into_iter().map(|rules| (rules.value.project.clone(), rules));
        let mut rules: HashMap<_, _> = rules.collect();
        let captured = told.captured.into_iter().map(|it| (it.value.project.clone(), it));
        let mut captured: HashMap<_, _> = captured.collect();
        let private_keys = keys.into_iter().map(|key| (key.hash, key)).collect();
        let merges = grouping.merges.clone();
        let mut known = Known { private_keys, merges, ..Known::default() };
        for definition in definitions {
            let known_before = before.by_id.get(&definition.id);
            let feed = known_before.map(|known| known.feed.clone()).unwrap_or_default();
            let findings = known_before.map(|known| Arc::clone(&known.findings));
            let counters = self.outcomes.of(&definition.id);
            // The zone was checked when it was set; one that is gone since is no reason to stop.
            let zone = TimeZone::get(&definition.time_zone).unwrap_or(TimeZone::UTC);
            let (id, key) = (definition.id.clone(), definition.write_key.as_str().to_owned());
            let grouping = grouping.of(&id);
            let config = PageConfig::new(rules.remove(&id), captured.remove(&id));
            let findings = findings.unwrap_or_default();
            let project = Project { definition, grouping, feed, counters, zone, config, findings };
            let project = Arc::new(project);
            known.by_key.insert(key, Arc::clone(&project));
            known.by_id.insert(id, project);
        }
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
    }
}

/// What the pages of all projects are told.
#[derive(Debug, Default)]
struct Told {
    rules: Vec<Versioned<IdentityRules>>,
    captured: Vec<Versioned<Captured>>,
}

fn values<T>(versions: Vec<Versioned<T>>) -> Vec<T> {
    versions.into_iter().map(|version| version.value).collect()
}

/// Definitions that cannot be read: each is logged once.
#[derive(Debug, Default)]
pub(crate) struct Aside(RwLock<Vec<Unreadable>>);

impl Aside {
    /// Those that were noted last.
    pub(crate) fn all(&self) -> Vec<Unreadable> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes these in the place of those before, and logs what is new among them.
    pub(crate) fn note(&self, unreadable: Vec<Unreadable>) {
        let mut before = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for one in unreadable.iter().filter(|one| !before.contains(one)) {
            tracing::error!("{one}; what was known of it before holds on, if anything was");
        }
        *before = unreadable;
    }
}

impl Known {
    /// Adds what is known of that which cannot be read any more.
    fn hold_on(&self, defined: &mut Defined) {
        for Unreadable { kind, id, .. } in &defined.unreadable {
            let project = ProjectId::parse(id).ok().and_then(|id| self.by_id.get(&id));
            match (kind, project) {
                (Kind::Project, Some(known)) => {
                    let value = known.definition.clone();
                    defined.projects.push(Versioned { version: 0, value });
                }
                (Kind::StaffRules, Some(known)) => {
                    let value = known.grouping.staff.clone();
                    defined.staff_rules.push(Versioned { version: 0, value });
                }
                (Kind::IdentityRules, Some(known)) => {
                    defined.identity_rules.extend(known.config.stored(&known.definition.id));
                }
                (Kind::Captured, Some(known)) => {
                    defined.captured.extend(known.config.stored_captured(&known.definition.id));
                }
                (Kind::Merge, _) => {
                    let known = self.merges.iter().find(|merge| merge.id() == *id).cloned();
                    let known = known.map(|value| Versioned { version: 0, value });
                    defined.merges.extend(known);
                }
                (Kind::PrivateKey, _) => {
                    let mut keys = self.private_keys.values();
                    let known = keys.find(|key| key.id() == *id).cloned();
                    let known = known.map(|value| Versioned { version: 0, value });
                    defined.private_keys.extend(known);
                }
                _ => {}
            }
        }
    }

    /// Whether it is just these.
    fn is(
        &self,
        projects: &[store::Project],
        grouping: &Said,
        keys: &[PrivateKey],
        told: &Told,
    ) -> bool {
        let is_rule = |stored: &Versioned<IdentityRules>| {
            let known = self.by_id.get(&stored.value.project);
            known.is_none_or(|known| known.config.version() == stored.version)
        };
        let is_captured = |stored: &Versioned<Captured>| {
            let known = self.by_id.get(&stored.value.project);
            known.is_none_or(|known| known.config.captured_version() == stored.version)
        };
        let is_project = |p: &store::Project| {
            let known = self.by_id.get(&p.id);
            known
                .is_some_and(|known| known.definition == *p && known.grouping == grouping.of(&p.id))
        };
        self.by_id.len() == projects.len()
            && projects.iter().all(is_project)
            && told.rules.iter().all(is_rule)
            && told.captured.iter().all(is_captured)
            && self.private_keys.len() == keys.len()
            && keys.iter().all(|key| self.private_keys.get(&key.hash) == Some(key))
    }
}

/// What all projects say of who is whose and who counts.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Said {
    staff: Vec<StaffRules>,
    merges: Vec<Merge>,
}

impl Said {
    /// What a project says.
    fn of(&self, project: &ProjectId) -> Grouping {
        let rules = self.staff.iter().find(|rules| rules.project == *project);
        let staff = rules.cloned().unwrap_or_else(|| StaffRules::none(project.clone()));
        let merges = self.merges.iter().filter(|merge| merge.project == *project);
        Grouping { staff, merges: merges.collect(), among: Among::default() }
    }
}

/// Reads a snapshot; one that is not there, or cannot be understood, is empty.
fn read<T: DeserializeOwned + Default>(path: &Path) -> anyhow::Result<T> {
    match fs::read(path) {
        Ok(text) => Ok(serde_json::from_slice(&text).unwrap_or_else(|error| {
            tracing::warn!(%error, "the snapshot {} is not used", path.display());
            T::default()
        })),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(T::default()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::WriteKey;
    use std::os::unix::fs::PermissionsExt;

    fn project(id: &str, key: &str) -> store::Project {
        store::Project {
            id: ProjectId::parse(id).unwrap(),
            name: id.to_owned(),
            write_key: WriteKey::parse(key).unwrap(),
            id_key: [1; 16],
            time_zone: "UTC".to_owned(),
            week_start: store::WeekStart::Monday,
            count_automated: false,
        }
    }

    fn open(data: &Path) -> Definitions {
        Definitions::open(data, Arc::new(Outcomes::open(data).unwrap())).unwrap()
    }

    const ONE: &str = "wk_111111111111111111111111";
    const TWO: &str = "wk_222222222222222222222222";

    #[test]
    fn a_snapshot_is_enough_to_know_a_key() {
        let dir = tempfile::tempdir().unwrap();
        assert!(open(dir.path()).projects().is_empty());
        let path = dir.path().join("definitions.json");
        data::replace(&path, &serde_json::to_vec(&[project("a", ONE)]).unwrap()).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        let definitions = open(dir.path());
        assert_eq!(definitions.by_write_key(ONE).unwrap().definition.id.as_str(), "a");
        fs::write(&path, "{").unwrap();
        assert!(open(dir.path()).projects().is_empty());
    }

    #[test]
    fn counters_go_on_when_a_key_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let definitions = open(dir.path());
        definitions.replace(vec![project("a", ONE)], &Said::default(), vec![], Told::default());
        let before = definitions.by_write_key(ONE).unwrap();
        definitions.replace(vec![project("a", TWO)], &Said::default(), vec![], Told::default());
        assert!(definitions.by_write_key(ONE).is_none());
        let after = definitions.by_write_key(TWO).unwrap();
        assert!(Arc::ptr_eq(&before.counters, &after.counters));
    }

    #[test]
    fn a_private_key_opens_its_project_until_it_is_revoked() {
        let dir = tempfile::tempdir().unwrap();
        let text = "sk_0123456789abcdefABCDEF0123456789";
        let key = PrivateKey {
            hash: PrivateKey::hash_of(text),
            project: ProjectId::parse("a").unwrap(),
            name: "import".to_owned(),
            ends_with: PrivateKey::end_of(text),
            created_by: "ada@example.com".to_owned(),
            created_at: protocol::Timestamp::from_millis(1),
        };
        let path = dir.path().join("private-keys.json");
        data::replace(&path, &serde_json::to_vec(std::slice::from_ref(&key)).unwrap()).unwrap();
        let definitions = open(dir.path());
        assert!(definitions.by_private_key(text).is_none());
        definitions.replace(vec![project("a", ONE)], &Said::default(), vec![key], Told::default());
        assert_eq!(definitions.by_private_key(text).unwrap().definition.id.as_str(), "a");
        assert!(definitions.by_private_key(&text.replace('f', "e")).is_none());
        definitions.replace(vec![project("a", ONE)], &Said::default(), vec![], Told::default());
        assert!(definitions.by_private_key(text).is_none());
    }
}
