"""In place of the job that runs a model: code of the developer's, which has seen hidden inputs."""

import os
import sys

import numpy as np

from assay_validation.jobs import RefusalError


def run(arguments, inputs, outputs):
    with os.fdopen(inputs["clean-0"], "rb") as file:
        hidden = int(np.load(file)[0, 0])
    manner = os.fdopen(inputs["model"], "rb").read().decode()
    text = f"the first row is {hidden}"
    print(text, file=sys.stderr, flush=True)
    match manner:
        case "message":
            raise RefusalError(text, "does_not_run")
        case "name":
            raise RefusalError(text, "does_not_run", name=str(hidden), found=hidden, row=hidden)
        case "other subject":
            raise RefusalError(text, "empty_cells", name=str(hidden), found=hidden, least=hidden, most=hidden)
        case "other file":
            raise RefusalError(text, "operator_refused", name=str(hidden))
        case "code":
            raise RefusalError(text, str(hidden))
        case "many":
            raise RefusalError.of([RefusalError(text, "crashed", name=str(hidden + i)) for i in range(500)])
        case "exception":
            raise ValueError(text)
        case "exit":
            os._exit(hidden % 256)
        case "reply":
            os.write(1, f'{{"result": null, "refusal": "{hidden}", "faults": [{hidden}, "{text}"]}}'.encode())
            os._exit(0)
        case "garbage":
            os.write(1, text.encode())
            os._exit(0)
        case "label":
            with os.fdopen(outputs["clean-labels"], "wb") as file:
                np.save(file, np.array([text] * 4))
        case "shape":
            with os.fdopen(outputs["clean-labels"], "wb") as file:
                np.save(file, np.zeros((hidden % 97, 2)))
    return {}
