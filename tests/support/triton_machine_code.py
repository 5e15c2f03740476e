"""Run by the regression test of the GPU path: compile the Triton kernels for an H100, which takes no GPU.

    python -m tests.support.triton_machine_code

Prints a line for each kernel, and below those that write values, for each store to the result, how many threads of
a warp write side by side and how many values each of them.
"""

from __future__ import annotations

import re

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from runtime.encoding import packed_tables, triton_path
from runtime.encoding.triton_kernels import gradient_kernel, values_kernel

H100 = GPUTarget("cuda", 90, 32)
INTEGERS = {
    "order": "*i64", "kinds": "*i16", "places": "*i32", "starts": "*i32", "rows": "*i32", "members": "*i32",
    "sources": "*i32", "row_columns": "*i32", "n_points": "i32", "n_sums": "i32", "n_columns": "i32",
}  # fmt: skip


def compiled(kernel: triton.JITFunction, number: str, *, is_complex: bool) -> dict[str, str]:
    """The texts of a kernel at each stage of compilation, for ``number`` fp32 or fp64."""
    points = triton_path._POINTS if is_complex else triton_path._REAL_POINTS
    constants = {
        "COMPLEX": is_complex, "MIXED": is_complex, "ALIGNMENT": 2, "COLUMNS": triton_path._COLUMNS,
        "POINTS": points if kernel is values_kernel else triton_path._GRADIENT_POINTS,
        "WIDTH": packed_tables.WIDTH, "FIELDS": packed_tables.FIELDS,
    }  # fmt: skip
    if not is_complex:
        constants |= {"order": None, "kinds": None, "places": None}
    names = kernel.arg_names
    constants = {name: value for name, value in constants.items() if name in names}
    signature = {name: INTEGERS.get(name, f"*{number}") for name in names} | dict.fromkeys(constants, "constexpr")
    source = ASTSource(
        fn=kernel,
        signature=signature,
        constexprs={(names.index(name),): value for name, value in constants.items()},
        attrs={(names.index(name),): [["tt.divisibility", 16]] for name in names if signature[name][0] == "*"},
    )
    return triton.compile(source, target=H100, options={"enable_fp_fusion": True}).asm


def main() -> None:
    """Compile all kernels that are used, and describe them."""
    for kernel in (values_kernel, gradient_kernel):
        for number in ("fp32", "fp64"):
            for is_complex in (True, False):
                texts = compiled(kernel, number, is_complex=is_complex)
                print(kernel.__name__, number, "complex" if is_complex else "real")
                if kernel is values_kernel:
                    print(*_stores(texts["ttgir"]))


def _stores(text: str) -> list[str]:
    """``NEIGHBOURSxVALUES`` of the stores to the result: threads side by side in a row, and values of each."""
    layouts = dict(re.findall(r"^(#\w+) = #ttg\.blocked<\{(.*)\}>", text, re.MULTILINE))
    found = []
    for layout in re.findall(r"tt\.store .*evict_first.*, (#\w+)>", text):
        sizes, threads = (
            [int(size) for size in re.search(rf"{name} = \[([\d, ]+)\]", layouts[layout])[1].split(",")]  # type: ignore[index]
            for name in ("sizePerThread", "threadsPerWarp")
        )
        found.append(f"{threads[1]}x{sizes[-1]}")
    return found


if __name__ == "__main__":
    main()
