#!/usr/bin/env python3
"""Holds the guide against itself and against the program: its list of pages, links and pictures, and every word in
italics, which has to be a word of the program's screens."""

import pathlib
import re
import sys
import tomllib
import unicodedata

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/huong-dan"
PICTURE_MAX, PICTURES_MAX, MOVING_MAX = 120_000, 3_000_000, 1_500_000
MOVING = ROOT / "assets/screens/mot_dot.webp"
# Where the program's words stand.
SCREENS = ("src/**/*.rs", "assets/admin/*.html", "assets/desk/*.html", "assets/pay/*.html")
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
ITALIC = re.compile(r"(?<![*\w])\*([^*\n]+(?:\n[^*\n]+)?)\*(?![*\w])")
FENCE = re.compile(r"^ *```.*?^ *```", re.M | re.S)
CODE = re.compile(r"`[^`\n]*`")


def said_by_the_program():
    texts = []
    for pattern in SCREENS:
        texts += [path.read_text(encoding="utf-8") for path in sorted(ROOT.glob(pattern))]
    text = unicodedata.normalize("NFC", "\n".join(texts))
    # A text of Rust that goes on in the next line.
    text = re.sub(r"\\\n\s*", "", text)
    text = re.sub(r"\{\{[^}]*\}\}|\{%[^%]*%\}|\{[^{}\n]*\}", "…", text)
    return " ".join(text.split()).lower()


def parts(word):
    """What of it must be said so: what stands for a number or a name (…) is left out."""
    for part in re.split(r"…| · |: |\d+|[()]|\.$", word):
        part = part.strip(" .,:")
        if part and not re.fullmatch(r"[\d\W]+", part):
            yield part


def main():
    faults = []
    pages = tomllib.loads((GUIDE / "muc-luc.toml").read_text(encoding="utf-8"))["page"]
    files = {path.name for path in GUIDE.glob("*.md")}
    if listed := files ^ {page["file"] for page in pages}:
        faults.append(f"muc-luc.toml: not the pages that are there: {', '.join(sorted(listed))}")
    places = [place for page in pages for place in page["places"]]
    faults += [f"muc-luc.toml: {place} stands twice" for place in set(places) if places.count(place) > 1]
    program, used = said_by_the_program(), set()
    for page in pages:
        name = page["file"]
        if not re.fullmatch(r"[a-z0-9-]+\.md", name) or name != page["id"] + ".md":
            faults.append(f"muc-luc.toml: {name} is not {page['id']}.md in small ASCII letters")
        text = unicodedata.normalize("NFC", (GUIDE / name).read_text(encoding="utf-8"))
        if text.splitlines()[0] != f"# {page['title']}":
            faults.append(f"{name}: its first line is not its title of muc-luc.toml")
        text = FENCE.sub("", text)
        for is_picture, target in LINK.findall(text):
            path = (GUIDE / target.split("#")[0]).resolve()
            if not path.is_file():
                faults.append(f"{name}: {target} is not there")
            elif is_picture:
                used.add(path)
                if path.parent != GUIDE / "hinh":
                    faults.append(f"{name}: {target} is a picture from elsewhere")
        for word in ITALIC.findall(CODE.sub("", text)):
            word = " ".join(word.split())
            missing = [part for part in parts(word) if part.lower() not in program]
            if missing:
                faults.append(f"{name}: no screen says *{word}* ({'; '.join(missing)})")
    kept = set((GUIDE / "hinh").glob("*"))
    faults += [f"hinh/{path.name}: no page shows it" for path in sorted(kept - used)]
    sizes = {path: path.stat().st_size for path in kept}
    faults += [f"hinh/{path.name}: {size} bytes" for path, size in sizes.items() if size > PICTURE_MAX]
    if sum(sizes.values()) > PICTURES_MAX:
        faults.append(f"hinh: {sum(sizes.values())} bytes together")
    if MOVING.exists() and MOVING.stat().st_size > MOVING_MAX:
        faults.append(f"{MOVING.name}: {MOVING.stat().st_size} bytes")
    print("\n".join(faults) or f"{len(pages)} pages, {len(kept)} pictures of {sum(sizes.values()) // 1000} kB: all is well")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
