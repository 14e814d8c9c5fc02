"""Compare the forms in which the package is built, and look into the compiled modules.

    python tools/check_build.py WHEEL WHEEL_FROM_SDIST EDITABLE_FOLDER

Fails where the lists of files differ, a wheel is over 5 MB, a level that the compiler can build is
missing, or a module that must run on every CPU holds instructions of an ISA level.
"""

import platform
import re
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

WHEEL_LIMIT = 5_000_000
# What the levels above the baseline add; one flag that the compiler must know for each.
X86_PROBES = {"x86_64_v2": "-msse4.2", "x86_64_v3": "-mavx2", "x86_64_v4": "-mavx512vl"}
BASELINE_MODULES = re.compile(r"fastconv/_runtime/.*\.so$")
VECTOR_REGISTERS = re.compile(rb"%[yz]mm\d|\sv[a-z]+[ps][sd]\s")


def module_name(path: str) -> str:
    """`path` less the tag of the interpreter: the same for every Python version."""
    return re.sub(r"\.(cpython-|abi)[^/]*\.so$", ".so", path)


def names_in_wheel(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {module_name(name) for name in archive.namelist() if ".dist-info/" not in name}


def names_in_folder(folder: Path) -> set[str]:
    return {
        module_name(path.relative_to(folder.parent).as_posix())
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def compiler_can(flag: str) -> bool:
    """Whether the C compiler accepts `flag` for an empty source."""
    command = (sysconfig.get_config_var("CC") or "cc").split()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "empty.c"
        source.write_text("int fc_empty;\n")
        done = subprocess.run(
            [*command, flag, "-c", str(source), "-o", f"{source}.o"], capture_output=True
        )
    return done.returncode == 0


def missing_levels(names: set[str]) -> list[str]:
    """Modules that a level the compiler can build lacks."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return []
    built = [name for name in names if name.endswith(".so") and "/_kernels/" in name]
    families = {Path(name).name for name in built}
    return [
        f"{level}/{family}"
        for level, flag in X86_PROBES.items()
        if compiler_can(flag)
        for family in sorted(families)
        if f"fastconv/_kernels/{level}/{family}" not in built
    ]


def illegal_instructions(wheel: Path) -> list[str]:
    """Baseline modules of `wheel` that use wider registers than every x86-64 CPU has."""
    found = []
    with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory() as folder:
        for name in filter(BASELINE_MODULES.search, archive.namelist()):
            code = subprocess.run(
                ["objdump", "-d", archive.extract(name, folder)], capture_output=True, check=True
            ).stdout
            if VECTOR_REGISTERS.search(code):
                found.append(name)
    return found


def main(wheel: Path, again: Path, editable: Path) -> list[str]:
    """Return one sentence per fault."""
    forms = {
        wheel.name: names_in_wheel(wheel),
        f"{again.name} (from the sdist)": names_in_wheel(again),
        "editable install": names_in_folder(editable),
    }
    label, names = next(iter(forms.items()))
    faults = [
        f"{other} and {label} differ in: {', '.join(sorted(names ^ forms[other]))}"
        for other in forms
        if names != forms[other]
    ]
    size = wheel.stat().st_size
    if size > WHEEL_LIMIT:
        faults.append(f"{wheel.name} has {size} bytes, the limit is {WHEEL_LIMIT}")
    faults += [f"not built, though the compiler can: {name}" for name in missing_levels(names)]
    faults += [f"holds AVX instructions: {name}" for name in illegal_instructions(wheel)]
    print(f"{wheel.name}: {size / 1e6:.2f} MB, {len(names)} files, in {len(forms)} forms")
    return faults


if __name__ == "__main__":
    problems = main(*map(Path, sys.argv[1:4]))
    print("\n".join(problems))
    raise SystemExit(bool(problems))
