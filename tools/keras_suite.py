#!/usr/bin/env python3
"""Run Keras's own unit tests against fastconv.

    python tools/keras_suite.py                     every group
    python tools/keras_suite.py losses models -v    some, with each failure and each reason
    python tools/keras_suite.py ops -k softmax      the tests of a group that pytest's -k picks
    python tools/keras_suite.py --recheck           the tests of the table that pass by now

Keras's wheel has no tests, its source archive has: pip downloads that, unless ``--source`` names
an unpacked one. Each test module is imported as it stands and finds fastconv under the names
``keras`` and ``keras.src``; needs pytest, absl-py, optree and ml-dtypes. What fastconv lacks, and
TensorFlow, JAX or torch, are stand-ins that skip the test at the first call. Beside this file,
keras_suite_differences.txt lists the tests that are left out or differ on purpose, under their
reasons. Exit status: 0 if no other test failed, 1 if one did, 2 if nothing ran.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import fnmatch
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import subprocess
import sys
import tarfile
import tempfile
import textwrap
import types
from pathlib import Path

VERSION = "3.15.1"
TABLE = Path(__file__).with_name("keras_suite_differences.txt")

# Modules that serve the tests run as Keras has them.
AS_IT_IS = (
    "api_export backend.common.backend_utils backend.common.dtypes backend.common.global_state "
    "testing tree utils.code_stats utils.module_utils utils.python_utils utils.traceback_utils"
).split()
# Where a name is looked for when the path in keras.src does not tell.
PLACES = (
    "config backend layers models ops losses metrics optimizers optimizers.schedules callbacks "
    "saving utils random initializers regularizers constraints activations"
).split()
STAND_INS = ("tensorflow", "jax", "torch", "grain", "pandas", "openvino", "mlx", "dmtree", "tree")


# The child: one group in one pytest run


class _Missing(type):
    """Class of the stand-ins: attributes are stand-ins as well, a call skips the test."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return stand_in(f"{cls.__name__}.{name}")

    def __call__(cls, *args, **kwargs):
        import pytest

        pytest.skip(f"needs {cls.__name__.removeprefix('keras.src.')}", allow_module_level=True)

    def __iter__(cls):
        return iter(())


def stand_in(name):
    return _Missing(name, (), {})


class _StandInModule(types.ModuleType):
    __path__ = ()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return stand_in(f"{self.__name__}.{name}")


class _Shim(types.ModuleType):
    """A module of keras.src, answered by fastconv."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        path = self.__name__.split(".")[2:]
        special = SPECIAL.get(".".join([*path, name])) or SPECIAL.get(f"*.{name}")
        if special is not None:
            return special()
        with contextlib.suppress(ImportError):
            return importlib.import_module(f"{self.__name__}.{name}")
        if path[:1] == ["ops"] and name[:1].isupper():  # the classes behind the functions
            return stand_in(f"{self.__name__}.{name}")
        nested = [".".join(path[:k]) for k in range(len(path), 0, -1)]
        for place in [*nested, *path[1:], "", *PLACES]:
            try:
                module = importlib.import_module(f"fastconv.{place}".rstrip("."))
            except ImportError:
                continue
            value = getattr(module, name, None)
            ours = getattr(value, "__module__", None) or ""
            if ours.startswith("fastconv.signal") or isinstance(value, types.ModuleType):
                continue  # SciPy's correlate is not Keras's
            if value is not None:
                return value
        return stand_in(f"{self.__name__}.{name}")


class _Public(types.ModuleType):
    """``keras`` or one of its public packages: fastconv's of the same name."""

    def __getattr__(self, name):
        import fastconv

        package = self.__name__.partition(".")[2]
        if not package and (name == "src" or name in fastconv._SUBPACKAGES):
            return importlib.import_module(f"keras.{name}")
        module = importlib.import_module(f"fastconv.{package}".rstrip("."))
        if hasattr(module, name) or name.startswith("__"):
            return getattr(module, name)
        return stand_in(f"{self.__name__}.{name}")


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers imports of keras and of the libraries that are not here."""

    def __init__(self, source):
        self.source = source

    def find_spec(self, name, path=None, target=None):
        top, _, rest = name.partition(".")
        if top in STAND_INS:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        if top != "keras":
            return None
        file = self.source / name.replace(".", "/")
        inner = rest.removeprefix("src.")
        if name.endswith("_test") or any(f"{inner}.".startswith(f"{m}.") for m in AS_IT_IS):
            if file.is_dir():
                return importlib.util.spec_from_file_location(
                    name, file / "__init__.py", submodule_search_locations=[str(file)]
                )
            return importlib.util.spec_from_file_location(name, file.with_suffix(".py"))
        if rest and inner != rest and not (file.is_dir() or file.with_suffix(".py").exists()):
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        if spec.name.startswith("keras.src"):
            return _Shim(spec.name)
        if spec.name.startswith("keras"):
            return _Public(spec.name)
        return _StandInModule(spec.name)

    def exec_module(self, module):
        module.__path__ = []


def _fastconv(path):
    def get():
        module, _, name = path.rpartition(".")
        return getattr(importlib.import_module(f"fastconv.{module}".rstrip(".")), name)

    return get


def _standardize_dtype(dtype):
    import numpy as np

    if dtype is None:
        return "float32"
    if dtype in (int, float):
        return {int: "int32", float: "float32"}[dtype]
    if isinstance(dtype, str) and dtype.startswith(("bfloat", "float8")):
        return dtype
    return getattr(dtype, "name", None) or np.dtype(dtype).name


# Names under keras.src that lead elsewhere; "*." at any place.
SPECIAL = {
    "*.standardize_dtype": lambda: _standardize_dtype,
    "*.is_float_dtype": lambda: lambda dtype: "float" in _standardize_dtype(dtype),
    "*.is_int_dtype": lambda: lambda dtype: "int" in _standardize_dtype(dtype),
    "*.SUPPORTS_SPARSE_TENSORS": lambda: False,
    "*.SUPPORTS_RAGGED_TENSORS": lambda: False,
    "*.SUPPORTS_COMPLEX_DTYPES": lambda: False,
    "backend.convert_to_numpy": _fastconv("ops.convert_to_numpy"),
    "backend.is_tensor": _fastconv("ops.is_tensor"),
    "backend.random": _fastconv("random"),
    "ops.random": _fastconv("random"),
    "backend.common.variables.ALLOWED_DTYPES": lambda: {
        "bool",
        *(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)),
        *("float16", "float32", "float64"),
    },
    # trainer_test.py takes the trainer's class by the backend's name.
    "backend.jax.trainer.JAXTrainer": _fastconv("models.trainer.Trainer"),
}


def _backend_name():
    caller = sys._getframe(1)
    module = caller.f_globals.get("__name__", "")
    top = caller.f_code.co_name == "<module>" and module.endswith("trainers.trainer_test")
    return "jax" if top else "fastconv"


SPECIAL["backend.backend"] = lambda: _backend_name


def _seed_generators(layer):
    return [own for each in layer._flatten_layers() for own in each._seed_generators]


def _prepare(source):
    """Hook keras up and adapt what Keras's test class does with private attributes."""
    sys.meta_path.insert(0, Finder(source))
    conftest = types.ModuleType("conftest")
    conftest.skip_if_backend = lambda *args: lambda test: test
    sys.modules["conftest"] = conftest
    state = importlib.import_module("keras.src.backend.common.global_state")
    clear_session = importlib.import_module("fastconv.backend").clear_session
    state.clear_session = clear_session
    cases = importlib.import_module("keras.src.testing.test_case")
    cases.clear_session = clear_session
    cases.get_seed_generators = _seed_generators
    whole = cases.TestCase.run_layer_test

    def run_layer_test(self, *args, **kwargs):
        return whole(self, *args, **{**kwargs, "run_mixed_precision_check": False})

    cases.TestCase.run_layer_test = run_layer_test


class Record:
    """Pytest plugin: leaves out what the table says and notes what came of the others."""

    def __init__(self, table, recheck):
        self.table, self.recheck = table, recheck
        self.results = []

    def pytest_collection_modifyitems(self, items):
        kept = []
        for item in items:
            reason = self.table.reason(test_id(item.nodeid))
            if bool(reason) == self.recheck:
                kept.append(item)
            elif reason:
                self.results.append([test_id(item.nodeid), "left out", reason])
        items[:] = kept

    def pytest_collectreport(self, report):
        if report.outcome != "passed":
            self.note(report)

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            self.note(report)

    def note(self, report):
        outcome, text = report.outcome, ""
        if outcome == "skipped":
            outcome, text = "left out", str(report.longrepr[2]).removeprefix("Skipped: ")
        elif outcome == "failed":
            text = (
                "\n".join(
                    line[1:].strip()
                    for line in str(report.longrepr).splitlines()
                    if line[:1] == "E"
                )
                or str(report.longrepr)[-500:]
            )
        self.results.append([test_id(report.nodeid), outcome, text])


def test_id(node):
    """``losses/loss_test.py::LossTest::test_x`` of a node of the wrapper modules."""
    file, _, rest = node.partition("::")
    return Path(file).name.removeprefix("test_").replace("__", "/") + (f"::{rest}" if rest else "")


def run_group(source, folder, modules, table, recheck, select):
    """Run the modules in this process; list of [test, outcome, reason or message]."""
    import ml_dtypes  # noqa: F401 - makes np.dtype("bfloat16") known
    import pytest

    _prepare(source)
    for module in modules:
        name = module.removesuffix(".py").replace("/", ".")
        wrapper = folder / ("test_" + module.replace("/", "__"))
        wrapper.write_text(f"from keras.src.{name} import *\n")
    record = Record(table, recheck)
    options = ["-q", "--tb=short", "-p", "no:cacheprovider", "--import-mode=importlib"]
    options += ["--continue-on-collection-errors"]
    options += ["-c", "/dev/null", f"--rootdir={folder}", *(["-k", select] if select else [])]
    pytest.main([*options, str(folder)], plugins=[record])
    return record.results


# The parent: groups, table, sums


class Table:
    """The differences: a reason at the margin, below it indented patterns of tests."""

    def __init__(self, text):
        self.rows = []
        reason = ""
        for line in text.splitlines():
            if line[:1].isspace() and line.strip():
                self.rows.append((line.strip(), reason))
            elif line.strip() and not line.startswith("#"):
                reason = line.strip()

    def reason(self, test):
        """Why a test (or a whole module) is left out; None if it is not."""
        return next((why for row, why in self.rows if fnmatch.fnmatchcase(test, row)), None)


def download(folder):
    """Keras's source archive, unpacked."""
    command = ["download", "-qq", "--no-binary", ":all:", "--no-deps", f"keras=={VERSION}"]
    subprocess.run([sys.executable, "-m", "pip", *command, "-d", str(folder)], check=True)
    with tarfile.open(next(folder.glob("keras-*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return folder / f"keras-{VERSION}"


def child(job):
    """Run one group in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "answer.json")
        call = subprocess.run(
            [sys.executable, __file__, "--child", json.dumps({**job, "folder": folder})],
            capture_output=True,
            text=True,
        )
        if not answer.exists():
            return [[job["group"], "failed", (call.stdout + call.stderr)[-3000:]]]
        return json.loads(answer.read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("groups", nargs="*", help="losses, ops, ...: all if none is named")
    parser.add_argument("--source", type=Path, help="unpacked source archive of Keras")
    parser.add_argument("-k", dest="select", default="", help="pytest's -k")
    parser.add_argument("-v", "--verbose", action="store_true", help="failures and reasons")
    parser.add_argument("--recheck", action="store_true", help="run what the table leaves out")
    parser.add_argument("--jobs", type=int, default=2, help="groups at a time")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args()
    table = Table(TABLE.read_text())
    if args.child:
        job = json.loads(args.child)
        folder = Path(job["folder"])
        results = run_group(
            Path(job["source"]), folder, job["modules"], table, job["recheck"], job["select"]
        )
        Path(folder, "answer.json").write_text(json.dumps(results))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        source = (args.source or download(Path(folder))).resolve()
        return report(run_all(source, table, args), args)


def run_all(source, table, args):
    """Results by group."""
    root = source / "keras" / "src"
    groups = collections.defaultdict(list)
    results = collections.defaultdict(list)
    for path in sorted(root.rglob("*_test.py")):
        module = path.relative_to(root).as_posix()
        group = module.partition("/")[0]
        reason = table.reason(module)
        if args.groups and group not in args.groups:
            continue
        if reason:
            results[group].append([module, "module left out", reason])
        else:
            groups[group].append(module)
    jobs = [
        dict(group=g, modules=m, source=str(source), recheck=args.recheck, select=args.select)
        for g, m in groups.items()
    ]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for job, found in zip(jobs, pool.map(child, jobs), strict=True):
            results[job["group"]] += found
    return results


def report(results, args):
    """Print the sums (and what failed); the exit status."""
    kinds = ("passed", "failed", "left out", "module left out")
    total = collections.Counter()
    print(f"{'':14}{'passed':>8}{'failed':>8}{'left out':>10}   whole modules left out")
    for group, rows in sorted(results.items()):
        count = collections.Counter(kind for _, kind, _ in rows)
        total += count
        a, b, c, d = (count[k] for k in kinds)
        print(f"{group:14}{a:8}{b:8}{c:10}   {d or ''}")
    a, b, c, d = (total[k] for k in kinds)
    print(f"{'all':14}{a:8}{b:8}{c:10}   {d or ''}")
    rows = [row for group in sorted(results) for row in results[group]]
    if args.recheck:
        print("\nIn the table, but passing:")
        print("\n".join(name for name, kind, _ in rows if kind == "passed"))
        return 0
    if args.verbose:
        print("\nLeft out, by reason:")
        reasons = collections.Counter(why for _, kind, why in rows if kind.endswith("left out"))
        for why, count in reasons.most_common():
            print(f"{count:6} {why.splitlines()[0][:110]}")
    for name, kind, text in rows:
        if kind == "failed":
            print(f"\nFAILED {name}\n{textwrap.indent(text[:600], '    ')}")
    return 2 if not a else int(b > 0)


if __name__ == "__main__":
    sys.exit(main())
