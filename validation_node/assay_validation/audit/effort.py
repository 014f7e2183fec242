"""How much an audit does: counts, never seconds, so that the same inputs give the same figures."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """Sample sizes of the parts; `libraries`: whether to use shap and the Adversarial Robustness Toolbox."""

    resamples: int = 10_000
    """The maximum; with many rows there are fewer, see `intervals.times`."""
    group_resamples: int = 1_000
    noise_repeats: int = 5
    attacked_rows: int = 20
    attack_steps: int = 12
    attack_questions: int = 4_000
    """How many rows the attack may query for each attacked row."""
    explained_rows: int = 100
    background_rows: int = 20
    max_explained_columns: int = 300
    random_orders: int = 8
    overlays: int = 8
    trigger_rows: int = 40
    """Rows on which triggers are searched for."""
    trigger_held_rows: int = 200
    trigger_steps: int = 25
    trigger_words: int = 2_000
    """Words tried in each column of texts."""
    trigger_word_rows: int = 10
    """Rows on which each word is first tried."""
    edited_rows: int = 1_000
    """Rows whose texts are reworded, see `wording`."""
    libraries: bool = True


FULL = Effort()
QUICK = Effort(
    resamples=1_000,
    group_resamples=400,
    noise_repeats=2,
    attacked_rows=0,
    explained_rows=30,
    background_rows=10,
    random_orders=4,
    trigger_steps=5,
    trigger_words=300,
    edited_rows=300,
    libraries=False,
)
