//! The guide for shops as pages: read by anybody, for it stands at the counter before somebody can sign in.

use askama::Template;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, html};

use crate::guide::{self, FIRST, GuidePage};
use crate::server::web::assets::ASSETS;
use crate::server::web::page::page;
use crate::server::web::paths::GUIDE;
use crate::server::web::problem::Problem;
use crate::server::web::route::Route;

/// The guide's routes.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::open(GUIDE, get(async || show(FIRST))),
        Route::open(
            "/huong-dan/{page}",
            get(async |Path(id): Path<String>| show(&id)),
        ),
        Route::open(
            "/huong-dan/hinh/{name}",
            get(async |Path(name): Path<String>| picture(&name)),
        ),
    ]
}

#[derive(Template)]
#[template(path = "guide.html")]
struct DrawnGuide {
    assets: &'static str,
    here: &'static GuidePage,
    pages: &'static [GuidePage],
    /// The page's text as HTML of our own making.
    text: String,
}

fn show(id: &str) -> Result<Response, Problem> {
    let here = guide::page(id).ok_or_else(Problem::no_page)?;
    page(&DrawnGuide {
        assets: &ASSETS,
        here,
        pages: guide::pages(),
        text: html_of(here.text()),
    })
}

fn picture(name: &str) -> Result<Response, Problem> {
    let picture = guide::picture(&format!("hinh/{name}")).ok_or_else(Problem::no_page)?;
    let headers = [
        (header::CONTENT_TYPE, "image/png"),
        (header::CACHE_CONTROL, "public, max-age=86400"),
    ];
    Ok((headers, picture).into_response())
}

/// The text with its links as addresses of ours. What leads out of the guide is no link here.
fn html_of(text: &str) -> String {
    let mut is_out = Vec::new();
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).filter_map(|event| match event {
        Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }) => {
            let to = address(&dest_url);
            is_out.push(to.is_none());
            to.map(|to| {
                let dest_url = CowStr::from(to);
                Event::Start(Tag::Link {
                    link_type,
                    dest_url,
                    title,
                    id,
                })
            })
        }
        Event::End(pulldown_cmark::TagEnd::Link) => {
            let is_dropped = is_out.pop().unwrap_or(false);
            (!is_dropped).then_some(event)
        }
        Event::Start(Tag::Image {
            link_type,
            dest_url,
            title,
            id,
        }) => Some(Event::Start(Tag::Image {
            link_type,
            dest_url: CowStr::from(format!("{GUIDE}/{dest_url}")),
            title,
            id,
        })),
        event => Some(event),
    });
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(&mut out, events);
    out
}

/// Where a link of the guide leads on the server; `None`: out of the guide.
fn address(link: &str) -> Option<String> {
    let page = guide::linked(link)?;
    Some(match link.split_once('#') {
        Some((_, part)) => format!("{GUIDE}/{}#{part}", page.id),
        None => format!("{GUIDE}/{}", page.id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_pictures_are_the_servers() {
        let html = html_of(
            "# A\n\n[Một đợt](mot-dot.md) [máy chủ](../server.md) <https://x.vn>\n\n![Xong](hinh/xong.png)\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n",
        );
        assert!(
            html.contains("<a href=\"/huong-dan/mot-dot\">Một đợt</a> máy chủ"),
            "{html}"
        );
        assert!(
            html.contains("<img src=\"/huong-dan/hinh/xong.png\" alt=\"Xong\""),
            "{html}"
        );
        assert!(
            html.contains("<table>") && !html.contains("x.vn\""),
            "{html}"
        );
    }
}
