"""Make what a first visit to the site fetches smaller: leave out of packages what no page reads.

THIN has a pattern for each package; what it matches stays away. The rest is packed as tightly as
zlib can. Compiled code goes packed, and `.ci/site/kernel.js` opens it: not every server packs.
"""

import gzip
import re
import struct
import zipfile

# Lexers of Python and of its tracebacks are looked up by name; others would be for other languages.
LEXERS = "__init__|_mapping|python|_builtins|_cpp_builtins|special|shell|javascript|jsonnet|data"
THIN = {
    # What it knows of Django, of Python 2 and of packages that are not here.
    "jedi": r"jedi/third_party/(django-stubs|typeshed/(third_party|stubs|tests?|stdlib/2/))",
    "pygments": rf"pygments/lexers/(?!({LEXERS})\.py)",
    # JavaScript for JupyterLab, which the page has from elsewhere.
    "anywidget": r"[^/]*\.data/|anywidget/(labextension|nbextension)/",
    "python-dateutil": r"dateutil/zoneinfo/.*\.tar\.gz",
    "ipython": r"IPython/sphinxext/|IPython/testing/plugin/",
    "prompt-toolkit": r"prompt_toolkit/contrib/",
}
PACKED = ("pyodide.asm.wasm", "pyodide.asm.mjs")


def thinned(path, name):
    """Pack a wheel anew without what no page reads; its list of files says the same."""
    left_out = re.compile(THIN.get(name, r"$^"))
    with zipfile.ZipFile(path) as wheel:
        rows = [row for row in wheel.infolist() if not row.is_dir()]
        kept = {row.filename: wheel.read(row) for row in rows if not left_out.match(row.filename)}
    for record in [file for file in kept if file.endswith(".dist-info/RECORD")]:
        lines = kept[record].decode().splitlines(keepends=True)
        listed = [line for line in lines if not left_out.match(line)]
        kept[record] = "".join(listed).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as wheel:
        for file, content in kept.items():
            wheel.writestr(zipfile.ZipInfo(file), content, zipfile.ZIP_DEFLATED, 9)


def gzipped(path):
    """Put a file's gzip in its place, under a name that no server has ideas about."""
    path.with_name(f"{path.name}.packed").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
    path.unlink()


def small_icon(path):
    """Leave the smallest picture of at least 32 points in an icon, which has one for each size."""
    content = path.read_bytes()
    (count,) = struct.unpack_from("<H", content, 4)
    rows = [struct.unpack_from("<BBBBHHII", content, 6 + 16 * n) for n in range(count)]
    *about, size, at = min((row for row in rows if not 0 < row[0] < 32), key=lambda row: row[6])
    head = struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", *about, size, 22)
    path.write_bytes(head + content[at : at + size])
