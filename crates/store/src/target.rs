//! Which server, and as whom.

use crate::Error;
use engine::Login;
use percent_encoding::percent_decode_str;
use std::fmt;
use std::str::FromStr;
use url::{Host, Url};

/// Address, user and password of a ClickHouse server's HTTP interface.
///
/// Comes from the embedded engine's [`engine::Endpoint`], or from an address such as
/// `http://user:password@host:8123`.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// Scheme, host and port.
    pub url: String,
    /// The user.
    pub user: String,
    /// The user's password.
    pub password: String,
    /// As whom the server fills its dictionaries: with the embedded engine a user who may read
    /// their sources and nothing else, on a server the user above.
    pub dictionary: Login,
    /// Whether nobody but this process writes to the server: it is its own child.
    pub is_embedded: bool,
}

impl From<&engine::Endpoint> for Target {
    fn from(endpoint: &engine::Endpoint) -> Self {
        Self {
            url: endpoint.url.clone(),
            user: endpoint.user.clone(),
            password: endpoint.password.clone(),
            dictionary: endpoint.dictionary.clone(),
            is_embedded: true,
        }
    }
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        // What cannot be read may hold a password anywhere: it is not repeated.
        let refuse =
            |address: &str, why: String| Error::Address { address: address.to_owned(), why };
        let mut url =
            Url::parse(text).map_err(|error| refuse("the given text", error.to_string()))?;
        let decode = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        let user = match url.username() {
            "" => "default".to_owned(),
            user => decode(user),
        };
        let password = url.password().map(decode).unwrap_or_default();
        // Without a host there is neither user nor password to remove, and it is refused below.
        let _ = url.set_username("").and_then(|()| url.set_password(None));
        let address = url.as_str().trim_end_matches('/').to_owned();
        if url.scheme() != "http" {
            return Err(refuse(&address, format!("the scheme is `{}`, not `http`", url.scheme())));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(refuse(&address, "something follows the port".to_owned()));
        }
        let dictionary = Login { user: user.clone(), password: password.clone() };
        Ok(Self { url: address, user, password, dictionary, is_embedded: false })
    }
}

impl Target {
    /// Whether the server is on this machine, where compression only costs.
    pub(crate) fn is_local(&self) -> bool {
        Url::parse(&self.url).is_ok_and(|url| match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        })
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("url", &self.url)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_carries_user_and_password() {
        let target: Target = "http://ana:p%40ss@db.example.com:8123/".parse().unwrap();
        assert_eq!(
            target,
            Target {
                url: "http://db.example.com:8123".to_owned(),
                user: "ana".to_owned(),
                password: "p@ss".to_owned(),
                dictionary: Login { user: "ana".to_owned(), password: "p@ss".to_owned() },
                is_embedded: false,
            }
        );
        assert!(!format!("{target:?}").contains("p@ss"));
        let target: Target = "http://localhost:8123".parse().unwrap();
        assert_eq!((target.user.as_str(), target.password.as_str()), ("default", ""));
    }

    #[test]
    fn what_is_no_address_is_refused_without_the_password() {
        for text in
            ["https://a:secret@h:8443", "http://a:secret@h:8123/db", "//a:secret@h", "h:8123"]
        {
            let error = text.parse::<Target>().unwrap_err().to_string();
            assert!(error.contains("is no address"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn this_machine_is_known() {
        let is_local = |text: &str| text.parse::<Target>().unwrap().is_local();
        assert!(is_local("http://127.0.0.1:8123") && is_local("http://[::1]:8123"));
        assert!(!is_local("http://10.0.0.1:8123"));
    }
}
