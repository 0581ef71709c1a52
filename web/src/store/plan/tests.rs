use super::*;

fn read_source(source: Source) -> Reading {
    Reading::new(source, |_| Err("there are no files".to_owned())).0
}

fn read(plan: &mut PlanDoc) {
    let reading = read_source(plan.source());
    plan.apply(PlanAction::Read(plan.revision, Box::new(reading)));
}

fn edit_text(plan: &mut PlanDoc, text: &str) {
    plan.apply(PlanAction::EditText(Side::Toml, text.to_owned()));
    read(plan);
}

#[test]
fn the_demo_is_a_plan_for_the_simulated_api() {
    let mut plan = PlanDoc::default();
    read(&mut plan);
    assert_eq!(plan.problems, []);
    assert!(plan.is_simulated());
    assert_eq!(
        plan.text,
        "version = 1\n\
         \n\
         [load]\n\
         users = 20\n\
         spawn_rate = 4\n\
         \n\
         [[user_class]]\n\
         name = \"User\"\n\
         wait = { between = [0.5, 1.5] }\n\
         \n\
         [[user_class.task]]\n\
         weight = 3\n\
         get = \"/\"\n\
         \n\
         [[user_class.task]]\n\
         weight = 1\n\
         get = \"/cube\"\n\
         \n\
         [[user_class.task]]\n\
         weight = 1\n\
         get = \"/square\"\n"
    );
    assert!(!with_host(None, "http://a.test").is_simulated());
}

fn set_host(plan: &mut PlanDoc, host: &str) {
    plan.apply(PlanAction::Edit(Edit::Set(Path::of("host"), host.into())));
}

fn own() -> PlanDoc {
    let mut plan = PlanDoc::default();
    set_host(&mut plan, "http://a.test");
    plan
}

#[test]
fn a_link_says_that_it_is_one_on_the_first_visit_too() {
    for before in [None, Some(PlanDoc::default()), Some(own())] {
        let replaces = before.as_ref().is_some_and(|it| *it == own());
        let plan = with_host(before, "http://b.test");
        assert!(plan.is_from_link && plan.is_untouched_link() && plan.unseen.is_some());
        assert_eq!(plan.replaced.is_some(), replaces);
    }
    assert_eq!(with_host(Some(own()), "http://a.test"), own());
}

#[test]
fn what_comes_from_outside_is_unseen_until_it_was_on_the_screen() {
    let link = PlanDoc {
        is_from_link: true,
        ..PlanDoc::default()
    };
    let mut plan = own();
    assert_eq!(plan.unseen, None, "typing is not from outside");
    plan.apply(PlanAction::Await);
    let awaited = plan.unseen.unwrap();
    plan.apply(PlanAction::Open(Box::new(link)));
    plan.apply(PlanAction::Settle(awaited));
    assert_eq!(plan.unseen, Some(plan.revision), "that was the one before");
    let opened = plan.revision;
    set_host(&mut plan, "http://b.test");
    assert_eq!(plan.unseen, Some(opened), "typing does not show it longer");
    plan.apply(PlanAction::Settle(opened));
    assert_eq!(plan.unseen, None);

    plan.apply(PlanAction::OpenText(Side::Toml, "version = 1".to_owned()));
    assert_eq!(plan.unseen, Some(plan.revision));
    plan.apply(PlanAction::Open(Box::default()));
    assert_eq!(plan.unseen, None, "a person has chosen it here");
}

#[test]
fn a_refusal_stands_until_a_person_does_something() {
    let mut plan = own();
    plan.apply(PlanAction::Await);
    plan.apply(PlanAction::Refuse(Refusal::Unseen));
    plan.apply(PlanAction::Settle(plan.revision));
    read(&mut plan);
    assert_eq!(plan.refusal, Some(Refusal::Unseen));
    set_host(&mut plan, "http://b.test");
    assert_eq!(plan.refusal, None);
}

#[test]
fn hosts_besides_that_of_the_plan_are_known() {
    let mut plan = with_host(None, "http://a.test/");
    read(&mut plan);
    assert_eq!(plan.other_hosts, [""; 0]);
    let task = "user_class[0].task[0].get";
    let task = Path::parse(task).unwrap();
    plan.apply(PlanAction::Edit(Edit::Set(task, "http://b.test/x".into())));
    read(&mut plan);
    assert_eq!(plan.other_hosts, ["http://b.test"]);
    assert_eq!(
        plan.targets.label().unwrap(),
        "http://b.test, http://a.test"
    );
}

#[test]
fn what_a_link_replaces_can_be_had_back() {
    let mine = own();
    let before = mine.draft.clone();
    let mut plan = with_host(Some(mine), "http://b.test");
    assert!(plan.draft != before && plan.is_untouched_link());
    let linked = PlanDoc {
        is_from_link: true,
        ..PlanDoc::default()
    };
    plan.apply(PlanAction::Open(Box::new(linked)));
    plan.apply(PlanAction::Edit(Edit::Remove(Path::of("load"))));
    assert!(!plan.is_untouched_link());
    plan.apply(PlanAction::TakeBack);
    assert_eq!((plan.draft.clone(), plan.replaced.clone()), (before, None));
    assert!(!plan.is_untouched_link());
}

#[test]
fn what_a_link_replaces_stays_until_it_is_discarded() {
    let mut plan = with_host(Some(own()), "http://b.test");
    plan.apply(PlanAction::Open(Box::default()));
    assert!(plan.replaced.is_some(), "the demo is no reason");
    plan.apply(PlanAction::Discard);
    assert_eq!(plan.replaced, None);

    // One that was changed after it came from a link is a person's own.
    let mut plan = with_host(None, "http://b.test");
    set_host(&mut plan, "http://c.test");
    let mut plan = with_host(Some(plan), "http://d.test");
    plan.apply(PlanAction::TakeBack);
    assert_eq!(plan.get(&Path::of("host")), Some(&"http://c.test".into()));
    assert!(!plan.is_untouched_link() && plan.unseen.is_none());
}

#[test]
fn form_and_text_follow_each_other() {
    let mut plan = PlanDoc::default();
    let users = Path::of("load").key("users");
    plan.apply(PlanAction::Edit(Edit::Set(users.clone(), 7.into())));
    read(&mut plan);
    assert!(plan.text.contains("\nusers = 7\n"), "{}", plan.text);

    let text = plan.text.replace("users = 7", "users = 8 # more");
    edit_text(&mut plan, &text);
    assert_eq!(plan.get(&users), Some(&8.into()));
    read(&mut plan);
    assert_eq!(
        plan.text, text,
        "a comment stays while only the text is edited"
    );
}

#[test]
fn a_broken_text_leaves_the_form_as_it_was() {
    let mut plan = PlanDoc::default();
    edit_text(&mut plan, "version =");
    assert!(plan.is_broken);
    assert_eq!(plan.problems[0].line, Some(1));
    assert_eq!(plan.draft, PlanDoc::default().draft);

    let title = Path::of("host");
    plan.apply(PlanAction::Edit(Edit::Set(title, "http://a.test".into())));
    read(&mut plan);
    assert!(!plan.is_broken && plan.text.contains("http://a.test"));
}

#[test]
fn errors_stand_beside_what_caused_them_once_they_are_wanted() {
    let mut plan = PlanDoc::default();
    let users = Path::of("load").key("users");
    plan.apply(PlanAction::Edit(Edit::Set(users.clone(), "many".into())));
    read(&mut plan);
    assert_eq!(plan.error(&users), None);
    plan.apply(PlanAction::Check);
    assert!(
        plan.error(&users)
            .unwrap()
            .contains("found the text “many”")
    );
    assert_eq!(plan.error(&Path::of("host")), None);
}

#[test]
fn a_file_that_is_refused_changes_nothing_and_is_said_until_something_is_done() {
    let mut plan = PlanDoc::default();
    read(&mut plan);
    plan.apply(PlanAction::RefuseFile(Problem {
        path: String::new(),
        line: None,
        message: "it is no text".to_owned(),
    }));
    plan.apply(PlanAction::Check);
    assert!(plan.refused.is_some() && plan.ready().is_some());
    plan.apply(PlanAction::Edit(Edit::Remove(Path::of("host"))));
    assert_eq!(plan.refused, None);
}

#[test]
fn a_late_word_about_an_older_plan_is_ignored() {
    let mut plan = PlanDoc::default();
    let late = read_source(plan.source());
    plan.apply(PlanAction::Edit(Edit::Remove(Path::of("load"))));
    plan.apply(PlanAction::Read(0, Box::new(late)));
    assert!(!plan.is_read() && plan.ready().is_none());
    read(&mut plan);
    assert!(plan.is_read() && plan.ready().is_none());
}

#[test]
fn json_that_cannot_be_read_stays_as_it_is() {
    let mut plan = PlanDoc::default();
    plan.apply(PlanAction::EditText(Side::Json, "{".to_owned()));
    read(&mut plan);
    assert_eq!(plan.edited, Side::Json);
    assert!(plan.is_broken && plan.text == "{");
    assert_eq!(plan.problems.len(), 1);

    plan.apply(PlanAction::EditText(
        Side::Json,
        "{\"version\": 1}".to_owned(),
    ));
    read(&mut plan);
    assert_eq!(
        (plan.edited, plan.text.as_str()),
        (Side::Toml, "version = 1\n")
    );
}

const FILE: &str = "from locust import HttpUser\n";

fn opened() -> PlanDoc {
    let mut plan = own();
    plan.apply(PlanAction::OpenScript("a.py".to_owned(), FILE.to_owned()));
    plan
}

#[test]
fn a_locustfile_takes_the_place_of_the_tasks_and_its_text_is_shown() {
    let mut plan = opened();
    assert_eq!(plan.script(), Some(FILE));
    assert!(plan.shows_text && plan.unseen == Some(plan.revision));
    assert_eq!(plan.get(&Path::of("user_class")), None);
    assert_eq!(plan.get(&Path::of("host")), None, "of another plan");
    assert_eq!(plan.draft.keys["load"]["users"], 20);
    edit_text(&mut plan, "import locust\n");
    assert_eq!(plan.script(), Some("import locust\n"));
    assert_eq!(plan.edited, Side::Form, "the plan is what is in the form");
}

#[test]
fn python_that_is_pasted_over_a_plan_is_a_locustfile() {
    let mut plan = own();
    edit_text(&mut plan, FILE);
    assert_eq!(plan.script(), Some(FILE));
    assert_eq!(plan.unseen, None, "a person has typed it");
    let toml = "version = 1\n";
    plan.apply(PlanAction::OpenText(Side::Toml, toml.to_owned()));
    assert_eq!((plan.script(), &*plan.text), (None, toml));
}

#[test]
fn a_file_beside_a_locustfile_is_looked_at_too_before_it_runs() {
    let mut plan = opened();
    plan.apply(PlanAction::Settle(plan.revision));
    assert_eq!(plan.unseen, None);
    plan.apply(PlanAction::AddFile("b.csv".to_owned(), "YQ==".to_owned()));
    assert_eq!(plan.unseen, Some(plan.revision));
}

#[test]
fn a_file_without_a_locustfile_is_refused_and_leaves_the_plan_as_it_was_opened() {
    let mut plan = own();
    let toml = "version = 1\n";
    plan.apply(PlanAction::OpenText(Side::Toml, toml.to_owned()));
    plan.apply(PlanAction::AddFile("b.csv".to_owned(), "YQ==".to_owned()));
    assert_eq!(
        (plan.edited, plan.source()),
        (Side::Toml, Source::Toml(toml.to_owned()))
    );
    let refused = plan.refused.unwrap().message;
    assert_eq!(
        refused,
        "b.csv: only a locustfile can have files beside it; open that first"
    );
}

#[test]
fn a_new_locustfile_shows_nothing_of_the_one_before() {
    let known = || PlanDoc {
        about_script: Script {
            shape: Some("Before".to_owned()),
            ..Script::default()
        },
        ..opened()
    };
    let mut plan = known();
    edit_text(&mut plan, "import locust\n");
    assert_ne!(plan.about_script, Script::default(), "it is being changed");
    let (name, text) = ("b.py".to_owned(), FILE.to_owned());
    plan.apply(PlanAction::OpenScript(name, text));
    assert_eq!(plan.about_script, Script::default());

    let mut plan = known();
    plan.draft = PlanDoc::default().draft;
    edit_text(&mut plan, FILE);
    assert_eq!(plan.about_script, Script::default());

    let mut plan = known();
    plan.apply(PlanAction::OpenText(Side::Toml, "version = 1\n".to_owned()));
    assert_eq!(plan.about_script, Script::default());
}

#[test]
fn only_problems_of_the_file_have_lines_in_its_text() {
    let mut plan = opened();
    let problem = |path: &str| Problem {
        path: path.to_owned(),
        line: Some(3),
        message: String::new(),
    };
    plan.problems = vec![problem("locustfile"), problem("load.users")];
    let lines: Vec<_> = plan.problems_of_text().iter().map(|it| it.line).collect();
    assert_eq!(lines, [Some(3), None]);
}
