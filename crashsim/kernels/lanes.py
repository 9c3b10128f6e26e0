"""One formula, three forms: a Python float, a compiled scalar, and W crashes at once in the lanes of SIMD registers.

A law is an ordinary function of scalars: ``+ - * /``, comparisons, and the functions below in place of branches.

    @register_jitable
    def spring(crush, memory, slope, offset, unloading):
        memory = maximum(memory, slope * crush + offset)
        return unloading * maximum(crush - memory, 0.0), memory

Called from Python it works on floats; from compiled code, on float64 and on ``Lanes(float64, W)``, which LLVM holds as
``<W x double>`` in the widest registers there are.  All give the same bits, because each operation is rounded once and
on its own.  Numbers mix freely with lanes, and a variable that becomes lanes may start as 0.0.  A block kernel runs the
law over W neighbouring cases at a time:

    @njit(nogil=True)
    def block(columns, out, first, last):
        align_stack()
        values, start, step = columns
        for i in range(first, last, WIDTH):  # a global or closure constant; 1 for scalars and for plain Python
            slope = load(values, start[SLOPE] + step[SLOPE] * i, WIDTH)  # and so on
            store(out[PEAK], i, peak)

There are no partial blocks.  ``pack`` pads the parameters to a multiple of W; the caller makes the rows of ``out`` as
long and drops the surplus.  Lanes never see each other: neither padding nor the order of the cases changes a result.

The same in all forms, but for the sign and payload of a NaN: a comparison with a NaN is false, except ``!=``.
``maximum`` and ``minimum`` return their second argument if either is NaN or both are equal, so ``maximum(-0.0, 0.0)``
is 0.0 and ``maximum(0.0, -0.0)`` is -0.0; with the bound second a NaN becomes the bound, with the bound first it
stays.  ``-x`` flips the sign, of zero too.

Not the same: division by zero raises ``ZeroDivisionError`` for floats and compiled scalars, and gives the infinity or
NaN of IEEE 754 for lanes (and for scalars under ``error_model="numpy"``).  Guard the divisor, not the quotient.
"""
# mypy: allow-untyped-calls

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.core.typeconv.castgraph import Conversion
from numba.core.typing.templates import signature
from numba.extending import lower_builtin, lower_cast, models, register_model, type_callable
from numpy.typing import ArrayLike, NDArray

# LLVM fast-math flags of + - * / on lanes.  ("contract",) lets LLVM fuse a*b + c into one rounding.  The bits then hang
# on what it chose to fuse; compiled scalars would need the same flag, and Python floats (no fma before 3.13) differ.
FAST_MATH: tuple[str, ...] = ()


class Lanes(types.Type):
    """Numba type of ``width`` float64 numbers in registers; a real number converts to it by filling every lane."""

    element = ir.DoubleType()

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(name=f"Lanes(float64, {width})")

    def can_convert_from(self, typingctx: Any, other: types.Type) -> Conversion | None:
        """Let numba widen any real number, as an operand or as the first value of a variable."""
        return Conversion.safe if isinstance(other, types.Integer | types.Float) else None


class Mask(types.Type):
    """Numba type of ``width`` truth values: what a comparison of lanes gives and ``select`` takes."""

    element = ir.IntType(1)

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(name=f"Mask({width})")


@register_model(Lanes)
@register_model(Mask)
class _Vector(models.PrimitiveModel):
    def __init__(self, manager: Any, vector: Lanes | Mask) -> None:
        super().__init__(manager, vector, ir.VectorType(vector.element, vector.width))


@lower_cast(types.Integer, Lanes)
@lower_cast(types.Float, Lanes)
def _fill(context: Any, builder: Any, number: types.Type, lanes: Lanes, value: Any) -> Any:
    empty = ir.Constant(context.get_value_type(lanes), ir.Undefined)
    first = builder.insert_element(empty, context.cast(builder, value, number, types.float64), cgutils.int32_t(0))
    return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(cgutils.int32_t, lanes.width), None))


# Numba learns a function in two parts: operand types to signature (None: not this one), and LLVM operands to result.


def _implement(function: Callable[..., Any], typer: Callable[..., Any], emit: Callable[..., Any], *form: Any) -> None:
    """Teach numba to type ``function`` by ``typer`` and to lower it by ``emit``, for operands of the types ``form``."""
    type_callable(function)(lambda context: typer)
    lower_builtin(function, *form or (types.VarArg(types.Any),))(emit)


def _instruction(name: str, *leading: Any, **options: Any) -> Callable[..., Any]:
    """Lowering to one LLVM instruction, which serves scalars and vectors alike."""
    return lambda context, builder, sig, args: getattr(builder, name)(*leading, *args, **options)


def _common(*operands: types.Type) -> types.Type | None:
    """Lanes if any operand has lanes, else float64; None if an operand is no real number or the widths differ."""
    wide = {t for t in operands if isinstance(t, Lanes)}
    if len(wide) > 1 or not all(isinstance(t, Lanes | types.Integer | types.Float) for t in operands):
        return None
    return wide.pop() if wide else types.float64


# Operators of lanes and masks; numba has those of scalars.


def _type_arithmetic(a: types.Type, b: types.Type) -> Any:
    lanes = _common(a, b)
    return signature(lanes, lanes, lanes) if isinstance(lanes, Lanes) else None


def _type_comparison(a: types.Type, b: types.Type) -> Any:
    lanes = _common(a, b)
    return signature(Mask(lanes.width), lanes, lanes) if isinstance(lanes, Lanes) else None


_ARITHMETIC = {"fadd": operator.add, "fsub": operator.sub, "fmul": operator.mul, "fdiv": operator.truediv}
_IN_PLACE = {"fadd": operator.iadd, "fsub": operator.isub, "fmul": operator.imul, "fdiv": operator.itruediv}
for _name, _operator in (*_ARITHMETIC.items(), *_IN_PLACE.items()):
    _implement(_operator, _type_arithmetic, _instruction(_name, flags=FAST_MATH), Lanes, Lanes)

_COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq}
for _sign, _operator in _COMPARISONS.items():
    _implement(_operator, _type_comparison, _instruction("fcmp_ordered", _sign), Lanes, Lanes)
_implement(operator.ne, _type_comparison, _instruction("fcmp_unordered", "!="), Lanes, Lanes)
_implement(operator.neg, lambda a: a if isinstance(a, Lanes) else None, _instruction("fneg"), Lanes)
_implement(operator.and_, lambda a, b: a if isinstance(a, Mask) and b == a else None, _instruction("and_"), Mask, Mask)


# Functions: the body is the plain Python form, what follows it the compiled one.


def select(mask: bool, a: float, b: float) -> float:
    """``a`` where ``mask`` holds, else ``b``; the caller has computed both."""
    return a if mask else b


def _type_select(mask: types.Type, a: types.Type, b: types.Type) -> Any:
    if not isinstance(mask, Mask | types.Boolean):
        return None
    value = _common(a, b, Lanes(mask.width)) if isinstance(mask, Mask) else _common(a, b)
    return value and signature(value, mask, value, value)


_implement(select, _type_select, _instruction("select"))


def maximum(a: float, b: float) -> float:
    """Greater of two numbers; ``b`` if they are equal or one is NaN.  One instruction on x86."""
    return a if a > b else b


def minimum(a: float, b: float) -> float:
    """Smaller of two numbers; ``b`` if they are equal or one is NaN.  One instruction on x86."""
    return a if a < b else b


def _type_extreme(a: types.Type, b: types.Type) -> Any:
    value = _common(a, b)
    return value and signature(value, value, value)


def _emit_extreme(sign: str) -> Callable[..., Any]:
    return lambda context, builder, sig, args: builder.select(builder.fcmp_ordered(sign, *args), *args)


_implement(maximum, _type_extreme, _emit_extreme(">"))
_implement(minimum, _type_extreme, _emit_extreme("<"))


def sqrt(x: float) -> float:
    """Square root, correctly rounded; NaN below zero, -0.0 of -0.0."""
    return math.sqrt(x) if x >= 0.0 else math.nan


def _emit_sqrt(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    number = args[0].type
    name = f"llvm.sqrt.v{number.count}f64" if isinstance(number, ir.VectorType) else "llvm.sqrt.f64"
    root = cgutils.get_or_insert_function(builder.module, ir.FunctionType(number, [number]), name)
    return builder.call(root, args)


_implement(sqrt, lambda x: x if isinstance(x, Lanes) or x == types.float64 else None, _emit_sqrt)


def any_true(mask: bool) -> bool:
    """Whether ``mask`` holds for any case: a loop may end when it does not."""
    return bool(mask)


def _emit_any_true(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    bits = ir.IntType(getattr(sig.args[0], "width", 1))
    return builder.icmp_unsigned("!=", builder.bitcast(args[0], bits), bits(0))


_implement(any_true, lambda mask: types.boolean if isinstance(mask, Mask | types.Boolean) else None, _emit_any_true)


# Memory.  ``width`` is a compile-time constant, because it becomes part of a type; width 1 is a float64.


def _address(context: Any, builder: Any, sig: Any, args: Any, number: types.Type) -> Any:
    data = context.make_array(sig.args[0])(context, builder, args[0]).data
    return builder.bitcast(builder.gep(data, [args[1]]), context.get_value_type(number).as_pointer())


def _is_element(array: types.Type, i: types.Type) -> bool:
    column = isinstance(array, types.Array) and (array.ndim, array.layout, array.dtype) == (1, "C", types.float64)
    return column and isinstance(i, types.Integer)


def load(array: NDArray[np.float64], i: int, width: int) -> float:
    """``width`` numbers of a contiguous float64 array from ``i`` >= 0 on, aligned or not; bounds are not checked."""
    if width != 1:
        raise ValueError(f"plain Python runs one case at a time: width must be 1, not {width}")
    return float(array[i])


def _type_load(array: types.Type, i: types.Type, width: types.Type) -> Any:
    cases = width.literal_value if isinstance(width, types.IntegerLiteral) else 0
    number = types.float64 if cases == 1 else Lanes(cases)
    return signature(number, array, types.intp, width) if cases > 0 and _is_element(array, i) else None


def _emit_load(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.load(_address(context, builder, sig, args, sig.return_type), align=8)


_implement(load, _type_load, _emit_load)


def store(array: NDArray[np.float64], i: int, value: float) -> None:
    """Write the lanes of ``value`` to ``array`` from ``i`` on, under the rules of ``load``."""
    array[i] = value


def _type_store(array: types.Type, i: types.Type, value: types.Type) -> Any:
    fits = _common(value) and _is_element(array, i) and array.mutable
    return signature(types.none, array, types.intp, _common(value)) if fits else None


def _emit_store(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    builder.store(args[2], _address(context, builder, sig, args, sig.args[2]), align=8)
    return context.get_dummy_value()


_implement(store, _type_store, _emit_store)


class Columns(NamedTuple):
    """Parameter k of case i is ``values[start[k] + step[k] * i]``; ``step`` is 1, or 0 if all cases share it."""

    values: NDArray[np.float64]
    start: NDArray[np.int64]
    step: NDArray[np.int64]


def pack(parameters: Sequence[ArrayLike], width: int) -> Columns:
    """Lay out ``parameters``, each a number or one per case, for blocks of ``width``; the last case fills the tail."""
    arrays = [np.asarray(p, dtype=np.float64) for p in parameters]
    shapes = {a.shape for a in arrays if a.ndim}
    if len(shapes) > 1 or any(len(shape) > 1 for shape in shapes):
        raise ValueError(f"want numbers, or one number per case; got arrays of shapes {sorted(shapes)}")
    columns = [np.pad(np.atleast_1d(a), (0, -a.size % width), mode="edge") for a in arrays]
    start = np.cumsum([0, *(c.size for c in columns)], dtype=np.int64)[:-1]
    return Columns(np.concatenate(columns), start, np.array([a.ndim for a in arrays], dtype=np.int64))


def align_stack() -> None:
    """Align the frame of the calling kernel to 64 bytes; the first line of every block kernel.

    Lanes that find no register go to the stack, and a slot across two cache lines is slow.  LLVM aligns the frame only
    if it knows the need before it allots registers, but learns what spills only then: without this call the speed
    depends on where the caller's stack happens to end.
    """


def _emit_align_stack(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    slot = cgutils.alloca_once(builder, ir.VectorType(ir.DoubleType(), 8))
    slot.align = 64  # kept alive, though unused, by empty assembly that takes its address
    builder.call(ir.InlineAsm(ir.FunctionType(ir.VoidType(), [slot.type]), "", "r", side_effect=True), [slot])
    return context.get_dummy_value()


_implement(align_stack, lambda: types.none, _emit_align_stack)
