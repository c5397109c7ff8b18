//! Tests on the real thing: a real Chromium through a real ChromeDriver against the sandbox, and
//! its own book of truth.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]
// A story is told in one piece.
#![allow(clippy::too_many_lines)]

mod admin;
mod admin_asks;
mod admin_day;
#[cfg(unix)]
mod admin_finds;
mod admin_guard;
#[cfg(unix)]
mod admin_logs;
#[cfg(unix)]
mod admin_money;
mod admin_payments;
#[cfg(unix)]
mod admin_routes;
#[cfg(unix)]
mod api_described;
mod axe;
mod cli;
mod cli_store;
#[cfg(target_os = "linux")]
mod crash;
#[cfg(unix)]
mod database;
#[cfg(unix)]
mod desk;
#[cfg(unix)]
mod desk_kills;
#[cfg(unix)]
mod desk_lists;
#[cfg(unix)]
mod desk_loop;
#[cfg(unix)]
mod desk_pages;
mod doctor;
#[cfg(target_os = "linux")]
mod driver;
mod eyes;
mod faults;
#[cfg(unix)]
mod first_start;
mod fleet;
mod gate;
mod gateway;
mod guide;
mod kept;
#[cfg(unix)]
mod letters;
mod login;
#[cfg(target_os = "linux")]
mod old_files;
mod outage;
#[cfg(target_os = "linux")]
mod packages;
mod pay;
mod pay_edges;
mod pay_kills;
mod pay_orders;
mod pay_page;
mod pay_providers;
mod pay_refunds;
mod pay_truth;
mod pay_vectors;
mod pay_ways;
mod payments;
#[cfg(feature = "desktop")]
mod pictures;
#[cfg(unix)]
mod plans;
#[cfg(all(feature = "desktop", target_os = "linux"))]
mod screen;
mod seams;
#[cfg(unix)]
mod server;
mod server_kills;
mod sessions;
#[cfg(unix)]
mod smtp;
#[cfg(unix)]
mod snapshots;
#[cfg(unix)]
mod store;
mod switches;
mod tidy;
#[cfg(unix)]
mod tls;
#[cfg(feature = "desktop")]
mod window;
mod world;
