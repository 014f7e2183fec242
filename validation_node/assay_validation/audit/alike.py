"""Rows whose texts are nearly the same."""

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.neighbors import NearestNeighbors

from assay_validation.audit.subject import Array, Subject

LEAST = 0.9
"""Cosine similarity above which texts are nearly the same: one letter in a long sentence differs, or one word
in a paragraph."""
_FAR = float(np.sqrt(2 * (1 - LEAST)))
_SIGNS, _HASHES = 4, 1 << 18
_NEAR_NUMBERS = 0.1
"""How many standard deviations the numeric columns may differ by."""


def twins(subject: Subject, rows: Array, known: Array) -> tuple[Array, Array, float]:
    """For each distinct row of *rows*, whether it is nearly the same as one of *known*, and as another of
    *rows* (copies of *known* rows are neither); and the ratio of distinct *known* rows to distinct *rows*."""
    rows, known = np.unique(rows, axis=0), np.unique(known, axis=0)
    copies = {row.tobytes() for row in known}
    rows_seen, known_seen = _vectors(subject, rows), _vectors(subject, known)
    own = _distance(rows_seen, rows_seen, 1) < _FAR
    found = _distance(known_seen, rows_seen, 0) < _FAR
    new = np.array([row.tobytes() not in copies for row in rows], dtype=bool)
    return found & new, own & new, max(1.0, len(known) / len(rows))


def _distance(known: csr_matrix, rows: csr_matrix, place: int) -> Array:
    """[rows]: the distance to the nearest of *known* (*place* 0), or to the second nearest (1)."""
    count = min(place + 1, known.shape[0])
    nearest = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(known).kneighbors(rows)[0]
    return np.asarray(nearest[:, place]) if count > place else np.full(rows.shape[0], np.inf)


def _vectors(subject: Subject, rows: Array) -> csr_matrix:
    """Character n-grams of each text as a vector of length 1, next to the other columns."""
    layout = subject.layout
    hashing = HashingVectorizer(
        analyzer="char_wb", ngram_range=(_SIGNS, _SIGNS), n_features=_HASHES, alternate_sign=False
    )
    prose = [hashing.transform(layout.book.texts(rows[:, column])) for column in np.flatnonzero(layout.prose)]
    numbers = np.flatnonzero(~layout.texts)
    spread = subject.filled[:, numbers].std(axis=0)
    scaled = subject.without_gaps(rows)[:, numbers] / np.where(spread > 0, spread, 1.0)
    codes = [
        rows[:, [column]] == np.unique(subject.rows[:, column])
        for column in np.flatnonzero(layout.categories)
    ]
    others = np.hstack([scaled * (_FAR / _NEAR_NUMBERS), *codes, np.zeros((len(rows), 1))])
    return csr_matrix(hstack([*prose, csr_matrix(others)]))
