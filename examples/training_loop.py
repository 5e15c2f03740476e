"""A training loop of your own: a dataset, a DataLoader and an optimizer of PyTorch, and our default model.

    sgbasis crystals mp.jsonl.gz --output mp.h5 --split 0.8,0.1,0.1
    python examples/training_loop.py mp.h5 --target formation_energy_per_atom

`sgbasis train` does more (averaged weights, checkpoints, mixed precision, batches that fit the device); start from
this script where you need another loss, another schedule or a network around ours.
"""

from __future__ import annotations

import argparse

import torch
from torch.utils.data import DataLoader

from basis_store import open_crystals
from runtime import (
    Domain,
    OrbitTransformer,
    OrbitTransformerConfig,
    ScalarTarget,
    SplitData,
    calibrate,
    mean_losses,
    save_pretrained,
    set_scale,
)


def train(dataset: str, name: str, *, epochs: int, batch_size: int, workers: int) -> OrbitTransformer:
    """Train on the train split; prints the mean absolute error on both splits after every epoch."""
    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    table = open_crystals(dataset)
    target = ScalarTarget(name, table.units[name])
    model = OrbitTransformer(OrbitTransformerConfig(), [target]).to(device)
    train_data, val_data = (SplitData.of(table, model, split=split) for split in ("train", "val"))
    set_scale(model, train_data)  # so that the network's own output is of order one
    loader = DataLoader(
        train_data,
        batch_size=batch_size,
        shuffle=True,
        num_workers=workers,
        pin_memory=device.type == "cuda",
        collate_fn=train_data.collate,
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, total_steps=epochs * len(loader))
    for epoch in range(epochs):
        model.train()
        losses = []
        for batch, labels in loader:
            loss = target.loss(model(batch.to(device)), labels.to(device)).nanmean()  # NaN where there is no value
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.detach())
        val = float(mean_losses(model, val_data)[0])  # in evaluation mode
        train_loss = float(torch.stack(losses).mean())
        print(f"epoch {epoch}: train {train_loss:.4f}, val {val:.4f} {target.error_unit}", flush=True)
    return model.eval()


def main() -> None:
    """Train a model, and save it as `sgbasis predict --model FOLDER` reads it."""
    parser = argparse.ArgumentParser(description="Train the default model with a loop of your own.")
    parser.add_argument("dataset", help="compiled with `sgbasis crystals`, with splits")
    parser.add_argument("--target", required=True)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=64, help="crystals per step")
    parser.add_argument("--workers", type=int, default=0, help="processes that gather batches")
    parser.add_argument("--output", help="folder to save the model in")
    arguments = parser.parse_args()
    model = train(
        arguments.dataset,
        arguments.target,
        epochs=arguments.epochs,
        batch_size=arguments.batch_size,
        workers=arguments.workers,
    )
    if arguments.output:
        found = calibrate(model, arguments.dataset)  # for intervals, from 40 validation crystals on
        records = (record for record in open_crystals(arguments.dataset) if record.split == "train")
        save_pretrained(
            model,
            arguments.output,
            card=f"# {arguments.target}\n\nTrained by examples/training_loop.py.\n",
            domain=Domain.of(records),
            training={"epochs": arguments.epochs},
            calibration=found.calibration,
            coverage=found.coverage,
        )


if __name__ == "__main__":
    main()
