"""Rephrases a contract's refusal in the market's names: token amounts, domains, jurisdictions, purposes."""

from __future__ import annotations

import re
from typing import Any, cast

from assay.errors import AssayError, ContractError
from assay.governance.descriptions import RulesInWords
from assay.manifests.audit_report import scopes_in
from assay.session import Session

_UNITS = re.compile(r"(?<=\}) base units(?: of the token(?: \{token\})?)?| of the token \{token\}")
_BITMAP = re.compile(r"bitmap (?=\{\w+\})")
_IN_STAKES = re.compile(r"\bstake\b")
_COUNTED = ("Id", "ID", "Ppm")


class ErrorsInWords:
    """Rephrases a refusal using what only the market knows. What it cannot find out stays unchanged."""

    def __init__(self, session: Session, words: RulesInWords) -> None:
        self._session, self._words, self._asking = session, words, False

    def __call__(self, error: ContractError, token: str | None = None) -> ContractError:
        """*error* in the market's own names.

        Args:
            error: as returned by :mod:`assay.chain.reverts`.
            token: the token of its amounts, if the error does not name it.
        """
        if self._asking:  # the market refused a read made for this very purpose
            return error
        self._asking = True
        try:
            return self._retold(error, token)
        except (AssayError, KeyError, IndexError, ValueError):
            return error
        finally:
            self._asking = False

    def _retold(self, error: ContractError, token: str | None) -> ContractError:
        notice, hint = error.sentences
        shown, arguments = dict(error.shown), cast(dict[str, Any], error.arguments)
        if "base units" in notice:
            of = str(arguments.get("token") or token or self._token(notice))
            for name, value in arguments.items():
                if isinstance(value, int) and not name.endswith(_COUNTED):
                    shown[name] = self._words.amount(value, of)
            notice = _UNITS.sub("", notice)
        notice = self._named(notice, arguments, shown)
        if (notice, shown) == (error.sentences[0], error.shown):
            return error
        return ContractError.told(error.name, notice, hint, arguments, shown)

    def _named(self, notice: str, arguments: dict[str, Any], shown: dict[str, str]) -> str:
        """*notice* with names in place of numbers and bitmaps; updates *shown*."""
        if name := self._words.policy.domain_name(int(arguments.get("domain") or 0)):
            shown["domain"] = name
        elif arguments.get("domain") == 0:
            notice = notice.replace("domain {domain}", "any domain")
        if code := self._words.policy.jurisdiction_code(int(arguments.get("jurisdiction") or 0)):
            shown["jurisdiction"] = code
        if "scopes" in arguments:
            shown["scopes"], shown["required"] = (
                ", ".join(scopes_in(arguments[name])) or "none" for name in ("scopes", "required")
            )
            notice = _BITMAP.sub("", notice)
        if isinstance(arguments.get("purposes"), int):
            shown["purposes"] = self._words.purposes(arguments["purposes"]) or "unknown ones"
            notice = _BITMAP.sub("", notice)
        return notice

    def _token(self, notice: str) -> str:
        tokens = self._session.deployment.tokens
        return tokens.staking if _IN_STAKES.search(notice) else tokens.payment
