"""Settings: what fits is kept as written, what does not is one clear error, and the guide has every key."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_oracle.errors import SettingsError
from assay_oracle.settings import Settings, explain

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guides" / "validator.md"
LEAST = {
    "rpc": '["http://127.0.0.1:8545"]',
    "ipfs": '["http://127.0.0.1:5001"]',
    "deployment": '"31337.json"',
    "keystore": '"keystore.json"',
    "passphrase_file": '"passphrase"',
    "folder": '"data"',
}


def toml(**changes: str | None) -> bytes:
    values = {name: value for name, value in (LEAST | changes).items() if value is not None}
    return "".join(f"{name} = {value}\n" for name, value in values.items()).encode()


def test_the_least_is_enough_and_paths_start_at_the_file(tmp_path):
    (tmp_path / "oracle.toml").write_bytes(toml())
    settings = Settings.load(tmp_path / "oracle.toml")
    assert settings.folder == tmp_path / "data"
    assert settings.address == ("127.0.0.1", 9464)
    assert settings.appeal is settings.dry_run is False
    assert settings.keeper is True


KEY_ELSEWHERE = {"keystore": None, "passphrase_file": None, "signer": '"http://127.0.0.1:9000"'}


@pytest.mark.parametrize(
    "changes",
    [
        KEY_ELSEWHERE,
        KEY_ELSEWHERE | {"account": f'"0x{"aB" * 20}"'},
        KEY_ELSEWHERE | {"backup": '"backup.json"', "passphrase_file": '"passphrase"'},
    ],
)
def test_the_key_may_be_with_a_signer(changes, tmp_path):
    settings = Settings.parse(toml(**changes), tmp_path)
    assert (settings.keystore, settings.signer) == (None, "http://127.0.0.1:9000")
    assert settings.backup in (None, tmp_path / "backup.json")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"signer": '"http://127.0.0.1:9000"'}, "either keystore or signer"),
        ({"keystore": None}, "either keystore or signer"),
        ({"backup": '"backup.json"'}, "go with signer"),
        ({"account": f'"0x{"aB" * 20}"'}, "go with signer"),
        ({"account": '"alice"'}, "account"),
        (KEY_ELSEWHERE | {"backup": '"backup.json"'}, "passphrase_file"),
    ],
)
def test_who_signs_is_said_once(changes, said, tmp_path):
    with pytest.raises(SettingsError, match=said):
        Settings.parse(toml(**changes), tmp_path)


@pytest.mark.parametrize("name", LEAST)
def test_what_is_required_is_named(name, tmp_path):
    with pytest.raises(SettingsError, match=name):
        Settings.parse(toml(**{name: None}), tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rpc", "[]"),
        ("rpc", '"http://127.0.0.1:8545"'),
        ("rpc", '["ftp://127.0.0.1"]'),
        ("ipfs", '["not a url"]'),
        ("listen", '"localhost:9464"'),
        ("listen", '"127.0.0.1"'),
        ("listen", '"127.0.0.1:99999"'),
        ("listen", '"999.0.0.1:80"'),
        ("confirmations", "-1"),
        ("poll_seconds", "0"),
        ("poll_seconds", "nan"),
        ("poll_seconds", "inf"),
        ("parallel", "0"),
        ("max_artifact_bytes", "1"),
        ("keeper", '"perhaps"'),
        ("max_appeal_deposit", '"-1"'),
        ("max_appeal_deposit", '"1e9"'),
        ("validation_url", '"http://127.0.0.1:8791"'),
        ("validation_token_file", '"token"'),
        ("folder", "3"),
        ("pasphrase", '"typo"'),
    ],
)
def test_what_does_not_fit_is_refused_by_name(name, value, tmp_path):
    with pytest.raises(SettingsError, match=f"{name}|listen|validation_url"):
        Settings.parse(toml(**{name: value}), tmp_path)


def test_a_refused_value_is_not_shown(tmp_path):
    with pytest.raises(SettingsError) as refused:
        Settings.parse(toml(ipfs='["hunter2"]'), tmp_path)
    assert "hunter2" not in str(refused.value)


@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)))
def test_anything_else_is_an_error_of_ours(content):
    with pytest.raises(SettingsError):
        Settings.parse(content, Path("/nowhere"))


@given(st.dictionaries(st.sampled_from(sorted(Settings.model_fields)), st.text(max_size=40)))
def test_text_in_any_key_is_an_error_of_ours(values):
    content = "".join(f"{name} = {encoded(value)}\n" for name, value in values.items())
    with pytest.raises(SettingsError):  # the endpoints are lists
        Settings.parse(content.encode(), Path("/nowhere"))


def encoded(text: str) -> str:
    escaped = "".join(c if c.isascii() and c.isalnum() else f"\\U{ord(c):08x}" for c in text)
    return f'"{escaped}"'


def test_a_file_that_is_missing_or_endless(tmp_path):
    with pytest.raises(SettingsError, match="Cannot read"):
        Settings.load(tmp_path / "none.toml")
    (tmp_path / "long.toml").write_bytes(b"# " + b"x" * 100_000)
    with pytest.raises(SettingsError, match="too large"):
        Settings.load(tmp_path / "long.toml")
    with pytest.raises(SettingsError, match="too large"):
        Settings.load(Path("/dev/zero"))


def test_the_guide_has_the_table_of_settings():
    rows = [f"| `{name}` | {default} | {meaning} |" for name, default, meaning in explain()]
    text = GUIDE.read_text()
    assert [row for row in rows if row not in text] == []
    assert text.count("\n| `") == len(rows)  # and no key that is not one
