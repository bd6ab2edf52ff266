"""Right answers in C: a file each, by the exercise's name."""

from pathlib import Path

RIGHT = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted((Path(__file__).parent / "right").glob("*.c"))
}
