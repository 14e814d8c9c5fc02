"""Every example of the README and the docs runs, and every link to a file leads somewhere."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
EXAMPLES = [page for page in PAGES if BLOCK.search(page.read_text(encoding="utf-8"))]


def name(page):
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", EXAMPLES, ids=name)
def test_examples_of_the_page_run(page, tmp_path, monkeypatch):
    """The blocks of one page run in order, in one namespace, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    text = page.read_text(encoding="utf-8")
    space = {"__name__": "__main__"}
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start()) + 1
        code = block[1]
        if code.lstrip().startswith(">>>"):
            test = doctest.DocTestParser().get_doctest(code, space, name(page), name(page), line)
            runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
            said: list[str] = []
            runner.run(test, out=said.append, clear_globs=False)
            assert not runner.failures, "".join(said)
            space.update(test.globs)
        else:
            # Empty lines in front, so that a traceback shows the page's own line numbers.
            exec(compile("\n" * line + code, str(page), "exec"), space)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_to_files_lead_somewhere(page):
    targets = [
        target
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if "://" not in target and not target.startswith("mailto:")
    ]
    lost = [target for target in targets if not (page.parent / target).exists()]
    assert not lost
