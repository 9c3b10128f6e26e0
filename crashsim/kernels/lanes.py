"""One formula, three forms: a Python float, a compiled scalar, and W crashes at once in the lanes of SIMD registers.

A law is an ordinary function of scalars: ``+ - * /``, comparisons, and the functions below in place of branches.

    @traced
    def spring(crush, memory, slope, offset, unloading):
        memory = maximum(memory, slope * crush + offset)
        return unloading * maximum(crush - memory, 0.0), memory

Called from Python it works on floats; from compiled code, on float64 and on ``Lanes(W)``, which LLVM holds as ``<W x
double>`` in the widest registers there are.  All give the same bits, because each operation is rounded once and on its
own.  Numbers mix freely with lanes.  A block kernel runs the law over W neighbouring cases at a time:

    @njit(nogil=True)
    def block(columns, out, first, last):
        align_stack()
        values, start, step = columns
        for i in range(first, last, WIDTH):  # a global or closure constant; 1 for scalars and for plain Python
            slope = load(values, start[SLOPE] + step[SLOPE] * i, WIDTH)  # and so on
            store(out[PEAK], i, peak)

Lanes never see each other: neither padding nor the order of the cases changes a result.

``traced`` compiles by calling: the function is run once with symbols in place of its numbers, and each operation on a
symbol emits one instruction where the call stands.  So it may call any Python function, loop over constants and take
and return tuples, at no cost; what it cannot do is decide on a number (``select`` does).  Loops and branches over
numbers belong to the numba functions around it.

The same in all forms, but for the sign and payload of a NaN: a comparison with a NaN is false, except ``!=``.
``maximum`` and ``minimum`` return their second argument if either is NaN or both are equal, so ``maximum(-0.0, 0.0)``
is 0.0 and ``maximum(0.0, -0.0)`` is -0.0; with the bound second a NaN becomes the bound, with the bound first it
stays.  ``-x`` flips the sign, of zero too.

Not the same: division by zero raises ``ZeroDivisionError`` for floats, and gives the infinity or NaN of IEEE 754 for
lanes and in traced functions.  Guard the divisor, not the quotient.
"""
# mypy: allow-untyped-calls

from __future__ import annotations

import functools
import inspect
import math
import operator
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

import llvmlite.binding  # type: ignore[import-untyped]
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils, config
from numba.core.errors import TypingError
from numba.core.typeconv.castgraph import Conversion
from numba.core.typing.templates import signature
from numba.extending import lower_builtin, lower_cast, models, register_model, type_callable
from numpy.typing import ArrayLike, NDArray

Function = TypeVar("Function", bound=Callable[..., Any])
_TUPLE: Any = types.BaseTuple
DOUBLE, WHOLE, BIT, SHORT = ir.DoubleType(), ir.IntType(64), ir.IntType(1), ir.IntType(32)


class Lanes(types.Type):
    """Numba type of ``width`` float64 numbers in registers; a real number converts to it by filling every lane."""

    element = DOUBLE

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(name=f"Lanes(float64, {width})")

    def can_convert_from(self, typingctx: Any, other: types.Type) -> Conversion | None:
        """Let numba widen any real number, as an operand or as the first value of a variable."""
        return Conversion.safe if isinstance(other, types.Integer | types.Float) else None


class Mask(types.Type):
    """Numba type of ``width`` truth values: what a comparison of lanes gives and ``select`` takes."""

    element = BIT

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
    number = context.cast(builder, value, number, types.float64)
    return _as(builder, Symbol(builder, number), context.get_value_type(lanes))


# ---- symbols ---------------------------------------------------------------------------------------------------------


def _as(builder: Any, number: Any, form: Any) -> Any:
    """LLVM value of a symbol or Python number in a form: a float64, a whole number, or a vector filled with it."""
    if not isinstance(number, Symbol):
        if isinstance(form, ir.VectorType):
            return ir.Constant(form, [form.element(number)] * form.count)
        return form(number)
    value = number.value
    if value.type == form:
        return value
    if isinstance(form, ir.VectorType):
        one = _as(builder, number, form.element)
        empty = ir.Constant(form, ir.Undefined)
        filled = builder.insert_element(empty, one, SHORT(0))
        return builder.shuffle_vector(filled, empty, ir.Constant(ir.VectorType(SHORT, form.count), None))
    if (value.type, form) == (WHOLE, DOUBLE):
        return builder.sitofp(value, DOUBLE)
    raise TypeError(f"no {form} of {value.type}")


class Symbol:
    """A number, or one per lane, inside a traced function: an operation on it emits an instruction."""

    __array_ufunc__ = None

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder, self.value = builder, value

    def __bool__(self) -> bool:
        raise TypeError("a traced function cannot decide on a number: use select")

    __index__ = __float__ = __iter__ = __bool__

    def _with(self, other: Any, name: str, whole: str, *options: Any) -> Any:
        """The instruction ``name`` on both, or ``whole`` on two whole numbers or masks."""
        form = _common(self, other)
        if form is None:
            return NotImplemented
        builder = self.builder
        emit = getattr(builder, whole if form in (WHOLE, BIT) or _element(form) == BIT else name)
        return Symbol(builder, emit(*options, _as(builder, self, form), _as(builder, other, form)))

    def __add__(self, other: Any) -> Any:
        return self._with(other, "fadd", "add")

    def __sub__(self, other: Any) -> Any:
        return self._with(other, "fsub", "sub")

    def __mul__(self, other: Any) -> Any:
        return self._with(other, "fmul", "mul")

    def __truediv__(self, other: Any) -> Any:
        return self._with(other, "fdiv", "fdiv")

    def __radd__(self, other: Any) -> Any:
        return _symbol(self, other) + self

    def __rsub__(self, other: Any) -> Any:
        return _symbol(self, other) - self

    def __rmul__(self, other: Any) -> Any:
        return _symbol(self, other) * self

    def __rtruediv__(self, other: Any) -> Any:
        return _symbol(self, other) / self

    def __neg__(self) -> Any:
        emit = self.builder.neg if self.value.type == WHOLE else self.builder.fneg
        return Symbol(self.builder, emit(self.value))

    def __and__(self, other: Any) -> Any:
        return self._with(other, "and_", "and_")

    __rand__ = __and__

    def __lt__(self, other: Any) -> Any:
        return self._with(other, "fcmp_ordered", "icmp_signed", "<")

    def __le__(self, other: Any) -> Any:
        return self._with(other, "fcmp_ordered", "icmp_signed", "<=")

    def __gt__(self, other: Any) -> Any:
        return self._with(other, "fcmp_ordered", "icmp_signed", ">")

    def __ge__(self, other: Any) -> Any:
        return self._with(other, "fcmp_ordered", "icmp_signed", ">=")

    def __eq__(self, other: Any) -> Any:
        return self._with(other, "fcmp_ordered", "icmp_signed", "==")

    def __ne__(self, other: Any) -> Any:
        return self._with(other, "fcmp_unordered", "icmp_signed", "!=")

    __hash__ = None  # type: ignore[assignment]


class _Memory:
    """A contiguous float64 array inside a traced function; ``array[i]`` is one number."""

    def __init__(self, builder: Any, data: Any, mutable: bool) -> None:
        self.builder, self.data, self.mutable = builder, data, mutable

    def __getitem__(self, i: Any) -> Symbol:
        return Symbol(self.builder, self.builder.load(_place(self, i, DOUBLE)))

    def __setitem__(self, i: Any, value: Any) -> None:
        if not self.mutable:
            raise TypeError("the array is read-only")
        self.builder.store(_as(self.builder, value, DOUBLE), _place(self, i, DOUBLE))


def _element(form: Any) -> Any:
    return form.element if isinstance(form, ir.VectorType) else form


def _common(*numbers: Any) -> Any:
    """The form to which all convert: that of the lanes if any has lanes; None if there is none."""
    forms = [n.value.type if isinstance(n, Symbol) else _form_of(n) for n in numbers]
    wide = {str(f): f for f in forms if isinstance(f, ir.VectorType)}
    elements = {str(_element(f)) for f in forms}
    if len(wide) > 1 or None in forms or (str(BIT) in elements and len(elements) > 1):
        return None
    if wide:
        return next(iter(wide.values()))
    return BIT if str(BIT) in elements else DOUBLE if str(DOUBLE) in elements else WHOLE


def _form_of(number: Any) -> Any:
    return {bool: BIT, int: WHOLE, float: DOUBLE}.get(type(number))


def _symbol(like: Symbol, number: Any) -> Any:
    form = _form_of(number)
    return NotImplemented if form is None else Symbol(like.builder, form(number))


def _first(*numbers: Any) -> Any:
    """The builder, if any of the numbers is a symbol."""
    return next((n.builder for n in numbers if isinstance(n, Symbol)), None)


def _intrinsic(name: str, *numbers: Any) -> Symbol:
    """An LLVM intrinsic of float64, scalar or vector."""
    builder = _first(*numbers)
    form = _common(*numbers, 0.0)
    if form is None:
        raise TypeError(f"{name} of numbers of different widths")
    suffix = f"v{form.count}f64" if isinstance(form, ir.VectorType) else "f64"
    kind = ir.FunctionType(form, [form] * len(numbers))
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.{suffix}")
    return Symbol(builder, builder.call(function, [_as(builder, n, form) for n in numbers]))


# ---- from numba to symbols and back ----------------------------------------------------------------------------------


def _tuple(kind: Any, parts: Iterable[Any]) -> Any:
    """A tuple of ``parts``, with names where the numba type has them."""
    named = getattr(kind, "instance_class", tuple)
    return tuple(parts) if named is tuple else named(*parts)


def _into(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """The symbol (constant, memory, tuple of them) for a numba value."""
    if isinstance(kind, types.IntegerLiteral):
        return kind.literal_value
    if isinstance(kind, _TUPLE):
        parts = cgutils.unpack_tuple(builder, value)
        return _tuple(kind, (_into(context, builder, k, v) for k, v in zip(kind, parts, strict=True)))
    if isinstance(kind, types.Array):
        return _Memory(builder, context.make_array(kind)(context, builder, value).data, kind.mutable)
    to = types.float64 if isinstance(kind, types.Float) else types.int64 if isinstance(kind, types.Integer) else kind
    return Symbol(builder, value if to == kind else context.cast(builder, value, kind, to))


def _dummy(builder: Any, kind: Any) -> Any:
    """A symbol without meaning, to find out the type of a result."""
    if isinstance(kind, types.IntegerLiteral):
        return kind.literal_value
    if isinstance(kind, _TUPLE):
        return _tuple(kind, (_dummy(builder, k) for k in kind))
    if isinstance(kind, types.Array):
        if (kind.ndim, kind.layout, kind.dtype) != (1, "C", types.float64):
            raise TypeError(f"want a contiguous float64 array, got {kind}")
        return _Memory(builder, ir.Constant(DOUBLE.as_pointer(), ir.Undefined), kind.mutable)
    forms = {types.boolean: BIT} | dict.fromkeys(types.integer_domain, WHOLE) | dict.fromkeys(types.real_domain, DOUBLE)
    form = ir.VectorType(kind.element, kind.width) if isinstance(kind, Lanes | Mask) else forms.get(kind)
    if form is None:
        raise TypeError(f"a traced function takes numbers, lanes, masks, tuples and arrays, not {kind}")
    return Symbol(builder, ir.Constant(form, ir.Undefined))


def _kind(result: Any) -> Any:
    """The numba type of what a traced function returns."""
    if isinstance(result, tuple):
        kinds = tuple(_kind(r) for r in result)
        return types.BaseTuple.from_types(kinds, type(result) if hasattr(result, "_fields") else None)
    form = result.value.type if isinstance(result, Symbol) else _form_of(result)
    if isinstance(form, ir.VectorType):
        return Lanes(form.count) if form.element == DOUBLE else Mask(form.count)
    return {str(BIT): types.boolean, str(WHOLE): types.intp, str(DOUBLE): types.float64}.get(str(form), types.none)


def _out(context: Any, builder: Any, kind: Any, result: Any) -> Any:
    """The numba value of what a traced function returned."""
    if isinstance(kind, _TUPLE):
        parts = [_out(context, builder, k, r) for k, r in zip(kind, result, strict=True)]
        return context.make_tuple(builder, kind, parts)
    if kind == types.none:
        return context.get_dummy_value()
    return result.value if isinstance(result, Symbol) else context.get_constant(kind, result)


def traced(function: Function) -> Function:
    """Let compiled code call ``function`` by tracing it."""
    _teach(function, function, (types.VarArg(types.Any),))
    return function


def _teach(function: Callable[..., Any], trace: Callable[..., Any], *forms: tuple[Any, ...]) -> None:
    """Teach numba to type and lower ``function`` by running ``trace``, for operands of the types ``forms``."""

    @functools.cache  # numba asks again and again
    def typer(*kinds: types.Type) -> Any:
        if function is not trace and not any(isinstance(k, Lanes | Mask) for k in kinds):
            return None  # an operator on what numba knows
        body = ir.Function(ir.Module(), ir.FunctionType(ir.VoidType(), []), "body")
        builder = ir.IRBuilder(body.append_basic_block())
        try:
            return signature(_kind(trace(*(_dummy(builder, k) for k in kinds))), *kinds)
        except TypeError as error:  # numba may come back with constants, or says where
            raise TypingError(f"{getattr(function, '__name__', function)}: {error}") from error

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        result = trace(*(_into(context, builder, k, v) for k, v in zip(sig.args, args, strict=True)))
        return _out(context, builder, sig.return_type, result)

    typer.__signature__ = inspect.signature(trace)  # type: ignore[attr-defined]  # numba folds arguments by it
    type_callable(function)(lambda context: typer)
    for form in forms:
        lower_builtin(function, *form)(emit)


def _binary(operation: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a, b: operation(a, b)


_NUMBERS = (types.Float, types.Integer)
_PAIRS = ((Lanes, Lanes), *((Lanes, n) for n in _NUMBERS), *((n, Lanes) for n in _NUMBERS))
for _name in ("add", "sub", "mul", "truediv", "lt", "le", "gt", "ge", "eq", "ne"):
    _teach(getattr(operator, _name), _binary(getattr(operator, _name)), *_PAIRS)
for _name in ("add", "sub", "mul", "truediv"):
    _teach(getattr(operator, f"i{_name}"), _binary(getattr(operator, _name)), *_PAIRS)
_teach(operator.and_, lambda a, b: a & b, (Mask, Mask))
_teach(operator.neg, lambda a: -a, (Lanes,))


# ---- functions in place of branches ----------------------------------------------------------------------------------


@traced
def select(mask: bool, a: float, b: float) -> float:
    """``a`` where ``mask`` holds, else ``b``; the caller has computed both."""
    builder = _first(mask, a, b)
    if builder is None:
        return a if mask else b
    which = mask.value if isinstance(mask, Symbol) else BIT(mask)
    form = _common(a, b, 0.0)
    if isinstance(which.type, ir.VectorType) and not isinstance(form, ir.VectorType):
        form = ir.VectorType(DOUBLE, which.type.count)
    if form is None or _element(which.type) != BIT:
        raise TypeError("want select(mask, number, number)")
    return Symbol(builder, builder.select(which, _as(builder, a, form), _as(builder, b, form)))  # type: ignore[return-value]


def _extreme(sign: str, a: Any, b: Any) -> Any:
    builder, form = _first(a, b), _common(a, b, 0.0)
    if form is None:
        raise TypeError("want two numbers of one width")
    a, b = _as(builder, a, form), _as(builder, b, form)
    return Symbol(builder, builder.select(builder.fcmp_ordered(sign, a, b), a, b))


@traced
def maximum(a: float, b: float) -> float:
    """Greater of two numbers; ``b`` if they are equal or one is NaN.  One instruction on x86."""
    if _first(a, b):
        return _extreme(">", a, b)  # type: ignore[no-any-return]
    return a if a > b else b


@traced
def minimum(a: float, b: float) -> float:
    """Smaller of two numbers; ``b`` if they are equal or one is NaN.  One instruction on x86."""
    if _first(a, b):
        return _extreme("<", a, b)  # type: ignore[no-any-return]
    return a if a < b else b


def _has_fma() -> bool:
    """Whether compiled code has the instruction; without it ``llvm.fma`` would be a slow call."""
    name, features = getattr(config, "CPU_NAME", None), getattr(config, "CPU_FEATURES", None)
    if features is not None or name not in (None, "host"):
        return "+fma" in str(features)
    return bool(llvmlite.binding.get_host_cpu_features().get("fma", False))


HAS_FMA = _has_fma()


@traced
def multiply_add(a: float, b: float, c: float) -> float:
    """``a * b + c``, rounded once where the processor can (in Python too, slowly), else twice."""
    if _first(a, b, c) and HAS_FMA:
        return _intrinsic("fma", a, b, c)  # type: ignore[return-value]
    if not _first(a, b, c) and HAS_FMA and math.isfinite(a) and math.isfinite(b) and math.isfinite(c):
        exact = Fraction(a) * Fraction(b) + Fraction(c)
        return float(exact) if exact else a * b + c  # an exact zero keeps its IEEE sign
    return a * b + c


@traced
def sqrt(x: float) -> float:
    """Square root, correctly rounded; NaN below zero, -0.0 of -0.0."""
    if _first(x):
        return _intrinsic("sqrt", x)  # type: ignore[return-value]
    return math.sqrt(x) if x >= 0.0 else math.nan


@traced
def any_true(mask: bool) -> bool:
    """Whether ``mask`` holds for any case: a loop may end when it does not."""
    if not isinstance(mask, Symbol):
        return bool(mask)
    if _element(mask.value.type) != BIT:
        raise TypeError("want a mask")
    bits = ir.IntType(getattr(mask.value.type, "count", 1))
    whole = mask.builder.bitcast(mask.value, bits)
    return Symbol(mask.builder, mask.builder.icmp_unsigned("!=", whole, bits(0)))


def if_any(mask: bool, then: Callable[..., Any], values: tuple[Any, ...]) -> tuple[Any, ...]:
    """``then(*values)`` if ``mask`` holds for any case, else ``values``: a branch, for use in traced functions.

    ``then`` gives as many numbers as it takes, and for a case without ``mask`` exactly its own values back, since another
    case of the block may hold the mask.
    """
    if not isinstance(mask, Symbol):
        return then(*values) if mask else values
    builder = mask.builder
    start = builder.block
    with builder.if_then(any_true(mask).value):
        found = then(*values)
        forms = [_common(old, new) for old, new in zip(values, found, strict=True)]
        after = [_as(builder, new, form) for new, form in zip(found, forms, strict=True)]
        inside = builder.block
    merged = []
    for form, old, new in zip(forms, values, after, strict=True):
        phi = builder.phi(form)
        phi.add_incoming(_as(builder, old, form), start)  # of its own form, or a constant: emits nothing
        phi.add_incoming(new, inside)
        merged.append(Symbol(builder, phi))
    return tuple(merged)


@traced
def count(like: float) -> int:
    """How many cases a value holds: 1 for a float."""
    return getattr(like.value.type, "count", 1) if isinstance(like, Symbol) else 1


@traced
def whole(x: float) -> int:
    """The whole number below ``x`` >= 0."""
    if isinstance(x, Symbol):
        return Symbol(x.builder, x.builder.fptosi(x.value, WHOLE))
    return int(x)


# ---- memory ----------------------------------------------------------------------------------------------------------
# ``like`` is a literal number of cases, because it becomes part of a type, or any value of the wanted form (itself
# unused), so that a function takes the form of its arguments.


def _form(like: Any) -> Any:
    """The form of numbers like ``like``, or of ``like`` lanes."""
    if isinstance(like, Symbol) and _element(like.value.type) == DOUBLE:
        return like.value.type
    if isinstance(like, int) and like > 0:
        return DOUBLE if like == 1 else ir.VectorType(DOUBLE, like)
    raise TypeError("the number of cases must be known when compiling")


def _place(array: _Memory, i: Any, form: Any) -> Any:
    builder = array.builder
    return builder.bitcast(builder.gep(array.data, [_as(builder, i, WHOLE)]), form.as_pointer())


@traced
def load(array: NDArray[np.float64], i: int, like: float) -> float:
    """Numbers of a contiguous float64 array from ``i`` >= 0 on, aligned or not; bounds are not checked."""
    if isinstance(array, _Memory):
        form = _form(like)
        return Symbol(array.builder, array.builder.load(_place(array, i, form), align=8))  # type: ignore[return-value]
    if isinstance(like, int) and like != 1:
        raise ValueError(f"plain Python runs one case at a time: the number of cases must be 1, not {like}")
    return float(array[i])


@traced
def load_each(array: NDArray[np.float64], i: int, like: float, number: int) -> tuple[float, ...]:
    """``number`` (literal) values of the form of ``like`` that stand one after the other from ``i`` on."""
    lanes = count(like)
    return tuple(load(array, i + k * lanes, like) for k in range(number))


@traced
def gather(array: NDArray[np.float64], i: int, index: float) -> float:
    """Each lane l from a row of its own: ``array[i + index * lanes + l]``; ``index`` is whole and 0 or more."""
    if not isinstance(array, _Memory):
        return float(array[i + int(index)])
    builder, form, lanes = array.builder, _form(index), count(index)
    rows, start = _as(builder, index, form), _as(builder, i, WHOLE)
    if lanes == 1:
        at = builder.add(start, builder.fptosi(rows, WHOLE))
        return Symbol(builder, builder.load(builder.gep(array.data, [at])))  # type: ignore[return-value]
    whole_form, places = ir.VectorType(WHOLE, lanes), ir.VectorType(DOUBLE.as_pointer(), lanes)
    bytes_on = ir.Constant(whole_form, [8 * lanes] * lanes)
    first = builder.add(builder.ptrtoint(array.data, WHOLE), builder.mul(start, WHOLE(8)))
    first = builder.add(
        _as(builder, Symbol(builder, first), whole_form), ir.Constant(whole_form, [8 * lane for lane in range(lanes)])
    )
    at = builder.inttoptr(builder.add(first, builder.mul(builder.fptosi(rows, whole_form), bytes_on)), places)
    all_lanes = ir.VectorType(BIT, lanes)
    kind = ir.FunctionType(form, [places, SHORT, all_lanes, form])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.gather.v{lanes}f64.v{lanes}p0")
    arguments = [at, SHORT(8), ir.Constant(all_lanes, [1] * lanes), ir.Constant(form, ir.Undefined)]
    return Symbol(builder, builder.call(function, arguments))  # type: ignore[return-value]


@traced
def store(array: NDArray[np.float64], i: int, value: float) -> None:
    """Write the lanes of ``value`` to ``array`` from ``i`` on, under the rules of ``load``."""
    if not isinstance(array, _Memory):
        array[i] = value
        return
    if not array.mutable:
        raise TypeError("the array is read-only")
    form = _common(value, 0.0)
    if form is None:
        raise TypeError("want a number or lanes")
    array.builder.store(_as(array.builder, value, form), _place(array, i, form), align=8)


@traced
def update(array: NDArray[np.float64], i: int, mask: bool, values: tuple[float, ...]) -> None:
    """Where ``mask`` holds, write ``values`` one after the other from ``i`` on; leave the rest as it was."""
    for k, value in enumerate(values):
        at = i + k * count(value)
        store(array, at, select(mask, value, load(array, at, value)))


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


@lower_builtin(align_stack)
def _emit_align_stack(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    slot = cgutils.alloca_once(builder, ir.VectorType(DOUBLE, 8))
    slot.align = 64  # kept alive, though unused, by empty assembly that takes its address
    builder.call(ir.InlineAsm(ir.FunctionType(ir.VoidType(), [slot.type]), "", "r", side_effect=True), [slot])
    return context.get_dummy_value()


type_callable(align_stack)(lambda context: lambda: signature(types.none))
