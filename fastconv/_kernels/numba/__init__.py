"""Numba twins of the core kernels: same file names, same kernel names, same C signature.

Each module has ``KERNELS``: name -> function that compiles the twin on first use and returns the
``numba.cfunc`` object. Belongs here: conv1d, conv2d, dense, dropout. Imported only when the numba
backend is chosen (extra ``fastconv[numba]``).
"""
