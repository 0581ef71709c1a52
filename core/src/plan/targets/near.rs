//! Which hosts are of this machine or network, and which are other people's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::http::origin::Origin;

/// Whether a host is of this machine or of a network that the internet does not reach: an address
/// for loopback, a private network or a link, `localhost`, a name that ends with `.localhost` or
/// `.local`, or one without a dot, as containers and machines of an office have.
///
/// What cannot be told, such as a placeholder, or a number that a browser takes for an address, is
/// not.
pub fn is_near(origin: &Origin) -> bool {
    let host = origin.host();
    if let Some(address) = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        return address.parse().is_ok_and(is_near_v6);
    }
    if let Ok(address) = host.parse() {
        return is_near_v4(address);
    }
    is_near_name(host)
}

fn is_near_name(host: &str) -> bool {
    // Others are changed before they are looked up: `%2e` and `。` become dots.
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'-' | b'_');
    if host.is_empty() || !host.bytes().all(is_plain) {
        return false;
    }
    // A name with a dot at its end is looked up as it is, never in the network's own domain.
    let (name, is_whole) = match host.strip_suffix('.') {
        Some(name) => (name, true),
        None => (host, false),
    };
    let last = name.rsplit('.').next().unwrap_or(name);
    // `http://134744072/` and `http://0x8080808/` are 8.8.8.8.
    let is_number = last.bytes().all(|it| it.is_ascii_digit()) || last.starts_with("0x");
    let has_dot = name.contains('.');
    match last {
        "localhost" => true,
        "local" if has_dot => true,
        _ => !has_dot && !is_whole && !is_number,
    }
}

fn is_near_v4(address: Ipv4Addr) -> bool {
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_unspecified()
}

fn is_near_v6(address: Ipv6Addr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_near_v4(address),
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(hosts: &[&str], expected: bool) {
        for host in hosts {
            for url in [format!("http://{host}/a.b"), format!("HTTPS://{host}:8443")] {
                let origin = Origin::of(&url).unwrap_or_else(|| panic!("{url} has no origin"));
                assert_eq!(is_near(&origin), expected, "{url}");
            }
        }
    }

    #[test]
    fn this_machine_and_its_network_are_near() {
        check(
            &["localhost", "LocalHost", "localhost.", "a.localhost"],
            true,
        );
        check(&["127.0.0.1", "127.255.0.9", "0.0.0.0"], true);
        check(&["10.0.0.1", "172.16.0.1", "172.31.255.255"], true);
        check(&["192.168.1.1", "169.254.1.1"], true);
        check(&["[::1]", "[::]", "[fe80::1]", "[febf::1]"], true);
        check(&["[fc00::1]", "[fd12:3456::1]"], true);
        check(&["[::ffff:127.0.0.1]", "[::ffff:10.1.2.3]"], true);
        check(&["printer.local", "a.b.Local.", "api", "my_api-2"], true);
    }

    #[test]
    fn all_else_is_not() {
        check(&["example.com", "example.com.", "a.test"], false);
        check(&["localhost.example.com", "local.example.com"], false);
        check(&["notlocalhost.com", "local.", "a.notlocal"], false);
        check(&["8.8.8.8", "172.15.0.1", "172.32.0.1"], false);
        check(&["192.169.0.1", "169.253.0.1", "11.0.0.1"], false);
        check(&["[2001:db8::1]", "[fe00::1]", "[fec0::1]"], false);
        check(&["[::ffff:8.8.8.8]", "[1]", "[::1", "::1]"], false);
    }

    #[test]
    fn what_only_looks_like_a_near_name_is_not() {
        // Numbers that browsers take for 8.8.8.8.
        check(&["134744072", "0x8080808", "010.8.8.8", "8.8.2056"], false);
        check(&["8.0x80808", "0x"], false);
        // Names that browsers change to `example.com`.
        check(&["example。com", "example%2ecom", "exam\tple.com"], false);
        // `ai` has had an address on the internet.
        check(&["ai.", ".", "..", "a b"], false);
        check(&["{{host}}", "{{data.host}}", "a{{data.n}}"], false);
    }

    #[test]
    fn no_origin_is_not_near() {
        assert!(!is_near(&Origin::OTHER));
    }
}
