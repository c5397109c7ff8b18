//! A slip as a page that prints itself on a roll of 80 mm.

use super::{Slip, SlipLine, whole};

/// Everything that the page needs: it is opened from the disk, with no server behind it.
const HEAD: &str = "<!doctype html><html lang=\"vi\"><head><meta charset=\"utf-8\"><style>\
@page{size:80mm auto;margin:4mm}\
body{font:12px/1.4 'Noto Sans',Arial,sans-serif;width:72mm;margin:0 auto;color:#000}\
h1{font-size:16px;text-align:center;margin:0 0 2mm}\
p{margin:0 0 1mm;overflow-wrap:anywhere}.middle{text-align:center}\
.pair{display:flex;justify-content:space-between;gap:3mm}\
.pair span:last-child{text-align:right;font-weight:bold;overflow-wrap:anywhere}\
.sum{font-size:15px;font-weight:bold}\
hr{border:0;border-top:1px solid #000;margin:2mm 0}\
button{margin-top:6mm;font:inherit;padding:2mm 4mm}@media print{button{display:none}}\
</style></head><body>\n";

/// The page asks for the printer by itself, and again by its button.
const TAIL: &str = "<button type=\"button\" onclick=\"print()\">In</button>\
<script>addEventListener('load',()=>print())</script></body></html>\n";

/// The page of a slip.
pub fn page(slip: &Slip) -> String {
    let lines = slip.lines.iter().map(|line| match line {
        SlipLine::Title(text) => format!("<h1>{}</h1>\n", escaped(text)),
        SlipLine::Middle(text) => format!("<p class=\"middle\">{}</p>\n", escaped(text)),
        SlipLine::Pair(name, value) => pair("pair", name, value),
        SlipLine::Sum(name, value) => pair("pair sum", name, value),
        SlipLine::Text(text) => format!("<p>{}</p>\n", escaped(text)),
        SlipLine::Rule => "<hr>\n".to_owned(),
    });
    format!("{HEAD}{}{TAIL}", lines.collect::<String>())
}

fn pair(class: &str, name: &str, value: &str) -> String {
    format!(
        "<p class=\"{class}\"><span>{}</span><span>{}</span></p>\n",
        escaped(name),
        escaped(value)
    )
}

/// No text is taken for markup.
fn escaped(text: &str) -> String {
    whole(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
