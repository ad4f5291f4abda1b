//! What a company keeps under ids: every kind is found, saved and deleted in the same way.

use crate::analysis::{self, Funnel, Group, SmartPath};
use crate::app::App;
use crate::collection::{self, Source};
use crate::company::Company;
use crate::error::{Error, Thing};
use crate::monitoring::{self, Alert, Metric};
use crate::page::Module;
use crate::session::Member;
use crate::visualisation::{self, Board, SavedChart};
use axum::extract::{Path, State};
use axum::response::Redirect;
use std::collections::BTreeMap;

/// Something that a company keeps under an id.
pub(crate) trait Kept: Sized + 'static {
    /// What there is none of when an id leads nowhere.
    const THING: Thing;
    /// The module and the path of its list; one of them is at its id below that path.
    const HERE: (Module, &'static str);

    /// All that the company keeps of this kind.
    fn all(company: &Company) -> &BTreeMap<u32, Self>;

    /// All that the company keeps of this kind, to be changed.
    fn all_mut(company: &mut Company) -> &mut BTreeMap<u32, Self>;
}

macro_rules! kept {
    ($($kind:ident in $field:ident, $thing:ident, $here:path;)*) => {$(
        impl Kept for $kind {
            const THING: Thing = Thing::$thing;
            const HERE: (Module, &'static str) = $here;

            fn all(company: &Company) -> &BTreeMap<u32, Self> {
                &company.$field
            }

            fn all_mut(company: &mut Company) -> &mut BTreeMap<u32, Self> {
                &mut company.$field
            }
        }
    )*};
}

kept! {
    Source in sources, Source, collection::HERE;
    Metric in metrics, Metric, monitoring::HERE;
    Alert in alerts, Alert, monitoring::alert::HERE;
    SavedChart in charts, Chart, visualisation::HERE;
    Board in boards, Board, visualisation::board::HERE;
    Group in groups, Group, analysis::group::HERE;
    Funnel in funnels, Funnel, analysis::funnel::HERE;
    SmartPath in paths, Path, analysis::smart_path::HERE;
}

/// The path of the list, or of the one with this id.
pub(crate) fn path<T: Kept>(id: Option<u32>) -> String {
    let (_, list) = T::HERE;
    id.map_or_else(|| list.to_owned(), |id| format!("{list}/{id}"))
}

/// Leads to the one with this id.
pub(crate) fn lead_to<T: Kept>(id: u32) -> Redirect {
    Redirect::to(&path::<T>(Some(id)))
}

/// Deletes one, and leads to the list.
pub(crate) async fn delete<T: Kept>(
    State(app): State<App>,
    member: Member,
    Path(id): Path<u32>,
) -> Result<Redirect, Error> {
    app.company(&member, |company| company.forget::<T>(id))?;
    Ok(Redirect::to(T::HERE.1))
}
