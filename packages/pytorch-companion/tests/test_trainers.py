"""The callbacks in Lightning and transformers themselves, where they are installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from sgdscope import lightning_callback, trainer_callback


def test_lightning_itself(tmp_path: Path) -> None:
    lightning = pytest.importorskip("lightning.pytorch")

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(3, 5), nn.Dropout(0.1), nn.Tanh(), nn.Linear(5, 2))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.net(x)

        def training_step(self, batch: Any, _: int) -> torch.Tensor:
            return nn.functional.mse_loss(self(batch[0]), batch[1])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.AdamW(self.parameters(), lr=1e-2)

    def trained(callbacks: list[Any]) -> tuple[Any, Any]:
        lightning.seed_everything(1, verbose=False)
        module, x, y = Module(), torch.randn(16, 3), torch.randn(16, 2)
        data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=4, shuffle=True)
        logger = lightning.loggers.CSVLogger(tmp_path, name=f"with-{len(callbacks)}")
        trainer = lightning.Trainer(
            max_epochs=3,
            accelerator="cpu",
            logger=logger,
            callbacks=callbacks,
            enable_progress_bar=False,
            enable_checkpointing=False,
            enable_model_summary=False,
        )
        trainer.fit(module, data)
        logger.save()
        return module, logger

    torch.manual_seed(2)
    probes = (torch.randn(8, 3), torch.randn(8, 2))
    callback = lightning_callback(
        nn.MSELoss(), probes, every=3, budget=None, kinds=("batch_sharpness", "critical_sharpness")
    )
    plain, _ = trained([])
    module, logger = trained([callback])
    assert all(torch.equal(a, b) for a, b in zip(plain.parameters(), module.parameters()))
    assert [each.step for each in callback.probe.records] == [3, 6, 9, 12]
    assert "sgdscope/batch_sharpness" in (Path(logger.log_dir) / "metrics.csv").read_text()


def test_transformers_itself(tmp_path: Path, command: str) -> None:
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    config = transformers.GPT2Config(
        vocab_size=11, n_positions=6, n_embd=8, n_layer=1, n_head=2, num_labels=3, pad_token_id=0, summary_first_dropout=0.1
    )

    def trained(callbacks: list[Any]) -> Any:
        transformers.set_seed(3)
        model = transformers.GPT2ForSequenceClassification(config)
        ids = torch.randint(1, 11, (12, 6))
        rows = [{"input_ids": row, "labels": int(row[0]) % 3} for row in ids]
        arguments = transformers.TrainingArguments(
            output_dir=str(tmp_path),
            max_steps=8,
            lr_scheduler_type="linear",
            learning_rate=0.05,
            per_device_train_batch_size=4,
            logging_steps=2,
            report_to=[],
            use_cpu=True,
            save_strategy="no",
            disable_tqdm=True,
        )
        trainer = transformers.Trainer(model=model, args=arguments, train_dataset=rows, callbacks=callbacks)
        trainer.train()
        return trainer

    plain = trained([])
    torch.manual_seed(4)
    ids = torch.randint(1, 11, (6, 6))
    callback = trainer_callback(
        nn.CrossEntropyLoss(), {"input_ids": ids, "labels": ids[:, 0] % 3}, every=4, budget=None, batch_size=4
    )
    # The schedule ends at a learning rate of 0, for which there is nothing to judge.
    with pytest.warns(RuntimeWarning, match="not measured at step 8: optimizer: expected a learning rate above 0"):
        probed = trained([callback])
    assert all(torch.equal(a, b) for a, b in zip(plain.model.parameters(), probed.model.parameters()))
    records = callback.probe.records
    assert [each.step for each in records] == [4]
    assert records[0].batch_sharpness is not None
    assert records[0].margin is not None and records[0].margin > 0
    assert any("sgdscope/margin" in each for each in probed.state.log_history)
