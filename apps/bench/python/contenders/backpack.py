"""BackPACK: per-example quantities beside a backward pass. Its losses are PyTorch's; MSELoss is 2/C times ours."""

import torch
from backpack import backpack, extend
from backpack.extensions import BatchGrad, BatchL2Grad
from backpack.hessianfree.ggnvp import ggn_vector_product
from backpack.hessianfree.hvp import hessian_vector_product
from torch import nn

from problem import noise_metrics

from .common import saved, version_of


def versions():
    return version_of("backpack-for-pytorch", "torch")


def workloads(problem):
    params = problem.params
    mse = nn.MSELoss()
    scale = problem.outputs / 2
    model, loss = extend(problem.model), extend(nn.MSELoss(reduction="sum"))
    scaled = lambda tensors: saved(problem)([scale * tensor for tensor in tensors])

    def hvp_cold():
        return lambda: hessian_vector_product(mse(problem.model(problem.x), problem.y), params, problem.probe), scaled

    def ggn_product():
        def compute():
            outputs = problem.model(problem.x)
            return ggn_vector_product(mse(outputs, problem.y), outputs, problem.model, problem.probe)

        return compute, scaled

    def clear():
        for p in params:
            p.grad = None
            for name in ("grad_batch", "batch_l2"):
                if hasattr(p, name):
                    delattr(p, name)

    def example_norms():
        def compute():
            value = 0.5 * loss(model(problem.x), problem.y)
            with backpack(BatchL2Grad()):
                value.backward()
            norms = sum(p.batch_l2 for p in params).sqrt()
            clear()
            return norms

        # The factor 1/2 in front of the extended loss reaches the gradients, as it should.
        return compute, lambda norms: norms.detach().numpy()

    # One backward pass an output; the Gram matrix is summed over the layers.
    def jacobian_gram():
        outputs = model(problem.x)
        rows = [[] for _ in params]
        for c in range(problem.outputs):
            with backpack(BatchGrad(), retain_graph=True):
                outputs[:, c].sum().backward(retain_graph=True)
            for collected, p in zip(rows, params):
                collected.append(p.grad_batch.flatten(1))
            clear()
        with torch.no_grad():
            size = problem.examples * problem.outputs
            stacked = (torch.stack(collected, 1).reshape(size, -1) for collected in rows)
            return sum(j @ j.T for j in stacked), outputs.detach() - problem.y

    def gram():
        return jacobian_gram, lambda result: result[0].numpy()

    def noise():
        return lambda: {"values": noise_metrics(*jacobian_gram())}

    return {
        "hvp-cold": hvp_cold,
        "ggn-product": ggn_product,
        "example-norms": example_norms,
        "gram": gram,
        "noise": noise,
    }
