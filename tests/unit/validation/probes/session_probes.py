"""Runs inside the jail and keeps up a conversation badly."""

import os
import struct
import time


def run(arguments, inputs, outputs):
    questions, answers = inputs["questions"], outputs["answers"]
    return MANNERS[arguments["manner"]](questions, answers) or {}


def echo(questions, answers):
    with os.fdopen(questions, "rb") as asked:
        while header := asked.read(4):
            (length,) = struct.unpack("<I", header)
            os.write(answers, header + asked.read(length))


def silent(questions, answers):
    time.sleep(3600)


def reads_and_sleeps(questions, answers):
    os.read(questions, 100)
    time.sleep(3600)


def spins(questions, answers):
    while True:
        pass


def boasts(questions, answers):
    os.write(answers, struct.pack("<I", 2**32 - 1))
    time.sleep(3600)


def floods(questions, answers):
    while True:
        os.write(answers, b"\0" * 65536)


def half(questions, answers):
    os.write(answers, struct.pack("<I", 100) + b"x")


def leaves(questions, answers):
    return {"bye": 1}


def refuses(questions, answers):
    from assay_validation.jobs import RefusalError

    raise RefusalError("not today", "does_not_load")


def crashes(questions, answers):
    os.abort()


def hangs_up(questions, answers):
    os.close(answers)
    time.sleep(3600)


MANNERS = {
    f.__name__: f
    for f in (
        echo, silent, reads_and_sleeps, spins, boasts, floods, half, leaves, refuses, crashes, hangs_up
    )
}  # fmt: skip
