"""Cut the documents' fonts out of DejaVu Sans Condensed: ``python fonts/make_fonts.py [folder with DejaVu]``.

For developers; the result lies beside this file and is what ships. The full fonts are 680 KB each and take
longer to load than a page takes to draw; these hold the characters Russian, Kazakh, Ukrainian, Belarusian
and European documents use, without hinting and layout tables, which a PDF made here has no use for. The
same source gives the same bytes. Source: DejaVu 2.37 (Debian's ``fonts-dejavu-extra``), see ``LICENSE``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset

HERE = Path(__file__).parent
SOURCE = Path("/usr/share/fonts/truetype/dejavu")
NAMES = ("DejaVuSansCondensed.ttf", "DejaVuSansCondensed-Bold.ttf")

RANGES = (
    (0x0020, 0x007E),  # Latin
    (0x00A0, 0x017F),  # Latin-1 and Latin Extended-A: the languages of Europe
    (0x0218, 0x021B),  # Romanian
    (0x0391, 0x03C9),  # Greek, for measures: Ω, µ, Δ
    (0x0400, 0x052F),  # all of Cyrillic
    (0x2010, 0x2015),  # hyphens and dashes
    (0x2018, 0x201E),  # quotation marks
    (0x2190, 0x2195),  # arrows
    (0x2070, 0x2079),  # superscript digits
    (0x2080, 0x2089),  # subscript digits
)
CHARACTERS = "†•…‰′″‹›⁄\u2007\u2009\u202f€₴₸₼₽₾№™℃ℓΩ−∅∞≈≠≤≥½⅓⅔¼¾⅛√□■▲▼◆●★☐☑✓✔✗"


def cut(source: Path, target: Path) -> None:
    """Write the part of a font that documents need."""
    options = subset.Options(
        hinting=False,
        layout_features=[],
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
        notdef_outline=True,
        recalc_timestamp=False,
        drop_tables=["GDEF", "GPOS", "GSUB", "kern", "FFTM", "DSIG", "gasp"],
    )
    font = subset.load_font(str(source), options)
    subsetter = subset.Subsetter(options)
    wanted = {code for first, last in RANGES for code in range(first, last + 1)}
    subsetter.populate(unicodes=wanted | set(map(ord, CHARACTERS)))
    subsetter.subset(font)
    subset.save_font(font, str(target), options)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE
    for name in NAMES:
        cut(folder / name, HERE / name)
