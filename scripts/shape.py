#!/usr/bin/env python3
"""Counts the shape of the house: how long files and functions are, which modules import each other in
a circle, how many public methods the largest type has, which columns are written as literals outside
the store, and which type names stand in more than one place.

    scripts/shape.py            a table of counts
    scripts/shape.py --list     and what stands behind each count
    scripts/shape.py --walls    nothing where no count is above its wall; else those, and it fails (tests/it/tidy.rs)
"""

import collections
import pathlib
import re
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
LONG_FILE, LONG_FUNCTION, MANY_METHODS = 400, 70, 30
# What no count may grow above. Whoever makes one smaller lowers its wall.
WALLS = {
    "files over 400 lines": 11,
    "functions over 70 lines": 45,
    "circles of modules": 0,
    "public methods of the largest type": MANY_METHODS,
    "column names outside the store": 0,
    "type names used twice": 1,
}


def code_of(text):
    """The program's own lines: unit tests at the end of a file are left out."""
    return re.split(r"\n#\[cfg\(test\)\]\nmod tests \{", text)[0]


FILES = {p.relative_to(SRC): p.read_text(encoding="utf-8") for p in sorted(SRC.rglob("*.rs"))}
TESTS = {path for path in FILES if path.name == "tests.rs" or "tests" in path.parts}
CODE = {path: code_of(text) for path, text in FILES.items() if path not in TESTS}


def functions(text):
    """(name, lines) of each function, found by rustfmt's indentation."""
    start = None
    for number, line in enumerate(text.split("\n")):
        head = re.match(r"^( *)(?:pub(?:\([^)]*\))? )?(?:const )?(?:async )?(?:unsafe )?fn (\w+)", line)
        if start is None and head and not line.rstrip().endswith(";"):
            start = (number, head.group(2), head.group(1))
            if line.rstrip().endswith("}"):
                yield start[1], 1
                start = None
        elif start is not None and line.rstrip() == start[2] + "}":
            yield start[1], number - start[0] + 1
            start = None
        elif start is not None and line.rstrip() == start[2] + ");":
            start = None


def module_of(path):
    parts = list(path.with_suffix("").parts)
    return tuple(parts[:-1] if parts[-1] in ("mod", "lib", "main") else parts)


MODULES = {module_of(path): path for path in CODE}


def imports():
    """Which module names which: `use` lines and qualified paths that start with crate, self or super."""
    arrows = collections.defaultdict(set)
    for path, text in CODE.items():
        here = module_of(path)
        text = re.sub(r"//[^\n]*", "", text)
        for statement in re.findall(r"\buse ((?:crate|super|self)\b[^;]*);", text):
            for name in expand(statement):
                arrows[here].add(target(here, name))
        for name in re.findall(r"\b((?:crate|super)(?:::\w+)+)", text):
            arrows[here].add(target(here, name.split("::")))
        # A face that hands names on imports nothing: `pub use self::x` is no arrow.
    return {a: {b for b in bs if b and b != a} for a, bs in arrows.items()}


def expand(statement):
    """The paths of one use statement, groups opened."""
    statement = re.sub(r"\s+", " ", statement).strip()
    out = []

    def walk(prefix, rest):
        rest = rest.strip()
        brace = rest.find("{")
        if brace < 0:
            out.append((prefix + rest).split(" as ")[0].strip().split("::"))
            return
        head, depth, item, items = rest[:brace], 0, "", []
        for char in rest[brace + 1 : rest.rfind("}")]:
            depth += (char == "{") - (char == "}")
            if char == "," and depth == 0:
                items.append(item)
                item = ""
            else:
                item += char
        for item in items + [item]:
            if item.strip():
                walk(prefix + head, item)

    walk("", statement)
    return out


def target(here, names):
    at = list(here)
    if names[0] == "crate":
        at, names = [], names[1:]
    elif names[0] == "self":
        names = names[1:]
    else:
        while names and names[0] == "super":
            at, names = at[:-1], names[1:]
    best = None
    for name in names:
        at.append(name)
        if tuple(at) in MODULES:
            best = tuple(at)
    return best


def circles(arrows):
    """Strongly connected modules. A module and its own parent's face are one family: not counted."""
    graph = {a: {b for b in bs if not (a[: len(b)] == b or b[: len(a)] == a)} for a, bs in arrows.items()}
    index, low, stack, found, counter = {}, {}, [], [], [0]
    sys.setrecursionlimit(10_000)

    def visit(node):
        index[node] = low[node] = counter[0]
        counter[0] += 1
        stack.append(node)
        for to in graph.get(node, ()):
            if to not in index:
                visit(to)
                low[node] = min(low[node], low[to])
            elif to in stack:
                low[node] = min(low[node], index[to])
        if low[node] == index[node]:
            group = []
            while True:
                group.append(stack.pop())
                if group[-1] == node:
                    break
            if len(group) > 1:
                found.append(sorted("::".join(m) for m in group))

    for node in list(graph):
        if node not in index:
            visit(node)
    return found


def methods():
    """Public methods of each type, over all its impl blocks."""
    count = collections.Counter()
    for path, text in CODE.items():
        area = module_of(path)[:1]
        for block in re.finditer(r"^impl(?:<[^>]*>)? (\w+)(?:<[^>]*>)? \{\n(.*?)^\}", text, re.S | re.M):
            public = re.findall(r"^    pub (?:const )?(?:async )?fn ", block.group(2), re.M)
            count["::".join([*area, block.group(1)])] += len(public)
    return count


def twice():
    """Type names that are defined in more than one place of the crate and not kept to one file."""
    where = collections.defaultdict(set)
    for path, text in CODE.items():
        for name in re.findall(r"^(?:pub(?:\([^)]*\))? )(?:struct|enum|trait|type) (\w+)", text, re.M):
            where[name].add(str(path))
    return {name: sorted(paths) for name, paths in where.items() if len(paths) > 1}


# Words that a caller wrote and that are read by their name (`input.integer("owner_id")`), or that a letter's
# template or a refusal is filled with: the agreed wire, and no column. What is answered has to be a type.
READERS = re.compile(r"\b(?:text|integer|integers|needed|amount|moment|number|flag|with)\(\s*\"\w+\"")
# What the columns of an agreed workbook may be called: its own titles, read by whoever fills it in.
TITLES = {pathlib.Path("server/desk/sheet/titles.rs")}


def column_literals():
    """Literals of tables' columns outside the store's room (the catalogue knows their names)."""
    catalogue = "\n".join(text for path, text in FILES.items() if path.parts[0] == "store")
    names = set(re.findall(r"column\(\s*\"(\w+)\"", catalogue)) | set(
        re.findall(r"(?:text|int|money|time|day|yes|id|link|choice|secret)\w*\(\"(\w+_\w+)\"", catalogue)
    )
    found = []
    for path, text in CODE.items():
        if path.parts[0] != "server" or path in TITLES:
            continue
        text = READERS.sub("", re.sub(r"//[^\n]*", "", text))
        for literal in re.findall(r"\"(\w+)\"", text):
            if literal in names and "_" in literal:
                found.append(f"{path}: {literal}")
    return found


def main():
    listed = "--list" in sys.argv
    lengths = {path: len(text.splitlines()) for path, text in FILES.items() if path not in TESTS}
    ordered = sorted(lengths.values())
    spans = [(length, name, path) for path, text in CODE.items() for name, length in functions(text)]
    long_functions = sorted((s for s in spans if s[0] > LONG_FUNCTION), reverse=True)
    long_files = sorted(((n, p) for p, n in lengths.items() if n > LONG_FILE), reverse=True)
    loops, public, names, literals = circles(imports()), methods(), twice(), column_literals()
    largest = public.most_common(1)[0]
    crossing = [loop for loop in loops if len({module.split("::")[0] for module in loop}) > 1]
    rows = [
        ("files", len(lengths), ""),
        ("lines", sum(ordered), ""),
        ("median file", int(statistics.median(ordered)), "<= 130"),
        ("p90 file", ordered[int(len(ordered) * 0.9)], "<= 400"),
        (f"files over {LONG_FILE} lines", len(long_files), ""),
        ("functions", len(spans), ""),
        (
            f"functions over {LONG_FUNCTION} lines",
            f"{len(long_functions)} ({100 * len(long_functions) / len(spans):.1f} %)",
            "< 2 %",
        ),
        ("circles of modules", len(loops), "<= 2"),
        ("  that leave a room", len(crossing), "0"),
        ("public methods of the largest type", f"{largest[1]} ({largest[0]})", f"<= {MANY_METHODS}"),
        ("column names outside the store", len(literals), "0"),
        ("type names used twice", len(names), "0"),
    ]
    if "--walls" in sys.argv:
        counts = {what: int(re.match(r"\d+", str(count)).group()) for what, count, _ in rows}
        grown = [f"{what}: {counts[what]}, and no more than {wall}" for what, wall in WALLS.items() if counts[what] > wall]
        sys.exit("\n".join([*grown, "scripts/shape.py --list says which"]) if grown else 0)
    for what, count, goal in rows:
        print(f"{what:<38} {count!s:>24}  {goal}")
    if listed:
        print("\nLong files:", *(f"  {n:>5} {p}" for n, p in long_files), sep="\n")
        print("\nLong functions:", *(f"  {n:>4} {name} ({path})" for n, name, path in long_functions), sep="\n")
        print("\nCircles:", *("  " + " <-> ".join(loop) for loop in loops), sep="\n")
        print("\nPublic methods:", *(f"  {n:>4} {name}" for name, n in public.most_common(12)), sep="\n")
        print("\nColumns:", *("  " + line for line in literals), sep="\n")
        print("\nNames twice:", *(f"  {name}: {', '.join(paths)}" for name, paths in sorted(names.items())), sep="\n")


if __name__ == "__main__":
    main()
