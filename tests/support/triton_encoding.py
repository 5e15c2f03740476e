"""Run by test_triton_path.py: the Triton kernels against PyTorch, on a GPU or in Triton's interpreter.

    python -m tests.support.triton_encoding FIRST STEP

In a separate process: Triton reads TRITON_INTERPRET when it is imported, and its kernels cannot be wrapped by the
shape checker.
"""

from __future__ import annotations

import sys

import torch

from basis_store import standard_settings
from runtime import WaveEncoder
from runtime.encoding import wave_encoder

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def encode(encoder: WaveEncoder, triton: bool, dtype: torch.dtype, first: int, step: int) -> list[torch.Tensor]:
    """Values twice, first derivatives, values at images of the points, second derivatives."""
    wave_encoder.uses_triton = lambda x: triton
    generator = torch.Generator().manual_seed(first)
    settings = standard_settings()[first::step]
    crystals = torch.arange(len(settings)).repeat(2)[torch.randperm(2 * len(settings), generator=generator)]
    x = (torch.rand(len(crystals), 3, generator=generator, dtype=torch.float64) * 20 - 10).to(dtype)
    cotangent = torch.randn(len(x), 2 * encoder.n_waves, generator=generator, dtype=torch.float64).to(dtype)
    x, crystals, cotangent = x.to(DEVICE).requires_grad_(), crystals.to(DEVICE), cotangent.to(DEVICE)
    values = torch.view_as_real(encoder(x, settings, crystals)).flatten(1)
    (slopes,) = torch.autograd.grad((values * cotangent).sum(), x)
    again = torch.view_as_real(encoder(x, settings, crystals)).flatten(1)
    (again_slopes,) = torch.autograd.grad((again * cotangent).sum(), x)
    assert torch.equal(values, again), "equal calls give equal values"
    assert torch.equal(slopes, again_slopes), "equal calls give equal gradients"
    images = torch.stack(
        [
            encoder.store.basis(settings[crystal]).to(DEVICE).images(point.double())[-1].to(dtype)
            for point, crystal in zip(x.detach(), crystals.tolist(), strict=True)
        ]
    )
    at_images = torch.view_as_real(encoder(images, settings, crystals)).flatten(1)
    some = slice(0, 4)  # second derivatives are always computed by PyTorch; this checks that they are reached
    values = torch.view_as_real(encoder(x[some], settings, crystals[some])).flatten(1)
    (steep,) = torch.autograd.grad((values * cotangent[some]).square().sum(), x, create_graph=True)
    (curved,) = torch.autograd.grad(steep.square().sum(), x)
    return [values.detach(), again.detach(), slopes, at_images.detach(), curved]


def main() -> None:
    """Compare, and print that they are equal."""
    first, step = map(int, sys.argv[1:])
    encoder = WaveEncoder()
    for dtype, bar, part in ((torch.float32, 1e-5, 1), (torch.float64, 1e-12, 10)):
        by_triton = encode(encoder, True, dtype, first, part * step)
        by_torch = encode(encoder, False, dtype, first, part * step)
        for one, other in zip(by_triton, by_torch, strict=True):
            scale = max(1.0, float(other.abs().max()))
            torch.testing.assert_close(one / scale, other / scale, atol=bar, rtol=0)
        torch.testing.assert_close(by_triton[1], by_triton[3], atol=10 * bar, rtol=0, msg="not invariant")
    print("equal on", DEVICE.type)


if __name__ == "__main__":
    main()
