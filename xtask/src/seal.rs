//! The last step of building the page, which trunk calls: what may run in it.

use std::path::Path;
use std::{env, fs};

use anyhow::{Context, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// What `index.html` has where the hash of trunk's script belongs.
const PLACE: &str = "'sha256-of-the-script'";

/// Names the one inline script of the page, which starts it, in the page's content security policy.
///
/// # Errors
///
/// Fails unless trunk calls it, and unless there is one such script and one place for its hash.
pub(crate) fn seal() -> anyhow::Result<()> {
    let folder = env::var_os("TRUNK_STAGING_DIR").context("only trunk calls this command")?;
    let path = Path::new(&folder).join("index.html");
    let page = fs::read_to_string(&path)?;
    fs::write(&path, sealed(&page)?)?;
    Ok(())
}

fn sealed(page: &str) -> anyhow::Result<String> {
    const START: &str = "<script type=\"module\">";
    let scripts: Vec<&str> = page
        .split(START)
        .skip(1)
        .filter_map(|it| it.split_once("</script>"))
        .map(|(script, _)| script)
        .collect();
    ensure!(
        scripts.len() == 1,
        "expected one inline script in index.html, found {}",
        scripts.len()
    );
    let n_places = page.matches(PLACE).count();
    ensure!(
        n_places == 1,
        "expected {PLACE} once in index.html, found it {n_places} times"
    );
    let hash = BASE64_STANDARD.encode(Sha256::digest(scripts[0]));
    Ok(page.replace(PLACE, &format!("'sha256-{hash}'")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_named_by_its_hash() {
        let page =
            format!("{PLACE}<script src=\"a.js\"></script><script type=\"module\">x</script>");
        // printf x | openssl dgst -sha256 -binary | base64
        assert_eq!(
            sealed(&page).unwrap(),
            "'sha256-LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE='\
             <script src=\"a.js\"></script><script type=\"module\">x</script>"
        );
    }

    #[test]
    fn a_page_that_cannot_be_sealed_is_refused() {
        assert!(sealed(PLACE).is_err());
        assert!(sealed("<script type=\"module\">x</script>").is_err());
    }
}
