use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use super::{DemoApi, Service, Stall};

/// Status and body of the answer.
async fn send(api: &DemoApi, method: &str, path: &str, body: &'static str) -> (u16, String) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .body(Body::from(body))
        .unwrap();
    let response = api.router().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn each_path_answers() {
    let api = DemoApi::default();
    for (method, path, status) in [
        ("GET", "/", 200),
        ("GET", "/cube", 200),
        ("POST", "/cube", 405),
        ("GET", "/delay/0", 200),
        ("GET", "/delay/60001", 400),
        ("GET", "/delay/soon", 400),
        ("PUT", "/status/418", 418),
        ("GET", "/status/600", 400),
        ("GET", "/status/100", 400),
        ("GET", "/flaky/101", 400),
        ("GET", "/items", 200),
        ("GET", "/item/501", 404),
        ("GET", "/cart", 401),
        ("GET", "/redirect/2", 302),
        ("TRACE", "/", 405),
        ("GET", "/nowhere", 404),
    ] {
        assert_eq!(
            send(&api, method, path, "").await.0,
            status,
            "{method} {path}"
        );
    }
    assert_eq!(send(&api, "GET", "/", "").await.1, "Hello World");
    assert_eq!(
        send(&api, "POST", "/echo", "something").await.1,
        "something"
    );
    let (_, cubes) = send(&api, "GET", "/cube", "").await;
    assert!(cubes.starts_with("[0,1,8,27,"), "{cubes}");
    assert!(cubes.ends_with(",1000000000]"), "{cubes}");
}

#[tokio::test]
async fn the_flaky_path_fails_as_often_as_asked() {
    let api = DemoApi::default();
    let mut n_failed = 0;
    for _ in 0..200 {
        n_failed += u32::from(send(&api, "GET", "/flaky/30", "").await.0 == 500);
    }
    assert_eq!(n_failed, 60);
}

#[tokio::test]
async fn what_is_answered_is_counted() {
    let api = DemoApi::default();
    for path in ["/", "/", "/status/503", "/nowhere"] {
        send(&api, "GET", path, "").await;
    }
    let (_, counts) = send(&api, "GET", "/__counts", "").await;
    let counts: serde_json::Value = serde_json::from_str(&counts).unwrap();
    let expected = serde_json::json!({
        "total": 4,
        "by_request": { "GET /": 2, "GET /status/503": 1, "GET /nowhere": 1 },
        "by_status": { "200": 2, "404": 1, "503": 1 },
    });
    assert_eq!(counts, expected);

    send(&api, "DELETE", "/__counts", "").await;
    assert_eq!(api.counts().answered().total, 0);
}

#[tokio::test]
async fn carts_are_shared_by_all_connections() {
    let api = DemoApi::default();
    let login = r#"{"email":"a@b.test","password":"c"}"#;
    let (_, answer) = send(&api, "POST", "/login", login).await;
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let authorization = format!("Bearer {}", answer["token"].as_str().unwrap());
    for n_items in 1..=3 {
        let request = Request::builder()
            .method("POST")
            .uri("/cart")
            .header("authorization", &authorization)
            .body(Body::from(r#"{"id":7}"#))
            .unwrap();
        let response = api.router().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), 201);
        assert_eq!(response.headers()["content-type"], "application/json");
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let expected = format!(r#"{{"ok":true,"n_items":{n_items}}}"#);
        assert_eq!(str::from_utf8(&body), Ok(expected.as_str()));
    }
}

#[tokio::test]
async fn redirects_say_where() {
    let request = Request::builder().uri("/redirect/2").body(Body::empty());
    let response = DemoApi::default().router().oneshot(request.unwrap());
    assert_eq!(response.await.unwrap().headers()["location"], "/redirect/1");
}

#[tokio::test]
async fn preflights_are_answered_and_not_counted() {
    let api = DemoApi::default();
    let preflight = Request::builder()
        .method("OPTIONS")
        .uri("/echo")
        .header("origin", "http://127.0.0.1:8089")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        )
        .body(Body::empty())
        .unwrap();

    let response = api.router().oneshot(preflight).await.unwrap();

    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    let allowed = &response.headers()["access-control-allow-headers"];
    assert_eq!(allowed, "authorization,content-type");
    assert_eq!(response.headers()["access-control-max-age"], "7200");
    assert_eq!(response.headers()["timing-allow-origin"], "*");
    assert_eq!(api.counts().answered().total, 0);
}

#[tokio::test]
async fn pages_may_read_all_headers() {
    let request = Request::builder()
        .uri("/")
        .header("origin", "http://a.test");
    let request = request.body(Body::empty()).unwrap();
    let response = DemoApi::default().router().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["access-control-expose-headers"], "*");
}

async fn record(api: &DemoApi) -> serde_json::Value {
    let (status, record) = send(api, "GET", "/__service_times", "").await;
    assert_eq!(status, 200, "{record}");
    serde_json::from_str(&record).unwrap()
}

fn service(millis: &[u64]) -> Service {
    Service {
        times: millis.iter().copied().map(Duration::from_millis).collect(),
        ..Service::default()
    }
}

#[tokio::test]
async fn what_waits_for_a_worker_takes_as_long_as_it_waits() {
    let api = DemoApi::with_service(Service {
        n_workers: NonZeroUsize::new(1),
        ..service(&[20])
    });
    let three = [(); 3].map(|()| send(&api, "GET", "/", ""));
    futures::future::join_all(three).await;
    let record = record(&api).await;
    let longest = record["service_millis"]["max"].as_f64().unwrap();
    assert!(60.0 <= longest, "{record}");
}

#[tokio::test]
async fn nothing_is_answered_in_a_stall() {
    let api = DemoApi::with_service(Service {
        stall: Some(Stall {
            after: Duration::from_millis(20),
            length: Duration::from_millis(50),
        }),
        ..service(&[1, 30])
    });
    let start = Instant::now();
    for (path, millis) in [("/", 1), ("/", 70)] {
        send(&api, "GET", path, "").await;
        assert!(Duration::from_millis(millis) <= start.elapsed(), "{path}");
    }
}

#[tokio::test]
async fn answers_take_the_times_of_the_list_in_turn_and_are_recorded() {
    let api = DemoApi::with_service(service(&[5, 30]));
    for (path, millis) in [("/", 5), ("/nowhere", 30), ("/cube", 5)] {
        let start = Instant::now();
        send(&api, "GET", path, "").await;
        assert!(Duration::from_millis(millis) <= start.elapsed(), "{path}");
    }
    let record_now = record(&api).await;
    assert_eq!(
        [&record_now["n_arrived"], &record_now["n_answered"]],
        [3, 3]
    );
    let service = |name: &str| record_now["service_millis"][name].as_f64().unwrap();
    assert!(
        5.0 <= service("p50") && 30.0 <= service("p95"),
        "{record_now}"
    );
    assert!(service("p95") <= service("max"), "{record_now}");
    // The end of one is before the next.
    assert!(5.0 <= record_now["gap_millis"]["p50"].as_f64().unwrap());
    assert_eq!(record_now["most_in_2_millis"], 1);
    assert_eq!(api.counts().answered().total, 3);

    assert_eq!(send(&api, "DELETE", "/__service_times", "").await.0, 204);
    assert_eq!(record(&api).await["n_arrived"], 0);
}

#[tokio::test]
async fn without_a_list_nothing_is_recorded_and_that_is_said() {
    let api = DemoApi::default();
    for method in ["GET", "DELETE"] {
        let (status, said) = send(&api, method, "/__service_times", "").await;
        assert_eq!(status, 404);
        assert!(said.contains("--service-times"), "{said}");
    }
}

#[tokio::test]
async fn unfinished_heads_are_dropped_and_slow_answers_are_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(DemoApi::default().serve_within(Duration::from_millis(50), listener));
    let mut all = Vec::new();
    for head in [
        "",
        "GET / HTTP/1.1\r\nHost: ",
        "GET /delay/200 HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        all.push(answer);
    }
    assert!(
        !all[0].contains(" 200 ") && !all[1].contains(" 200 "),
        "{all:?}"
    );
    assert!(all[2].starts_with("HTTP/1.1 200 OK"), "{all:?}");
}
