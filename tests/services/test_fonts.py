from __future__ import annotations

import runpy
from pathlib import Path

import pytest

FONTS = Path(__file__).resolve().parents[2] / "fonts"
SOURCE = Path("/usr/share/fonts/truetype/dejavu")
NAMES = ("DejaVuSansCondensed.ttf", "DejaVuSansCondensed-Bold.ttf")


@pytest.mark.parametrize("name", NAMES)
def test_a_font_is_small(name: str) -> None:
    assert (FONTS / name).stat().st_size < 70 * 1024


def test_the_licence_lies_beside_them() -> None:
    text = (FONTS / "LICENSE").read_text(encoding="utf-8")
    assert "Bitstream" in text
    assert "Tavmjong Bah" in text


@pytest.mark.skipif(not (SOURCE / NAMES[0]).exists(), reason="fonts-dejavu-extra is not installed")
@pytest.mark.parametrize("name", NAMES)
def test_the_script_makes_what_ships(name: str, tmp_path: Path) -> None:
    runpy.run_path(str(FONTS / "make_fonts.py"))["cut"](SOURCE / name, tmp_path / name)
    assert (tmp_path / name).read_bytes() == (FONTS / name).read_bytes()
