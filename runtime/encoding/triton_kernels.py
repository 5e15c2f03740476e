"""The kernels in Triton: sums of plane waves, and columns made of them; see :mod:`runtime.encoding.wave_sums`.

    s_p(x) = sum_m weight_m exp(2 pi i (k_m.x + alpha_m / 24))      the members m of sum p
    column = a Re s_p + b Im s_p                                     of its sum p

A program takes POINTS points at a time. It writes all sums of these points to a small scratch memory of its own,
which stays in the cache. Then it gathers the sum of every column from there and writes whole rows: all writes to
the large result are contiguous. Points are sorted by setting; a program whose points are in several settings takes
one setting after the other.

For the gradient, q_p = sum of (a + i b) times the incoming gradient over the columns of sum p, and

    dL/dx = -2 pi sum_p sum_m weight_m k_m Im[conj(q_p) exp(2 pi i (k_m.x + alpha_m / 24))].

All sums are in a fixed order: equal calls give equal bits. Without a GPU the kernels run in Triton's interpreter
(TRITON_INTERPRET=1).

Angles are integers, 2^32 to a turn in float32 and 2^64 in float64. They wrap around at a whole turn, so k.x modulo
1 is as exact as x, however far from the origin.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import triton
import triton.language as tl


@triton.jit
def _angle(x):
    """Coordinates modulo 1 as integers."""
    cell = x - tl.floor(x + 0.5)
    angle = (cell * 4611686018427387904.0).to(tl.int64)  # 2^62, so that +-1/2 does not overflow
    if x.dtype == tl.float64:
        return angle * 4
    else:
        return (angle >> 30).to(tl.int32)


@triton.jit
def _members(members, lanes, a, b, c, WIDTH: tl.constexpr):
    """Waves h, k, m and weights of one row of a table, and the angles of the waves at points a, b, c."""
    member = members + lanes
    h, k, m = tl.load(member), tl.load(member + WIDTH), tl.load(member + 2 * WIDTH)
    alpha, weight = tl.load(member + 3 * WIDTH), tl.load(member + 4 * WIDTH)
    if a.dtype == tl.int64:
        angle = alpha.to(tl.int64) * 768614336404564651  # 2^64 / 24
        angle += h.to(tl.int64) * a + k.to(tl.int64) * b + m.to(tl.int64) * c
    else:
        angle = tl.mul(alpha, 178956971, sanitize_overflow=False)  # 2^32 / 24
        angle = tl.add(angle, tl.mul(h, a, sanitize_overflow=False), sanitize_overflow=False)
        angle = tl.add(angle, tl.mul(k, b, sanitize_overflow=False), sanitize_overflow=False)
        angle = tl.add(angle, tl.mul(m, c, sanitize_overflow=False), sanitize_overflow=False)
    return h, k, m, weight, angle


@triton.jit
def _half_sine(turn):
    """Sin pi t for |t| <= 1/2, to 4e-9."""
    square = turn * turn
    series = 0.07721821 * square - 0.59804422
    series = series * square + 2.55003122
    series = series * square - 5.16770687
    return (series * square + 3.14159258) * turn


@triton.jit
def _half_cosine(turn):
    """Cos pi t for |t| <= 1/2, to 3e-10."""
    square = turn * turn
    series = -0.02439617 * square + 0.23493725
    series = series * square - 1.335212
    series = series * square + 4.05870916
    series = series * square - 4.93480214
    return series * square + 1.0


@triton.jit
def _cosine(angle):
    """Of integer angles; exactly 1 at 0."""
    if angle.dtype == tl.int64:
        return tl.cos(angle.to(tl.float64) * 3.406121580086554e-19)  # 2 pi / 2^64
    else:
        sine = _half_sine(angle.to(tl.float32) * 2.3283064365386963e-10)  # 2^-32
        return 1.0 - 2.0 * sine * sine


@triton.jit
def _sine(angle):
    """Of integer angles; its half sine is shared with that of the cosine where both are computed."""
    if angle.dtype == tl.int64:
        return tl.sin(angle.to(tl.float64) * 3.406121580086554e-19)
    else:
        turn = angle.to(tl.float32) * 2.3283064365386963e-10
        return 2.0 * _half_sine(turn) * _half_cosine(turn)


@triton.jit
def _points(x, order, kinds, position, n_points, MIXED: tl.constexpr):
    """Of the points at these places in the order: whether there is one, row (else 0), setting and angles."""
    here = position < n_points
    row = tl.where(here, position, 0).to(tl.int64)
    kind = tl.zeros_like(position)
    if MIXED:
        row = tl.load(order + position, mask=here, other=0)
        kind = tl.load(kinds + position, mask=here, other=0).to(tl.int32)
    x_a = tl.load(x + row * 3, mask=here, other=0.0)[:, None]
    x_b = tl.load(x + row * 3 + 1, mask=here, other=0.0)[:, None]
    x_c = tl.load(x + row * 3 + 2, mask=here, other=0.0)[:, None]
    zero = (x_a + x_b + x_c) * 0.0  # NaN where a coordinate is not finite: integers have no NaN
    return here, row, kind, zero, _angle(x_a), _angle(x_b), _angle(x_c)


@triton.jit
def _write_sums(
    sums, members, rows, first, last, zero, a, b, c,
    COMPLEX: tl.constexpr, WIDTH: tl.constexpr, FIELDS: tl.constexpr,
):  # fmt: skip
    """The sums of one setting to the scratch memory, WIDTH at a time."""
    PARTS: tl.constexpr = 2 if COMPLEX else 1
    lanes = tl.arange(0, WIDTH)[None, :]
    for table in range(first, last):
        real, imaginary = zero, zero
        for number in range(tl.load(rows + table * 4), tl.load(rows + table * 4 + 1)):
            _, _, _, weight, angle = _members(members + number * (FIELDS * WIDTH), lanes, a, b, c, WIDTH)
            weight = weight.to(zero.dtype)
            real += weight * _cosine(angle)
            if COMPLEX:
                imaginary += weight * _sine(angle)
        slot = sums + ((table - first) * WIDTH + lanes) * PARTS
        if COMPLEX:
            tl.store(slot[:, :, None] + tl.arange(0, 2)[None, None, :], tl.join(real, imaginary))
        else:
            tl.store(slot, real)


@triton.jit
def _write_columns(
    sums, sources, weights, target, writing, n_columns, COMPLEX: tl.constexpr, COLUMNS: tl.constexpr
):  # fmt: skip
    """Rows of the result from the sums; what is written here shall not drive those from the cache."""
    for start in range(0, n_columns, COLUMNS):
        column = start + tl.arange(0, COLUMNS)
        inside = column < n_columns
        source = tl.load(sources + column, mask=inside, other=0)
        # Two by two: each thread loads and stores pairs, the threads of a warp side by side.
        source = tl.max_contiguous(tl.multiple_of(source, 2), 2)
        value = tl.load(sums + source[None, :])
        weighted = tl.load(weights + column, mask=inside, other=0.0)[None, :] * value
        if COMPLEX:
            real, imaginary = tl.split(tl.reshape(value, (value.shape[0], COLUMNS // 2, 2)))
            weight = tl.load(weights + n_columns + column, mask=inside, other=0.0)[None, :]
            weighted += weight * tl.interleave(imaginary, real)
        target_of = target[:, None] + column[None, :]
        mask = writing[:, None] & inside[None, :]
        tl.store(target_of, weighted, mask=mask, eviction_policy="evict_first")


@triton.jit(do_not_specialize=["n_points"])
def values_kernel(
    x, values, scratch, order, kinds, places, starts, rows, members, sources, weights,
    n_points, n_sums, n_columns,
    COMPLEX: tl.constexpr, MIXED: tl.constexpr, ALIGNMENT: tl.constexpr,
    POINTS: tl.constexpr, COLUMNS: tl.constexpr, WIDTH: tl.constexpr, FIELDS: tl.constexpr,
):  # fmt: skip
    """Rows of values, POINTS at a time; arguments as in :mod:`runtime.encoding.triton_path`."""
    n_columns *= ALIGNMENT
    PARTS: tl.constexpr = 2 if COMPLEX else 1
    point = tl.arange(0, POINTS)
    sums = scratch + (tl.program_id(0) * POINTS + point[:, None]).to(tl.int64) * (PARTS * n_sums)
    for group in range(tl.program_id(0), tl.cdiv(n_points, POINTS), tl.num_programs(0)):
        here, row, kind, zero, a, b, c = _points(x, order, kinds, group * POINTS + point, n_points, MIXED)
        zero = zero + tl.zeros([POINTS, WIDTH], zero.dtype)
        target = values + row * n_columns
        current = tl.min(tl.where(here, kind, 2147483647))
        while current < 2147483647:
            place = current
            if MIXED:
                place = tl.load(places + current)
            _write_sums(
                sums, members, rows, tl.load(starts + place), tl.load(starts + place + 1), zero, a, b, c,
                COMPLEX, WIDTH, FIELDS,
            )  # fmt: skip
            tl.debug_barrier()  # what other threads of this program have stored can now be loaded
            _write_columns(
                sums, sources + place * n_columns, weights + place * n_columns * PARTS, target,
                here & (kind == current), n_columns, COMPLEX, COLUMNS,
            )  # fmt: skip
            tl.debug_barrier()  # all threads have loaded what is overwritten next
            current = tl.min(tl.where(here & (kind > current), kind, 2147483647))


@triton.jit(do_not_specialize=["n_points"])
def gradient_kernel(
    x, gradient, slopes, order, kinds, places, starts, rows, members, row_columns, row_weights,
    n_points, n_columns,
    COMPLEX: tl.constexpr, MIXED: tl.constexpr, ALIGNMENT: tl.constexpr,
    POINTS: tl.constexpr, WIDTH: tl.constexpr, FIELDS: tl.constexpr,
):  # fmt: skip
    """Gradients by the coordinates of POINTS points."""
    n_columns *= ALIGNMENT
    PARTS: tl.constexpr = 2 if COMPLEX else 1
    lanes, entries = tl.arange(0, WIDTH)[None, :], tl.arange(0, PARTS * WIDTH)[None, :]
    position = tl.program_id(0) * POINTS + tl.arange(0, POINTS)
    here, row, kind, zero, a, b, c = _points(x, order, kinds, position, n_points, MIXED)
    zero = zero + tl.zeros([POINTS, WIDTH], zero.dtype)
    slope_a, slope_b, slope_c = zero, zero, zero
    source = gradient + row[:, None] * n_columns
    current = tl.min(tl.where(here, kind, 2147483647))
    while current < 2147483647:
        place = current
        if MIXED:
            place = tl.load(places + current)
        own = (here & (kind == current))[:, None]
        for table in range(tl.load(starts + place), tl.load(starts + place + 1)):
            # 1. The gradients by the sums: by the same part and by the other part of each.
            same = tl.zeros([POINTS, PARTS * WIDTH], zero.dtype)
            other = same
            for number in range(tl.load(rows + table * 4 + 2), tl.load(rows + table * 4 + 3)):
                column = tl.load(row_columns + number * (PARTS * WIDTH) + entries)
                # Two by two, as values are stored.
                column = tl.max_contiguous(tl.multiple_of(column, [1, 2]), [1, 2])
                incoming = tl.load(source + column)
                # Where a weight is 0, an infinite gradient by what is always 0 changes nothing.
                weights = row_weights + number * (PARTS * PARTS * WIDTH) + entries
                weight = tl.load(weights)
                same += weight * tl.where(weight == 0, 0.0, incoming)
                if COMPLEX:
                    weight = tl.load(weights + PARTS * WIDTH)
                    other += weight * tl.where(weight == 0, 0.0, incoming)
            if COMPLEX:
                real, imaginary = tl.split(tl.reshape(same, (POINTS, WIDTH, 2)))
                by_imaginary, by_real = tl.split(tl.reshape(other, (POINTS, WIDTH, 2)))
                real = tl.where(own, real + by_real, 0.0)
                imaginary = tl.where(own, imaginary + by_imaginary, 0.0)
            else:
                real = tl.where(own, same, 0.0)
                imaginary = real
            # 2. The members of the sums.
            for number in range(tl.load(rows + table * 4), tl.load(rows + table * 4 + 1)):
                h, k, m, weight, angle = _members(members + number * (FIELDS * WIDTH), lanes, a, b, c, WIDTH)
                steepness = -real * _sine(angle)
                if COMPLEX:
                    steepness += imaginary * _cosine(angle)
                steepness *= weight.to(zero.dtype)
                slope_a += h.to(zero.dtype) * steepness
                slope_b += k.to(zero.dtype) * steepness
                slope_c += m.to(zero.dtype) * steepness
        current = tl.min(tl.where(here & (kind > current), kind, 2147483647))
    two_pi = tl.full([1], 6.283185307179586, zero.dtype)
    tl.store(slopes + row * 3, tl.sum(slope_a, 1) * two_pi, mask=here)
    tl.store(slopes + row * 3 + 1, tl.sum(slope_b, 1) * two_pi, mask=here)
    tl.store(slopes + row * 3 + 2, tl.sum(slope_c, 1) * two_pi, mask=here)
