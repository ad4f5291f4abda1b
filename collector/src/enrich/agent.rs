//! What a browser says about itself, in the three words that reports use.

use std::collections::HashMap;
use woothee::parser::Parser;

/// How many different ones are remembered; a product's users have a few hundred.
const REMEMBERED: usize = 10_000;

/// What a browser says about itself. What it does not say is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agent {
    /// `desktop`, `mobile`, or a rarer one.
    pub device: String,
    /// Such as `Firefox`.
    pub browser: String,
    /// Such as `Windows`.
    pub os: String,
    /// Whether it is a crawler or a browser without a screen.
    pub is_automated: bool,
}

/// Browsers that were met already: understanding one takes longer than writing its event.
#[derive(Debug, Default)]
pub struct Agents {
    known: HashMap<String, Agent>,
}

impl Agents {
    /// Understands the text of a `User-Agent`.
    pub fn get(&mut self, text: &str) -> &Agent {
        if self.known.len() >= REMEMBERED && !self.known.contains_key(text) {
            self.known.clear();
        }
        self.known.entry(text.to_owned()).or_insert_with(|| read(text))
    }
}

fn read(text: &str) -> Agent {
    let is_headless = text.contains("Headless");
    let shown = text.replace("HeadlessChrome", "Chrome");
    let Some(result) = Parser::new().parse(&shown) else {
        return Agent { is_automated: is_headless, ..Agent::default() };
    };
    let device = match result.category {
        "pc" => "desktop",
        "smartphone" | "mobilephone" => "mobile",
        category => &known(category),
    };
    Agent {
        device: device.to_owned(),
        browser: known(result.name),
        os: known(os(result.os)),
        is_automated: is_headless || result.category == "crawler",
    }
}

/// The families of an operating system under one name, since its versions are frozen by browsers.
fn os(name: &str) -> &str {
    match name {
        _ if name.starts_with("Windows") => "Windows",
        "Mac OSX" | "Mac OS Classic" => "macOS",
        "iPhone" | "iPad" | "iPod" | "iOS" => "iOS",
        _ => name,
    }
}

fn known(name: &str) -> String {
    if name == "UNKNOWN" { String::new() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        let mut agents = Agents::default();
        let Agent { device, browser, os, is_automated } = agents.get(text).clone();
        format!("{device}/{browser}/{os}/{is_automated}")
    }

    #[test]
    fn browsers_are_understood() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        insta::assert_snapshot!(check(&format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/141.0.0.0 Safari/537.36")), @"desktop/Chrome/Windows/false");
        insta::assert_snapshot!(check(&format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0")), @"desktop/Edge/Windows/false");
        insta::assert_snapshot!(check(&format!("Mozilla/5.0 (X11; Linux x86_64) {webkit} HeadlessChrome/141.0.0.0 Safari/537.36")), @"desktop/Chrome/Linux/true");
        insta::assert_snapshot!(check("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"), @"desktop/Firefox/Linux/false");
        insta::assert_snapshot!(check("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"), @"mobile/Safari/iOS/false");
        insta::assert_snapshot!(check("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15"), @"desktop/Safari/macOS/false");
        insta::assert_snapshot!(check(&format!("Mozilla/5.0 (Linux; Android 10; K) {webkit} Chrome/141.0.0.0 Mobile Safari/537.36")), @"mobile/Chrome/Android/false");
        insta::assert_snapshot!(check("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"), @"crawler/Googlebot//true");
        insta::assert_snapshot!(check(""), @"///false");
        insta::assert_snapshot!(check("curl/8.5.0"), @"misc/HTTP Library//false");
    }
}
