//! The weight of the real pages: as many scripts, styles, elements and moving pictures as a page of
//! this framework has, so that what is measured on the simulator costs what it costs there. None of
//! it is the framework's own code: functions and rules are made by number.

use std::fmt::Write as _;
use std::sync::OnceLock;

/// The scripts that a page loads besides the simulator's own, with their size in kilobytes. The real
/// ones are a DOM library, its plugins, the framework's core and its components.
pub const SCRIPTS: [(&str, usize); 5] = [
    ("jquery.js", 95),
    ("jquery-plugins.js", 260),
    ("core.js", 60),
    ("components.js", 480),
    ("inputnumber.js", 70),
];
/// The styles, in kilobytes.
pub const STYLES: [(&str, usize); 3] = [
    ("components.css", 90),
    ("theme.css", 40),
    ("bootstrap.css", 140),
];
/// Rows of the page's hidden and shown furniture.
const ROWS: usize = 220;

/// A made script or style of this name.
pub fn file(name: &str) -> Option<&'static str> {
    static MADE: OnceLock<Vec<(&'static str, String)>> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let scripts = SCRIPTS.iter().map(|(name, kb)| (*name, script(name, *kb)));
        let styles = STYLES.iter().map(|(name, kb)| (*name, style(*kb)));
        scripts.chain(styles).collect()
    });
    made.iter()
        .find(|(made, _)| *made == name)
        .map(|(_, text)| text.as_str())
}

/// Is this the name of a style?
pub fn is_style(name: &str) -> bool {
    STYLES.iter().any(|(style, _)| *style == name)
}

/// The links to all of them, for a page's head.
pub fn head() -> String {
    let styles = STYLES.iter().map(|(name, _)| {
        format!("<link rel=\"stylesheet\" href=\"/javax.faces.resource/{name}.jsf?ln=primefaces&amp;v=6.2\">")
    });
    let scripts = SCRIPTS.iter().map(|(name, _)| {
        format!(
            "<script src=\"/javax.faces.resource/{name}.jsf?ln=primefaces&amp;v=6.2\"></script>"
        )
    });
    styles.chain(scripts).collect()
}

/// What a page holds besides what an agent needs of it.
pub fn furniture(form: &str) -> String {
    let mut html = String::new();
    for row in 0..ROWS {
        let _ = write!(
            html,
            "<div class=\"row g{row} w{} ui-widget-content\"><div class=\"col-6 ui-outputpanel\"><label class=\"ui-outputlabel ui-widget\">Mục {row}</label></div>\
             <div class=\"col-6 ui-corner-all\"><span id=\"{form}:f{row}\" class=\"ui-icon ui-state-default w{}\"></span><p>Nội dung thông báo dịch vụ số {row}</p></div></div>",
            row % 40,
            row % 17
        );
    }
    format!("<div class=\"furniture\">{html}</div>")
}

/// Widgets by number, each with a handful of methods; some are made on every page, and all are asked
/// after every answer, as a framework asks its own.
fn script(name: &str, kilobytes: usize) -> String {
    let key = name.trim_end_matches(".js").replace('-', "_");
    let mut text =
        String::from("(function(){'use strict';var W=window.WEIGHT=window.WEIGHT||{};var K={};\n");
    let mut number = 0;
    while text.len() < kilobytes * 1_024 {
        let _ = writeln!(
            text,
            "K['w{number}']=function(cfg){{this.cfg=cfg||{{}};this.id='w{number}';this.jq=document.getElementsByClassName('w{}');\
             this.opts={{a:{number},b:'{key}',c:[{},{},{}]}};}};\
             K['w{number}'].prototype={{init:function(){{var n=0;for(var i=0;i<this.jq.length;i++){{n+=this.jq[i].className.length;}}return n+this.opts.a;}},\
             refresh:function(cfg){{this.cfg=cfg;return this.init();}},bind:function(el,type,fn){{el.addEventListener(type,fn);return this;}},\
             show:function(){{if(this.cfg.effect){{this.jq[0].style.opacity=1;}}else{{this.jq[0].style.display='block';}}return this;}},\
             hide:function(){{this.jq[0].style.display='none';return this;}},\
             parse:function(t){{return t.split('-').map(function(p){{return p.length+{number};}}).join(',');}}}};",
            number % 40,
            number * 7 % 101,
            number * 13 % 97,
            number * 29 % 89
        );
        number += 1;
    }
    let _ = write!(
        text,
        "W['{key}']={{K:K,n:{number},made:[]}};function make(){{for(var i=0;i<{number};i+=3){{var w=new K['w'+i]();w.init();w.parse('x-y-'+i);W['{key}'].made.push(w);}}}}\
         document.addEventListener('DOMContentLoaded',make);\
         W['{key}'].answered=function(){{var n=0;for(var i=0;i<W['{key}'].made.length;i+=9){{n+=W['{key}'].made[i].refresh({{}});}}return n;}};}})();"
    );
    text
}

fn style(kilobytes: usize) -> String {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < kilobytes * 1_024 {
        let _ = writeln!(
            text,
            ".furniture .g{number} .ui-widget-content-{number}, .ui-dialog .w{number} > .ui-corner-all:not(.x{number}), .menu a.w{number}:hover \
             {{ padding: {}px; color: #{:03x}; border: 1px solid #{:03x}; }}",
            number % 9,
            number % 4_096,
            (number * 7) % 4_096
        );
        number += 1;
    }
    text
}

/// The loading bar: a picture that moves while an answer is waited for.
pub fn loading_bar() -> &'static [u8] {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    MADE.get_or_init(|| gif(120, 16, 12))
}

/// Frames in which a block wanders. Codes of eight bits with a clear code among them now and then:
/// the format's own compression, not used.
fn gif(width: u8, height: u8, frames: u8) -> Vec<u8> {
    const CLEAR: u8 = 128;
    const END: u8 = 129;
    let mut bytes = b"GIF89a".to_vec();
    bytes.extend([width, 0, height, 0, 0xF6, 0, 0]);
    for shade in 0..128_u8 {
        bytes.extend([shade * 2, shade, 128]);
    }
    bytes.extend(b"\x21\xFF\x0BNETSCAPE2.0\x03\x01\x00\x00\x00");
    for frame in 0..frames {
        bytes.extend([0x21, 0xF9, 4, 0, 8, 0, 0, 0]);
        bytes.extend([0x2C, 0, 0, 0, 0, width, 0, height, 0, 0, 7]);
        let mut codes = vec![CLEAR];
        let from = u16::from(frame) * u16::from(width) / u16::from(frames);
        for pixel in 0..u16::from(width) * u16::from(height) {
            if pixel % 100 == 99 {
                codes.push(CLEAR);
            }
            let column = pixel % u16::from(width);
            codes.push(if (from..from + 20).contains(&column) {
                90
            } else {
                20
            });
        }
        codes.push(END);
        for block in codes.chunks(255) {
            bytes.push(u8::try_from(block.len()).unwrap_or(255));
            bytes.extend(block);
        }
        bytes.push(0);
    }
    bytes.push(0x3B);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weight_is_that_of_the_real_pages() {
        for (name, kb) in SCRIPTS.iter().chain(&STYLES) {
            let made = file(name).expect("made").len();
            assert!((kb * 1_024..kb * 1_024 + 2_000).contains(&made), "{name}");
        }
        assert!(file("other.js").is_none());
        assert!(furniture("f").matches("<div").count() > 600);
    }

    #[test]
    fn the_loading_bar_is_a_picture_that_moves() {
        let bar = loading_bar();
        assert!(bar.starts_with(b"GIF89a") && bar.ends_with(&[0x3B]));
        assert!(bar.len() > 20_000);
    }
}
