"""The ledger, summed over all but some parts of its accounts."""

from collections.abc import Iterable

from haybale.corpus.ledger import Account, Amount, Ledger, Outcome

UNKNOWN = "unknown"
"""What a card calls the language of documents whose language was not identified."""


class LedgerSums:
    """Sums of a ledger's rows.

    Args:
        ledger: Of all stages; what is added to it later is not seen.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._rows: dict[str, list[tuple[Account, Amount]]] = {}
        for account, amount in ledger.rows():
            if not account.language:
                account = account._replace(language=UNKNOWN)
            self._rows.setdefault(account.outcome, []).append((account, amount))

    def by(self, *parts: str, outcomes: Iterable[Outcome]) -> dict[tuple[str, ...], Amount]:
        """Amounts by the values of these parts, sorted; languages not identified are UNKNOWN.

        Args:
            *parts: Of `haybale.corpus.ledger.Account`, such as `subset` and `rule`.
            outcomes: Rows of these alone.
        """
        places = [Account._fields.index(part) for part in parts]
        sums: dict[tuple[str, ...], list[int]] = {}
        for outcome in outcomes:
            for account, amount in self._rows.get(outcome, ()):
                total = sums.setdefault(tuple([account[place] for place in places]), [0, 0, 0, 0])
                total[0] += amount.documents
                total[1] += amount.text_bytes
                total[2] += amount.tokens
                total[3] += amount.items
        return {key: Amount(*sums[key]) for key in sorted(sums)}
