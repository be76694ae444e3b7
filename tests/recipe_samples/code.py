"""Source files in Parquet, of which one holds a test problem."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from recipe_samples.planted import EXACT, NEAR, Planted, Sample

_PROBLEM = {
    "task_id": "HumanEval/0",
    "prompt": '''def even_numbers(numbers):
    """From a list of whole numbers pick those that are even and give them back in the same
    order in which they were given, and an empty list where none of them is even at all."""
''',
    "canonical_solution": "    return [number for number in numbers if number % 2 == 0]\n",
}


def write_sample(folder: Path) -> Sample:
    """Write it."""
    planted = Planted()
    for seed in range(1, 9):
        planted.add(f"good{seed}", source_file(seed))
    text, other = source_file(20), source_file(21)
    planted.add_pair("copied", text, text, EXACT)
    planted.add_pair("changed", other, f"{other}\nVERSION = 2\n", NEAR)
    generated = f"# This file is Auto-Generated.\n{source_file(30)}"
    planted.add("generated", generated, "code/generated_mark_count@1")
    data = f"{source_file(31)}\ntable = '{'hay ' * 250}'\n"  # a line of 1,010 code points
    planted.add("data", data, "code/max_line_length@1")
    wide = "\n".join(f"x_{at}{' = hay + straw' * 10}" for at in range(10))  # lines of 143
    planted.add("wide", wide, "code/mean_line_length@1")
    rulers = source_file(32) + f"#{'=' * 70}\n" * 200
    planted.add("rulers", rulers, "code/alphanumeric_fraction@1")
    planted.add("xml", '<?xml version="1.0"?>\n<hay/>\n', "code/xml_declaration_count@1")
    leaked = source_file(40) + _PROBLEM["prompt"] + _PROBLEM["canonical_solution"]
    planted.add("leaked", leaked, "contamination/humaneval@1")
    planted.add("mail", f"# Ask jo@brook.org about it.\n{source_file(41)}")
    licenses: list[str | None] = ["MIT"] * len(planted.pages)
    for seed, license_name in enumerate(("GPL-3.0", None), start=50):
        planted.add(f"other{seed}", source_file(seed), "license/allowed@1")
        licenses.append(license_name)
    _write_files(folder / "code", planted, licenses)
    (folder / "evaluation").mkdir()
    (folder / "evaluation/HumanEval.jsonl").write_text(json.dumps(_PROBLEM) + "\n")
    environment = {"CODE": str(folder / "code"), "CODE_EVALUATION": str(folder / "evaluation")}
    return Sample(environment, planted.expected, frozenset(["mask/email@1"]))


def source_file(seed: int) -> str:
    """Ten functions, of names that no other seed has."""
    lines = ["import math", "", ""]
    for at in range(10):
        name = f"part_{seed}_{at}"
        lines += [
            f"def {name}(left_{seed}, right_{at}):",
            f'    """Adds what {name} was given to {seed * at}."""',
            f"    total_{seed}_{at} = left_{seed} + right_{at} * {seed}",
            f"    return math.floor(total_{seed}_{at})",
            "",
            "",
        ]
    return "\n".join(lines)


def _write_files(folder: Path, planted: Planted, licenses: list[str | None]) -> None:
    urls, texts = zip(*planted.pages, strict=True)
    folder.mkdir()
    table = pa.table({"content": texts, "url": urls, "license": licenses})
    pq.write_table(table, folder / "a.parquet")
