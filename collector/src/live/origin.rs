//! Which browser a request comes from, as far as that can be told without asking it.

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

/// Address and program of a browser as one number, which means nothing after the next start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin(u64);

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Origin {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

/// Tells browsers apart, by a key that nobody knows and nothing keeps.
#[derive(Debug, Default)]
pub struct Origins(RandomState);

impl Origins {
    /// The browser that a request comes from; none where it is not known from where.
    pub fn of(&self, parts: &Parts) -> Option<Origin> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(self.origin(peer.0.ip(), &parts.headers))
    }

    fn origin(&self, address: IpAddr, headers: &HeaderMap) -> Origin {
        let text = |name: &str| headers.get(name).map(|value| value.as_bytes().to_vec());
        // Behind a proxy every request has its address, and says who asked it.
        let behind = text("x-forwarded-for").or_else(|| text("forwarded"));
        let agent = text(header::USER_AGENT.as_str());
        let mut hasher = self.0.build_hasher();
        (one_of_this_machine(address), behind, agent).hash(&mut hasher);
        Origin(std::hash::Hasher::finish(&hasher))
    }
}

/// A browser comes to its own machine by whichever address of it.
fn one_of_this_machine(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        address if address.is_loopback() => Ipv4Addr::LOCALHOST.into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_browser_is_told_by_its_address_and_its_program() {
        let origins = Origins::default();
        let of = |address: &str, agent: &'static str, forwarded: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
            if let Some(forwarded) = forwarded {
                headers.insert("x-forwarded-for", HeaderValue::from_static(forwarded));
            }
            origins.origin(address.parse().unwrap(), &headers)
        };
        let mine = of("127.0.0.1", "Firefox", None);
        assert_eq!(mine, of("::1", "Firefox", None));
        assert_eq!(mine, of("::ffff:127.0.0.1", "Firefox", None));
        assert_ne!(mine, of("127.0.0.1", "Chrome", None));
        assert_ne!(mine, of("10.0.0.7", "Firefox", None));
        assert_ne!(mine, of("127.0.0.1", "Firefox", Some("10.0.0.7")));
        assert_eq!(mine.to_string().parse(), Ok(mine));
    }

    #[test]
    fn it_means_nothing_after_the_next_start() {
        let of = |origins: &Origins| origins.origin(Ipv4Addr::LOCALHOST.into(), &HeaderMap::new());
        assert_ne!(of(&Origins::default()), of(&Origins::default()));
    }
}
