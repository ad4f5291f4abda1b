//! What stands around the rows behind a number, on every page of them: the template `behind.html`.

/// All but the rows.
#[derive(Debug)]
pub(super) struct Around {
    pub(super) title: String,
    pub(super) lead: String,
    /// How many there are.
    pub(super) total: String,
    /// What is said instead of rows where there are none.
    pub(super) nothing: &'static str,
    /// Of what the rows are, as of when, and in which zone.
    pub(super) footnote: String,
    /// The address from which one came, and what is there.
    pub(super) back: String,
    pub(super) back_to: String,
    /// The address of the first page, where this is another one.
    pub(super) first: Option<String>,
    /// The address of the next page.
    pub(super) next: Option<String>,
    /// The address of all of them as CSV.
    pub(super) csv: String,
}
