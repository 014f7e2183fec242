"""How much an audit does: counts, never seconds, so that the same inputs give the same figures."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """Sample sizes of the parts. Libraries: whether shap and the Adversarial Robustness Toolbox are used."""

    resamples: int = 300
    group_resamples: int = 300
    shuffles: int = 999
    """Of the groups, to see what gaps chance shows."""
    noise_repeats: int = 5
    attacked_rows: int = 20
    attack_steps: int = 12
    attack_questions: int = 4_000
    """Rows that the attack may ask for each attacked row."""
    explained_rows: int = 40
    background_rows: int = 20
    max_explained_columns: int = 300
    random_orders: int = 8
    overlays: int = 8
    libraries: bool = True


FULL = Effort()
QUICK = Effort(
    resamples=100,
    group_resamples=100,
    shuffles=399,
    noise_repeats=2,
    attacked_rows=0,
    explained_rows=15,
    background_rows=10,
    random_orders=4,
    libraries=False,
)
