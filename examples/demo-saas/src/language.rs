//! The two languages of the interface: which one a browser has, and how it writes numbers and dates.

use crate::catalogue::{ENGLISH, GERMAN, Texts};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use jiff::civil::Date;
use std::convert::Infallible;
use std::fmt::Display;

const COOKIE: &str = "tidemark_language";

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Language {
    /// English, until somebody chooses.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// Both, in the order in which they are offered.
    pub(crate) const ALL: [Self; 2] = [Self::English, Self::German];

    /// The language with this code.
    pub(crate) fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The code, as `lang` attributes have it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The language's name in itself.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// Everything that the interface says.
    pub(crate) fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }

    /// The cookie that keeps the choice in the browser.
    pub(crate) fn cookie(self) -> Cookie<'static> {
        Cookie::build((COOKIE, self.code())).path("/").same_site(SameSite::Lax).permanent().build()
    }

    /// A number with this many digits after the point.
    pub(crate) fn decimal(self, value: f64, digits: usize) -> String {
        let text = format!("{value:.digits$}");
        if self == Self::German { text.replace('.', ",") } else { text }
    }

    /// A whole number with separators between its thousands.
    pub(crate) fn whole(self, value: u32) -> String {
        let separator = if self == Self::German { '.' } else { ',' };
        let digits = value.to_string();
        let mut text = String::new();
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                text.push(separator);
            }
            text.push(digit);
        }
        text
    }

    /// A change in per cent, with its sign.
    pub(crate) fn change(self, percent: f64) -> String {
        let sign = if percent < 0.0 { "-" } else { "+" };
        format!("{sign}{} %", self.decimal(percent.abs(), 1))
    }

    /// Day and month.
    pub(crate) fn date(self, date: Date) -> String {
        let month = usize::try_from(date.month() - 1).unwrap_or_default();
        let month = self.texts().months.split(' ').nth(month).unwrap_or_default();
        match self {
            Self::English => format!("{} {month}", date.day()),
            Self::German => format!("{}. {month}", date.day()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let jar = CookieJar::from_headers(&parts.headers);
        Ok(jar.get(COOKIE).and_then(|cookie| Self::of(cookie.value())).unwrap_or_default())
    }
}

/// The text with `value` in place of its `{}`.
pub(crate) fn fill(text: &str, value: impl Display) -> String {
    text.replacen("{}", &value.to_string(), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates_are_written_as_the_language_does() {
        let (en, de) = (Language::English, Language::German);
        assert_eq!([en.decimal(3.44, 1), de.decimal(3.44, 1)], ["3.4", "3,4"]);
        assert_eq!(
            [en.whole(1_234_567), de.whole(12_400), de.whole(999)],
            ["1,234,567", "12.400", "999"]
        );
        assert_eq!([en.change(-2.04), de.change(12.3)], ["-2.0 %", "+12,3 %"]);
        let date = Date::new(2026, 3, 9).unwrap();
        assert_eq!([en.date(date), de.date(date)], ["9 Mar", "9. März"]);
        assert_eq!(fill("Alert on {}", "Revenue"), "Alert on Revenue");
    }
}
