//! Cookies of users, over the wire.

use super::*;

/// The header `cookie` of each request of a connection; `-` where there is none.
fn cookies_of(received: &str) -> Vec<&str> {
    let requests = received.split_terminator("\r\n\r\n");
    let cookies = requests.map(|it| it.lines().filter_map(|it| it.strip_prefix("cookie: ")));
    cookies.map(|mut it| it.next().unwrap_or("-")).collect()
}

const LOGIN: &str = "HTTP/1.1 302 Found\r\nlocation: /home\r\nset-cookie: session=1; Path=/; HttpOnly\r\n\
                     set-cookie: csrf=2; Path=/\r\ncontent-length: 0\r\n\r\n";

#[tokio::test]
async fn a_session_lasts_from_the_login_on_and_over_its_redirect() {
    let (url, mut received) = scripted(vec![vec![LOGIN, OK, OK]]).await;
    let (transport, user) = (transport(), Cookies::default());
    let login = Request::new(Method::Post, &format!("{url}/login"));
    let result = Transport::send(&transport, &user, &login).await;
    assert_eq!(result, answer(200, 2));
    let own = Request {
        headers: [("cookie".to_owned(), "theme=dark".to_owned())].into(),
        ..Request::new(Method::Get, &url)
    };
    let result = Transport::send(&transport, &user, &own).await;
    assert_eq!(result, answer(200, 2));
    let received = received.recv().await.unwrap();
    assert_eq!(
        cookies_of(&received),
        ["-", "session=1; csrf=2", "theme=dark; session=1; csrf=2"]
    );
}

#[tokio::test]
async fn users_have_cookies_of_their_own_unless_the_plan_has_none() {
    for keeps_cookies in [true, false] {
        let (url, mut received) = scripted(vec![vec![LOGIN, OK, OK]]).await;
        let transport = HttpTransport::new(
            1,
            settings(&format!("request = {{ cookies = {keeps_cookies} }}"), &[]).unwrap(),
        );
        let (user, other) = (Cookies::default(), Cookies::default());
        let request = Request::new(Method::Get, &url);
        for user in [user, other] {
            let result = Transport::send(&transport, &user, &request).await;
            assert_eq!(result, answer(200, 2));
        }
        let received = received.recv().await.unwrap();
        let kept = if keeps_cookies {
            "session=1; csrf=2"
        } else {
            "-"
        };
        assert_eq!(cookies_of(&received), ["-", kept, "-"]);
    }
}
