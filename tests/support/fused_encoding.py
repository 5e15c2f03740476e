"""Run by test_fused_encoding.py: the fused kernels against the plain path, on a GPU or in Triton's interpreter.

    python -m tests.support.fused_encoding FIRST STEP

A process of its own: Triton reads TRITON_INTERPRET when it is imported, and kernels bear no shape checker.
"""

from __future__ import annotations

import sys

import torch

from basis_store import standard_settings
from runtime import WaveEncoder
from runtime.encoding import wave_encoder

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def encode(encoder: WaveEncoder, fused: bool, dtype: torch.dtype, first: int, step: int) -> list[torch.Tensor]:
    """Values at points and at images of theirs, first derivatives, and second ones."""
    wave_encoder.fused_kernel_for = lambda x: fused
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
    some = slice(0, 4)  # second derivatives go by the plain path; here, that they are reached
    values = torch.view_as_real(encoder(x[some], settings, crystals[some])).flatten(1)
    (steep,) = torch.autograd.grad((values * cotangent[some]).square().sum(), x, create_graph=True)
    (curved,) = torch.autograd.grad(steep.square().sum(), x)
    return [values.detach(), again.detach(), slopes, at_images.detach(), curved]


def main() -> None:
    """Compare, and say so."""
    first, step = map(int, sys.argv[1:])
    encoder = WaveEncoder()
    for dtype, bar, part in ((torch.float32, 1e-5, 1), (torch.float64, 1e-12, 10)):
        fused = encode(encoder, True, dtype, first, part * step)
        plain = encode(encoder, False, dtype, first, part * step)
        for one, other in zip(fused, plain, strict=True):
            scale = max(1.0, float(other.abs().max()))
            torch.testing.assert_close(one / scale, other / scale, atol=bar, rtol=0)
        torch.testing.assert_close(fused[1], fused[3], atol=10 * bar, rtol=0, msg="not invariant")
    print("equal on", DEVICE.type)


if __name__ == "__main__":
    main()
