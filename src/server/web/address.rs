//! The network address of whoever asks.

use std::net::IpAddr;

use axum::http::HeaderMap;

/// Behind a proxy the right-most entry is its own; anything further left is what the caller claims.
pub(crate) fn address(headers: &HeaderMap, socket: Option<IpAddr>, behind_proxy: bool) -> IpAddr {
    let claimed = headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()
        .and_then(|v| v.to_str().ok());
    let claimed = claimed
        .filter(|_| behind_proxy)
        .and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
    claimed
        .or(socket.filter(|_| !behind_proxy))
        .unwrap_or(IpAddr::from([0, 0, 0, 0]))
}

/// Whom the limit counts: one address, or the network that one subscriber has of the newer ones.
pub fn network(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("{:x}/64", ip.to_bits() >> 64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_says_his_own_address() {
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-forwarded-for",
            "127.0.0.1, 203.0.113.7".parse().expect("value"),
        );
        let socket = Some(IpAddr::from([10, 0, 0, 9]));
        assert_eq!(
            address(&headers, socket, false),
            IpAddr::from([10, 0, 0, 9])
        );
        assert_eq!(
            address(&headers, socket, true),
            IpAddr::from([203, 0, 113, 7])
        );
        assert!(
            !address(&HeaderMap::new(), Some(IpAddr::from([127, 0, 0, 1])), true).is_loopback(),
            "a proxy that says nothing is nobody"
        );
    }

    #[test]
    fn a_subscribers_addresses_are_one_caller() {
        let of = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:203.0.113.7"), of("203.0.113.7"));
        assert_ne!(of("203.0.113.7"), of("203.0.113.8"));
    }
}
