//! Hashes of what the page loads: in the names of its files, and in its policies.

use anyhow::{Context, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// What a page has in its policy where the hash of its script belongs.
pub(crate) const PLACE: &str = "'sha256-of-the-script'";

/// 16 digits that say what is in a file, as in the names of all files of the page.
pub(crate) fn of_file(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash[..8].iter().map(|it| format!("{it:02x}")).collect()
}

/// A page, from the file `name`, that names in its policy its one script that begins with the tag `start`.
///
/// # Errors
///
/// Fails unless there is one such script and one place for its hash.
pub(crate) fn sealed(page: &str, name: &str, start: &str) -> anyhow::Result<String> {
    let n_scripts = page.matches(start).count();
    ensure!(
        n_scripts == 1,
        "expected one inline script in {name}, found {n_scripts}"
    );
    let script = page.split_once(start).map(|it| it.1);
    let script = script.and_then(|it| it.split_once("</script>"));
    let script = script.with_context(|| format!("expected an end of the script in {name}"))?;
    let n_places = page.matches(PLACE).count();
    ensure!(
        n_places == 1,
        "expected {PLACE} once in {name}, found it {n_places} times"
    );
    let hash = BASE64_STANDARD.encode(Sha256::digest(script.0));
    Ok(page.replace(PLACE, &format!("'sha256-{hash}'")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_named_by_its_hash_and_no_other_is() {
        for start in ["<script>", "<script type=\"module\">"] {
            let page = format!("{PLACE}<script src=\"a.js\"></script>{start}x</script>");
            // printf x | openssl dgst -sha256 -binary | base64
            let expected = format!(
                "'sha256-LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE='\
                 <script src=\"a.js\"></script>{start}x</script>"
            );
            assert_eq!(sealed(&page, "a.html", start).unwrap(), expected);
            for broken in [
                PLACE,
                &page[PLACE.len()..],
                &page.replace("x</script>", ""),
                &page.repeat(2),
            ] {
                assert!(sealed(broken, "a.html", start).is_err(), "{broken}");
            }
        }
    }
}
