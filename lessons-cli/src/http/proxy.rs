//! The proxy that the environment names for an address, by the rules that curl and pip share.

use ureq::Proxy;

/// A proxy to go through.
#[derive(Debug)]
pub(super) struct Through {
    pub(super) proxy: Proxy,
    /// Its address without name and password.
    pub(super) shown: String,
}

/// The proxy for an address: `https_proxy` or `http_proxy` by its scheme, else `all_proxy`, in small or capital
/// letters; none where `no_proxy` lists the host. An error names the variable that cannot be understood.
///
/// `HTTP_PROXY` in capitals is not read: a web server hands it to its programs from a request's header.
pub(super) fn for_address(
    scheme: &str,
    host: &str,
    port: u16,
    env: impl Fn(&str) -> Option<String>,
) -> Result<Option<Through>, String> {
    let set = |name: &str| env(name).filter(|value| !value.trim().is_empty());
    let names: &[&str] = if scheme == "https" {
        &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    } else {
        &["http_proxy", "all_proxy", "ALL_PROXY"]
    };
    let Some((name, address)) = names.iter().find_map(|name| Some((*name, set(name)?))) else {
        return Ok(None);
    };
    let list = set("no_proxy").or_else(|| set("NO_PROXY"));
    if list.is_some_and(|list| lists(&list, host, port)) {
        return Ok(None);
    }
    let proxy = Proxy::new(address.trim()).map_err(|_| name.to_owned())?;
    let shown = format!("{}:{}", proxy.host(), proxy.port());
    Ok(Some(Through { proxy, shown }))
}

/// Whether a list such as `localhost, .example.org, 10.0.0.1:8080` has a host. A name stands for itself and for all
/// below it, with or without a dot or a star before it.
fn lists(list: &str, host: &str, port: u16) -> bool {
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    list.split([',', ' '])
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .any(|entry| {
            if entry == "*" {
                return true;
            }
            let (name, only) = match entry.rsplit_once(':') {
                // An IPv6 address without brackets has colons, and no port.
                Some((name, digits)) if !name.contains(':') || name.ends_with(']') => {
                    match digits.parse::<u16>() {
                        Ok(only) => (name, Some(only)),
                        Err(_) => (entry, None),
                    }
                }
                _ => (entry, None),
            };
            let name = name
                .trim_matches(['[', ']'])
                .trim_start_matches('*')
                .trim_start_matches('.')
                .to_ascii_lowercase();
            only.is_none_or(|only| only == port)
                && !name.is_empty()
                && host
                    .strip_suffix(name.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(scheme: &str, host: &str, env: &[(&str, &str)]) -> Result<Option<String>, String> {
        for_address(scheme, host, 443, |name| {
            env.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
        .map(|through| through.map(|through| through.shown))
    }

    #[test]
    fn the_scheme_chooses_the_variable() {
        let env = [
            ("http_proxy", "http://plain:1"),
            ("HTTPS_PROXY", "http://user:secret@secure:2"),
            ("all_proxy", "http://all:3"),
        ];
        assert_eq!(proxy("http", "x.org", &env), Ok(Some("plain:1".to_owned())));
        assert_eq!(
            proxy("https", "x.org", &env),
            Ok(Some("secure:2".to_owned()))
        );
        assert_eq!(
            proxy("https", "x.org", &env[2..]),
            Ok(Some("all:3".to_owned()))
        );
        assert_eq!(proxy("https", "x.org", &[("https_proxy", " ")]), Ok(None));
        assert_eq!(
            proxy("http", "x.org", &[("HTTP_PROXY", "http://a:1")]),
            Ok(None)
        );
        assert_eq!(
            proxy("https", "x.org", &[("https_proxy", "gopher://a:1")]),
            Err("https_proxy".to_owned())
        );
        assert_eq!(
            proxy("https", "x.org", &[("https_proxy", "proxy.local:3128")]),
            Ok(Some("proxy.local:3128".to_owned()))
        );
    }

    #[test]
    fn listed_hosts_are_asked_directly() {
        for (list, host, direct) in [
            ("localhost, .example.org", "files.example.org", true),
            ("localhost, .example.org", "example.org", true),
            ("example.org", "files.example.org", true),
            ("example.org", "badexample.org", false),
            ("*.example.org", "a.example.org", true),
            ("*", "x.org", true),
            ("x.org:443", "x.org", true),
            ("x.org:80", "x.org", false),
            ("::1", "[::1]", true),
            ("", "x.org", false),
            (",.,", "x.org", false),
            ("EXAMPLE.org", "example.ORG", true),
        ] {
            assert_eq!(lists(list, host, 443), direct, "{list} {host}");
        }
    }
}
