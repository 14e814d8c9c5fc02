"""Build of the compiled parts: every kernel once per ISA level, the runtime once.

Everything static stands in pyproject.toml. Two environment variables steer a developer's build:
``FASTCONV_BUILD_ISA`` (comma-separated levels instead of all) and ``FASTCONV_CFLAGS`` (appended to
the C flags, for the sanitizer build).
"""

import os
import platform
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).parent
SOURCES = ROOT / "src_cython"

V2 = ["-mcx16", "-mpopcnt", "-msse4.2", "-mssse3"]
V3 = [*V2, "-mavx2", "-mfma", "-mbmi", "-mbmi2", "-mlzcnt", "-mf16c", "-mmovbe"]
V4 = [*V3, "-mavx512f", "-mavx512bw", "-mavx512cd", "-mavx512dq", "-mavx512vl"]
# One row per ISA level: the compiler's flags, and whether a compiler may lack it.
# fastconv/_kernels/__init__.py has the row that says when a machine may run it.
X86_LEVELS = {
    "x86_64_v2": (V2, False),
    "x86_64_v3": (V3, True),
    "x86_64_v4": ([*V4, "-mprefer-vector-width=512"], True),
}


def isa_table() -> dict[str, tuple[list[str], bool]]:
    """Levels to build on this machine: name -> (flags, optional)."""
    machine = platform.machine().lower()
    if sys.platform == "win32":
        levels = {"generic": ([], False)}
    elif machine in ("x86_64", "amd64"):
        levels = X86_LEVELS
    elif machine in ("aarch64", "arm64"):
        levels = {"aarch64": ([], False)}
    else:
        levels = {"generic": ([], False)}
    wanted = os.environ.get("FASTCONV_BUILD_ISA")
    if not wanted:
        return levels
    unknown = set(wanted.split(",")) - set(levels)
    if unknown:
        raise SystemExit(f"FASTCONV_BUILD_ISA: expected some of {list(levels)}, received {wanted}")
    return {name: levels[name] for name in wanted.split(",")}


# -fno-math-errno and -fno-trapping-math let the compiler vectorise without changing any result;
# -ffast-math would: NaN and inf must behave as in SciPy.
COMMON = ["-O3", "-g0", "-fno-math-errno", "-fno-trapping-math", "-fno-semantic-interposition"]
# Register tiles are small loops of constant length over arrays of vectors: peel them whole.
# Carrying loads from one turn of a loop to the next costs the registers that hold the tile.
PEEL = [
    "-fno-predictive-commoning",
    "--param=max-completely-peeled-insns=2000",
    "--param=max-completely-peel-times=64",
]
DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "freethreading_compatible": True,
}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def make_extensions() -> list[Extension]:
    headers = [relative(path) for path in sorted((SOURCES / "include").iterdir())]
    kernels = [
        Extension(
            f"fastconv._kernels.{isa}.{source.stem}", [relative(source)], depends=headers
        )
        for isa in isa_table()
        for source in sorted((SOURCES / "kernels").glob("*.pyx"))
    ]
    runtime = [
        Extension(f"fastconv._runtime.{source.stem}", [relative(source)], depends=headers)
        for source in sorted((SOURCES / "runtime").glob("*.pyx"))
    ]
    return kernels + runtime


class BuildExt(build_ext):
    """Translates each source once, copies the C per ISA level, and sets that level's flags."""

    def finalize_options(self) -> None:
        super().finalize_options()
        if self.parallel is None:
            self.parallel = os.cpu_count() or 1

    def translate(self) -> dict[str, str]:
        """Run Cython; return source -> C file.

        Kernel modules hold nothing that depends on their full name, so one translation serves all
        levels (Cython would refuse the same source twice in one call).
        """
        from Cython.Build import cythonize

        distinct = {ext.sources[0]: ext for ext in reversed(self.extensions)}
        done = cythonize(
            list(distinct.values()),
            build_dir=os.path.join(self.build_temp, "cython"),
            include_path=[str(SOURCES / "include")],
            compiler_directives=DIRECTIVES,
            quiet=True,
        )
        return {source: ext.sources[0] for source, ext in zip(distinct, done, strict=True)}

    def own_copy(self, path: str, isa: str) -> str:
        """Copy of a C file for one level: objects are named after their source."""
        copy = os.path.join(self.build_temp, isa, os.path.basename(path))
        self.mkpath(os.path.dirname(copy))
        self.copy_file(path, copy)  # leaves an up-to-date copy alone
        return copy

    def build_extensions(self) -> None:
        import numpy

        table = isa_table()
        translated = self.translate()
        for ext in self.extensions:
            isa = ext.name.split(".")[2]
            isa_flags, ext.optional = table.get(isa, ([], False))
            ext.sources = [self.own_copy(translated[ext.sources[0]], isa)]
            ext.include_dirs = [str(SOURCES / "include"), numpy.get_include()]
            ext.define_macros = [("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")]
            if self.compiler.compiler_type == "unix":
                self.set_unix_flags(ext, isa_flags)
        super().build_extensions()

    def set_unix_flags(self, ext: Extension, isa_flags: list[str]) -> None:
        mac = sys.platform == "darwin"
        peel = [] if mac or "clang" in " ".join(self.compiler.compiler_so) else PEEL
        extra = os.environ.get("FASTCONV_CFLAGS", "").split()
        ext.extra_compile_args = [*COMMON, *peel, *isa_flags, *extra]
        ext.extra_link_args = extra if mac or extra else ["-Wl,--strip-all"]
        ext.libraries = ["m", "pthread"]


setup(
    packages=[
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in sorted((ROOT / "fastconv").rglob("__init__.py"))
    ],
    package_data={"": ["py.typed", "*.pyi"], "fastconv.datasets": ["data/*"]},
    exclude_package_data={"": ["*.c", "*.h", "*.pyx"]},
    ext_modules=make_extensions(),
    cmdclass={"build_ext": BuildExt},
)
