"""A market in which one model was made from another; the second audited, criticised and disputed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from story import Story

from assay import Market
from assay.dossier.document import Bundle


@dataclass(frozen=True)
class Setting:
    """The story, the two models' numbers, and the audited one's dossier."""

    stage: Story
    base: int
    model: int
    bundle: Bundle

    @property
    def market(self) -> Market:
        return self.stage["hospital"]


@pytest.fixture(scope="session")
def setting(new_chain, store, ipfs_node, tmp_path_factory) -> Iterator[Setting]:
    folder = tmp_path_factory.mktemp("dossier")
    stage = Story(new_chain(), store, ipfs_node.url, folder)
    base = stage.make_base()
    audited = stage.make_audited(stage["hospital"].models.latest_version(base))
    yield Setting(stage, base, audited, stage["hospital"].dossiers.issue(audited))
    stage.close()


@pytest.fixture
def undone(setting: Setting) -> Iterator[Setting]:
    """The setting; what a test does to the chain is undone."""
    with setting.stage.chain.undone():
        yield setting
