//! What every page needs to know of its request: address, theme, cookies, where it comes from.

use super::layout::{MemberLink, Place, ProjectLink, Shell, Theme};
use crate::App;
use crate::definitions::Project;
use crate::members::{SignedIn, cookie_name};
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

/// The cookie that keeps the theme.
pub(super) const THEME: &str = "sillage_theme";

/// What every page needs to know of its request.
#[derive(Debug)]
pub(super) struct Visit {
    /// Path and query.
    pub(super) address: String,
    /// The cookies.
    pub(super) jar: CookieJar,
    /// Whether browsers come by https.
    pub(super) is_secure: bool,
    /// Where the connection comes from.
    pub(super) from: Option<IpAddr>,
    /// Whether nobody on the way can listen: this machine alone, or https.
    pub(super) is_private: bool,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let from = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let is_secure = app.origin().starts_with("https:");
        let is_here = from.is_some_and(|from| from.to_canonical().is_loopback());
        Ok(Self {
            address: parts.uri.path_and_query().map_or("/", |address| address.as_str()).to_owned(),
            jar: CookieJar::from_headers(&parts.headers),
            is_secure,
            from,
            is_private: is_secure || (is_here && !is_forwarded(&parts.headers)),
        })
    }
}

/// Whether a proxy on this machine passes on what somebody else asks.
fn is_forwarded(headers: &HeaderMap) -> bool {
    ["forwarded", "x-forwarded-for", "x-real-ip"].into_iter().any(|name| headers.contains_key(name))
}

impl Visit {
    /// The frame of a page that anybody may see.
    pub(super) fn shell(&self, title: &'static str) -> Shell {
        let theme = self.jar.get(THEME).map_or("", Cookie::value);
        Shell {
            title,
            address: self.address.clone(),
            theme: Theme::parse(theme),
            ..Shell::default()
        }
    }

    /// The frame of a page about a project, for a member.
    pub(super) fn shell_for(
        &self,
        title: &'static str,
        place: Place,
        signed_in: &SignedIn,
        project: &Project,
    ) -> Shell {
        let project = &project.definition;
        Shell {
            project: Some(ProjectLink { id: project.id.to_string(), name: project.name.clone() }),
            member: Some(MemberLink::new(&signed_in.member.name, &signed_in.member.email)),
            role: Some(signed_in.member.role),
            csrf: signed_in.secret.form_token(),
            place,
            ..self.shell(title)
        }
    }

    /// The cookie of a sign-in, with this value.
    pub(super) fn sign_in_cookie(&self, value: String) -> Cookie<'static> {
        self.cookie(cookie_name(self.is_secure), value)
    }

    /// A cookie for the whole site that no script and no other site gets to see.
    pub(super) fn cookie(&self, name: &'static str, value: String) -> Cookie<'static> {
        Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.is_secure)
            .build()
    }
}

/// A path on this site to go on to; the start for anything else.
pub(super) fn local(next: &str) -> &str {
    let is_local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.contains(|c: char| c.is_control());
    if is_local { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_site() {
        assert_eq!(local("/projects/a/funnel?step=page:/x"), "/projects/a/funnel?step=page:/x");
        for foreign in
            ["https://evil.example", "//evil.example", "/\\evil.example", "", "/\t/evil.example"]
        {
            assert_eq!(local(foreign), "/", "{foreign}");
        }
    }
}
