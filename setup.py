"""What pyproject.toml cannot say: the C extension, and which CPythons its wheel is for."""

import sysconfig

from setuptools import setup

# A free-threaded CPython has no stable ABI to claim; setuptools refuses a wheel that does.
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))

setup(
    cffi_modules=["build_ras.py:ffibuilder"],
    options={} if FREE_THREADED else {"bdist_wheel": {"py_limited_api": "cp311"}},
)
