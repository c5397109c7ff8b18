"""Pictures: cut to what matters, what to look at ringed and numbered, kept small."""

import pathlib

from PIL import Image, ImageDraw, ImageFont

BYTES_MAX = 120_000
INK, PAPER = (217, 72, 15), (255, 255, 255)
FONT = pathlib.Path(__file__).resolve().parents[2] / "assets/fonts/NotoSans-Bold.ttf"


def ringed(picture, places):
    """Draws a ring around each place, with a number where there are several."""
    scale = 4
    layer = Image.new("RGBA", (picture.width * scale, picture.height * scale), (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    font = ImageFont.truetype(str(FONT), 14 * scale)
    for number, (left, top, right, bottom) in enumerate(places, 1):
        box = [max(v, 2) for v in (left - 5, top - 5)] + [
            min(right + 5, picture.width - 3),
            min(bottom + 5, picture.height - 3),
        ]
        box = [v * scale for v in box]
        draw.rounded_rectangle(box, 9 * scale, outline=PAPER + (230,), width=6 * scale)
        draw.rounded_rectangle(box, 9 * scale, outline=INK + (255,), width=3 * scale)
        if len(places) > 1:
            at = [max(box[0] - 4 * scale, 12 * scale), max(box[1] - 2 * scale, 12 * scale)]
            half = 11 * scale
            round_ = [at[0] - half, at[1] - half, at[0] + half, at[1] + half]
            draw.ellipse(round_, fill=INK + (255,), outline=PAPER + (255,), width=scale)
            draw.text(at, str(number), font=font, fill=PAPER + (255,), anchor="mm")
    layer = layer.resize(picture.size, Image.LANCZOS)
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def around(places, size, margin=14):
    """The part of a picture that holds all of these places."""
    left, top = min(p[0] for p in places) - margin, min(p[1] for p in places) - margin
    right, bottom = max(p[2] for p in places) + margin, max(p[3] for p in places) + margin
    return (max(left, 0), max(top, 0), min(right, size[0]), min(bottom, size[1]))


def framed(picture):
    """A thin line around it: pages of a text are white too."""
    ImageDraw.Draw(picture).rectangle((0, 0, picture.width - 1, picture.height - 1), outline=(200, 204, 208))
    return picture


def keep(picture, path, bytes_max=BYTES_MAX):
    """Writes it as a PNG of few colours."""
    picture = framed(picture.convert("RGB"))
    for colours in (128, 64, 32, 16):
        few = picture.quantize(colours, method=Image.MEDIANCUT, dither=Image.NONE)
        few.save(path, optimize=True)
        if path.stat().st_size <= bytes_max:
            return
    raise ValueError(f"{path.name}: {path.stat().st_size} bytes")


def moving(frames, path, bytes_max):
    """Writes pictures with how long each stays, in milliseconds, as one that moves."""
    for quality in (85, 70, 50, 35):
        pictures = [picture for picture, _ in frames]
        pictures[0].save(
            path,
            save_all=True,
            append_images=pictures[1:],
            duration=[duration for _, duration in frames],
            loop=0,
            quality=quality,
            method=4,
        )
        if path.stat().st_size <= bytes_max:
            return
    raise ValueError(f"{path.name}: {path.stat().st_size} bytes")
