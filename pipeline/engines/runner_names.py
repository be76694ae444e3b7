"""Which of Beam's runners a build can use."""

import argparse
from collections.abc import Sequence

from haybale.corpus.errors import RecipeError
from haybale.corpus.recipe import nearest

LOCAL = "FnApiRunner"
DATAFLOW = "DataflowRunner"
FLINK = "FlinkRunner"
PORTABLE = "PortableRunner"
PRISM = "PrismRunner"
SPARK = "SparkRunner"
RUNNERS = (LOCAL, DATAFLOW, FLINK, PORTABLE, PRISM, SPARK)

_BEAM = "apache_beam."
_CHOOSES = "it chooses an engine by itself; leave --runner out to run on this computer"
_REFUSED = {
    "DaskRunner": "it merges tagged outputs, loses what bundles emit when they finish, and "
    "computes only one branch of a pipeline: documents would be lost without an error",
    "BundleBasedDirectRunner": "it cannot run what FnApiRunner runs; leave --runner out",
    "DirectRunner": _CHOOSES,
    "SwitchingDirectRunner": _CHOOSES,
    "InteractiveRunner": "it keeps every intermediate result; leave --runner out",
    "KafkaStreamsRunner": "its job server is part of no release of Beam",
}


def runner_name(options: Sequence[str]) -> str:
    """The runner that Beam options ask for, as Beam spells it; LOCAL where they name none.

    Beam takes names in any case, with or without `Runner`. A name with a dot is a class: one of
    Beam's own is called by its plain name, so that all that is checked of it by name is checked;
    any other is taken as it is.

    Raises:
        RecipeError: On a runner that is unknown, or that a build cannot use.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--runner", default=LOCAL)
    given = str(parser.parse_known_args(list(options))[0].runner)
    if "." in given and not given.startswith(_BEAM):
        return given
    plain = given.rpartition(".")[2]
    spelled = {name.lower(): name for name in (*RUNNERS, *_REFUSED)}
    name = spelled.get(plain.lower()) or spelled.get(plain.lower() + "runner")
    if name in _REFUSED:
        raise RecipeError(f"--runner={given}: {_REFUSED[name]}")
    if name is None and "." in given:
        return given
    if name is None:
        raise RecipeError(f"--runner={given}: no such runner; {nearest(given, RUNNERS)}")
    return name
