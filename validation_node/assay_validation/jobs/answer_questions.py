"""Runs the untrusted model for as long as there are questions: one process start, any number of questions.

As in `predict`, it is given inputs only. A question is a frame with one array per input, and its answer a
frame with one array per output, or the reason why there is none; the process ends when the questions do.
"""

import os
from typing import IO, Any

from assay_validation import frames
from assay_validation.jobs import RefusalError
from assay_validation.jobs.predict import load, predict


def run(arguments: dict[str, Any], inputs: dict[str, int], outputs: dict[str, int]) -> dict[str, Any]:
    """Answer ``questions`` on ``answers``. *arguments*: the names of ``inputs`` and ``outputs``, and
    ``marks`` as in `predict`.

    Raises:
        RefusalError: the model does not load.
    """
    names, wanted = arguments["inputs"], arguments["outputs"]
    session = load(inputs["model"], names, wanted, inputs["weights"])
    with os.fdopen(inputs["questions"], "rb") as questions, os.fdopen(outputs["answers"], "wb") as answers:
        while payload := _next(questions):
            feed = dict(zip(names, frames.decode(payload, texts=True), strict=True))
            try:
                answer = frames.encode(predict(session, feed, wanted, marks=arguments["marks"]))
            except (RefusalError, frames.FrameError) as refusal:
                answer = frames.encode_refusal(str(refusal))
            answers.write(frames.LENGTH.pack(len(answer)) + answer)
            answers.flush()
    return {}


def _next(questions: IO[bytes]) -> bytes:
    header = questions.read(frames.LENGTH.size)
    return questions.read(frames.LENGTH.unpack(header)[0]) if header else b""
