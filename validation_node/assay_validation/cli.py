"""The ``assay-validation`` command."""

import stat
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError as InvalidManifest

from assay.errors import AssayError
from assay.manifests.evaluation import EvaluationSpec
from assay.words.help import speak_plainly
from assay_validation.audit.command import audit
from assay_validation.errors import ValidationError
from assay_validation.hardening import harden_process
from assay_validation.sandbox import runner

MIN_TOKEN = 32

speak_plainly()
app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help=__doc__,
    context_settings={"help_option_names": ["-h", "--help"]},
)
SelfTest = Annotated[
    bool, typer.Option(help="Test first that models get the same bits here as on other validators' machines.")
]
ReadableFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]


@app.command()
def check() -> None:
    """Say which sandbox and runtime this machine would use; fail where models cannot be run safely, or would
    get other scores than from other validators."""
    _self_test()
    typer.echo(f"sandbox: {runner.describe()}")
    typer.echo(f"runtime: onnxruntime {version('onnxruntime')}, with the same bits as on other machines")


@app.command()
def evaluate(model: ReadableFile, data: ReadableFile, spec: ReadableFile) -> None:
    """Score MODEL (ONNX) on DATA as SPEC (an EvaluationSpec in JSON) says; print the report as JSON."""
    from assay_validation.evaluation import evaluate as run_evaluation  # scikit-learn takes seconds to import

    try:
        manifest = EvaluationSpec.model_validate_json(spec.read_bytes())
    except InvalidManifest as error:
        raise ValidationError(f"{spec} is not an evaluation spec: {error.errors()[0]['msg']}.") from None
    typer.echo(run_evaluation(model, data, manifest).model_dump_json(indent=2))


app.command()(audit)


@app.command()
def answer() -> None:
    """Answer one request in JSON on standard input with a report in JSON, for `assay` and other programs.

    The report is for whoever owns the data and the model: it may quote both.
    """
    from assay_validation.answers import MAX_REQUEST_BYTES
    from assay_validation.answers import answer as run

    typer.echo(run(sys.stdin.buffer.read(MAX_REQUEST_BYTES + 1)).model_dump_json())


@app.command()
def serve(
    token_file: Annotated[
        Path, typer.Option(help="File with a bearer token in each line, one a client, readable by you alone.")
    ],
    host: Annotated[str, typer.Option(help="Beyond loopback, put TLS in front of it.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8791,
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Evaluations at once.")] = 2,
    self_test: SelfTest = True,
) -> None:
    """Serve evaluations over HTTP."""
    tokens = read_tokens(token_file)
    typer.echo(f"sandbox: {runner.describe()}", err=True)
    if self_test:
        _self_test()
    from assay_validation import service  # scikit-learn takes seconds to import

    service.serve(tokens, host, port, concurrency=concurrency)


@app.command()
def worker(
    queue: Annotated[str, typer.Option(help="Postgres database, postgresql://…; its password in ~/.pgpass.")],
    folder: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="Folder shared with the daemon.")
    ],
    token_file: Annotated[Path, typer.Option(help="File holding the secret that you share with the daemon.")],
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Evaluations at once.")] = 2,
    self_test: SelfTest = True,
) -> None:
    """Test what a daemon puts into a queue, until you stop it."""
    secret = read_token(token_file)
    typer.echo(f"sandbox: {runner.describe()}", err=True)
    if self_test:
        _self_test()
    from assay_validation.worker import work

    work(queue, folder, secret, concurrency=concurrency)


def _self_test() -> None:
    from assay_validation.evaluation import evaluate as run_evaluation
    from assay_validation.self_test import self_test

    self_test(run_evaluation)


def read_tokens(path: Path) -> tuple[str, ...]:
    """The bearer tokens in *path*, each in a line.

    Raises:
        ValidationError: the file is missing, readable by others, or has a token too short to be a secret.
    """
    hint = "Make one: (umask 077; openssl rand -hex 32 > FILE)."
    try:
        mode, tokens = path.stat().st_mode, tuple(path.read_text().split())
    except (OSError, UnicodeDecodeError):
        raise ValidationError(f"The token file {path} cannot be read.", hint=hint) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ValidationError(f"The token file {path} is open to other users.", hint=f"chmod 600 {path}")
    if not tokens or any(len(one) < MIN_TOKEN or not one.isascii() for one in tokens):
        raise ValidationError(f"A token needs at least {MIN_TOKEN} ASCII characters.", hint=hint)
    if len(set(tokens)) != len(tokens):
        raise ValidationError(f"A token stands in {path} twice: each client needs its own.")
    return tokens


def read_token(path: Path) -> str:
    """The one bearer token in *path*; raises :class:`ValidationError` as :func:`read_tokens` does."""
    token, *others = read_tokens(path)
    if others:
        raise ValidationError(f"{path} has several tokens.", hint="Put the one that is meant into a file.")
    return token


def main() -> None:
    """Run the command; foreseeable failures end in one sentence and exit code 1."""
    harden_process()
    try:
        app()
    except AssayError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
    except ModuleNotFoundError as error:
        if str(error.name).startswith("assay"):
            raise
        extra = "queue" if error.name in ("procrastinate", "psycopg") else "node"
        typer.echo(f"error: This needs the package {error.name}: pip install 'assay[{extra}]'", err=True)
        sys.exit(1)
