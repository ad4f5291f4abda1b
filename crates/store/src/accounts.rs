//! Which accounts there are.

use crate::Databases;
use crate::derived::ACCOUNT;
use crate::identity::{Grouping, hash, merged, staff_accounts};
use crate::schema::{engaged, records, sessions, traits, user_accounts};

/// Rows of `id` and `number`: each account that reports count, once, with its
/// [`account_hash`](crate::identity::account_hash).
///
/// There is one as soon as an event or a property names it or a record tells of it, whether anything
/// was ever done there or not. One that is merged into another is that one.
///
/// Needs the parameters of [`crate::identity::bind`], and `{project:String}`.
pub fn all(databases: &Databases, grouping: &Grouping) -> String {
    let of = |table: String, [project, id]: [&str; 2], more: &str| {
        format!(
            "SELECT toString({id}) AS named FROM {table} WHERE {project} = {{project:String}}{more}"
        )
    };
    let of_subject = format!(" AND {} = '{ACCOUNT}'", traits::SUBJECT);
    let each = [
        of(databases.sessions(), [sessions::PROJECT, sessions::ACCOUNT_ID], ""),
        of(databases.engaged(), [engaged::PROJECT, engaged::ACCOUNT_ID], ""),
        of(
            databases.table(user_accounts::TABLE),
            [user_accounts::PROJECT, user_accounts::ACCOUNT_ID],
            "",
        ),
        of(databases.traits(), [traits::PROJECT, traits::ID], &of_subject),
        of(databases.table(records::TABLE), [records::PROJECT, records::ACCOUNT_ID], ""),
    ];
    let not_staff = match grouping.staff.names_accounts() {
        true => format!(" AND number NOT IN ({})", staff_accounts(databases, grouping)),
        false => String::new(),
    };
    format!(
        "SELECT id, {} AS number FROM (SELECT DISTINCT {} AS id FROM ({})) WHERE id != ''{not_staff}",
        hash("{project:String}", "id"),
        merged(grouping, "named".to_owned()),
        each.join(" UNION DISTINCT "),
    )
}
