//! The page, as a person uses it: by what is written on it.

use std::path::Path;

use serde_json::Value;
use thirtyfour::action_chain::ActionChain;
use thirtyfour::{By, Key, TypingData, WebElement};

use crate::browser::Browser;
use crate::native::Native;
use crate::site::Site;
use crate::target::DemoTarget;
use crate::until::until;
use crate::xpath::{self, literal};

/// The page in a browser.
pub struct Page {
    browser: Browser,
    url: String,
    // What serves it, unless that is the test's.
    _site: Option<Site>,
    _native: Option<Native>,
}

/// A row of the statistics table.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Row {
    /// `# Requests`.
    pub n_requests: u64,
    /// `# Fails`.
    pub n_failures: u64,
    /// All cells, as they are written.
    pub cells: Vec<String>,
}

/// Whether [`Page::open`] opens the page of the command.
pub fn has_native_engine() -> bool {
    std::env::var_os("MAYFLY_ENGINE").is_some_and(|it| it == "native")
}

/// Whether a test of what only an engine in a browser has can run; otherwise it says why not.
pub fn needs_browser_engine(reason: &str) -> bool {
    if has_native_engine() {
        eprintln!("not tested with the native engine: {reason}");
    }
    !has_native_engine()
}

impl Page {
    /// Opens the page in a browser of its own, wide enough for a desk.
    ///
    /// Where `MAYFLY_ENGINE` is `native`, it is that of a command of its own.
    pub async fn open() -> Self {
        if has_native_engine() {
            let native = Native::start().await;
            let page = Self::open_url(native.url()).await;
            return Self {
                _native: Some(native),
                ..page
            };
        }
        Self::open_at(Site::start().await).await
    }

    /// Opens the page of `site`.
    pub async fn open_at(site: Site) -> Self {
        let page = Self::open_url(site.url()).await;
        Self {
            _site: Some(site),
            ..page
        }
    }

    /// Opens the page at `url` in a browser of its own.
    pub async fn open_url(url: &str) -> Self {
        let page = Self {
            browser: Browser::start(1440, 900).await,
            url: url.to_owned(),
            _site: None,
            _native: None,
        };
        page.load("").await;
        page
    }

    /// Opens the page anew, as if it remembered nothing that was typed, with `fragment` at the end of its address.
    pub async fn load(&self, fragment: &str) {
        let session = self.browser.session();
        // There is none on an empty page, which is where a browser starts.
        let _ = session.execute("localStorage.clear();", vec![]).await;
        // From another page: a new fragment alone would not load it again.
        session
            .goto("about:blank")
            .await
            .expect("there is always an empty page");
        let url = format!("{}{fragment}", self.url);
        session.goto(url).await.expect("the page is served");
        self.until_drawn().await;
    }

    /// Loads the address again that is shown. What the page has stored stays.
    pub async fn reload(&self) {
        let reloaded = self.browser.session().refresh().await;
        reloaded.expect("the page is served");
        self.until_drawn().await;
    }

    async fn until_drawn(&self) {
        until("the page is drawn", async || self.element("//main").await).await;
    }

    /// Where the page is.
    pub fn site_url(&self) -> &str {
        &self.url
    }

    /// The browser.
    pub fn browser(&self) -> &Browser {
        &self.browser
    }

    /// Types `text` into the field with this label, in place of what is there.
    pub async fn fill(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        type_into(&field, text).await;
    }

    /// Chooses `option` in the list with this label.
    pub async fn select(&self, label: &str, option: &str) {
        let name = literal(option);
        let xpath = format!(
            "{}//option[normalize-space() = {name} or @label = {name}]",
            xpath::field(label)
        );
        let what = format!("{label} has an option {option}");
        let found = until(&what, async || self.element(&xpath).await).await;
        found
            .click()
            .await
            .unwrap_or_else(|error| panic!("{option} cannot be chosen: {error}"));
    }

    /// Checks or unchecks the box with this label.
    pub async fn check(&self, label: &str, checked: bool) {
        let field = self.field(label).await;
        let is_checked = field.is_selected().await;
        if is_checked.expect("the box is there") != checked {
            field
                .click()
                .await
                .unwrap_or_else(|error| panic!("{label} cannot be clicked: {error}"));
        }
    }

    /// Chooses a file in the field with this label.
    pub async fn choose_file(&self, label: &str, file: &Path) {
        let file = file.to_str().expect("the path of a test's file is text");
        let chosen = self.field(label).await.send_keys(file).await;
        chosen.unwrap_or_else(|error| panic!("{label} takes no file: {error}"));
    }

    /// Drops files onto the page, as from a folder: each a name and a text.
    pub async fn drop_files(&self, files: &[(&str, &str)]) {
        let script = "
            const data = new DataTransfer();
            for (const [name, text] of arguments[0]) data.items.add(new File([text], name));
            const event = { bubbles: true, cancelable: true, dataTransfer: data };
            const main = document.querySelector('main');
            main.dispatchEvent(new DragEvent('dragover', event));
            main.dispatchEvent(new DragEvent('drop', event));";
        self.run(script, vec![serde_json::json!(files)]).await;
    }

    /// Presses a key, or several at once such as `Key::Control + "s"`, where the focus is.
    pub async fn press_key(&self, keys: impl Into<TypingData>) {
        let keys = keys.into().as_vec();
        let session = self.browser.session();
        let down = |actions: ActionChain, key: &char| actions.key_down(*key);
        let up = |actions: ActionChain, key: &char| actions.key_up(*key);
        let actions = keys.iter().fold(session.action_chain(), down);
        let actions = keys.iter().rev().fold(actions, up);
        actions.perform().await.expect("every driver has keys");
    }

    /// What is in the field with this label.
    pub async fn value(&self, label: &str) -> String {
        let value = self
            .field(label)
            .await
            .value()
            .await
            .expect("a field has a value");
        value.unwrap_or_default()
    }

    /// What stands below the field with this label.
    pub async fn help(&self, label: &str) -> String {
        let id = self.field(label).await.attr("aria-describedby").await;
        let id = id
            .expect("the field is there")
            .expect("every field is described");
        self.text(&format!("//*[@id='{id}']"))
            .await
            .unwrap_or_default()
    }

    /// Fills the task list: path and weight of each task, all by GET.
    pub async fn fill_tasks(&self, tasks: &[(&str, &str)]) {
        while self.element("//*[@role='group'][2]").await.is_some() {
            self.press("Remove task 2").await;
        }
        for _ in 1..tasks.len() {
            self.press("Add task").await;
        }
        for (index, (path, weight)) in tasks.iter().enumerate() {
            for (label, text) in [("Path", path), ("Weight", weight)] {
                let number = index + 1;
                let xpath = format!("//*[@aria-label='Task {number}']//*[@aria-label='{label}']");
                let field = until(label, async || self.element(&xpath).await).await;
                type_into(&field, text).await;
            }
        }
    }

    /// Clicks the button or tab with this name, once it says that it can be clicked.
    pub async fn press(&self, name: &str) {
        self.click_once(name, " and not(@aria-disabled = 'true')")
            .await;
    }

    /// Clicks the button with this name in the dialog that is open, once it says that it can be clicked.
    pub async fn answer(&self, name: &str) {
        let text = literal(name);
        let xpath = format!(
            "//dialog[@open]//button[normalize-space()={text} and not(@aria-disabled = 'true')]"
        );
        let what = format!("{name} can be answered");
        let button = until(&what, async || self.element(&xpath).await).await;
        let clicked = button.click().await;
        clicked.unwrap_or_else(|error| panic!("{name} cannot be clicked: {error}"));
    }

    /// Clicks the button or tab with this name, whatever it says of itself.
    pub async fn click(&self, name: &str) {
        self.click_once(name, "").await;
    }

    async fn click_once(&self, name: &str, condition: &str) {
        let text = literal(name);
        let xpath =
            format!("//button[(normalize-space()={text} or @aria-label={text}){condition}]");
        let what = format!("there is a button {name}{condition}");
        let button = until(&what, async || self.element(&xpath).await).await;
        button
            .click()
            .await
            .unwrap_or_else(|error| panic!("{name} cannot be clicked: {error}"));
    }

    /// The names of all tabs.
    pub async fn tabs(&self) -> Vec<String> {
        let script = "return [...document.querySelectorAll('[role=tab]')]
            .map(it => it.textContent);";
        let tabs = self.run(script, vec![]).await;
        serde_json::from_value(tabs).expect("a list of texts")
    }

    /// Opens or closes the details with this summary.
    pub async fn press_summary(&self, summary: &str) {
        let xpath = format!("//summary[normalize-space()={}]", literal(summary));
        let summary = until(summary, async || self.element(&xpath).await).await;
        summary.click().await.expect("a summary can be clicked");
    }

    /// Whether there is a button with this name.
    pub async fn has_button(&self, name: &str) -> bool {
        let xpath = format!("//button[normalize-space()={}]", literal(name));
        self.element(&xpath).await.is_some()
    }

    /// What the status strip says about `title`, such as `Users`.
    pub async fn status(&self, title: &str) -> String {
        let title_text = literal(title);
        let xpath = format!("//dt[normalize-space()={title_text}]/following-sibling::dd");
        until(title, async || self.text(&xpath).await).await
    }

    /// Waits until the run is in `state`.
    pub async fn until_state(&self, state: &str) {
        let what = format!("the run is {state}");
        until(&what, async || {
            self.status("Status")
                .await
                .eq_ignore_ascii_case(state)
                .then_some(())
        })
        .await;
    }

    /// Waits until an alert says something, and returns it.
    pub async fn alert(&self) -> String {
        until("there is an alert", async || self.alert_now().await).await
    }

    /// What an alert says, if there is one.
    pub async fn alert_now(&self) -> Option<String> {
        self.text("//*[@role='alert']").await
    }

    /// The row of the statistics table with this name; all zero if there is none.
    pub async fn row(&self, name: &str) -> Row {
        let rows = self.table("Statistics").await;
        let cells = rows.into_iter().find(|cells| cells[1] == name);
        cells.map_or_else(Row::default, |cells| Row {
            n_requests: number(&cells[2]),
            n_failures: number(&cells[3]),
            cells,
        })
    }

    /// Waits until the total is as wanted, and returns it.
    pub async fn until_total(&self, what: &str, wanted: impl Fn(&Row) -> bool) -> Row {
        until(what, async || {
            Some(self.row("Aggregated").await).filter(&wanted)
        })
        .await
    }

    /// The rows below the titles of the table with this caption; none if there is no such table.
    pub async fn table(&self, caption: &str) -> Vec<Vec<String>> {
        let script = "
            const table = [...document.querySelectorAll('table')]
                .find(it => it.caption.textContent === arguments[0]);
            const rows = table ? [...table.querySelectorAll('tbody tr:not(.spacer, .detail), tfoot tr')] : [];
            return rows.map(row => [...row.cells].map(cell => cell.textContent));";
        let rows = self.run(script, vec![caption.into()]).await;
        serde_json::from_value(rows).expect("rows of texts")
    }

    /// How many requests were aborted, as the page says it.
    pub async fn n_aborted(&self) -> u64 {
        let note = self.text("//p[contains(., 'in flight when')]").await;
        note.map_or(0, |note| {
            number(note.split(" request").next().unwrap_or_default())
        })
    }

    /// Checks that the page counts what `target` answered. A request that was aborted may have been
    /// answered before the abort arrived, so as many as the page says were aborted may be more there.
    ///
    /// # Panics
    ///
    /// Panics if the counts differ by more than that.
    pub async fn assert_agrees_with(&self, target: &DemoTarget) {
        let n_requests = self.row("Aggregated").await.n_requests;
        let (answered, n_aborted) = (target.counted().total, self.n_aborted().await);
        assert!(
            n_requests <= answered && answered <= n_requests + n_aborted,
            "{n_requests} on the page, {answered} at the target, {n_aborted} aborted"
        );
    }

    /// The text of the dialog that is open.
    pub async fn dialog_text(&self) -> String {
        let xpath = "//dialog[@open]";
        until("a dialog is open", async || self.text(xpath).await).await
    }

    /// The text of the element with this role and name, once it is there.
    pub async fn text_of(&self, role: &str, name: &str) -> String {
        let xpath = xpath::named(role, name);
        let what = format!("there is a {role} {name}");
        until(&what, async || self.text(&xpath).await).await
    }

    /// Waits until `text` stands somewhere on the page.
    pub async fn until_text(&self, text: &str) {
        let what = format!("the page says “{text}”");
        until(&what, async || {
            self.whole_text().await.contains(text).then_some(())
        })
        .await;
    }

    /// Opens the reasons of the validity of a run that goes on, once there are any.
    pub async fn open_reasons(&self) {
        until("the reasons open", async || {
            let line = "//details[not(@open)]/summary[contains(., 'so far')]";
            self.element(line).await?.click().await.ok()
        })
        .await;
    }

    /// What was logged as an error since this was last asked; see [`Browser::console_errors`].
    pub async fn console_errors(&self) -> Vec<String> {
        self.browser.console_errors().await
    }

    /// The text of all that is on the page.
    pub async fn whole_text(&self) -> String {
        self.text("//body").await.expect("a page has a body")
    }

    /// Runs a script in the page, and returns what it returns.
    pub async fn run(&self, script: &str, args: Vec<Value>) -> Value {
        let result = self.browser.session().execute(script, args).await;
        result.expect("the script works").json().clone()
    }

    /// Runs a script that ends by calling its last argument.
    pub async fn run_async(&self, script: &str, args: Vec<Value>) -> Value {
        let result = self.browser.session().execute_async(script, args).await;
        result.expect("the script works").json().clone()
    }

    /// Saves a picture of what is shown.
    pub async fn picture(&self, file: &Path) {
        self.browser
            .session()
            .screenshot(file)
            .await
            .expect("there is room for a picture");
    }

    /// The element at `xpath`, if there is one.
    pub async fn element(&self, xpath: &str) -> Option<WebElement> {
        self.browser.session().find(By::XPath(xpath)).await.ok()
    }

    async fn text(&self, xpath: &str) -> Option<String> {
        // It may be drawn anew in between, and is looked for again then.
        self.element(xpath).await?.text().await.ok()
    }

    async fn field(&self, label: &str) -> WebElement {
        let xpath = xpath::field(label);
        until(&format!("there is a field {label}"), async || {
            self.element(&xpath).await
        })
        .await
    }
}

async fn type_into(field: &WebElement, text: &str) {
    until("the field can be written to", async || {
        let is_read_only = field.prop("readOnly").await;
        let is_read_only = is_read_only.expect("a field is there").as_deref() == Some("true");
        (!is_read_only).then_some(())
    })
    .await;
    let all = Key::Control + "a";
    field.send_keys(all).await.expect("a field takes keys");
    if text.is_empty() {
        field
            .send_keys(Key::Delete)
            .await
            .expect("a field takes keys");
    }
    field.send_keys(text).await.expect("a field takes keys");
}

/// A count as the page writes it, in groups of digits.
fn number(text: &str) -> u64 {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits
        .parse()
        .unwrap_or_else(|_| panic!("{text} is no count"))
}
