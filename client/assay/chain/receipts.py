"""What a mined transaction did, or why it failed."""

from __future__ import annotations

from dataclasses import dataclass

from assay.chain.answers import Fields
from assay.chain.connection import Connection
from assay.chain.events import Event, EventReader
from assay.chain.journal import Entry
from assay.errors import ChainError, ContractError

_OUT_OF_GAS_PERCENT = 95
"""A transaction that used more than this share of its gas is taken to have run out of it.

It need not be all: a call of another contract leaves its caller a 64th (EIP-150).
"""


@dataclass(frozen=True)
class Receipt:
    """What became of a transaction.

    Attributes:
        tx_hash: 0x hex.
        block: number of its block.
        gas_used: gas.
        fee: wei paid for that gas.
        events: events that our contracts emitted in it.
    """

    tx_hash: str
    block: int
    gas_used: int
    fee: int
    events: tuple[Event, ...]

    def event(self, name: str) -> Event:
        """The first event *name*; raises :class:`ChainError` if there is none."""
        for event in self.events:
            if event.name == name:
                return event
        raise ChainError(
            f"The transaction {self.tx_hash} has no event {name}.", hint="Check the deployment file."
        )


def finished(connection: Connection, events: EventReader, entry: Entry, receipt: Fields) -> Receipt:
    """What a transaction in the journal did; raises :class:`ContractError` with the reason if it failed."""
    if receipt["status"] != 1:
        _raise_reason(connection, entry, receipt)
    return Receipt(
        tx_hash=entry.hash,
        block=receipt["blockNumber"],
        gas_used=receipt["gasUsed"],
        fee=receipt["gasUsed"] * receipt["effectiveGasPrice"],
        events=tuple(events.decode(receipt["logs"])),
    )


def _raise_reason(connection: Connection, entry: Entry, receipt: Fields) -> None:
    fields, called = entry.fields, entry.name.rpartition(" ")[2]
    # the cause shows in the state before that block or after it
    for number in (receipt["blockNumber"], receipt["blockNumber"] - 1):
        connection.call(
            {
                "from": receipt["from"],
                "to": fields["to"],
                "data": fields["data"],
                "value": fields["value"],
            },
            contract=called,
            block=number,
        )
    if receipt["gasUsed"] > fields["gas"] * _OUT_OF_GAS_PERCENT // 100:
        raise ContractError(
            f"The transaction {entry.hash} ran out of gas: it needed more than {fields['gas']:,}, perhaps "
            "because others acted after its gas was estimated. Its fee is spent; nothing else has changed.",
            name="OutOfGas",
            hint="Run the command again.",
        )
    raise ContractError(
        f"The transaction {entry.hash} failed, for a reason that cannot be reproduced.", name="Unknown"
    )
