//! Who is whose, for whoever counts millions of rows in memory: what [`identity`] says in SQL, said by
//! numbers that follow each other.
//!
//! The rows come as they are, in the three columns of [`told`], and the dictionaries beside them, which
//! are small: so ClickHouse looks nobody up. Each row is one look into a table, and what is found is a
//! number of the person and one of his account. So what is counted of people may stand in arrays,
//! and those whose rows come one after the other have numbers beside each other.
//!
//! **Memory.** 16 bytes a place of a table, of which three in eight to three in four are taken: with 196,000
//! browsers of 90,000 users 8 MB for those who came, 4 for the people and 10 for what the dictionaries
//! say. Nothing is kept of other projects.

mod table;

use crate::identity::{Grouping, merged_pairs, project_bits, staff_accounts, staff_users};
use crate::schema::events::{ACCOUNT_HASH, ANONYMOUS_HASH, TIMESTAMP, USER_HASH};
use crate::schema::{account_hash_of as a, person_hash_of as p};
use crate::{Connection, Databases, Dictionary, Error, Statement, identity};
use std::collections::{HashMap, HashSet};
use table::{AT_ONCE, Table};

/// Whose a row is that is not counted; no hash is this one.
const LEFT_OUT: u64 = 1;
/// By this the key of a user differs from that of a browser with the same name.
const USER: u64 = 0x5851_f42d_4c95_7f2d;

/// Instead of the number of an account: that it depends on the moment.
const CHANGES: u32 = u32::MAX;

/// Whose a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who {
    /// The number of the person, or [`Who::NOBODY`].
    pub person: u32,
    /// The number of the account, from 1 on; 0 for none.
    pub account: u32,
}

impl Who {
    /// Whoever is not counted.
    pub const NOBODY: u32 = u32::MAX;

    const OUT: Self = Self { person: Self::NOBODY, account: 0 };
}

/// What rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowsOf {
    /// Each of one moment.
    Events,
    /// Each of a quarter of an hour. Those whose account depends on the moment are nobody's: their
    /// events stand for them.
    Sessions,
}

/// The columns of a row under the alias `events` that say whose it is, for [`Whose::tell`].
///
/// Needs the parameters of [`identity::bind`].
pub fn told(databases: &Databases, grouping: &Grouping, events: &str) -> String {
    format!(
        "if({is_counted}, {key}, toUInt64({LEFT_OUT})) AS whose, \
         {events}.{ACCOUNT_HASH} AS of_account, {events}.{TIMESTAMP} AS at",
        is_counted = identity::counted_browser(databases, grouping, events),
        key = format_args!(
            "if({events}.{USER_HASH} != 0, bitXor({events}.{USER_HASH}, toUInt64({USER})), {events}.{ANONYMOUS_HASH})"
        ),
    )
}

/// Who is whose in a project.
#[derive(Debug, Default)]
pub struct Whose {
    /// The first user of each browser.
    users: Table<u64>,
    /// The account of each user who was always in one.
    steady: Table<u64>,
    /// Of each other one until when he was in which.
    changing: HashMap<u64, Vec<(i64, u64)>>,
    /// Of each account that is merged which one it is.
    merged: HashMap<u64, u64>,
    users_counted: Sieve,
    accounts_counted: Sieve,
    /// The numbers of the person and of the account of whoever came.
    came: Table<(u32, u32)>,
    people: Table<u32>,
    accounts: Table<u32>,
    n_people: u32,
    /// Of each account by its number whether it is left out.
    is_out: Vec<bool>,
}

/// Which users or accounts count, by their hashes.
#[derive(Debug, Default)]
struct Sieve {
    out: HashSet<u64>,
    /// In each of these one has to be.
    among: Vec<HashSet<u64>>,
}

impl Sieve {
    /// Whether somebody counts who may be called each of these.
    fn lets_through(&self, names: &[u64]) -> bool {
        let is_in = |set: &HashSet<u64>| names.iter().any(|name| set.contains(name));
        !is_in(&self.out) && self.among.iter().all(is_in)
    }
}

impl Connection {
    /// Who is whose in the project of this grouping now, and who counts.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn whose(&self, grouping: &Grouping) -> Result<Whose, Error> {
        let mut whose = Whose::default();
        let staff = &grouping.staff;
        let bound = |sql: String| {
            let statement = identity::bind(Statement::new(sql), grouping, false);
            statement.bind("project", staff.project.as_str())
        };
        let databases = self.databases();
        self.each_block(&bound(first_users(databases)), |block| {
            let [browsers, users] = &block.numbers;
            browsers.iter().zip(users).for_each(|(browser, user)| whose.users.put(*browser, *user));
        })
        .await?;
        self.each_block(&bound(stays(databases)), |block| {
            let [users, accounts, since, until] = &block.numbers;
            for (((user, account), since), until) in
                users.iter().zip(accounts).zip(since).zip(until)
            {
                whose.add_stay(*user, *account, [since, until].map(|at| at.cast_signed()));
            }
        })
        .await?;
        whose.changing.values_mut().for_each(|stays| stays.sort_unstable());
        if let Some(pairs) = merged_pairs(grouping) {
            self.each_block(&bound(pairs), |block| {
                let [from, into] = &block.numbers;
                whose.merged.extend(from.iter().copied().zip(into.iter().copied()));
            })
            .await?;
        }
        if staff.names_users() {
            whose.users_counted.out = self.hashes(&bound(staff_users(databases, grouping))).await?;
        }
        if staff.names_accounts() {
            whose.accounts_counted.out =
                self.hashes(&bound(staff_accounts(databases, grouping))).await?;
        }
        for (n, condition) in grouping.among.iter().enumerate() {
            let counted = match condition.is_of_account() {
                true => &mut whose.accounts_counted,
                false => &mut whose.users_counted,
            };
            match condition.hashes(databases, grouping, n) {
                Some(hashes) => counted.among.push(self.hashes(&bound(hashes)).await?),
                // Every account but none.
                None => {
                    counted.out.insert(0);
                }
            }
        }
        whose.is_out.push(!whose.accounts_counted.lets_through(&[0]));
        whose.came.put(LEFT_OUT, (Who::NOBODY, 0));
        Ok(whose)
    }

    async fn hashes(&self, statement: &Statement) -> Result<HashSet<u64>, Error> {
        let mut all = HashSet::new();
        self.each_block(statement, |block| {
            let [hashes] = &block.numbers;
            all.extend(hashes);
        })
        .await?;
        Ok(all)
    }
}

fn first_users(databases: &Databases) -> String {
    format!(
        "SELECT {}, {} FROM {} WHERE {} = {}",
        p::ANONYMOUS_HASH,
        p::USER_HASH,
        Dictionary::PersonHashOf.path(databases),
        p::PROJECT_BITS,
        project_bits("{project:String}"),
    )
}

fn stays(databases: &Databases) -> String {
    format!(
        "SELECT {}, {}, {}, {} FROM {} WHERE {} = {}",
        a::USER_HASH,
        a::ACCOUNT_HASH,
        a::SINCE,
        a::UNTIL,
        Dictionary::AccountHashOf.path(databases),
        a::PROJECT_BITS,
        project_bits("{project:String}"),
    )
}

impl Whose {
    fn add_stay(&mut self, user: u64, account: u64, [since, until]: [i64; 2]) {
        match (since, until) {
            (i64::MIN, i64::MAX) => self.steady.put(user, account),
            _ => self.changing.entry(user).or_default().push((until, account)),
        }
    }

    /// How many people came so far.
    pub const fn n_people(&self) -> usize {
        self.n_people as usize
    }

    /// How many accounts came so far, and one more.
    pub const fn n_accounts(&self) -> usize {
        self.is_out.len()
    }

    /// Says whose rows are, in place of what was in `all`: their columns are those of [`told`].
    pub fn tell(&mut self, columns: [&[u64]; 3], of: RowsOf, all: &mut Vec<Who>) {
        all.clear();
        let [whose, accounts, moments] = columns.map(|column| column.chunks(AT_ONCE));
        // Rows of one person follow each other.
        let mut last = (LEFT_OUT, (Who::NOBODY, 0));
        for ((whose, accounts), moments) in whose.zip(accounts).zip(moments) {
            self.came.look_for(whose);
            for ((whose, account), at) in whose.iter().zip(accounts).zip(moments) {
                if *whose != last.0 {
                    last = (*whose, self.known(*whose));
                }
                all.push(match (*account, last.1) {
                    (_, (Who::NOBODY, _)) => Who::OUT,
                    (0, (_, CHANGES)) if of == RowsOf::Sessions => Who::OUT,
                    (0, (person, CHANGES)) => {
                        let account = self.account_at(*whose, at.cast_signed());
                        self.unless_out(person, account)
                    }
                    (0, (person, known)) => self.unless_out(person, known),
                    (account, (person, _)) => {
                        let account = self.number_of(account);
                        self.unless_out(person, account)
                    }
                });
            }
        }
    }

    fn known(&mut self, whose: u64) -> (u32, u32) {
        match self.came.get(whose) {
            Some(came) => came,
            None => self.meet(whose),
        }
    }

    fn unless_out(&self, person: u32, account: u32) -> Who {
        match self.is_out.get(account as usize) {
            Some(true) => Who::OUT,
            _ => Who { person, account },
        }
    }

    /// Notes somebody who comes for the first time.
    ///
    /// A key does not say whether it is of a user or of a browser, and need not. If it is no browser
    /// that has a user, it is a user or a browser without one, and the person is called as the key is:
    /// so that a browser and a user of one name are one person, both are known by the lesser
    /// of the keys that they would have.
    #[cold]
    fn meet(&mut self, whose: u64) -> (u32, u32) {
        let user = self.users.get(whose);
        let (name, other) = user.map_or((whose, whose ^ USER), |user| (user, user ^ USER));
        let is_counted = match user {
            Some(user) => self.users_counted.lets_through(&[user]),
            None => self.users_counted.lets_through(&[name, other]),
        };
        let person = match is_counted {
            true => self.number_of_person(name.min(other)),
            false => Who::NOBODY,
        };
        let user = self.user_of(whose);
        let account = match (self.steady.get(user), self.changing.contains_key(&user)) {
            (Some(account), _) => self.number_of(account),
            (None, true) => CHANGES,
            (None, false) => 0,
        };
        self.came.put(whose, (person, account));
        (person, account)
    }

    /// The user of a key, or a number that no user has.
    fn user_of(&self, whose: u64) -> u64 {
        self.users.get(whose).unwrap_or(whose ^ USER)
    }

    fn number_of_person(&mut self, name: u64) -> u32 {
        self.people.get(name).unwrap_or_else(|| {
            let number = self.n_people;
            self.people.put(name, number);
            self.n_people += 1;
            number
        })
    }

    /// The account of somebody who was in several.
    #[cold]
    fn account_at(&mut self, whose: u64, at: i64) -> u32 {
        let stays = self.changing.get(&self.user_of(whose)).map_or(&[][..], Vec::as_slice);
        let stay = stays.partition_point(|(until, _)| *until < at);
        let account = stays.get(stay).map_or(0, |(_, account)| *account);
        self.number_of(account)
    }

    fn number_of(&mut self, account: u64) -> u32 {
        if account == 0 {
            return 0;
        }
        self.accounts.get(account).unwrap_or_else(|| self.number_of_new(account))
    }

    /// Of accounts that are one, each has the number of that one.
    #[cold]
    fn number_of_new(&mut self, account: u64) -> u32 {
        let number = match self.merged.get(&account).copied() {
            Some(one) if one != account => self.number_of(one),
            _ => {
                self.is_out.push(!self.accounts_counted.lets_through(&[account]));
                self.is_out.len() as u32 - 1
            }
        };
        self.accounts.put(account, number);
        number
    }
}
