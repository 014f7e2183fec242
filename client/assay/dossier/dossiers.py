"""`market.dossiers`: a model's dossier for regulators and courts, and verifying somebody else's."""

from __future__ import annotations

from assay.dossier.collect import collect
from assay.dossier.document import Bundle, Dossier
from assay.dossier.verify import Verification, verify
from assay.session import Session


class Dossiers:
    """Collecting, issuing and verifying dossiers; only issuing needs a wallet, for the signature."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def collect(self, model_id: int, *, block: int | None = None) -> Dossier:
        """Everything that chain and store say about the model with this token number, as of a block.

        Raises:
            InvalidInput: there was no such model at that block.
            StoreError: the store does not answer.
        """
        return collect(self._session, model_id, block=block)

    def issue(self, model_id: int, *, signed: bool = True) -> Bundle:
        """Collect a dossier and sign it with the wallet; raises as :meth:`collect`."""
        dossier = self.collect(model_id)
        if not signed:
            return Bundle(dossier=dossier)
        unsigned = Bundle(dossier=dossier, issuer=self._session.address)
        signature = self._session.wallet.sign_typed_data(unsigned.typed_data())
        return unsigned.model_copy(update={"signature": signature.hex()})

    def verify(self, content: bytes) -> Verification:
        """Check every claim of a dossier against this market's chain and store.

        Raises:
            InvalidInput: it is too large, or not a dossier.
            ChainError: the chain does not answer.
        """
        return verify(self._session, content)
