"""``python docs/hooks/check_site.py dist/site``: what is broken on the built site, one line each.

Every link leads to a file of the site, and to a place that the file has; scripts, styles, fonts and pictures are
files of the site, so that it works without a network. An anchor with ``=`` is what a script of the explorer reads.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urldefrag

_SKIPPED = re.compile(r"<!--.*?-->|(<script\b[^>]*>).*?</script>|(<style\b[^>]*>).*?</style>", re.DOTALL)
_TAG = re.compile(r"<([a-zA-Z][\w-]*)((?:\s+[^\s=>/]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]+))?)*)\s*/?>")
_ATTRIBUTE = re.compile(r"([^\s=>/]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))")
_IN_STYLE = re.compile(r"url\(\s*['\"]?([^'\")]+)")
_LOADED = {"script", "img", "source", "iframe", "audio", "video", "embed", "object"}
_ELSEWHERE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")


def faults(site: Path) -> Iterator[str]:
    """Broken links and resources from elsewhere, with the page that has them."""
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(site)
        for tag, link in page.links:
            if _ELSEWHERE.match(link):
                if tag in _LOADED and not link.startswith("data:"):
                    yield f"{name}: {tag} is loaded from {link}"
                continue
            file, anchor = urldefrag(link)
            target = (path.parent / unquote(file.split("?")[0])).resolve() if file else path
            if not target.is_file():
                yield f"{name}: {link} does not exist"
            elif "=" not in anchor and target in pages and unquote(anchor) not in pages[target].places:
                yield f"{name}: {link} has no such place"
    for path in sorted(site.rglob("*.css")):
        for link in _IN_STYLE.findall(path.read_text(encoding="utf-8")):
            outside = bool(_ELSEWHERE.match(link)) and not link.startswith("data:")
            if outside or not (link.startswith(("data:", "#")) or (path.parent / link.split("?")[0]).is_file()):
                yield f"{path.relative_to(site)}: {link} is not a file of the site"


class _Page:
    """What a page links to, and the places on it."""

    def __init__(self, text: str) -> None:
        self.links: list[tuple[str, str]] = []
        self.places = {"", "top"}
        for tag, attributes in _TAG.findall(_SKIPPED.sub(lambda found: found[1] or found[2] or "", text)):
            values = {
                one[0].lower(): unescape(one[1] or one[2] or one[3]) for one in _ATTRIBUTE.findall(attributes)
            }
            self.places |= {values[one] for one in ("id", "name") if one in values}
            kind = tag.lower()
            if kind == "link" and "stylesheet" in values.get("rel", ""):
                kind = "script"
            self.links += [(kind, values[one]) for one in ("href", "src") if one in values]


if __name__ == "__main__":
    found = list(faults(Path(sys.argv[1]).resolve()))
    print("\n".join(found[:50]))
    sys.exit(f"{len(found)} faults in {sys.argv[1]}" if found else 0)
