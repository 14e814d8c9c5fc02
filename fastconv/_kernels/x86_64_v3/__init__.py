"""Compiled kernels of this ISA level; built from src_cython/kernels by setup.py."""
