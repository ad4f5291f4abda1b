//! What is found, in words.

use super::super::words::{called, row, share};
use crate::dashboard::format::{capital, count, day_minute, many, percent, quoted};
use crate::definitions::Project;
use accounts::look::{
    Back, Cause, CollectionGap, Fall, HardlyUsed, Intervention, Leaning, LookResult, ModuleUse,
    Noted, SilentRule, TakenUp, Week,
};
use jiff::civil::Date;
use protocol::Timestamp;

/// Below this share of the usual it is said of a region, as it is in a holiday.
const HOLIDAY: f64 = 0.8;

/// A sentence, with a link in it where it leads somewhere.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) before: String,
    /// Where it leads, and what stands there.
    pub(super) link: Option<(String, String)>,
    pub(super) after: String,
}

impl Said {
    fn plain(before: String) -> Self {
        Self { before, ..Self::default() }
    }

    /// The sentence without its link.
    pub(super) fn text(&self) -> String {
        let link = self.link.as_ref().map_or("", |(_, text)| text);
        format!("{}{link}{}", self.before, self.after)
    }
}

/// The answer, and what is needed to put it into words.
pub(super) struct Words<'a> {
    pub(super) result: &'a LookResult,
    pub(super) project: &'a Project,
    /// The day that was asked for; empty for now.
    pub(super) on: &'a str,
}

/// What an account is called: by its name, else by its id.
pub(super) fn name<'a>(account: &'a str, name: &'a Option<String>) -> &'a str {
    name.as_deref().unwrap_or(account)
}

impl Words<'_> {
    /// A day such as `2026-11-22` as `22 Nov`.
    pub(super) fn day(&self, day: &str) -> String {
        let read = day.parse::<Date>();
        read.map_or_else(|_| day.to_owned(), |day| day.strftime("%-d %b").to_string())
    }

    /// The same with its year.
    pub(super) fn date(&self, day: &str) -> String {
        let read = day.parse::<Date>();
        read.map_or_else(|_| day.to_owned(), |day| day.strftime("%-d %b %Y").to_string())
    }

    fn time(&self, at: Timestamp) -> String {
        day_minute(at, &self.project.zone)
    }

    fn to(&self, place: &str) -> String {
        format!("/projects/{}/{place}", self.project.definition.id)
    }

    /// Which week an account fell in.
    pub(super) fn when(&self, it: &Fall) -> String {
        let day = self.day(&it.week);
        match it.is_running {
            true => format!("week of {day} so far, against the week before up to the same moment"),
            false => format!("week of {day}, against the week before"),
        }
    }

    /// What was compared.
    pub(super) fn compared(&self) -> String {
        let features = many(self.result.n_core as u64, "feature");
        format!(
            "Core actions: completions of {features}. An account is here if it has half or less of the week before, which had at least 20; what its whole region has less of is taken away first."
        )
    }

    /// What is wrong or left out, before any account is named.
    pub(super) fn notices(&self) -> Vec<Said> {
        let everywhere = self.result.weeks.iter().filter(|week| week.is_everywhere);
        let everywhere = everywhere.map(|week| self.everywhere(week));
        // Where nothing came of all, that is the collection problem, and told with it.
        let running = self.result.weeks.iter().find(|week| week.is_everywhere && week.is_running);
        let is_told = |gap: &&CollectionGap| running.is_some_and(|week| self.is_in(gap, week));
        let gaps = self.result.gaps.iter().filter(|gap| !is_told(gap)).map(|gap| self.gap(gap));
        let silent = self.result.silent.iter().map(|rule| self.silent(rule));
        let regions = self.result.weeks.iter().filter(|week| !week.is_everywhere);
        let regions = regions.flat_map(|week| self.regions(week));
        everywhere.chain(gaps).chain(silent).chain(regions).collect()
    }

    fn everywhere(&self, week: &Week) -> Said {
        let which = match week.is_running {
            true => "The running week".to_owned(),
            false => format!("The week of {}", self.day(&week.from)),
        };
        Said {
            before: format!(
                "Collection problem: {} is far below the usual everywhere, so no account is named for it.{} Unless it is a holiday for all of them, look whether the SDK still sends: ",
                lower(&which),
                if week.is_running { self.came_last(week) } else { String::new() }
            ),
            link: Some((self.to("delivery"), "Delivery".to_owned())),
            after: ".".to_owned(),
        }
    }

    /// Whether a gap is of the running week.
    fn is_in(&self, gap: &CollectionGap, week: &Week) -> bool {
        let begins = week.from.parse::<Date>().ok();
        let begins = begins.and_then(|day| day.to_zoned(self.project.zone.clone()).ok());
        begins.is_some_and(|at| gap.to.as_millis() > at.timestamp().as_millisecond())
    }

    /// The hours that the running week lacks.
    fn came_last(&self, week: &Week) -> String {
        let told = |gap: &CollectionGap| {
            format!(
                " Nothing came from {} to {}, though some {:.0} visits were to be expected.",
                self.time(gap.from),
                self.time(gap.to),
                gap.expected_visits
            )
        };
        self.result.gaps.iter().filter(|gap| self.is_in(gap, week)).map(told).collect()
    }

    fn gap(&self, gap: &CollectionGap) -> Said {
        Said {
            before: format!(
                "Nothing came from {} to {}, though some {:.0} visits were to be expected. What everybody has less of for that is no fall. ",
                self.time(gap.from),
                self.time(gap.to),
                gap.expected_visits
            ),
            link: Some((self.to("delivery"), "Delivery".to_owned())),
            after: String::new(),
        }
    }

    fn silent(&self, rule: &SilentRule) -> Said {
        let since = rule.since.map(|since| format!(" since {}", self.time(since)));
        Said {
            before: "The rule of ".to_owned(),
            link: Some((self.to(&format!("features/{}", rule.feature)), rule.name.clone())),
            after: format!(
                " fell silent for everybody{}: its completions are left out of every week.",
                since.unwrap_or_default()
            ),
        }
    }

    fn regions(&self, week: &Week) -> Vec<Said> {
        let low = week.regions.iter().filter(|(_, factor)| **factor < HOLIDAY);
        let said = |(region, factor): (&String, &f64)| {
            let which = match week.is_running {
                true => "this week so far".to_owned(),
                false => format!("in the week of {}", self.day(&week.from)),
            };
            Said::plain(format!(
                "{}: the median account is at {} of its usual {which}, as in a holiday. Who fell no further is not listed.",
                region_name(region),
                percent(*factor)
            ))
        };
        low.map(said).collect()
    }

    /// What may be behind the fall of an account that is called so.
    fn cause(&self, cause: &Cause, account: &str) -> Said {
        match cause {
            Cause::PersonQuiet { person, name, share, last_seen } => Said::plain(format!(
                "{} made {} of its core actions and was last seen on {}.",
                called(person, name.as_deref(), account),
                percent(*share),
                self.time(*last_seen)
            )),
            Cause::NobodyThere { last_seen: Some(at) } => {
                Said::plain(format!("Nobody was there; somebody last was on {}.", self.time(*at)))
            }
            Cause::FeatureSilent { feature, name, before, others_do } => Said {
                before: "Completes ".to_owned(),
                link: Some((self.to(&format!("features/{feature}")), name.clone())),
                after: format!(
                    " no more, after {} in the week before{}.",
                    times(*before),
                    if *others_do { "; others do" } else { "" }
                ),
            },
            Cause::Marked { day, text, is_release } => {
                let what = if *is_release { "Release" } else { "Note" };
                Said::plain(format!("{what} of {}: {}.", self.day(day), quoted(text)))
            }
            Cause::Noted { day, text, is_intervention } => {
                let what = if *is_intervention { "Your intervention" } else { "Your note" };
                Said::plain(format!("{what} of {}: {}.", self.day(day), quoted(text)))
            }
            Cause::Region { region, factor } => Said::plain(format!(
                "{} as a whole is at {} of what was to be expected; this account fell further.",
                region_name(region),
                percent(*factor)
            )),
            Cause::Spread { people, days } => Said::plain(spread(*people, *days)),
            _ => Said::plain("Nobody was there.".to_owned()),
        }
    }

    /// What was done for an account, as the end of a sentence.
    fn done(&self, it: &Intervention) -> String {
        format!("intervention of {}: {}.", self.day(&it.day), quoted(&it.text))
    }

    /// What may be behind a fall, and what was done since.
    pub(super) fn causes(&self, it: &Fall) -> Vec<Said> {
        let account = name(&it.account, &it.name);
        let causes = it.causes.iter().map(|cause| self.cause(cause, account));
        let done = it
            .answered
            .as_ref()
            .map(|it| Said::plain(format!("Since then, your {}", self.done(it))));
        causes.chain(done).collect()
    }

    /// That an account is back, as a sentence.
    pub(super) fn back(&self, it: &Back) -> String {
        let mut said = vec![format!("Fell in the week of {}.", self.day(&it.week))];
        let causes = it.causes.iter();
        said.extend(causes.map(|cause| self.cause(cause, name(&it.account, &it.name)).text()));
        let begins = format!("Back at {} on {}", percent(it.share.min(1.0)), self.day(&it.day));
        said.push(match &it.noted {
            Some(noted) => format!("{begins}, {}", self.after(noted)),
            None => format!("{begins}."),
        });
        said.join(" ")
    }

    fn after(&self, noted: &Noted) -> String {
        let what = if noted.is_intervention { "intervention" } else { "note" };
        let when = match noted.days_before {
            0 => format!("the day of your {what}"),
            days => {
                let days = many(u64::from(days.unsigned_abs()), "day");
                format!("{days} after your {what} of {}", self.day(&noted.day))
            }
        };
        format!("{when}: {}.", quoted(&noted.text))
    }

    /// That one person makes most of the use, as a sentence.
    pub(super) fn leaning(&self, it: &Leaning) -> String {
        let seen = it.last_seen.map(|at| format!(", and was last seen on {}", self.time(at)));
        format!(
            "{} makes {} of its {} core actions of four whole weeks{}.",
            called(&it.person, it.person_name.as_deref(), name(&it.account, &it.name)),
            percent(it.share),
            count(it.core_actions),
            seen.unwrap_or_default()
        )
    }
}

impl Words<'_> {
    /// Which modules of its contract an account hardly uses, as a sentence.
    pub(super) fn hardly_used(&self, it: &HardlyUsed) -> String {
        let told =
            |of: fn(&ModuleUse) -> String| row(&it.modules.iter().map(of).collect::<Vec<_>>());
        format!(
            "{} {} {} of its {} core actions of four whole weeks; comparable accounts make {} of theirs there.",
            told(|module| capital(&module.module)),
            if it.modules.len() == 1 { "makes" } else { "make" },
            told(|module| share(module.share)),
            count(it.core_actions),
            told(|module| share(module.peers)),
        )
    }

    /// Which modules of its contract an account took up, as a sentence.
    pub(super) fn taken_up(&self, it: &TakenUp) -> String {
        let names: Vec<_> = it.modules.iter().map(|module| capital(&module.module)).collect();
        let shares = |of: fn(&ModuleUse) -> Option<f64>| {
            let shares = it.modules.iter().map(of).map(|it| it.map_or("–".to_owned(), share));
            row(&shares.collect::<Vec<_>>())
        };
        let after = it.intervention.as_ref().map(|it| format!(" Your {}", self.done(it)));
        let after = after.unwrap_or_default();
        format!(
            "{} taken up: {} of its use in the last four whole weeks, {} in the four from {} on.{after}",
            match names.as_slice() {
                [one] => format!("{one} is"),
                names => format!("{} are", row(names)),
            },
            shares(|module| Some(module.share)),
            shares(|module| module.before),
            self.day(&it.from),
        )
    }
}

fn region_name(region: &str) -> String {
    if region.is_empty() { "Accounts without a region".to_owned() } else { capital(region) }
}

fn times(n: u64) -> String {
    if n == 1 { "once".to_owned() } else { format!("{} times", count(n)) }
}

fn lower(text: &str) -> String {
    text.replacen("The", "the", 1)
}

/// That no one person or feature made it.
fn spread([before, now]: [usize; 2], [days_before, days_now]: [usize; 2]) -> String {
    let number = |n: usize| count(n as u64);
    if now == 0 {
        return format!(
            "Nobody completes anything; {} did.",
            crate::dashboard::format::people(before as u64)
        );
    }
    let people = match now.cmp(&before) {
        std::cmp::Ordering::Less => {
            format!("{} people complete something instead of {}", number(now), number(before))
        }
        std::cmp::Ordering::Equal => {
            format!("As many people complete something as before, {}", number(now))
        }
        std::cmp::Ordering::Greater => {
            format!(
                "{} people complete something, more than before ({})",
                number(now),
                number(before)
            )
        }
    };
    let days = match days_now < days_before {
        true => format!(
            ", and they come on {} days between them instead of {}",
            number(days_now),
            number(days_before)
        ),
        false => ", and each of them less".to_owned(),
    };
    format!("{people}{days}. No single person or feature makes the fall.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_of_all_is_told_by_people_and_days() {
        assert_eq!(
            spread([9, 9], [36, 18]),
            "As many people complete something as before, 9, and they come on 18 days between them instead of 36. No single person or feature makes the fall."
        );
        assert_eq!(
            spread([9, 12], [36, 18]),
            "12 people complete something, more than before (9), and they come on 18 days between them instead of 36. No single person or feature makes the fall."
        );
        assert_eq!(
            spread([9, 4], [36, 36]),
            "4 people complete something instead of 9, and each of them less. No single person or feature makes the fall."
        );
        assert_eq!(spread([9, 0], [36, 0]), "Nobody completes anything; 9 people did.");
    }
}
