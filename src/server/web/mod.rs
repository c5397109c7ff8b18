//! What all pages and calls stand on: who asks, what they may, how a page looks, how a no sounds.
//!
//! Lives here: sessions and permissions, routes with their guard, the frame and the files of pages,
//! forms, refusals, limits. Never here: what a page is about: no room above this one is named here.

pub mod address;
pub mod asset_routes;
pub mod assets;
pub mod attachment;
pub mod cells;
pub mod extract;
pub mod field;
pub mod form;
pub mod frame;
pub mod guard;
pub mod limits;
pub mod origin;
pub mod page;
pub mod paths;
pub mod permission;
pub mod preferred;
pub mod problem;
pub mod route;
pub mod session;
pub mod sure;
pub mod upload;
pub mod words;
