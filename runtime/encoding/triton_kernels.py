"""The kernels in Triton: no intermediate values in memory between coordinates and P_k.

A program takes up to POINTS points of one setting and a packed table of Friedel pairs of orbits
(:class:`runtime.encoding.triton_path.PackedTables`). It sums exp(i alpha_k) e_k over the members of each pair in
registers, then writes P_k of each member. The gradient sums the incoming gradients of a pair's members into one
number, then loops over the members again. With G_k = dL/dRe P_k + i dL/dIm P_k, and G'_k = G_k + conj G_{-k} for
a wave and its conjugate together,

    q = sum_k exp(i alpha_k) G'_k / |O|, twice its real part where u is real,
    dL/dx = -2 pi sum_k k Im[conj(q) exp(i alpha_k) e_k].

Gradients are summed in a fixed order: equal calls give equal bits. Without a GPU the kernels run in Triton's
interpreter (TRITON_INTERPRET=1).
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import triton
import triton.language as tl


@triton.jit
def _reduced(x):
    """The parts of x modulo 1 as in phase.py: products of ``high`` with small integers are exact."""
    cell = x - tl.floor(x)
    high = tl.floor(cell * 4096 + 0.5) / 4096
    return high, cell - high


@triton.jit
def _rotated(h, k, m, alpha, high_a, low_a, high_b, low_b, high_c, low_c, pi2):
    """Cosine and sine of 2 pi (k.x + alpha / 24) for waves h, k, m; (POINTS, WIDTH)."""
    coarse = high_a * h + high_b * k + high_c * m
    coarse -= tl.floor(coarse + 0.5)
    turn = coarse + low_a * h + low_b * k + low_c * m + alpha / 24
    angle = (turn - tl.floor(turn + 0.5)) * pi2
    return tl.cos(angle), tl.sin(angle)


@triton.jit
def encoding_kernel(
    x, values, order, blocks, members, pairs, rows, n_columns,
    POINTS: tl.constexpr, WIDTH: tl.constexpr, FIELDS: tl.constexpr,
):  # fmt: skip
    """Values of one packed table at one block of points; arguments as in :mod:`runtime.encoding.triton_path`."""
    block = blocks + tl.program_id(0) * 4
    table = tl.load(block + 2) + tl.program_id(1)
    taken = tl.load(block + 1)
    if (taken > 0) & (table < tl.load(block + 3)):
        point = tl.arange(0, POINTS)
        here = point < taken
        row = tl.load(order + tl.load(block) + point, mask=here, other=0)
        high_a, low_a = _reduced(tl.load(x + row * 3, mask=here, other=0.0)[:, None])
        high_b, low_b = _reduced(tl.load(x + row * 3 + 1, mask=here, other=0.0)[:, None])
        high_c, low_c = _reduced(tl.load(x + row * 3 + 2, mask=here, other=0.0)[:, None])
        pi2 = tl.full([1, 1], 6.283185307179586, low_a.dtype)
        column = tl.arange(0, WIDTH)
        first, summed = tl.load(rows + table * 3), tl.load(rows + table * 3 + 1)
        end = tl.load(rows + table * 3 + 2)
        real_sum = tl.zeros([POINTS, WIDTH], low_a.dtype)
        imaginary_sum = tl.zeros([POINTS, WIDTH], low_a.dtype)
        for number in range(first, summed):
            member = members + number * FIELDS * WIDTH + column[None, :]
            h = tl.load(member).to(low_a.dtype)
            k = tl.load(member + WIDTH).to(low_a.dtype)
            m = tl.load(member + 2 * WIDTH).to(low_a.dtype)
            alpha = tl.load(member + 3 * WIDTH).to(low_a.dtype)
            present = tl.load(member + 4 * WIDTH) >= 0
            cosine, sine = _rotated(h, k, m, alpha, high_a, low_a, high_b, low_b, high_c, low_c, pi2)
            real_sum += tl.where(present, cosine, 0.0)
            imaginary_sum += tl.where(present, sine, 0.0)
        pair = pairs + table * 2 * WIDTH + column[None, :]
        size = tl.load(pair).to(low_a.dtype)
        is_real = tl.load(pair + WIDTH) > 0
        size = tl.where(size > 0, size, 1.0)
        real_sum = tl.where(is_real, 2 * real_sum, real_sum) / size
        imaginary_sum = tl.where(is_real, 0.0, imaginary_sum) / size
        for number in range(first, end):
            member = members + number * FIELDS * WIDTH + column[None, :]
            angle = tl.load(member + 3 * WIDTH).to(low_a.dtype) * pi2 / 24
            wave, opposite = tl.load(member + 4 * WIDTH), tl.load(member + 5 * WIDTH)
            real = tl.cos(angle) * real_sum + tl.sin(angle) * imaginary_sum
            imaginary = tl.cos(angle) * imaginary_sum - tl.sin(angle) * real_sum
            written = here[:, None] & (wave >= 0)
            target = values + row[:, None] * (2 * n_columns)
            tl.store(target + 2 * wave, real, mask=written)
            tl.store(target + 2 * wave + 1, imaginary, mask=written)
            tl.store(target + 2 * opposite, real, mask=written)
            tl.store(target + 2 * opposite + 1, -imaginary, mask=written)


@triton.jit
def gradient_kernel(
    x, gradient, slopes, order, blocks, members, pairs, rows, n_columns,
    POINTS: tl.constexpr, WIDTH: tl.constexpr, FIELDS: tl.constexpr,
):  # fmt: skip
    """Gradients at one block of points, over all packed tables of its setting."""
    block = blocks + tl.program_id(0) * 4
    taken = tl.load(block + 1)
    if taken > 0:
        point = tl.arange(0, POINTS)
        here = point < taken
        row = tl.load(order + tl.load(block) + point, mask=here, other=0)
        high_a, low_a = _reduced(tl.load(x + row * 3, mask=here, other=0.0)[:, None])
        high_b, low_b = _reduced(tl.load(x + row * 3 + 1, mask=here, other=0.0)[:, None])
        high_c, low_c = _reduced(tl.load(x + row * 3 + 2, mask=here, other=0.0)[:, None])
        pi2 = tl.full([1, 1], 6.283185307179586, low_a.dtype)
        column = tl.arange(0, WIDTH)
        slope_a = tl.zeros([POINTS, WIDTH], low_a.dtype)
        slope_b = tl.zeros([POINTS, WIDTH], low_a.dtype)
        slope_c = tl.zeros([POINTS, WIDTH], low_a.dtype)
        for table in range(tl.load(block + 2), tl.load(block + 3)):
            first, summed = tl.load(rows + table * 3), tl.load(rows + table * 3 + 1)
            real_sum = tl.zeros([POINTS, WIDTH], low_a.dtype)
            imaginary_sum = tl.zeros([POINTS, WIDTH], low_a.dtype)
            for number in range(first, summed):
                member = members + number * FIELDS * WIDTH + column[None, :]
                angle = tl.load(member + 3 * WIDTH).to(low_a.dtype) * pi2 / 24
                wave, opposite = tl.load(member + 4 * WIDTH), tl.load(member + 5 * WIDTH)
                read = here[:, None] & (wave >= 0)
                source = gradient + row[:, None] * (2 * n_columns)
                real = tl.load(source + 2 * wave, mask=read, other=0.0)
                real += tl.load(source + 2 * opposite, mask=read, other=0.0)
                imaginary = tl.load(source + 2 * wave + 1, mask=read, other=0.0)
                imaginary -= tl.load(source + 2 * opposite + 1, mask=read, other=0.0)
                real_sum += tl.cos(angle) * real - tl.sin(angle) * imaginary
                imaginary_sum += tl.cos(angle) * imaginary + tl.sin(angle) * real
            pair = pairs + table * 2 * WIDTH + column[None, :]
            size = tl.load(pair).to(low_a.dtype)
            is_real = tl.load(pair + WIDTH) > 0
            size = tl.where(size > 0, size, 1.0)
            real_sum = tl.where(is_real, 2 * real_sum, real_sum) / size
            imaginary_sum = tl.where(is_real, 0.0, imaginary_sum) / size
            for number in range(first, summed):
                member = members + number * FIELDS * WIDTH + column[None, :]
                h = tl.load(member).to(low_a.dtype)
                k = tl.load(member + WIDTH).to(low_a.dtype)
                m = tl.load(member + 2 * WIDTH).to(low_a.dtype)
                alpha = tl.load(member + 3 * WIDTH).to(low_a.dtype)
                present = tl.load(member + 4 * WIDTH) >= 0
                cosine, sine = _rotated(h, k, m, alpha, high_a, low_a, high_b, low_b, high_c, low_c, pi2)
                steepness = tl.where(present, imaginary_sum * cosine - real_sum * sine, 0.0)
                slope_a += h * steepness
                slope_b += k * steepness
                slope_c += m * steepness
        two_pi = tl.full([1], 6.283185307179586, low_a.dtype)
        tl.store(slopes + row * 3, tl.sum(slope_a, 1) * two_pi, mask=here)
        tl.store(slopes + row * 3 + 1, tl.sum(slope_b, 1) * two_pi, mask=here)
        tl.store(slopes + row * 3 + 2, tl.sum(slope_c, 1) * two_pi, mask=here)
