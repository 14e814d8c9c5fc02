#!/usr/bin/env bash
# Build with AddressSanitizer and UndefinedBehaviorSanitizer in a copy of the tree, and run tests
# with it: tools/sanitize.sh [pytest arguments]. PYTHON needs the test packages and Cython.
# FASTCONV_BUILD_ISA names the levels to build; without it, the one that this machine uses.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=$(command -v "${PYTHON:-.venv/bin/python}")
case $python in /*) ;; *) python=$PWD/$python ;; esac
copy=${SANITIZE_DIR:-$PWD/build/sanitize}
mkdir -p "$copy"
git ls-files -z | xargs -0 cp --update --parents -t "$copy"
cd "$copy"
# One level is enough: the sources are the same, and the build takes minutes at each.
level() {
    [ "$(uname -m)" = x86_64 ] || return 0
    if grep -qw avx512vl /proc/cpuinfo; then echo x86_64_v4
    elif grep -qw avx2 /proc/cpuinfo; then echo x86_64_v3
    else echo x86_64_v2; fi
}
export FASTCONV_BUILD_ISA=${FASTCONV_BUILD_ISA-$(level)}
# Overflow of signed integers is defined by the -fwrapv that Python's own flags bring.
# Peeling loops as the real build does makes instrumented code that takes a quarter of an hour.
flags="-fsanitize=address,undefined -fno-sanitize=alignment -fno-sanitize-recover=undefined"
flags="$flags -O1 -g1 --param=max-completely-peeled-insns=100"
FASTCONV_CFLAGS="$flags -fno-omit-frame-pointer" "$python" setup.py -q build_ext --inplace
gcc=${CC:-gcc}
gcc=${gcc#ccache }
# Leaks at exit are Python's and NumPy's own; growth is looked for by the reliability tests.
# A huge size is a MemoryError in NumPy, not a fault; stacks of signal handlers are Python's.
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:handle_segv=1:use_sigaltstack=0
export UBSAN_OPTIONS=print_stacktrace=1
# libstdc++ goes with them: without it, the sanitizer cannot see C++ exceptions of other packages.
LD_PRELOAD="$($gcc -print-file-name=libasan.so) $($gcc -print-file-name=libubsan.so) $($gcc -print-file-name=libstdc++.so)"
export LD_PRELOAD PYTHONPATH=$copy PYTHONMALLOC=malloc
exec "$python" -m pytest -q -p no:cacheprovider --timeout=1500 "$@"
