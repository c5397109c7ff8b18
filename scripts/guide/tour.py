#!/usr/bin/env python3
"""Makes every picture of docs/huong-dan by using the program as its users do: the portal's simulator, a server, a
counter with its window on a screen of its own, the admin in a browser. See scripts/guide.sh."""

import argparse
import contextlib
import datetime
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import admin_scenes
import window_scenes
from desktop import Desktop
from picture import around, keep, ringed
from shop import Shop

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Album:
    """Where pictures are kept, under the name that the guide calls them."""

    def __init__(self, folder):
        self.folder, self.kept = pathlib.Path(folder), []
        self.folder.mkdir(parents=True, exist_ok=True)

    def keep(self, name, picture, rings=(), crop=None, margin=14):
        """`crop`: places that have to be in it; without, all of it."""
        picture = ringed(picture, rings) if rings else picture
        if crop:
            picture = picture.crop(around(list(crop) + list(rings), picture.size, margin))
        keep(picture, self.folder / f"{name}.png")
        self.kept.append(name)
        print(f"  {name}.png  {picture.width}×{picture.height}", flush=True)


def main():
    said = argparse.ArgumentParser(description=__doc__)
    said.add_argument("program", type=pathlib.Path, help="gachno, with its window")
    said.add_argument("--out", type=pathlib.Path, default=ROOT / "docs/huong-dan/hinh")
    said.add_argument("--moving", type=pathlib.Path, default=ROOT / "assets/screens/mot_dot.webp")
    said.add_argument("--only", nargs="*", choices=["admin", "window", "moving"], default=["admin", "window", "moving"])
    said.add_argument("--keep-folder", action="store_true", help="for whoever looks into a failure")
    given = said.parse_args()
    # Ended from outside it tidies up all the same.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    program = given.program.resolve()
    folder, desktop = pathlib.Path(tempfile.mkdtemp(prefix="gachno-guide-")), None
    began = time.monotonic()
    try:
        with contextlib.ExitStack() as stack:
            album = Album(given.out)
            desktop = Desktop(folder)
            stack.callback(desktop.close)
            shop = Shop(program, folder, stack)
            shop.open_portal()
            shop.open_server()
            day = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7)))
            if "admin" in given.only or "window" in given.only:
                admin_scenes.before(shop, album, folder, day)
            if "window" in given.only:
                window_scenes.all_of(shop, album, desktop)
            if "admin" in given.only and "window" in given.only:
                admin_scenes.after(shop, album, folder)
            if "moving" in given.only:
                window_scenes.moving_one(shop, desktop, given.moving)
    except BaseException:
        if given.keep_folder:
            if desktop and desktop.failed:
                desktop.failed.save(folder / "failed.png")
            print(f"failed; what was seen and said lies in {folder}", file=sys.stderr)
        raise
    finally:
        if not given.keep_folder:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(album.kept)} pictures in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
