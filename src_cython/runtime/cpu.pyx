"""What this CPU, and the operating system, can run. Compiled with baseline flags only."""

cdef extern from *:
    """
    #if (defined(__x86_64__) || defined(_M_X64)) && defined(__GNUC__)
    /* The builtin also asks the OS (XGETBV) whether it saves the wide registers. */
    static int fc_x86_level(void) {
        __builtin_cpu_init();
        if (!(__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("ssse3") &&
              __builtin_cpu_supports("popcnt")))
            return 1;
        if (!(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
              __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")))
            return 2;
        if (!(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl")))
            return 3;
        return 4;
    }
    static int fc_machine(void) { return 1; }
    #elif defined(__aarch64__) || defined(_M_ARM64)
    static int fc_x86_level(void) { return 0; }
    static int fc_machine(void) { return 2; }
    #else
    static int fc_x86_level(void) { return 0; }
    static int fc_machine(void) { return 0; }
    #endif
    """
    int fc_x86_level()
    int fc_machine()


def levels() -> tuple:
    """Names of the ISA levels that this machine can run, best first."""
    cdef int machine = fc_machine()
    if machine == 1:
        return tuple(f"x86_64_v{i}" for i in range(fc_x86_level(), 1, -1))
    return ("aarch64",) if machine == 2 else ("generic",)
