//! Placeholder
use crate::server::web::route::Route;
pub const BODY_MAX: usize = 1024;
pub fn routes() -> Vec<Route> {
    Vec::new()
}
pub fn file_routes() -> Vec<Route> {
    Vec::new()
}
