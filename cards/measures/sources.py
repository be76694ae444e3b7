"""What the corpus was made from: its input files, as the build read them."""

from haybale.cards.fact import Fact, exact
from haybale.cards.inputs import CardInputs

MEASURES = {
    "sources.files": "Input files that were read.",
}


def facts(inputs: CardInputs) -> list[Fact]:
    """Files in all and by subset; `cost.input_bytes` has their bytes."""
    files = inputs.lineage["inputs"]
    total = sum(map(len, files.values()))
    return [
        exact("sources.files", total, "files", "ingest"),
        *(
            exact("sources.files", len(files[subset]), "files", "ingest", subset=subset)
            for subset in sorted(files)
        ),
    ]
