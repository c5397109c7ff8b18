//! What is answered where there is no such address, or where it takes no such method: each family of calls
//! says no in its own form.

use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::pay::page;
use super::pay::refusal::PayRefusal;
use super::web::preferred::{wants_json, wants_page};
use super::web::problem::Problem;

/// Whose address it would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Payments,
    Desk,
    Other,
}

fn family_of(path: &str) -> Family {
    let is_below = |root: &str| {
        path.strip_prefix(root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let payments = [
        "/api/payments",
        "/api/payment-requests",
        "/api/bookings",
        "/api/notifications",
        "/payment",
        "/pay",
        "/webhook",
        "/health/payment",
    ];
    if ["/api/desk", "/api/contracts"]
        .iter()
        .any(|root| is_below(root))
    {
        Family::Desk
    } else if payments.iter().any(|root| is_below(root)) {
        Family::Payments
    } else {
        Family::Other
    }
}

/// There is no such address.
pub async fn no_address(uri: Uri, headers: HeaderMap) -> Response {
    let text = "Không có địa chỉ này.";
    let refusal = PayRefusal::not_found().saying(text);
    said(uri.path(), &headers, refusal, || Problem::not_found(text))
}

/// The address takes no such method.
pub async fn no_method(uri: Uri, headers: HeaderMap) -> Response {
    let text = "Không dùng được cách gọi này.";
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let refusal = PayRefusal::of(status, "VALIDATION_ERROR", text);
    said(uri.path(), &headers, refusal, || {
        Problem::new(status, "method", "Method not allowed", text)
    })
}

fn said(
    path: &str,
    headers: &HeaderMap,
    refusal: PayRefusal,
    problem: impl FnOnce() -> Problem,
) -> Response {
    match family_of(path) {
        Family::Other => problem().into_response(),
        Family::Desk => refusal.at_desk(),
        Family::Payments => {
            let is_person = wants_page(headers) && !wants_json(headers);
            let response = refusal.into_response();
            if is_person {
                page::refused(response, None)
            } else {
                response
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_family_has_its_own_form() {
        for (path, family) in [
            ("/api/payments/1/nothing", Family::Payments),
            ("/payment", Family::Payments),
            ("/payment/x", Family::Payments),
            ("/payments", Family::Other),
            ("/api/desk/cash", Family::Desk),
            ("/api/contracts", Family::Desk),
            ("/api/jobs", Family::Other),
        ] {
            assert_eq!(family_of(path), family, "{path}");
        }
    }
}
