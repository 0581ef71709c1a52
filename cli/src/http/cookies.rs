//! The cookies of one user (RFC 6265). Which of them go where, and for how long, is up to
//! `cookie_store`.

use std::cmp::Reverse;
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cookie_store::CookieStore;
use hyper::header::{self, HeaderMap, HeaderValue};

use super::url::Url;

/// The cookies of one user; none at first.
///
/// A user sends one request at a time, so nobody waits for the lock: it lets the user's requests be sent
/// on another thread.
#[derive(Debug, Default)]
pub struct Cookies(Mutex<Option<Box<CookieStore>>>);

impl Cookies {
    /// The longest cookie that is kept, name and value, as in browsers.
    const MAX_BYTES: usize = 4096;

    /// How many are kept, as in Chromium for one site. Others stay where they are.
    const MAX_COOKIES: usize = 180;

    /// Keeps what an answer from `url` sets.
    pub(crate) fn keep(&self, url: &Url, headers: &HeaderMap) {
        let lines = headers.get_all(header::SET_COOKIE).iter();
        for line in lines.filter_map(|it| str::from_utf8(it.as_bytes()).ok()) {
            let pair = line.split(';').next().unwrap_or_default();
            let mut store = self.store();
            let store = store.get_or_insert_default();
            if pair.len() <= Self::MAX_BYTES && has_room(store, pair, url) {
                // One for another domain, or none at all, is nothing to keep.
                let _ = store.parse(line, url.as_url());
            }
        }
    }

    /// Whether there never was one.
    #[cfg(target_os = "linux")]
    pub(crate) fn is_empty(&self) -> bool {
        self.store().is_none()
    }

    fn store(&self) -> MutexGuard<'_, Option<Box<CookieStore>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds those that go to `url` to what the plan sends itself. Where both have a name, that of the
    /// plan is sent.
    pub(crate) fn add_to(&self, url: &Url, headers: &mut HeaderMap) {
        let store = self.store();
        let Some(store) = &*store else {
            return;
        };
        let own = headers.get_all(header::COOKIE).iter();
        let own: Vec<_> = own.map(HeaderValue::as_bytes).collect();
        let mut line = own.join(&b"; "[..]);
        let is_own = |name: &str| {
            let mut pairs = own.iter().flat_map(|it| it.split(|it| *it == b';'));
            pairs.any(|it| {
                let own = it.split(|it| *it == b'=').next().unwrap_or_default();
                own.trim_ascii() == name.as_bytes()
            })
        };
        let mut cookies = store.matches(url.as_url());
        // The more exact path comes first (5.4).
        cookies.sort_by_key(|it| Reverse(it.path.len()));
        for (name, value) in cookies.iter().map(|it| it.name_value()) {
            if !is_own(name) {
                if !line.is_empty() {
                    line.extend_from_slice(b"; ");
                }
                line.extend_from_slice(name.as_bytes());
                line.push(b'=');
                line.extend_from_slice(value.as_bytes());
            }
        }
        if let Ok(line) = HeaderValue::from_bytes(&line)
            && !line.is_empty()
        {
            headers.insert(header::COOKIE, line);
        }
    }
}

/// Whether a cookie can be kept, or is known and gets another value. Those that have expired make room.
fn has_room(store: &mut CookieStore, pair: &str, url: &Url) -> bool {
    if store.iter_any().count() < Cookies::MAX_COOKIES {
        return true;
    }
    let left: Vec<_> = store.iter_unexpired().cloned().collect();
    let name = pair.split('=').next().unwrap_or_default().trim();
    let is_known = store
        .get_request_values(url.as_url())
        .any(|it| it.0 == name);
    let is_full = Cookies::MAX_COOKIES <= left.len();
    let Ok(smaller) = CookieStore::from_cookies(left.into_iter().map(Ok::<_, Infallible>), false);
    *store = smaller;
    is_known || !is_full
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What goes to `to` after answers from `from` that set these, besides what the plan sends.
    fn sent(set: &[(&str, &[&str])], own: &[&str], to: &str) -> Option<String> {
        let cookies = Cookies::default();
        for (from, lines) in set {
            let lines = lines.iter();
            let lines = lines.map(|it| (header::SET_COOKIE, it.parse().unwrap()));
            cookies.keep(&from.parse().unwrap(), &lines.collect());
        }
        let own = own.iter().map(|it| (header::COOKIE, it.parse().unwrap()));
        let mut headers: HeaderMap = own.collect();
        cookies.add_to(&to.parse().unwrap(), &mut headers);
        assert!(headers.get_all(header::COOKIE).iter().count() < 2);
        let line = headers.get(header::COOKIE)?;
        Some(line.to_str().unwrap().to_owned())
    }

    #[track_caller]
    fn check(lines: &[&str], to: &str, expected: Option<&str>) {
        let found = sent(&[("http://www.a.test/shop/cart", lines)], &[], to);
        assert_eq!(found.as_deref(), expected, "{lines:?} {to}");
    }

    #[test]
    fn cookies_go_back_where_they_came_from() {
        let here = "http://www.a.test/shop/cart";
        check(
            &["a=1", "b=\"x y\"; HttpOnly"],
            here,
            Some("a=1; b=\"x y\""),
        );
        check(&["a=1"], "http://www.a.test:81/shop/", Some("a=1"));
        check(&["a=1"], "http://www.a.test/", None);
        check(&["a=1; Path=/"], "http://www.a.test/", Some("a=1"));
        check(&["a=1; Path=/sh"], "http://www.a.test/shop", None);
        check(&["a=1; Path=/"], "http://a.test/", None);
        check(&["a=1; Path=/"], "http://b.www.a.test/", None);
        let wide = "a=1; Path=/; Domain=a.test";
        check(&[wide], "http://b.a.test/", Some("a=1"));
        check(&["a=1; Domain=b.test"], here, None);
    }

    #[test]
    fn secure_cookies_stay_on_safe_ways() {
        let line = "a=1; Secure";
        for (url, expected) in [
            ("https://a.test/", Some("a=1")),
            ("http://localhost/", Some("a=1")),
        ] {
            assert_eq!(sent(&[(url, &[line])], &[], url).as_deref(), expected);
        }
        assert_eq!(
            sent(&[("https://a.test/", &[line])], &[], "http://a.test/"),
            None
        );
    }

    #[test]
    fn later_lines_win_and_old_cookies_are_gone() {
        let here = "http://www.a.test/shop/cart";
        check(&["a=1", "a=2"], here, Some("a=2"));
        check(&["a=1; Max-Age=60"], here, Some("a=1"));
        check(&["a=1", "a=; Max-Age=0"], here, None);
        let past = "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
        check(&["a=1", past], here, None);
        check(&["a=1", "", ";", "Path=/"], here, Some("a=1; Path=/"));
    }

    #[test]
    fn the_more_exact_path_comes_first() {
        let lines = ["a=1; Path=/", "a=2; Path=/shop"];
        check(&lines, "http://www.a.test/shop/cart", Some("a=2; a=1"));
    }

    #[test]
    fn what_the_plan_sends_wins() {
        let set: &[(&str, &[&str])] = &[("http://a.test/", &["a=1", "b=2"])];
        let found = sent(set, &["b=9; c=3", "d=4"], "http://a.test/");
        assert_eq!(found.as_deref(), Some("b=9; c=3; d=4; a=1"));
        assert_eq!(
            sent(&[], &["b=9"], "http://a.test/").as_deref(),
            Some("b=9")
        );
    }

    #[test]
    fn a_server_cannot_fill_the_memory() {
        let url = "http://a.test/";
        let many: Vec<_> = (0..300).map(|it| format!("c{it}={it}")).collect();
        let mut many: Vec<_> = many.iter().map(String::as_str).collect();
        // One that is known is set anew all the same.
        many.push("c0=new");
        let long = format!("long={}", "x".repeat(Cookies::MAX_BYTES));
        many.insert(0, &long);
        let found = sent(&[(url, &many)], &[], url).unwrap();
        assert_eq!(found.split("; ").count(), Cookies::MAX_COOKIES);
        assert!(found.contains("c0=new") && !found.contains("long"));
    }
}
