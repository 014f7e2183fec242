"""`scripts/solc` answers as the compiler does, whether it splits a request, remembers the answer or not."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow  # two compilers

FRONT = Path(__file__).resolve().parents[2] / "scripts" / "solc"
EVERYTHING = {"*": ["*"], "": ["ast"]}
BASE = """
pragma solidity 0.8.30;
/// @notice Keeps words: “ä”, 字
abstract contract Base {
    event Kept(uint256 indexed word, string text);
    error Refused(uint256 word);
    uint256[] internal words;
    function keep(uint256 word, string calldata text) public virtual returns (uint256 count) {
        if (word == 0) revert Refused(word);
        words.push(word);
        emit Kept(word, text);
        return words.length;
    }
}
"""
CHILD = """
pragma solidity 0.8.30;
import {{Base}} from "./Base.sol";
import {{Made}} from "lib/Made.sol";
contract C{0} is Base {{
    uint256 public immutable first = {0};
    function make(uint256 unused) external returns (Made) {{ return new Made(first * words[{0}]); }}
}}
"""
MADE = """
pragma solidity 0.8.30;
contract Made { uint256 public word; constructor(uint256 word_) { word = word_; } }
"""

Front = Callable[..., str]
Kept = Callable[[], list[Path]]


@pytest.fixture
def front(tmp_path: Path) -> Front:
    """The front, in a folder that holds the one import that is no part of the request."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "Made.sol").write_text(MADE)

    def answer(request: dict[str, Any], *, processes: int = 1, cache: str = "cache") -> str:
        environment = os.environ | {
            "ASSAY_SOLC_CACHE": str(tmp_path / cache) if cache else "",
            "ASSAY_SOLC_PROCESSES": str(processes),
        }
        command = [str(FRONT), "--standard-json"]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, input=json.dumps(request), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return answer


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """The answers that are kept."""
    return lambda: sorted((tmp_path / "cache").glob("*"))


def request(count: int = 1, *, folder: str = "contracts", by_file: bool = False) -> dict[str, Any]:
    children = {f"{folder}/C{number}.sol": CHILD.format(number) for number in range(count)}
    sources = children | {f"{folder}/Base.sol": BASE}
    return {
        "language": "Solidity",
        "sources": {name: {"content": content} for name, content in sources.items()},
        "settings": {
            "optimizer": {"enabled": True, "runs": 200},
            "outputSelection": dict.fromkeys(sources, EVERYTHING) if by_file else {"*": EVERYTHING},
        },
    }


def contents(answer: str) -> dict[str, Any]:
    """The answer with its warnings in an order of ours: the compiler's depends on what it was asked for."""
    parsed: dict[str, Any] = json.loads(answer)
    return parsed | {"errors": sorted(parsed.get("errors", []), key=str)}


def same(one: object, other: object) -> bool:
    """Compared outside of an assertion, which would spell out the difference of megabytes."""
    return one == other


@pytest.mark.parametrize("by_file", [False, True])
def test_a_split_request_is_answered_as_a_whole_one(front: Front, by_file: bool) -> None:
    asked = request(20, by_file=by_file)
    whole = contents(front(asked, processes=1, cache=""))
    assert same(contents(front(asked, processes=3, cache="")), whole)
    assert len(whole["contracts"]) == 21 + (not by_file)  # `*` asks for the import too
    assert all("ast" in whole["sources"][f"contracts/{name}.sol"] for name in ("C0", "C19", "Base"))
    assert whole["contracts"]["contracts/C7.sol"]["C7"]["evm"]["bytecode"]["object"]


def test_a_part_that_fails_fails_the_whole(front: Front, kept: Kept) -> None:
    asked = request(20)
    asked["sources"]["contracts/C3.sol"]["content"] += "contract Broken { uint256 word = unknown; }"
    answer = json.loads(front(asked, processes=3))
    assert any(error["severity"] == "error" for error in answer["errors"])
    assert "contracts" not in answer
    assert not kept()


def test_a_kept_answer_is_the_same_and_is_used(front: Front, kept: Kept) -> None:
    asked = request()
    answer = front(asked)
    (file,) = kept()
    assert same(front(asked), answer)
    entry = json.loads(gzip.decompress(file.read_bytes()))
    file.write_bytes(gzip.compress(json.dumps(entry | {"answer": "planted"}).encode()))
    assert front(asked) == "planted\n"


def test_a_damaged_answer_is_computed_anew(front: Front, kept: Kept) -> None:
    asked = request()
    answer = front(asked)
    (file,) = kept()
    content = file.read_bytes()
    entry = gzip.decompress(content)
    for damaged in (
        b"",
        content[: len(content) // 2],
        content[:200] + bytes([content[200] ^ 1]) + content[201:],
        gzip.compress(b'{"read": {}}'),
        gzip.compress(b"null"),
    ):
        file.write_bytes(damaged)
        assert same(front(asked), answer)
        assert same(gzip.decompress(file.read_bytes()), entry)


def test_an_answer_holds_for_the_files_that_it_read(front: Front, tmp_path: Path) -> None:
    asked, made = request(), tmp_path / "lib" / "Made.sol"
    before = front(asked)
    made.write_text(MADE.replace("word = word_", "word = word_ + 1"))
    changed = front(asked)
    assert not same(changed, before)
    assert same(changed, front(asked, cache=""))
    made.unlink()
    assert "lib/Made.sol" in json.loads(front(asked))["errors"][-1]["formattedMessage"]


def test_another_request_has_another_answer(front: Front, kept: Kept) -> None:
    front(request())
    asked = request()
    asked["settings"]["optimizer"]["enabled"] = False
    assert not same(front(asked), front(request()))
    assert len(kept()) == 2


def test_the_oldest_answers_go(front: Front, kept: Kept, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    old = tmp_path / "cache" / "old.json.gz"
    old.touch()
    os.truncate(old, 300 * 2**20)  # holds no data on disk
    os.utime(old, (0, 0))
    front(request())
    assert len(kept()) == 1
    assert old not in kept()


def test_only_test_contracts_are_not_optimised(front: Front) -> None:
    def optimised(folder: str) -> dict[str, bool]:
        found = json.loads(front(request(folder=folder)))["contracts"].items()
        codes = ((name, code) for name, contracts in found for code in contracts.values())
        return {
            name: json.loads(code["metadata"])["settings"]["optimizer"]["enabled"] for name, code in codes
        }

    assert optimised("contracts") == dict.fromkeys(
        ("contracts/Base.sol", "contracts/C0.sol", "lib/Made.sol"), True
    )
    assert optimised("tests/contracts") == {
        "lib/Made.sol": True,
        "tests/contracts/Base.sol": False,
        "tests/contracts/C0.sol": False,
    }


FIRST = """
pragma solidity 0.8.30;
contract First { function first() external pure returns (uint256) { return 1; } }
"""
HEIR = """
pragma solidity 0.8.30;
import {Made} from "lib/Made.sol";
/// @notice Has code of an import.
contract Heir is Made { constructor() Made(7) {} }
"""
TEST = """
pragma solidity 0.8.30;
import {First} from "../../lib/First.sol";
contract HeirTest is First { function test() external pure {} }
"""
FORGE_WANTS = {
    "*": [
        "abi",
        "metadata",
        "evm.methodIdentifiers",
        "evm.bytecode.object",
        "evm.bytecode.sourceMap",
        "evm.deployedBytecode.object",
        "evm.deployedBytecode.sourceMap",
    ]
}


def as_brownie_asks() -> dict[str, Any]:
    """The contracts alone, with syntax trees; imports are read from files."""
    wanted = ["abi", "devdoc", "evm.bytecode", "evm.deployedBytecode", "userdoc"]
    return {
        "language": "Solidity",
        "sources": {"contracts/Heir.sol": {"content": HEIR}},
        "settings": {
            "evmVersion": "cancun",
            "optimizer": {"enabled": True, "runs": 200},
            "outputSelection": {"*": {"*": wanted, "": ["ast"]}},
        },
    }


def as_forge_asks() -> dict[str, Any]:
    """The same contracts with their imports and tests, file by file; what is the default is said."""
    sources = {
        "contracts/Heir.sol": HEIR,
        "lib/First.sol": FIRST,
        "lib/Made.sol": MADE,
        "tests/contracts/Heir.t.sol": TEST,
    }
    return {
        "language": "Solidity",
        "sources": {name: {"content": content} for name, content in sources.items()},
        "settings": {
            "metadata": {"useLiteralContent": False, "bytecodeHash": "ipfs", "appendCBOR": True},
            "optimizer": {"enabled": True, "runs": 200},
            "outputSelection": dict.fromkeys(sources, FORGE_WANTS),
            "evmVersion": "cancun",
            "viaIR": False,
            "libraries": {},
        },
    }


@pytest.fixture
def first(tmp_path: Path, front: Front) -> Path:
    """An import of tests, which the compiler numbers before the contracts' own."""
    file = tmp_path / "lib" / "First.sol"
    file.write_text(FIRST)
    return file


def by_the_compiler(asked: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The compiler's own answer to the whole request."""
    done = subprocess.run(
        [str(FRONT), "--part"],
        cwd=folder,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)["answer"]
    return answer


def test_contracts_are_the_same_whoever_asks(front: Front, first: Path, tmp_path: Path) -> None:
    for asked in (as_brownie_asks(), as_forge_asks()):
        answer, expected = contents(front(asked)), by_the_compiler(asked, tmp_path)
        for name in ("contracts/Heir.sol", "lib/Made.sol"):
            assert same(answer["contracts"][name], expected["contracts"][name]), name
        assert same(answer["sources"], expected["sources"])


def test_a_contract_is_compiled_once_for_all_who_ask(front: Front, kept: Kept, first: Path) -> None:
    answer = front(as_brownie_asks())
    code = json.loads(answer)["contracts"]["contracts/Heir.sol"]["Heir"]["evm"]["bytecode"]["object"]
    for file in kept():
        entry = json.loads(gzip.decompress(file.read_bytes()))
        file.write_bytes(
            gzip.compress(json.dumps(entry | {"answer": entry["answer"].replace(code, "ff")}).encode())
        )
    planted = json.loads(front(as_forge_asks()))["contracts"]["contracts/Heir.sol"]["Heir"]
    assert planted["evm"]["bytecode"]["object"] == "ff"


def test_an_import_that_is_not_the_file_is_compiled_as_given(front: Front, first: Path) -> None:
    before = json.loads(front(as_forge_asks()))["contracts"]["contracts/Heir.sol"]["Heir"]
    asked = as_forge_asks()
    asked["sources"]["lib/Made.sol"]["content"] = MADE.replace("word = word_", "word = word_ + 1")
    after = json.loads(front(asked))["contracts"]["contracts/Heir.sol"]["Heir"]
    assert before["evm"]["bytecode"]["object"] != after["evm"]["bytecode"]["object"]


def test_the_compiler_is_loaded_once_to_say_its_version(kept: Kept, tmp_path: Path) -> None:
    def version() -> str:
        environment = os.environ | {"ASSAY_SOLC_CACHE": str(tmp_path / "cache")}
        command = [str(FRONT), "--version"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert "Version: 0.8.30+commit." in version()
    (file,) = kept()
    file.write_bytes(gzip.compress(json.dumps({"read": {}, "answer": "planted"}).encode()))
    assert version().endswith("Version: planted\n")
