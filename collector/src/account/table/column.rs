//! What a column of a file is about.

use super::OF_REFUSED;
use store::record::{Contact, attribute};

/// What a column is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Column {
    /// Nothing.
    Out,
    /// Which account a line is about.
    Account,
    /// An attribute of this name.
    Attribute(String),
    /// A field of a contact.
    Contact(&'static str),
}

/// Attributes that are offered besides those that the product knows: pages may tell any number.
const SAID: usize = 100;

/// The fields of a contact, by the words of a form.
const FIELDS: [(&str, &str); 4] = [
    ("contact.name", Contact::NAME),
    ("contact.email", Contact::EMAIL),
    ("contact.role", Contact::ROLE),
    ("contact.user", Contact::USER),
];

/// What else the columns of such files are called.
const ALSO: [(&str, &str); 25] = [
    ("account", "account"),
    ("account_id", "account"),
    ("accountid", "account"),
    ("company", "account"),
    ("company_id", "account"),
    ("customer", "account"),
    ("customer_id", "account"),
    ("licences", "attribute.seats"),
    ("licenses", "attribute.seats"),
    ("account_owner", "attribute.owner"),
    ("csm", "attribute.owner"),
    ("renewal", "attribute.renewal_date"),
    ("renews_on", "attribute.renewal_date"),
    ("acv", "attribute.contract_value"),
    ("arr", "attribute.contract_value"),
    ("entitlements", "attribute.modules"),
    ("contact", "contact.name"),
    ("contact_name", "contact.name"),
    ("contact_email", "contact.email"),
    ("e_mail", "contact.email"),
    ("email", "contact.email"),
    ("contact_role", "contact.role"),
    ("contact_user", "contact.user"),
    ("role", "contact.role"),
    ("user_id", "contact.user"),
];

impl Column {
    /// What a column of this name seems to be. An attribute that is known by just this name is it,
    /// capitals and all, unless the name means the account.
    pub(super) fn guess(header: &str, said: &[String]) -> Self {
        if header.is_empty() || OF_REFUSED.contains(&header) {
            return Self::Out;
        }
        let letter = |c: char| if c.is_alphanumeric() { c } else { '_' };
        let name: String = header.to_lowercase().chars().map(letter).collect();
        let name = name.trim_matches('_');
        let also = ALSO.iter().find(|(also, _)| *also == name).map(|(_, word)| *word);
        let known = also.and_then(Self::parse);
        if known != Some(Self::Account) && said.iter().any(|name| name == header) {
            return Self::Attribute(header.to_owned());
        }
        known.unwrap_or_else(|| match name {
            "" => Self::Out,
            name => Self::Attribute(name.to_owned()),
        })
    }

    /// The column of a word of a form.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word.split_once('.') {
            None if word.is_empty() => Some(Self::Out),
            None => (word == "account").then_some(Self::Account),
            Some(("attribute", name)) if !name.is_empty() => Some(Self::Attribute(name.to_owned())),
            Some(_) => {
                let field = FIELDS.iter().find(|(known, _)| *known == word);
                field.map(|(_, field)| Self::Contact(field))
            }
        }
    }

    /// Its word in a form.
    pub(crate) fn word(&self) -> String {
        match self {
            Self::Out => String::new(),
            Self::Account => "account".to_owned(),
            Self::Attribute(name) => format!("attribute.{name}"),
            Self::Contact(field) => format!("contact.{field}"),
        }
    }

    /// What a column of this name can be, in the order of a form: what it seems to be is among it,
    /// and of the attributes that are known the first.
    pub(crate) fn choices(header: &str, said: &[String]) -> Vec<Self> {
        let known = attribute::KNOWN.iter().map(|(name, _)| Self::Attribute((*name).to_owned()));
        let fields = FIELDS.iter().map(|(_, field)| Self::Contact(field));
        let mut choices: Vec<_> =
            [Self::Out, Self::Account].into_iter().chain(known).chain(fields).collect();
        let more =
            said.iter().filter(|name| attribute::KNOWN.iter().all(|(known, _)| known != name));
        choices.extend(more.take(SAID).map(|name| Self::Attribute(name.clone())));
        let guess = Self::guess(header, said);
        if !choices.contains(&guess) {
            choices.push(guess);
        }
        choices
    }
}

/// Whether lines can be read by these columns.
pub(super) fn check(columns: &[Column], n_columns: usize) -> Result<(), String> {
    if columns.len() != n_columns {
        return Err(format!("the file has {n_columns} columns, and {} are said", columns.len()));
    }
    let n = |wanted: &Column| columns.iter().filter(|column| *column == wanted).count();
    if n(&Column::Account) == 0 {
        return Err("say which column has the id of the account".to_owned());
    }
    let doubled = columns.iter().find(|column| **column != Column::Out && n(column) > 1);
    if let Some(column) = doubled {
        return Err(format!("two columns are said to be `{}`", column.word()));
    }
    let is_of_contact = |column: &Column| matches!(column, Column::Contact(_));
    if columns.iter().any(is_of_contact) && n(&Column::Contact(Contact::NAME)) == 0 {
        return Err("contacts need a column with their names".to_owned());
    }
    if columns.iter().all(|column| matches!(column, Column::Out | Column::Account)) {
        return Err("say what at least one column is about".to_owned());
    }
    Ok(())
}
