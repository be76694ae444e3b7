"""Level 4: what Dataflow would be sent, unpickled where there is only the wheel."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]

LOAD_EVERYTHING = """
import pathlib, sys
import haybale
from apache_beam.coders import Coder
from apache_beam.internal import pickler
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_runner_api_pb2 as api
from apache_beam.runners.pipeline_context import PipelineContext

site, protos = map(pathlib.Path, sys.argv[1:])
assert pathlib.Path(haybale.__file__).is_relative_to(site), haybale.__file__
functions = coders = 0
for path in sorted(protos.iterdir()):
    proto = api.Pipeline.FromString(path.read_bytes())
    context = PipelineContext(proto.components)
    for transform in proto.components.transforms.values():
        if transform.spec.urn == common_urns.primitives.PAR_DO.urn:
            payload = api.ParDoPayload.FromString(transform.spec.payload)
            pickler.loads(payload.do_fn.payload)
            functions += 1
    for name in proto.components.coders:
        context.coders.get_by_id(name)
        coders += 1
ours = [name for name in sys.modules if name.startswith("haybale.")]
for name in ours:
    file = getattr(sys.modules[name], "__file__", None)
    assert file is None or pathlib.Path(file).is_relative_to(site), file
print(functions, coders)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder that holds the installed wheel and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--target", folder / "site", wheel], check=True)
    return folder / "site"


def test_functions_and_coders_load_from_the_wheel_alone(translated, site, tmp_path):
    protos = tmp_path / "protos"
    protos.mkdir()
    for number, step in enumerate(translated.steps):
        (protos / f"{number:03d}.pb").write_bytes(step.proto.SerializeToString())
    ended = subprocess.run(
        [sys.executable, "-P", "-c", LOAD_EVERYTHING, site, protos],
        cwd=tmp_path,
        env={"PYTHONPATH": str(site), "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    functions, coders = map(int, ended.stdout.split())
    assert functions >= len(translated.steps)
    assert coders > functions
