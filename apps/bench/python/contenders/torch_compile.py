"""PyTorch through torch.compile; the compiler's time is not in the figures. Needs a C++ compiler."""

import torch
from torch.func import functional_call, grad, jvp

from .common import saved, version_of


def versions():
    return version_of("torch")


def workloads(problem):
    names = [name for name, _ in problem.model.named_parameters()]
    point = [p.detach() for p in problem.params]

    def loss(tensors, x, y):
        return problem.criterion(functional_call(problem.model, dict(zip(names, tensors)), (x,)), y)

    gradient_of = torch.compile(grad(loss))
    product_of = torch.compile(lambda p, v, x, y: jvp(lambda q: grad(loss)(q, x, y), (p,), (v,))[1])

    def step_of(p, x, y, rate):
        return [w - rate * g for w, g in zip(p, grad(loss)(p, x, y))]

    compiled_step = torch.compile(step_of, dynamic=False)
    compiled = set()

    def once(key, call):
        """Compiles before the clock starts."""
        if key not in compiled:
            call()
            compiled.add(key)

    def gradient():
        once("gradient", lambda: gradient_of(point, problem.x, problem.y))
        return lambda: gradient_of(point, problem.x, problem.y), saved(problem)

    def hvp_cold():
        once("product", lambda: product_of(point, problem.probe, problem.x, problem.y))
        return lambda: product_of(point, problem.probe, problem.x, problem.y), saved(problem)

    def sgd(batch, steps, rate):
        batches = problem.batches(batch)[:steps]
        x, y = problem.x[batches[0]], problem.y[batches[0]]
        once(batch, lambda: compiled_step(compiled_step(point, x, y, rate), x, y, rate))

        def compute():
            p = point
            for chosen in batches:
                p = compiled_step(p, problem.x[chosen], problem.y[chosen], rate)
            return p

        return compute, saved(problem)

    return {"gradient": gradient, "hvp-cold": hvp_cold, "sgd": sgd}
