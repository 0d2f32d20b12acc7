"""Writes test/optimizers/torch.json: 30 steps of PyTorch's optimizers in Float64, from which the tests take every parameter.

    python -m pip install torch==2.13.0 && python packages/sgd/scripts/torch-optimizers.py
"""

import json
from pathlib import Path

import torch

EXAMPLES, INPUTS, STEPS = 6, 4, 30
torch.manual_seed(1)
x = torch.randn(EXAMPLES, INPUTS, dtype=torch.float64)
y = torch.randn(EXAMPLES, dtype=torch.float64)
start = torch.randn(INPUTS, dtype=torch.float64)
# Batches of two, some with one example twice; the learning rate warms up, so that no rule may keep it.
batches = torch.randint(EXAMPLES, (STEPS, 2)).tolist()
rates = [min(1.0, (step + 1) / 5) for step in range(STEPS)]

CASES = [
    ({"kind": "sgd"}, 0.1, torch.optim.SGD, {}),
    ({"kind": "sgd", "weightDecay": 0.2}, 0.1, torch.optim.SGD, {"weight_decay": 0.2}),
    ({"kind": "heavy-ball", "momentum": 0.9}, 0.02, torch.optim.SGD, {"momentum": 0.9}),
    ({"kind": "heavy-ball", "momentum": 0.9, "dampening": 0.3}, 0.05, torch.optim.SGD, {"momentum": 0.9, "dampening": 0.3}),
    (
        {"kind": "heavy-ball", "momentum": 0.7, "dampening": 1, "weightDecay": 0.1},
        0.05,
        torch.optim.SGD,
        {"momentum": 0.7, "dampening": 1, "weight_decay": 0.1},
    ),
    ({"kind": "nesterov", "momentum": 0.9}, 0.02, torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    (
        {"kind": "nesterov", "momentum": 0.8, "weightDecay": 0.1},
        0.05,
        torch.optim.SGD,
        {"momentum": 0.8, "nesterov": True, "weight_decay": 0.1},
    ),
    ({"kind": "ema", "momentum": 0.9}, 0.2, torch.optim.SGD, {"momentum": 0.9, "dampening": 0.9}),
    ({"kind": "adam"}, 0.05, torch.optim.Adam, {}),
    (
        {"kind": "adam", "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3, "weightDecay": 0.1},
        0.05,
        torch.optim.Adam,
        {"betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1},
    ),
    ({"kind": "rmsprop"}, 0.01, torch.optim.RMSprop, {}),
    ({"kind": "rmsprop", "alpha": 0.9, "centered": True}, 0.01, torch.optim.RMSprop, {"alpha": 0.9, "centered": True}),
    ({"kind": "rmsprop", "momentum": 0.6}, 0.01, torch.optim.RMSprop, {"momentum": 0.6}),
    (
        {"kind": "rmsprop", "alpha": 0.95, "epsilon": 1e-2, "momentum": 0.5, "centered": True, "weightDecay": 0.1},
        0.02,
        torch.optim.RMSprop,
        {"alpha": 0.95, "eps": 1e-2, "momentum": 0.5, "centered": True, "weight_decay": 0.1},
    ),
    # SAM is no optimizer of PyTorch: two backward passes around its SGD, as in public implementations.
    ({"kind": "sam"}, 0.1, torch.optim.SGD, {}),
    (
        {"kind": "sam", "rho": 0.4, "momentum": 0.9, "weightDecay": 0.1},
        0.02,
        torch.optim.SGD,
        {"momentum": 0.9, "weight_decay": 0.1},
    ),
]


def loss(w, batch):
    """L = (1/2B) sum (x.w - y)^2 over the batch."""
    return ((x[batch] @ w - y[batch]) ** 2).sum().div(2 * len(batch))


def path(kind, rate, optimizer, settings):
    """The parameters after each step."""
    w = start.clone().requires_grad_()
    rule = optimizer([w], lr=rate, foreach=False, **settings)
    found = []
    for batch, share in zip(batches, rates):
        rule.param_groups[0]["lr"] = rate * share
        rule.zero_grad()
        loss(w, batch).backward()
        if kind["kind"] == "sam":
            ascent = w.grad * (kind.get("rho", 0.05) / (w.grad.norm(p=2) + 1e-12))
            before = w.data.clone()
            w.data.add_(ascent)
            rule.zero_grad()
            loss(w, batch).backward()
            w.data.copy_(before)
        rule.step()
        found.append(w.detach().tolist())
    return found


fixture = {
    "torch": torch.__version__,
    "x": x.tolist(),
    "y": y.tolist(),
    "start": start.tolist(),
    "batches": batches,
    "rates": rates,
    "cases": [
        {"optimizer": kind, "learningRate": rate, "path": path(kind, rate, optimizer, settings)}
        for kind, rate, optimizer, settings in CASES
    ],
}
target = Path(__file__).parent.parent / "test/optimizers/torch.json"
target.write_text(json.dumps(fixture) + "\n")
print(f"{target}: {len(CASES)} optimizers of torch {torch.__version__}")
