"""The hooks of the site (mkdocs.yml): pages that are generated when it is built, and a check of what was built.

- `environments/`: a page for each registered category, from the docstring of its environment;
- `atlas.md`: every unit that ships;
- `reference/command-line.md`: the help of every command, from its parser;
- `tutorials/`: the scripts of `docs/tutorials`, with what their cells print and show;
- AGENTS.md, CONTRIBUTING.md and CHANGELOG.md of the repository.
"""

from __future__ import annotations

import contextlib
import html.parser
import io
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from docs_atlas import atlas_page
from docs_environments import environment_index, environment_page, picture
from docs_tutorials import notebook, tutorial_page
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

from find_gym.core.registry import categories_by_name
from find_gym_agents import cli

ROOT = Path(__file__).resolve().parents[1]
TUTORIALS = ROOT / "docs" / "tutorials"
PAGES_OF_FILES = {"agents.md": "AGENTS.md", "contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}


def on_config(config: Any) -> Any:
    """Lists the environments in the navigation."""
    for section in config.nav:
        pages = section.get("Environments", [])
        if "environments/index.md" in pages:
            place = pages.index("environments/index.md") + 1
            pages[place:place] = [
                {category.environment_id(): f"environments/{category.name}.md"}
                for category in categories_by_name().values()
            ]
    return config


def on_files(files: Files, config: Any) -> Files:
    """Adds the generated pages."""
    for place, content in generated():
        files.append(File.generated(config, place, content=content))
    return files


def generated() -> Iterator[tuple[str, str | bytes]]:
    """Yields each generated file: its place in the site, and its content."""
    yield "environments/index.md", environment_index()
    for category in categories_by_name().values():
        image = picture(category)
        if image is not None:
            yield f"environments/{category.name}.gif", image
        yield f"environments/{category.name}.md", environment_page(category, pictured=image is not None)
    yield "atlas.md", atlas_page()
    yield "reference/command-line.md", command_line_page()
    for script in sorted(TUTORIALS.glob("*.py")):
        page, images = tutorial_page(script)
        yield f"tutorials/{script.stem}.md", page
        yield f"tutorials/{script.stem}.ipynb", notebook(script)
        for name, image in images.items():
            yield f"tutorials/{name}", image
    for place, name in PAGES_OF_FILES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        yield place, text.replace("](docs/", "](")


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Turns links to files of the repository into links to their pages, or to plain text where they have none."""
    folder = Path(config.docs_dir, page.file.src_uri).parent
    pages = {ROOT / name: place for place, name in PAGES_OF_FILES.items()}

    def to_page(link: re.Match[str]) -> str:
        address, _, anchor = link[2].partition("#")
        target = Path(os.path.normpath(folder / address))
        if target in pages:
            target = Path(config.docs_dir, pages[target])
        elif target.parent == TUTORIALS:
            target = target.with_suffix(".md")
        elif not target.is_relative_to(config.docs_dir):
            return link[1]
        return f"[{link[1]}]({os.path.relpath(target, folder)}{'#' if anchor else ''}{anchor})"

    return re.sub(r"(?<!!)\[([^\]]+)\]\((?![a-z]+:|#)([^)\s]+)\)", to_page, markdown)


def command_line_page() -> str:
    """Returns the help of the command `find-gym` and of each of its commands."""
    parts = [
        "# Command line",
        "`find-gym COMMAND` and `python scripts/COMMAND.py` are the same. This is what `--help` prints.",
        f"```text\n{cli.usage()}\n```",
    ]
    for name in cli.COMMANDS:
        parts += [f"## find-gym {name}", f"```text\n{_help(name)}\n```"]
    return "\n\n".join(parts) + "\n"


def _help(command: str) -> str:
    written, complaints = io.StringIO(), io.StringIO()
    os.environ["COLUMNS"] = "100"
    with contextlib.redirect_stdout(written), contextlib.redirect_stderr(complaints), contextlib.suppress(SystemExit):
        try:
            cli.main([command, "--help"])
        except ImportError as error:
            complaints.write(str(error))
    # A command whose packages were not installed when the page was made has none.
    return (written.getvalue() or complaints.getvalue()).strip()


# --- What was built ---------------------------------------------------------------------------------------------------


class _Addresses(html.parser.HTMLParser):
    """Collects what a page loads and links to, and what in it can be linked to."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.linked.append(given["href"])
        elif tag == "link" and given.get("rel") not in ("canonical", "next", "prev"):
            self.loaded.append(given["href"])
        elif "src" in given:
            self.loaded.append(given["src"])


def on_post_build(config: Any) -> None:
    """Checks every page that was built: nothing is loaded from elsewhere, and every link leads somewhere."""
    site = Path(config.site_dir)
    pages = {}
    for path in site.rglob("*.html"):
        pages[path] = _Addresses()
        pages[path].feed(path.read_text(encoding="utf-8"))
    wrong = []
    for path, page in pages.items():
        for address in page.loaded + page.linked:
            outside = re.match(r"[a-z]+:|//", address) is not None
            if outside and (address in page.loaded and not address.startswith("data:")):
                wrong.append(f"{path.relative_to(site)} loads {address}")
            if outside or path.name == "404.html":
                continue
            name, _, anchor = address.partition("#")
            target = (path.parent / name).resolve() if name else path
            target = target / "index.html" if target.is_dir() else target
            known = pages[target].anchors if target in pages else set()
            if not target.exists() or anchor and target in pages and anchor not in known:
                wrong.append(f"{path.relative_to(site)} links to {address}")
    if wrong:
        raise PluginError("\n".join(sorted(set(wrong))))
