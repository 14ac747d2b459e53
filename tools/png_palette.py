"""Pictures of pages as small PNG files: 256 colours do for flat pages and grey-edged letters."""

import struct
import zlib

import numpy as np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SUB, _UP, _AVERAGE, _PAETH = 1, 2, 3, 4


def with_palette(png: bytes) -> bytes:
    """The same picture with at most 256 of its colours, each pixel in the nearest of them.

    Takes what Chromium writes: 8-bit RGB, not interlaced. Raises ValueError for anything else.
    """
    pixels = _pixels(png)
    height, width, _ = pixels.shape
    codes = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    found, where, counts = np.unique(codes.reshape(-1), return_inverse=True, return_counts=True)
    colours = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1).astype(np.int32)
    palette = _palette(colours[np.argsort(counts)[::-1]])
    nearest = np.array([((palette - colour) ** 2).sum(axis=1).argmin() for colour in colours], np.uint8)
    rows = np.zeros((height, width + 1), np.uint8)
    rows[:, 1:] = nearest[where].reshape(height, width)
    return (
        _SIGNATURE
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
        + _chunk(b"PLTE", palette.astype(np.uint8).tobytes())
        + _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9))
        + _chunk(b"IEND", b"")
    )


def _palette(colours: np.ndarray) -> np.ndarray:
    """At most 256 of the colours, common ones first, none too near another: a rare hue keeps a place of its own."""
    near = 0
    while True:
        left, kept = colours, []
        while len(left) and len(kept) <= 256:
            kept.append(left[0])
            left = left[((left - left[0]) ** 2).sum(axis=1) > near]
        if len(kept) <= 256:
            return np.array(kept)
        near = near * 2 + 3


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _pixels(png: bytes) -> np.ndarray:
    """Height × width × 3 bytes."""
    at, packed, width, height = len(_SIGNATURE), b"", 0, 0
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length
        if kind == b"IHDR":
            width, height, *form = struct.unpack(">IIBBBBB", content)
            if form != [8, 2, 0, 0, 0]:
                raise ValueError(f"not an 8-bit RGB picture: {form}")
        elif kind == b"IDAT":
            packed += content
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, 1 + 3 * width)
    done = np.zeros((height + 1, width, 3), np.uint8)
    for number, row in enumerate(rows):
        done[number + 1] = _unfiltered(int(row[0]), row[1:].reshape(width, 3), done[number])
    return done[1:]


def _unfiltered(way: int, row: np.ndarray, above: np.ndarray) -> np.ndarray:
    """A row without its PNG filter (PNG specification, section 9)."""
    if way == _UP:
        return row + above
    if way == _SUB:
        return np.cumsum(row, axis=0, dtype=np.uint8)
    if way not in (_AVERAGE, _PAETH):
        return row
    left, corner, whole = [0, 0, 0], [0, 0, 0], []
    for raw, up in zip(row.tolist(), above.tolist(), strict=True):
        if way == _AVERAGE:
            left = [(one + (a + b) // 2) & 255 for one, a, b in zip(raw, left, up, strict=True)]
        else:
            left = [(one + _paeth(a, b, c)) & 255 for one, a, b, c in zip(raw, left, up, corner, strict=True)]
        corner = up
        whole.append(left)
    return np.array(whole, np.uint8)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda one: abs(guess - one))
