//! Options of Locust that have no meaning here, and what to do instead.

/// Why an option is not taken, if one of `args` is one of Locust's that have no meaning here.
pub(crate) fn not_here(args: impl IntoIterator<Item = String>) -> Option<String> {
    args.into_iter().find_map(|arg| {
        let name = arg.split('=').next().unwrap_or_default();
        let (option, instead) = ELSEWHERE.iter().find(|it| it.0 == name)?;
        Some(format!(
            "{option} is an option of Locust that has no meaning here: {instead}"
        ))
    })
}

const ELSEWHERE: [(&str, &str); 19] = [
    (
        "--class-picker",
        "the page shows all user classes with their weights; a weight of 0 leaves one out",
    ),
    (
        "--config-users",
        "set weight, fixed_count and host of user classes in the plan or the locustfile",
    ),
    ("--enable-rebalancing", NO_WORKERS),
    (
        "--equal-weights",
        "leave the weights out of the plan or the locustfile: each is 1 then",
    ),
    ("--expect-workers", NO_WORKERS),
    ("--expect-workers-max-wait", NO_WORKERS),
    (
        "--loader",
        "-f takes one plan, or one locustfile, which may import others",
    ),
    ("--master", NO_WORKERS),
    ("--master-bind-host", NO_WORKERS),
    ("--master-bind-port", NO_WORKERS),
    ("--master-host", NO_WORKERS),
    ("--master-port", NO_WORKERS),
    ("--otel", "write the numbers with --csv or --json-file"),
    (
        "--profile",
        "Python runs in a process of its own; profile that, with py-spy for example",
    ),
    (
        "--skip-log-setup",
        "there is no log setup to skip; see --loglevel",
    ),
    ("--tls-cert", NO_TLS),
    ("--tls-key", NO_TLS),
    ("--web-login", NO_TLS),
    ("--worker", NO_WORKERS),
];

const NO_TLS: &str = "the page is for this machine, or for who has its URL; for more, put a server with \
                      TLS and accounts in front of it";
const NO_WORKERS: &str =
    "a run is on one machine; start the command on several, each with its part of the users";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_of_locust_that_means_nothing_here_says_what_to_do() {
        let args = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let said = not_here(args("mayfly --expect-workers=4")).unwrap();
        assert!(
            said.starts_with("--expect-workers is an option of Locust"),
            "{said}"
        );
        assert_eq!(not_here(args("mayfly -u 5 --headless")), None);
    }
}
