//! The guide on the server's pages: for everybody, with its pictures, at the place where one is.

use reqwest::StatusCode;

use crate::admin::Shop;
use crate::database::{Base, Which, on_both};

on_both! {
async fn the_guide_helps_where_one_is(base: &Base) {
    let shop = Shop::open_on(base).await;
    // Before somebody can sign in.
    let mut stranger = shop.browser();
    stranger.get("/admin/sign-in").await.says("href=\"/huong-dan/may-chu\"");
    stranger.get("/huong-dan").await.says("Bắt đầu: đọc gì trước");
    let page = stranger.get("/huong-dan/mot-dot").await;
    page.says("<h1>Một đợt từ đầu đến cuối</h1>").says("href=\"/huong-dan/chua-ro\"");
    let (_, rest) = page.body.split_once("<img src=\"").expect("a picture");
    let picture = rest.split('"').next().expect("its address");
    let picture = stranger.get(picture).await;
    assert_eq!((picture.status, picture.header("content-type")), (StatusCode::OK, "image/png"));
    for nowhere in ["/huong-dan/nothing", "/huong-dan/hinh/nothing.png", "/huong-dan/hinh/..%2fmuc-luc.toml"] {
        assert_eq!(stranger.get(nowhere).await.status, StatusCode::NOT_FOUND, "{nowhere}");
    }
    // At the place where one is.
    let mut owner = shop.owner().await;
    for (place, page) in [("/admin", "bat-dau"), ("/admin/people", "quan-tri"), ("/admin/t/payment", "thanh-toan"), ("/admin/machines", "quan-tri")] {
        let page = format!("class=\"help\" href=\"/huong-dan/{page}\"");
        owner.get(place).await.says(&page);
    }
}
}
