"""Where laws and standards ask for what a part of the audit measures. A figure helps to answer them; by
itself it makes nothing compliant."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Asked:
    """Points that a part helps to answer.

    Attributes:
        ai_act: of Annexes IV and XI of Regulation (EU) 2024/1689.
        nist: subcategories of the NIST AI Risk Management Framework 1.0.
        iso: controls of Annex A of ISO/IEC 42001:2023.
        tripod: items of TRIPOD+AI (2024).
    """

    part: str
    ai_act: str
    nist: str
    iso: str
    tripod: str


ALL = (
    Asked("performance", "IV 2(g), 3, 4; XI 2 (1)", "MEASURE 2.3, 2.5", "A.6.2.4", "12e, 23a"),
    Asked("calibration", "IV 2(g), 3", "MEASURE 2.5", "A.6.2.4", "12e, 23a"),
    Asked(
        "overlap, drift and data",
        "IV 2(d), 2(g); XI 1 (2c)",
        "MEASURE 2.5, MAP 2.3",
        "A.7.4, A.7.5",
        "5, 7, 16",
    ),
    Asked("fairness", "IV 2(g), 3; XI 1 (2c)", "MEASURE 2.11", "A.5.4, A.6.2.4", "14, 23a"),
    Asked("robustness", "IV 2(g); XI 2 (2)", "MEASURE 2.6, 2.7", "A.6.2.4", "23b"),
    Asked("privacy", "IV 2(h)", "MEASURE 2.10", "A.5.4, A.7.4", "-"),
    Asked("security", "IV 2(h); XI 2 (2)", "MEASURE 2.7", "A.6.2.4", "-"),
    Asked("explainability", "IV 2(b), 3", "MEASURE 2.9", "A.8.2", "22, 25"),
    Asked("compliance", "IV 1(a), 1(b), 1(h); XI 1 (1)", "MAP 1.1", "A.6.2.7, A.9.4", "27"),
)
