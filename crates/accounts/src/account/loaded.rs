//! What is counted of an account, put side by side.

use super::statement::{EngagedRow, PeerRow, PersonRow, UseRow, ViewRow, VisitRow};
use super::{
    Account, Calendar, Day, Feature, GONE_DAYS, Module, NEW_DAYS, PersonUse, QUIET_DAYS, State,
    core,
};
use analytics::feature::Features;
use protocol::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::FeatureStep;

/// The rows of all statements.
pub(super) struct Loaded {
    pub(super) people: Vec<PersonRow>,
    pub(super) visits: Vec<VisitRow>,
    pub(super) engaged: Vec<EngagedRow>,
    pub(super) uses: Vec<UseRow>,
    pub(super) page_views: Vec<ViewRow>,
    pub(super) peers: Vec<PeerRow>,
    /// The module of each feature, by its id.
    pub(super) modules: BTreeMap<String, String>,
}

impl Loaded {
    /// The account.
    pub(super) fn account(
        &self,
        (id, number): (&str, u64),
        tier: Option<&str>,
        calendar: Calendar,
        features: &Features,
        now: Timestamp,
    ) -> Account {
        let (days, weeks) = self.days(&calendar);
        let first = self.people.iter().map(|row| row.first_at).min();
        Account {
            id: id.to_owned(),
            number,
            days,
            weeks,
            modules: self.modules(&calendar, features),
            features: self.features(&calendar, features),
            people: self.people(&calendar),
            n_peers: self.n_peers(),
            tier: tier.map(ToOwned::to_owned),
            first_at: first.map(moment),
            computed_at: now,
            calendar,
        }
    }

    fn days(&self, calendar: &Calendar) -> (Vec<Day>, Vec<Day>) {
        let mut days = vec![Day::default(); calendar.n_days()];
        let mut weeks = vec![Day::default(); calendar.n_weeks()];
        for row in &self.visits {
            let of = if row.of_week == 1 { &mut weeks } else { &mut days };
            if let Some(day) = at(of, row.number) {
                let VisitRow { visits, page_views, people, log_ins, .. } = *row;
                *day = Day { visits, page_views, people, log_ins, ..*day };
            }
        }
        for row in &self.engaged {
            if let Some(day) = at(&mut days, row.number) {
                day.engaged_ms += row.engaged_ms;
            }
            if let Some(week) = at(&mut weeks, row.number / 7) {
                week.engaged_ms += row.engaged_ms;
            }
        }
        for row in self.uses.iter().filter(|row| row.of == "day") {
            if let Some(day) = at(&mut days, row.number) {
                day.core_actions += row.core_actions;
            }
            if let Some(week) = at(&mut weeks, row.number / 7) {
                week.core_actions += row.core_actions;
            }
        }
        (days, weeks)
    }

    fn modules(&self, calendar: &Calendar, features: &Features) -> Vec<Module> {
        let core: BTreeSet<&str> = core(features).into_iter().collect();
        let weeks = || vec![0; calendar.n_weeks()];
        let of_core = self.modules.iter().filter(|(id, _)| core.contains(id.as_str()));
        let names: BTreeSet<&String> = of_core.map(|(_, name)| name).collect();
        let n_peers = self.n_peers();
        let module = |name: &String| {
            let is_its = |id: &str| self.modules.get(id) == Some(name);
            let mut core_actions = weeks();
            let uses = self.uses.iter().filter(|row| row.of == "day" && is_its(&row.feature));
            for row in uses {
                if let Some(week) = at(&mut core_actions, row.number / 7) {
                    *week += row.core_actions;
                }
            }
            let shares = self.peers.iter().filter(|row| is_its(&row.feature)).map(|row| row.shares);
            let peers = (n_peers > 0).then(|| shares.sum::<f64>() / n_peers as f64);
            let page_views = self.page_views(name, weeks());
            Module { name: name.clone(), core_actions, page_views, peers }
        };
        let mut modules: Vec<_> = names.into_iter().map(module).collect();
        let shown = calendar.shown_week()..calendar.n_weeks();
        modules.sort_by_key(|module| std::cmp::Reverse(module.core_actions(shown.clone())));
        modules
    }

    /// Views of the pages whose path begins with the module.
    fn page_views(&self, module: &str, mut weeks: Vec<u64>) -> Option<Vec<u64>> {
        let slug = |text: &str| text.to_lowercase().replace([' ', '_'], "-");
        let of = self.page_views.iter().filter(|row| slug(&row.segment) == slug(module));
        let mut is_known = false;
        for row in of {
            is_known = true;
            if let Some(week) = at(&mut weeks, row.week) {
                *week += row.views;
            }
        }
        is_known.then_some(weeks)
    }

    fn features(&self, calendar: &Calendar, features: &Features) -> Vec<Feature> {
        let core = core(features);
        let shown = i64::try_from(calendar.shown).unwrap_or(0);
        let n_peers = self.n_peers();
        let feature = |meant: &analytics::feature::Meant| {
            let id = &meant.feature.id;
            let own = || self.uses.iter().filter(|row| row.feature == *id);
            let days = own().filter(|row| row.of == "day" && row.number >= shown);
            let whole = own().find(|row| row.of == "feature");
            let is_core = core.contains(&id.as_str());
            let peer = self.peers.iter().find(|row| row.feature == *id);
            let peers = peer.map_or(0, |row| row.accounts) as f64 / n_peers as f64;
            Feature {
                id: id.clone(),
                name: meant.feature.name.clone(),
                module: self.modules.get(id).cloned().unwrap_or_default(),
                is_completion: meant.feature.step == FeatureStep::Complete,
                is_core,
                uses: days.map(|row| row.uses).sum(),
                people: whole.map_or(0, |row| row.people),
                last_at: whole.map(|row| moment(row.last_at)),
                peers: (is_core && n_peers > 0).then_some(peers),
            }
        };
        let mut all: Vec<_> = features.iter().map(feature).collect();
        all.sort_by(|a, b| b.uses.cmp(&a.uses).then_with(|| a.name.cmp(&b.name)));
        all
    }

    fn people(&self, calendar: &Calendar) -> Vec<PersonUse> {
        let mut by_person: HashMap<u64, Vec<u64>> = HashMap::new();
        for row in self.uses.iter().filter(|row| row.of == "person") {
            let weeks = by_person.entry(row.person);
            let weeks = weeks.or_insert_with(|| vec![0; calendar.n_weeks()]);
            if let Some(week) = at(weeks, row.number) {
                *week += row.core_actions;
            }
        }
        let today = calendar.number(calendar.today);
        let person = |row: &PersonRow| PersonUse {
            id: row.called.clone(),
            is_user: row.is_user == 1,
            name: None,
            role: None,
            first_at: moment(row.first_at),
            last_at: moment(row.last_at),
            state: state(row, calendar, today),
            days: row.days.clone(),
            core_actions: by_person
                .get(&row.person)
                .cloned()
                .unwrap_or_else(|| vec![0; calendar.n_weeks()]),
        };
        let mut people: Vec<_> = self.people.iter().map(person).collect();
        let shown = calendar.shown_week()..calendar.n_weeks();
        people.sort_by(|a, b| {
            let key = |it: &PersonUse| (it.core_actions(shown.clone()), it.last_at);
            key(b).cmp(&key(a)).then_with(|| a.id.cmp(&b.id))
        });
        people
    }

    fn n_peers(&self) -> u64 {
        self.peers.iter().find(|row| row.feature.is_empty()).map_or(0, |row| row.active)
    }
}

fn state(row: &PersonRow, calendar: &Calendar, today: i64) -> State {
    let ago = row.days.last().map(|last| today - last);
    let first = row.days.first();
    // A first day that is not read is longer ago.
    let is_first_read = calendar.is_read(moment(row.first_at));
    match ago {
        Some(ago) if ago < QUIET_DAYS => {
            let is_new = is_first_read && first.is_some_and(|first| today - first < NEW_DAYS);
            if is_new { State::New } else { State::There }
        }
        Some(ago) if ago < GONE_DAYS => State::Quiet,
        _ => State::Gone,
    }
}

fn at<T>(of: &mut [T], number: i64) -> Option<&mut T> {
    of.get_mut(usize::try_from(number).ok()?)
}

fn moment(ms: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(ms).unwrap_or(i64::MAX))
}
