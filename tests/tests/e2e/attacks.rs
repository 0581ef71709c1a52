//! What other pages and scripts try, to have a swarm start that nobody wanted.

use axum::Router;
use axum::response::Html;
use mayfly_tests::{DemoTarget, Page, needs_browser_engine, serve, until};
use serde_json::json;
use thirtyfour::{By, WindowHandle};

/// The fragment of a link to a plan for `target`.
async fn fragment(page: &Page, target: &DemoTarget) -> String {
    page.fill("Host", target.url()).await;
    page.press("Share").await;
    let url = page.value("Link").await;
    page.press("Close").await;
    let (_, fragment) = url.split_once('#').unwrap();
    format!("#{fragment}")
}

/// Another page, of another origin.
async fn other_page(html: String) -> String {
    serve(Router::new().fallback(move || async move { Html(html) })).await
}

/// What is left of a page in which nothing was started: its form.
async fn assert_nothing_started(page: &Page, target: &DemoTarget, attack: &str) {
    assert!(page.has_button("Start Swarming").await, "{attack}");
    assert_eq!(target.counted().total, 0, "{attack}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_that_a_script_makes_up_starts_anything() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    page.fill("Host", target.url()).await;
    // What follows is then there.
    page.press("History").await;
    page.press("New").await;
    for attack in MADE_UP {
        let script =
            format!("const button = document.querySelector('button[type=submit]');\n{attack}");
        page.run(&script, vec![]).await;
        assert_nothing_started(&page, &target, attack).await;
    }
    let script = "return document.querySelectorAll('[accesskey], [autofocus], iframe:not([sandbox])').length;";
    assert_eq!(
        page.run(script, vec![]).await,
        json!(0),
        "no key does a click"
    );

    // A plan that is dropped by a script is on the screen before it starts.
    let plan = format!(
        "version = 1\nhost = \"{}\"\nload = {{ users = 1, spawn_rate = 1 }}\n\
         [[user_class]]\nname = \"A\"\ntask = [{{ get = \"/\" }}]\n",
        target.url()
    );
    let hold = "const real = window.setTimeout; window.setTimeout = (then, millis, ...rest) =>
        millis === 1000 ? 0 : real(then, millis, ...rest);";
    page.run(hold, vec![]).await;
    page.drop_files(&[("plan.toml", &plan)]).await;
    until("it is read", async || {
        (page.value("Number of users").await == "1").then_some(())
    })
    .await;
    page.click("Start Swarming").await;
    assert!(page.alert().await.contains("just replaced"));
    assert_nothing_started(&page, &target, "a dropped file").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_can_be_clicked_in_whatever_a_page_is_embedded_in() {
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    let url = format!("{}{}", page.site_url(), fragment(&page, &target).await);
    let session = page.browser().session();
    let inner = other_page(format!("<iframe src='{url}'></iframe>")).await;
    for (around, depth) in [
        (
            format!("<iframe sandbox='allow-scripts' src='{url}'></iframe>"),
            1,
        ),
        (
            format!(
                "<iframe sandbox='allow-scripts allow-same-origin allow-forms allow-popups' src='{url}'></iframe>"
            ),
            1,
        ),
        (format!("<iframe src='{inner}'></iframe>"), 2),
        (
            format!("<iframe srcdoc=\"<iframe src='{url}'></iframe>\"></iframe>"),
            2,
        ),
    ] {
        session
            .goto(&other_page(around.clone()).await)
            .await
            .unwrap();
        for _ in 0..depth {
            until("the frame is there", async || {
                let n_frames = page.run("return window.length", vec![]).await;
                (n_frames == json!(1)).then_some(())
            })
            .await;
            session.enter_frame(0).await.unwrap();
        }
        // Without an origin it loads no script, and so draws nothing.
        if !around.contains("'allow-scripts'") {
            page.until_text("inside of another page").await;
        }
        let buttons = session.find_all(By::Tag("button")).await.unwrap();
        assert!(buttons.is_empty(), "{around}");
        assert_eq!(target.counted().total, 0, "{around}");
        session.enter_default_frame().await.unwrap();
    }
}

/// The other window, once there are two.
async fn other_window(page: &Page, own: &WindowHandle) -> WindowHandle {
    until("there is another window", async || {
        let windows = page.browser().session().windows().await.ok()?;
        windows.into_iter().find(|it| it != own)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_opened_the_page_starts_nothing_in_it() {
    if !needs_browser_engine("a link to it needs its token") {
        return;
    }
    let target = DemoTarget::start().await;
    let page = Page::open().await;
    let link = format!("{}{}", page.site_url(), fragment(&page, &target).await);
    let site = page.site_url();
    let html = format!(
        "<button onclick=\"w = window.open('{site}', 'it', 'width=800,height=900')\">Win</button>"
    );
    let session = page.browser().session();
    session.goto(&other_page(html).await).await.unwrap();
    let own = session.window().await.unwrap();
    page.click("Win").await;
    let opened = other_window(&page, &own).await;
    session.switch_to_window(opened.clone()).await.unwrap();
    page.press("History").await;
    page.press("New").await;
    // Counts the links that were opened.
    let count = "window.n = 0; window.addEventListener('hashchange', () => window.n++);";
    page.run(count, vec![]).await;
    let until_opened = async |n: u32| {
        until("the links are opened", async || {
            (page.run("return window.n;", vec![]).await == json!(n)).then_some(())
        })
        .await;
    };
    for attack in BY_OPENER {
        session.switch_to_window(own.clone()).await.unwrap();
        page.run(attack, vec![link.clone().into()]).await;
        session.switch_to_window(opened.clone()).await.unwrap();
        assert_nothing_started(&page, &target, attack).await;
    }
    until_opened(3).await;
    page.until_text("This plan came from a link").await;
    assert_eq!(page.value("Host").await, target.url());

    // A question that is open goes with a link that comes meanwhile.
    page.press("Start Swarming").await;
    page.dialog_text().await;
    session.switch_to_window(own).await.unwrap();
    page.run("w.location = arguments[0];", vec![link.into()])
        .await;
    session.switch_to_window(opened).await.unwrap();
    until_opened(4).await;
    until("the question is gone", async || {
        let script = "return document.querySelector('dialog[open]') === null;";
        (page.run(script, vec![]).await == json!(true)).then_some(())
    })
    .await;
    // Nor does it come back with the page.
    let url = session.current_url().await.unwrap();
    session.goto("about:blank").await.unwrap();
    session.back().await.unwrap();
    until("it is back", async || {
        (session.current_url().await.ok()? == url).then_some(())
    })
    .await;
    until("the form is there", async || {
        page.has_button("Start Swarming").await.then_some(())
    })
    .await;
    assert_nothing_started(&page, &target, "gone and come back").await;
}

/// What a script of the page makes up.
const MADE_UP: [&str; 10] = [
        // All that a mouse does.
        "for (const type of ['pointerover', 'pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click'])
            button.dispatchEvent(new PointerEvent(type, { bubbles: true, cancelable: true, detail: 1 }));",
        "button.dispatchEvent(new TouchEvent('touchstart', { bubbles: true }));
         button.dispatchEvent(new TouchEvent('touchend', { bubbles: true }));",
        // All that a keyboard does, on the button and in a field.
        "for (const key of ['Enter', ' ']) for (const type of ['keydown', 'keypress', 'keyup'])
            button.dispatchEvent(new KeyboardEvent(type, { key, code: key, bubbles: true }));",
        "const field = document.querySelector('form.plan input');
         for (const type of ['keydown', 'keypress', 'keyup'])
            field.dispatchEvent(new KeyboardEvent(type, { key: 'Enter', metaKey: true, bubbles: true }));",
        "button.form.requestSubmit(button);",
        "button.form.dispatchEvent(new SubmitEvent('submit', { submitter: button, bubbles: true, cancelable: true }));",
        // A click that comes along with one of its own button.
        "const own = document.createElement('label'); own.htmlFor = button.id = 'it';
         document.body.append(own); own.click();",
        "window.dispatchEvent(new MessageEvent('message', { data: { type: 'start' } }));
         window.postMessage({ Start: {} }, '*');",
        "window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
         document.dispatchEvent(new Event('visibilitychange'));
         window.dispatchEvent(new Event('focus'));",
        "history.pushState({}, '', location.href + '?view=run'); history.replaceState({}, '', '/');
         window.dispatchEvent(new PopStateEvent('popstate')); window.dispatchEvent(new HashChangeEvent('hashchange'));",
];

/// What the page does that has opened ours as `w`; the argument is a link.
const BY_OPENER: [&str; 9] = [
    "w.postMessage({ type: 'start' }, '*'); w.postMessage('Start', '*');",
    "w.postMessage(new Uint8Array([0, 1, 2, 3]).buffer, '*');",
    "w.focus(); w.blur(); w.focus();",
    "try { w.document.querySelector('button[type=submit]').click(); } catch {}",
    "try { w.history.pushState({}, '', '?view=run'); } catch {}",
    "try { w.eval('document.forms[0].requestSubmit()'); } catch {}",
    "w.location = arguments[0];",
    "window.open(arguments[0], 'it');",
    "w.location.replace(arguments[0]); w.postMessage({ type: 'start' }, '*');",
];
