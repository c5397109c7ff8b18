//! The guide for shops, in the program: its pages as they stand in `docs/huong-dan`, their pictures, and which page helps
//! at which place of the window or of the server's pages.
//!
//! Lives here: finding. How a page is drawn is the window's and the server's own matter.

use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

static FOLDER: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/docs/huong-dan");

/// The page where reading begins.
pub const FIRST: &str = "bat-dau";

/// A page of the guide.
#[derive(Debug, Deserialize)]
pub struct GuidePage {
    /// Its name in an address.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// Its file in the folder.
    file: String,
    /// Where it helps: `window/batch`, `/admin/people`.
    places: Vec<String>,
}

#[derive(Deserialize)]
struct Contents {
    page: Vec<GuidePage>,
}

static PAGES: LazyLock<Vec<GuidePage>> = LazyLock::new(|| {
    let text = text_of("muc-luc.toml");
    // A test reads it: what is in the program can be read.
    toml::from_str(text).map_or_else(|_| Vec::new(), |contents: Contents| contents.page)
});

fn text_of(file: &str) -> &'static str {
    let file = FOLDER.get_file(file);
    file.and_then(|file| file.contents_utf8())
        .unwrap_or_default()
}

/// All pages, in their order of reading.
pub fn pages() -> &'static [GuidePage] {
    &PAGES
}

/// The page of this name.
pub fn page(id: &str) -> Option<&'static GuidePage> {
    pages().iter().find(|page| page.id == id)
}

/// The page that helps at a place: the one whose place is the longest beginning of it, at a `/`. Elsewhere the first one.
pub fn page_at(place: &str) -> Option<&'static GuidePage> {
    let fits = |known: &str| {
        let rest = place.strip_prefix(known);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let known = pages().iter().flat_map(|page| {
        let places = page.places.iter();
        places.map(move |place| (place.as_str(), page))
    });
    known
        .filter(|(known, _)| fits(known))
        .max_by_key(|(known, _)| known.len())
        .map(|(_, page)| page)
        .or_else(|| page(FIRST))
}

/// The name of the page that a link of the guide leads to: `mot-dot.md` or `mot-dot.md#xong`. `None`: it leads elsewhere.
pub fn linked(link: &str) -> Option<&'static GuidePage> {
    let file = link.split('#').next().unwrap_or_default();
    pages().iter().find(|page| page.file == file)
}

/// A picture by the link that a page has to it: `hinh/xong.png`.
pub fn picture(link: &str) -> Option<&'static [u8]> {
    let file = FOLDER.get_file(link);
    file.filter(|file| file.path().extension().is_some_and(|kind| kind == "png"))
        .map(include_dir::File::contents)
}

impl GuidePage {
    /// Its text, as `CommonMark` with tables.
    pub fn text(&self) -> &'static str {
        text_of(&self.file)
    }

    /// Where its links lead, to pages and pictures, in their order.
    pub fn links(&self) -> Vec<&'static str> {
        let links = self.text().split("](").skip(1);
        links.filter_map(|rest| rest.split(')').next()).collect()
    }

    /// The links to its pictures, in their order.
    pub fn pictures(&self) -> Vec<&'static str> {
        let mut links = self.links();
        links.retain(|link| picture(link).is_some());
        links
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_there_and_leads_to_pages_and_pictures_that_are_there() {
        assert!(pages().len() >= 16);
        for page in pages() {
            assert!(
                page.text().starts_with(&format!("# {}", page.title)),
                "{}",
                page.id
            );
            for link in page.links() {
                let is_there = linked(link).is_some() || picture(link).is_some();
                assert!(is_there || link.starts_with("../"), "{}: {link}", page.id);
            }
        }
        assert!(picture("hinh/../muc-luc.toml").is_none() && picture("muc-luc.toml").is_none());
    }

    #[test]
    fn the_page_of_a_place_is_the_nearest() {
        let at = |place: &str| page_at(place).map(|page| page.id.as_str());
        assert_eq!(at("/admin/people/7"), Some("quan-tri"));
        assert_eq!(at("/admin/payments/statement"), Some("thanh-toan"));
        assert_eq!(at("/admin/t/payment"), Some("thanh-toan"));
        assert_eq!(at("/admin/t/payments_of_somebody"), Some("quan-tri"));
        assert_eq!(at("/admin"), Some(FIRST));
        assert_eq!(at("/desk/contracts/HD1"), Some("thu-tai-nha"));
        assert_eq!(at("window/history"), Some("cuoi-ngay"));
        assert_eq!(at("nowhere"), Some(FIRST));
    }
}
