//! What the form of the Funnel page says, made into the address that says the same.
//!
//! The form carries the whole funnel in hidden fields; a button adds one word about what is to
//! become of it. So every click works without script, and ends at an address that can be shared.

use crate::dashboard::condition;
use crate::dashboard::report::form::Fields;
use analytics::report::funnel::MAX_STEPS;
use analytics::{Funnel, InvalidQuery};
use form_urlencoded::Serializer;

/// The fields that are visible.
pub(super) const VISIBLE: &[&str] = &["window", "by", "breakdown"];

/// A funnel that is made on its screen.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::dashboard) struct Edited {
    pub(super) funnel: Funnel,
    /// What the list of pages and elements is searched for.
    pub(super) search: String,
}

/// Reads a query string; and where it came from the form, the one to go to.
///
/// # Errors
/// When a step, the window or a date cannot be read.
pub(super) fn read(query: &str) -> Result<(Edited, Option<String>), InvalidQuery> {
    let fields = Fields::of(query);
    let mut funnel = Funnel::from_query_string(query)?;
    let search = fields.get("search").unwrap_or_default();
    if !fields.is_form() {
        return Ok((Edited { funnel, search }, None));
    }
    let added = fields.get("add");
    if let Some(step) = &added {
        add(&mut funnel, step)?;
    }
    if let Some(days) = fields.days::<Funnel>()? {
        funnel.date_range = days;
    }
    let action = fields.get("do").unwrap_or_default();
    change(&mut funnel, &action);
    condition::change(fields, |at| funnel.steps.get_mut(at))?;
    let mut go_to = funnel.to_query_string();
    if added.is_none() && !search.is_empty() {
        Serializer::for_suffix(&mut go_to, 0).append_pair("search", &search).finish();
    }
    Ok((Edited { funnel, search }, Some(go_to)))
}

fn add(funnel: &mut Funnel, step: &str) -> Result<(), InvalidQuery> {
    let text = Serializer::new(String::new()).append_pair("step", step).finish();
    let added = Funnel::from_query_string(&text)?.steps;
    funnel.steps.extend(added);
    funnel.steps.truncate(MAX_STEPS);
    Ok(())
}

/// Moves or removes a step: `up-1`, `down-0`, `remove-2`, counted from 0. What makes no sense, such
/// as a button of a page that was open for long, changes nothing.
fn change(funnel: &mut Funnel, action: &str) {
    let Some((verb, at)) = action.split_once('-') else { return };
    let Ok(at) = at.parse::<usize>() else { return };
    let n_steps = funnel.steps.len();
    match verb {
        "up" if 0 < at && at < n_steps => funnel.steps.swap(at - 1, at),
        "down" if at + 1 < n_steps => funnel.steps.swap(at, at + 1),
        "remove" if at < n_steps => drop(funnel.steps.remove(at)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::report::form::hidden;

    const TWO: &str = "step=page:/a&name=First&step=click:00000000000000aa&window=1d&last=7d";

    fn go_to(form: &str) -> String {
        read(&format!("{TWO}&form=1&{form}")).unwrap().1.unwrap()
    }

    #[test]
    fn an_address_is_shown_as_it_is() {
        let (asked, go_to) = read(TWO).unwrap();
        assert_eq!((asked.funnel.steps.len(), go_to), (2, None));
        assert_eq!(read("").unwrap(), (Edited::default(), None));
    }

    #[test]
    fn steps_move_and_go_with_their_names() {
        let swapped = "step=click%3A00000000000000aa&step=page%3A%2Fa&name=First&window=1d&last=7d";
        assert_eq!(go_to("do=down-0"), swapped);
        assert_eq!(go_to("do=up-1"), swapped);
        let first = "step=page%3A%2Fa&name=First&window=1d&last=7d";
        assert_eq!(go_to("do=remove-1"), first);
        let same = Funnel::from_query_string(TWO).unwrap().to_query_string();
        for nonsense in ["do=up-0", "do=down-1", "do=remove-9", "do=jump-1", "do=up", "do=up-x"] {
            assert_eq!(go_to(nonsense), same, "{nonsense}");
        }
    }

    #[test]
    fn conditions_come_and_go() {
        let added = go_to("do=filter-1&property-1=country&test-1=is&value-1=CH,%20DE");
        let both = "step=click%3A00000000000000aa&where=country&is=CH&is=DE&window=1d";
        assert!(added.contains(both), "{added}");
        let set = go_to("do=filter-1&property-1=referrer&test-1=set&value-1=");
        assert!(set.contains("&where=referrer&set=yes&window"), "{set}");
        let same = Funnel::from_query_string(TWO).unwrap().to_query_string();
        let blank = go_to("do=filter-1&property-1=country&test-1=contains&value-1=");
        assert_eq!((blank, go_to("do=filter-9&property-9=country")), (same.clone(), same.clone()));
        let gone = read(&format!("{added}&form=1&do=unfilter-1-0")).unwrap().1;
        assert_eq!(gone, Some(same));
        assert!(read(&format!("{TWO}&form=1&do=filter-1&property-1=plan&test-1=set")).is_err());
    }

    #[test]
    fn a_step_is_added_at_the_end_and_ends_the_search() {
        let added = go_to("add=page:/orders/7&search=ord");
        assert!(added.contains("step=page%3A%2Forders%2F%3Aid&window=1d"), "{added}");
        assert!(!added.contains("search"));
        assert!(go_to("search=ord").ends_with("&last=7d&search=ord"));
        assert!(read(&format!("{TWO}&form=1&add=nothing")).is_err());
        let many = "add=page:/b".to_owned() + &"&step=page:/c".repeat(MAX_STEPS);
        assert_eq!(read(&format!("form=1&{many}")).unwrap().0.funnel.steps.len(), MAX_STEPS);
    }

    #[test]
    fn days_come_from_their_own_fields_and_only_by_their_button() {
        let dates = "day_from=2026-11-01&day_to=2026-11-22";
        assert!(go_to(dates).ends_with("last=7d"));
        assert!(go_to(&format!("{dates}&do=dates")).ends_with("from=2026-11-01&to=2026-11-22"));
        assert!(
            read(&format!("{TWO}&form=1&do=dates&day_from=2026-02-30&day_to=2026-03-01")).is_err()
        );
    }

    #[test]
    fn the_hidden_fields_say_the_whole_funnel() {
        let funnel = Funnel::from_query_string(TWO).unwrap();
        let mut fields = Serializer::new(String::new());
        fields.extend_pairs(hidden(&funnel, VISIBLE)).append_pair("window", "1d");
        assert_eq!(read(&fields.finish()).unwrap().0.funnel, funnel);
    }
}
