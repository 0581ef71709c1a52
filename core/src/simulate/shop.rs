//! The shop of the demo API: logins, items and carts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::exchange::{Answer, Incoming};

/// The carts of a shop; what it sells is always the same.
#[derive(Debug, Default)]
pub(super) struct Shop {
    n_logins: u64,
    // By number of login.
    carts: BTreeMap<u64, Cart>,
}

/// How many there are of each item.
type Cart = BTreeMap<u32, u64>;

#[derive(Deserialize)]
struct Login {
    email: String,
    password: String,
}

#[derive(Serialize)]
struct LoggedIn<'a> {
    token: String,
    user: User<'a>,
}

#[derive(Serialize)]
struct User<'a> {
    email: &'a str,
}

#[derive(Serialize)]
struct Item {
    id: u32,
    name: String,
    price: f64,
}

#[derive(Serialize)]
struct Page {
    items: Vec<Item>,
    next: Option<String>,
}

/// Which item is put into the cart. Templates may make a string of a number.
#[derive(Deserialize)]
struct Choice {
    id: Id,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Number(u32),
    Text(String),
}

#[derive(Serialize)]
struct Added {
    ok: bool,
    n_items: u64,
}

#[derive(Serialize)]
struct CartContent {
    items: Vec<CartItem>,
    n_items: u64,
    price: f64,
}

#[derive(Serialize)]
struct CartItem {
    #[serde(flatten)]
    item: Item,
    count: u64,
}

impl Shop {
    const N_ITEMS: u32 = 500;
    const PAGE_LENGTH: u32 = 20;
    const N_PAGES: u32 = Self::N_ITEMS / Self::PAGE_LENGTH;

    /// Bounds the memory of a long run: beyond, the cart of the oldest login is given up.
    const MAX_CARTS: usize = 10_000;

    /// Any password will do, but not `wrong`.
    pub(super) fn log_in(&mut self, request: &Incoming<'_>) -> Answer {
        let Ok(login) = serde_json::from_slice::<Login>(request.body) else {
            return Answer::error(400, "expected JSON with an email and a password");
        };
        if login.password == "wrong" {
            return Answer::error(401, "wrong password");
        }
        self.n_logins += 1;
        let logged_in = LoggedIn {
            token: token(self.n_logins),
            user: User {
                email: &login.email,
            },
        };
        Answer::json(200, &logged_in)
    }

    /// Gives up the cart. The token stays valid, as nobody remembers which are.
    pub(super) fn log_out(&mut self, request: &Incoming<'_>) -> Answer {
        if let Some(login) = login(request) {
            self.carts.remove(&login);
        }
        Answer::empty(204)
    }

    pub(super) fn items(request: &Incoming<'_>) -> Answer {
        let page = request.query("page").unwrap_or("1").parse();
        let Ok(page @ 1..=Self::N_PAGES) = page else {
            return Answer::error(400, "expected a page from 1 to 25");
        };
        let first = (page - 1) * Self::PAGE_LENGTH + 1;
        let items = (first..first + Self::PAGE_LENGTH).map(Item::new);
        let next = (page < Self::N_PAGES).then(|| format!("/items?page={}", page + 1));
        Answer::json(
            200,
            &Page {
                items: items.collect(),
                next,
            },
        )
    }

    pub(super) fn item(id: &str) -> Answer {
        match id.parse() {
            Ok(id @ 1..=Self::N_ITEMS) => Answer::json(200, &Item::new(id)),
            _ => no_such_item(),
        }
    }

    pub(super) fn cart(&self, request: &Incoming<'_>) -> Answer {
        let Some(login) = login(request) else {
            return not_logged_in();
        };
        let cart = self.carts.get(&login).into_iter().flatten();
        let mut cents = 0;
        let mut n_items = 0;
        let items = cart.map(|(&id, &count)| {
            cents += count * u64::from(cents_of(id));
            n_items += count;
            let item = Item::new(id);
            CartItem { item, count }
        });
        let content = CartContent {
            items: items.collect(),
            n_items,
            price: price(cents),
        };
        Answer::json(200, &content)
    }

    pub(super) fn add_to_cart(&mut self, request: &Incoming<'_>) -> Answer {
        let Some(login) = login(request) else {
            return not_logged_in();
        };
        let Ok(choice) = serde_json::from_slice::<Choice>(request.body) else {
            return Answer::error(400, "expected JSON with the id of an item");
        };
        let id = match choice.id {
            Id::Number(id) => Some(id),
            Id::Text(id) => id.parse().ok(),
        };
        let Some(id @ 1..=Self::N_ITEMS) = id else {
            return no_such_item();
        };
        let cart = self.carts.entry(login).or_default();
        *cart.entry(id).or_default() += 1;
        let n_items = cart.values().sum();
        if Self::MAX_CARTS < self.carts.len() {
            self.carts.pop_first();
        }
        Answer::json(201, &Added { ok: true, n_items })
    }

    pub(super) fn empty_cart(&mut self, request: &Incoming<'_>) -> Answer {
        let Some(login) = login(request) else {
            return not_logged_in();
        };
        self.carts.remove(&login);
        Answer::empty(204)
    }
}

impl Item {
    fn new(id: u32) -> Self {
        Self {
            id,
            name: format!("Item {id}"),
            price: price(cents_of(id).into()),
        }
    }
}

/// From 1.00 to 99.99, in no order that a plan could rely on.
fn cents_of(id: u32) -> u32 {
    100 + id * 3_571 % 9_900
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a cart of 2^53 cents takes longer than any run"
)]
fn price(cents: u64) -> f64 {
    cents as f64 / 100.0
}

/// What shows that somebody has logged in: the number of the login, and a sum that fits it.
///
/// The sum makes tokens that were never given out fail, as in life; it keeps nobody out. Nothing has
/// to be remembered for a token to be valid, so memory does not grow with logins.
fn token(login: u64) -> String {
    format!("{login:x}-{:016x}", check_sum(login))
}

/// FNV-1a.
fn check_sum(login: u64) -> u64 {
    let bytes = b"demo".iter().copied().chain(login.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The number of the login whose token the request has.
fn login(request: &Incoming<'_>) -> Option<u64> {
    let value = request.header("authorization")?;
    let (scheme, given) = value.split_once(' ')?;
    let number = given.split('-').next()?;
    let login = u64::from_str_radix(number, 16).ok()?;
    (scheme.eq_ignore_ascii_case("bearer") && given == token(login)).then_some(login)
}

fn not_logged_in() -> Answer {
    Answer::error(401, "expected the header Authorization: Bearer <token>")
}

fn no_such_item() -> Answer {
    Answer::error(404, "no such item")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::demo::Demo;
    use super::*;
    use crate::http::request::Method;

    struct Customer {
        demo: Demo,
        token: String,
    }

    impl Customer {
        fn new() -> Self {
            let mut customer = Self {
                demo: Demo::default(),
                token: String::new(),
            };
            let (status, answer) = customer.post("/login", r#"{"email":"a","password":"b"}"#);
            assert_eq!(status, 200);
            assert_eq!(answer["user"], json!({"email": "a"}));
            customer.token = answer["token"].as_str().unwrap().to_owned();
            customer
        }

        fn get(&mut self, url: &str) -> (u16, Value) {
            self.send(Method::Get, url, "")
        }

        fn post(&mut self, url: &str, body: &str) -> (u16, Value) {
            self.send(Method::Post, url, body)
        }

        fn send(&mut self, method: Method, url: &str, body: &str) -> (u16, Value) {
            let value = format!("Bearer {}", self.token);
            let request = Incoming {
                method,
                url,
                headers: &[("authorization".to_owned(), value)],
                body: body.as_bytes(),
            };
            let answer = self.demo.answer(&request);
            // An answer without a body is null.
            let body = serde_json::from_slice(&answer.body).unwrap_or_default();
            (answer.status, body)
        }
    }

    #[test]
    fn logins_that_are_wrong_say_so() {
        let mut customer = Customer::new();
        for (body, status) in [
            (r#"{"email":"a","password":"wrong"}"#, 401),
            (r#"{"email":"a"}"#, 400),
            ("email=a&password=b", 400),
            ("", 400),
        ] {
            let (got, answer) = customer.post("/login", body);
            assert_eq!(got, status, "{body}");
            assert!(answer["error"].is_string(), "{body}");
        }
    }

    #[test]
    fn all_items_can_be_found_by_their_pages() {
        let mut customer = Customer::new();
        let mut ids = Vec::new();
        let mut next = Some("/items".to_owned());
        while let Some(url) = next {
            let (status, page) = customer.get(&url);
            assert_eq!(status, 200, "{url}");
            for item in page["items"].as_array().unwrap() {
                let (status, same) = customer.get(&format!("/item/{}", item["id"]));
                assert_eq!((status, &same), (200, item));
                ids.push(item["id"].as_u64().unwrap());
            }
            next = page["next"].as_str().map(ToOwned::to_owned);
        }
        assert!(ids.into_iter().eq(1..=500));
        for url in ["/items?page=0", "/items?page=26", "/items?page=x"] {
            assert_eq!(customer.get(url).0, 400, "{url}");
        }
        for url in ["/item/0", "/item/501", "/item/x"] {
            assert_eq!(customer.get(url).0, 404, "{url}");
        }
    }

    #[test]
    fn an_item_is_an_id_a_name_and_a_price() {
        let expected = json!({"id": 7, "name": "Item 7", "price": 52.97});
        assert_eq!(Customer::new().get("/item/7"), (200, expected));
    }

    #[test]
    fn a_cart_holds_what_was_put_into_it() {
        let mut customer = Customer::new();
        for (body, n_items) in [(r#"{"id":7}"#, 1), (r#"{"id":"7"}"#, 2), (r#"{"id":8}"#, 3)] {
            let expected = json!({"ok": true, "n_items": n_items});
            assert_eq!(customer.post("/cart", body), (201, expected));
        }
        for (body, status) in [(r#"{"id":501}"#, 404), (r#"{"id":"x"}"#, 404), ("{}", 400)] {
            assert_eq!(customer.post("/cart", body).0, status, "{body}");
        }
        let (_, cart) = customer.get("/cart");
        assert_eq!(cart["n_items"], 3);
        assert_eq!(cart["items"][0]["count"], 2);
        assert_eq!(cart["price"], json!(194.62));

        assert_eq!(customer.send(Method::Delete, "/cart", "").0, 204);
        let empty = json!({"items": [], "n_items": 0, "price": 0.0});
        assert_eq!(customer.get("/cart"), (200, empty));
    }

    #[test]
    fn a_cart_is_given_up_with_the_logout() {
        let mut customer = Customer::new();
        customer.post("/cart", r#"{"id":7}"#);
        assert_eq!(customer.post("/logout", "").0, 204);
        assert_eq!(customer.get("/cart").1["n_items"], 0);
    }

    #[test]
    fn a_cart_needs_a_token_that_was_given_out() {
        let mut customer = Customer::new();
        let token = customer.token.clone();
        for wrong in [
            "",
            "1",
            "1-",
            "é",
            &token[1..],
            &format!("2{}", &token[1..]),
        ] {
            wrong.clone_into(&mut customer.token);
            for method in [Method::Get, Method::Post, Method::Delete] {
                let (status, _) = customer.send(method, "/cart", r#"{"id":7}"#);
                assert_eq!(status, 401, "{wrong}");
            }
        }
    }

    #[test]
    fn the_cart_of_the_oldest_login_is_given_up_when_there_are_too_many() {
        let mut shop = Shop::default();
        for login in 1..=10_001 {
            let authorization = format!("Bearer {}", token(login));
            let request = Incoming {
                method: Method::Post,
                url: "/cart",
                headers: &[("authorization".to_owned(), authorization)],
                body: br#"{"id":7}"#,
            };
            assert_eq!(shop.add_to_cart(&request).status, 201);
        }
        assert_eq!(shop.carts.len(), 10_000);
        assert_eq!(shop.carts.first_key_value().unwrap().0, &2);
    }
}
