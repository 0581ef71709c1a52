//! The memory of a browser: that of all processes which this one has started. Linux says it; elsewhere it is
//! zero.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What they have now, in bytes; what they share is counted once.
pub fn of_children() -> u64 {
    children().map(|it| of(it, "smaps_rollup", "Pss:")).sum()
}

/// The most that one of them has had at once, in bytes.
pub fn most_of_a_child() -> u64 {
    let most = children().map(|it| of(it, "status", "VmHWM:"));
    most.max().unwrap_or_default()
}

/// The processes that this one has started, and those that they have.
fn children() -> impl Iterator<Item = u32> {
    let mut parents = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(id) = name.to_str().and_then(|it| it.parse::<u32>().ok()) else {
            continue;
        };
        // The name of the program is in parentheses, and may have any character.
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let after = stat.rsplit_once(')').map_or("", |it| it.1);
        let parent = after.split_whitespace().nth(1);
        let parent = parent.and_then(|it| it.parse::<u32>().ok());
        parents.extend(parent.map(|it| (id, it)));
    }
    let own = std::process::id();
    let is_ours = |id: u32| {
        let mut next = parents.get(&id);
        while let Some(&parent) = next {
            if parent == own {
                return true;
            }
            next = parents.get(&parent);
        }
        false
    };
    let ours: Vec<u32> = parents.keys().copied().filter(|&it| is_ours(it)).collect();
    ours.into_iter()
}

fn of(process: u32, file: &str, title: &str) -> u64 {
    let file = Path::new("/proc").join(process.to_string()).join(file);
    let text = fs::read_to_string(file).unwrap_or_default();
    let value = text.lines().find_map(|it| it.strip_prefix(title));
    let kib = value.and_then(|it| it.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}
