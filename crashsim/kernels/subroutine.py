"""Numba functions that are only ever called by kernels: typed and lowered once, made machine code with their caller.

``numba.extending.register_jitable`` compiles a function to machine code of its own as soon as a kernel calls it, with
all that it calls, and once more as part of the caller: five levels of calls are compiled five times.  ``subroutine``
leaves that out.  Python still calls the plain function.
"""
# mypy: allow-untyped-calls, disallow-any-generics=False

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import _dynfunc  # type: ignore[attr-defined]
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering
from numba.extending import register_jitable

Function = TypeVar("Function", bound=Callable[..., Any])


@register_pass(mutates_CFG=True, analysis_only=False)
class _Lowering(NativeLowering):
    """Lower, and leave optimizing and making machine code to the kernel into which all is linked."""

    _name = "subroutine_lowering"

    def run_pass(self, state: Any) -> Any:
        """Stand in for the target's ``get_executable`` while numba lowers."""
        state.flags.no_cpython_wrapper = state.flags.no_cfunc_wrapper = True
        target = state.targetctx
        state.library = library = target.codegen().create_library(state.func_id.func_qualname)
        library._optimize_functions = library._optimize_final_module = lambda *_: None
        library._finalize_final_module = lambda: setattr(library, "_finalized", True)
        target.get_executable = _entry
        try:
            return super().run_pass(state)
        finally:
            del target.get_executable


def _entry(library: Any, description: Any, environment: Any) -> Any:
    """A function object that stands for the subroutine in numba's tables and cannot be called."""
    name = description.qualname.split(".")[-1]
    return _dynfunc.make_function(description.lookup_module(), name, "subroutine", 0, environment, (library,))


class _Compiler(CompilerBase):
    def define_pipelines(self) -> list:
        """The usual passes with another last one."""
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        for i, (kind, text) in enumerate(passes.passes):
            if kind is NativeLowering:
                passes.passes[i] = (_Lowering, text)
        passes.finalize()
        return [passes]


def subroutine(function: Function) -> Function:
    """Let kernels call ``function``; what it calls itself is a subroutine or traced."""
    decorated: Function = register_jitable(pipeline_class=_Compiler, error_model="numpy")(function)
    return decorated
