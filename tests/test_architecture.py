"""The rules of the house that a reader can rely on: who imports whom, door plates, file lengths."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "fastconv"
MODULES = sorted(PACKAGE.rglob("*.py"))
LINE_LIMIT = 600
# Longer, with the reason: one class whose methods belong together (Keras's Layer and its trainer),
# one family of small layers.
LONG = {
    "fastconv/layers/layer.py": 950,
    "fastconv/models/trainer.py": 750,
    "tests/saving/test_hostile_config.py": 650,  # one row an attack
    "fastconv/layers/augmentation.py": 650,
}

# Floors of the house, lowest first: a module imports from its own floor and those below.
FLOORS = (
    {"_version", "_registry", "_files"},
    {"_runtime", "_download"},
    {"_kernels"},
    {"_config"},
    {"ops", "signal"},
    {"activations", "backend", "config", "constraints", "dtype_policies"},
    {"initializers", "random", "regularizers"},
    {"layers", "losses", "metrics", "optimizers"},
    {"callbacks", "models"},
    {"distributed", "saving"},
    {"datasets", "plotting", "utils"},
    {"preprocessing"},
    {"cli", "demo"},
    {"__init__", "__main__"},
)
FLOOR_OF = {name: floor for floor, names in enumerate(FLOORS) for name in names}
# The second user of the kernels stands beside the networks, not among them.
SIGNAL_MAY_IMPORT = {"signal", "_runtime", "_kernels", "_config"}
MAY_IMPORT_SIGNAL = {"signal", "datasets", "plotting", "utils", "cli", "demo", "__init__"}


def part_of(path: Path) -> str:
    """First name below the package: what FLOORS speaks of."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> list[tuple[str, int, bool]]:
    """(part, line, whether at import time) for each import of the package's own parts."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    late = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
        for inner in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            module = node.module or ""
            names = [module]
            if module == "fastconv":
                names = [f"fastconv.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in sorted(set(names)):
            top, _, rest = name.partition(".")
            if top == "fastconv" and rest:
                found.append((rest.partition(".")[0], node.lineno, id(node) not in late))
    return found


def test_every_part_has_a_floor():
    unknown = {part_of(path) for path in MODULES} - set(FLOOR_OF)
    assert not unknown, f"add to FLOORS: {sorted(unknown)}"


@pytest.mark.parametrize("part", sorted({part_of(path) for path in MODULES} - {"__init__"}))
def test_parts_import_only_from_their_floor_and_below(part):
    wrong = []
    for path in MODULES:
        if part_of(path) != part:
            continue
        for target, line, at_import in imports(path):
            if at_import and FLOOR_OF.get(target, -1) > FLOOR_OF[part]:
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {target}")
    assert not wrong, "\n".join(wrong)


def test_signal_imports_only_runtime_and_kernels():
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {target}"
        for path in MODULES
        if part_of(path) == "signal"
        for target, line, _ in imports(path)
        if target not in SIGNAL_MAY_IMPORT
    ]
    assert not wrong, "\n".join(wrong)


def test_networks_never_import_signal():
    wrong = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in MODULES
        if part_of(path) not in MAY_IMPORT_SIGNAL
        for target, line, _ in imports(path)
        if target == "signal"
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("leaf", sorted(FLOORS[0]))
def test_leaves_import_nothing_of_ours(leaf):
    for path in MODULES:
        if part_of(path) == leaf:
            assert not imports(path)


def test_every_package_has_a_door_plate():
    bare = [
        path.relative_to(ROOT).as_posix()
        for path in MODULES
        if path.name == "__init__.py"
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not bare, f"no docstring that says what belongs here: {bare}"


def test_files_stay_readable():
    sources = [
        path
        for folder in ("fastconv", "src_cython", "tests", "bench", "tools", "examples")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".pyx", ".pxd", ".h"}
    ]
    long = {
        name: lines
        for path in sources
        if (lines := len(path.read_text(encoding="utf-8").splitlines()))
        > LONG.get(name := path.relative_to(ROOT).as_posix(), LINE_LIMIT)
    }
    assert not long, f"over {LINE_LIMIT} lines: {long}"
