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
    """Sets all flags, and runs Cython once per ISA level: it refuses one source twice in a call."""

    def finalize_options(self) -> None:
        super().finalize_options()
        if self.parallel is None:
            self.parallel = os.cpu_count() or 1

    def build_extensions(self) -> None:
        import numpy
        from Cython.Build import cythonize

        table = isa_table()
        groups: dict[str, list[Extension]] = {}
        for ext in self.extensions:
            isa = ext.name.split(".")[2] if "._kernels." in ext.name else ""
            groups.setdefault(isa, []).append(ext)
        for isa, group in groups.items():
            isa_flags, optional = table.get(isa, ([], False))
            done = cythonize(
                group,
                build_dir=os.path.join(self.build_temp, "cython", isa or "runtime"),
                include_path=[str(SOURCES / "include")],
                compiler_directives=DIRECTIVES,
                quiet=True,
            )
            for ext, translated in zip(group, done, strict=True):
                ext.sources = translated.sources
                ext.include_dirs = [str(SOURCES / "include"), numpy.get_include()]
                ext.define_macros = [("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")]
                ext.optional = optional
                if self.compiler.compiler_type == "unix":
                    peel = PEEL if "clang" not in " ".join(self.compiler.compiler_so) else []
                    if sys.platform == "darwin":
                        peel = []
                    extra = os.environ.get("FASTCONV_CFLAGS", "").split()
                    ext.extra_compile_args = [*COMMON, *peel, *isa_flags, *extra]
                    strip = [] if sys.platform == "darwin" or extra else ["-Wl,--strip-all"]
                    ext.extra_link_args = [*strip, *extra]
                    ext.libraries = ["m", "pthread"]
        super().build_extensions()


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
