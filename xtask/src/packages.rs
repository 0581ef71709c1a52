//! Packages of the system, where it has Debian's package manager.

use crate::command::{command, exists, output, run};

/// Installs packages. False if that cannot be done here; what needs them says what to do.
pub(crate) fn install(what: &str, packages: &[&str]) -> bool {
    if !exists("apt-get") {
        return false;
    }
    let is_root = output(command("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let apt = |args: &[&str]| {
        let mut apt = if is_root {
            command("apt-get")
        } else {
            command("sudo")
        };
        if !is_root {
            apt.args(["-n", "apt-get"]);
        }
        apt.args(args).env("DEBIAN_FRONTEND", "noninteractive");
        apt
    };
    // Only a hint of what is wrong if it fails: what follows decides.
    let _ = run(
        "reading the list of system packages",
        &mut apt(&["update", "-qq"]),
    );
    let args = [&["install", "-y", "-qq"], packages].concat();
    run(&format!("installing {what}"), &mut apt(&args)).is_ok()
}
