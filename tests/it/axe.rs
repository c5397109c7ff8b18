//! What a page does to people who cannot see, hear or point as others do, found by axe-core (`tests/vendor`,
//! MPL-2.0).

use fantoccini::Client;
use serde_json::Value;

const AXE: &str = include_str!("../vendor/axe.min.js");

/// Fails where axe-core finds anything on the page.
pub async fn assert_accessible(page: &Client, what: &str) {
    page.execute(AXE, vec![]).await.expect("axe-core is there");
    let script = "const done = arguments[arguments.length - 1]; axe.run().then(r => done(r.violations.map(v => \
                  `${v.id} (${v.impact}): ${v.nodes.map(n => n.target.join(' ')).join(', ')}`)), e => done([String(e)]));";
    let found = page
        .execute_async(script, vec![])
        .await
        .expect("axe-core ran");
    let found: Vec<&str> = found
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(found.is_empty(), "{what}: {found:#?}");
}
