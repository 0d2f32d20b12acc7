"""PyTorch by itself, eager: double backward, torch.optim, estimators as textbooks write them."""

import torch

from .common import largest_eigenvalue, saved, version_of


def versions():
    return version_of("torch", "scipy", "numpy")


def workloads(problem):
    params = problem.params

    def gradient():
        return lambda: torch.autograd.grad(problem.loss(), params), saved(problem)

    def graph():
        return torch.autograd.grad(problem.loss(), params, create_graph=True)

    def hvp_cold():
        return lambda: torch.autograd.grad(graph(), params, grad_outputs=problem.probe), saved(problem)

    def hvp_kept():
        kept = graph()
        return lambda: torch.autograd.grad(kept, params, grad_outputs=problem.probe, retain_graph=True), saved(problem)

    def products():
        kept = graph()
        return lambda v: torch.autograd.grad(kept, params, grad_outputs=v, retain_graph=True)

    def top_eigenvalue(tolerance):
        def compute():
            product = products()
            matvec = lambda v: problem.flat(product(problem.split(torch.from_numpy(v).view(-1)))).numpy()
            return largest_eigenvalue(matvec, problem.size, tolerance)

        return compute

    def probes():
        return [torch.randint_like(p, 2).mul_(2).sub_(1) for p in params]

    def hutchinson(of):
        def estimate(budget):
            def compute():
                product = products()
                total = 0.0
                for _ in range(budget):
                    v = probes()
                    total += of(v, product(v))
                return total / budget

            return compute

        return estimate

    def trace(budget):
        compute = hutchinson(lambda v, hv: sum(torch.sum(a * b).item() for a, b in zip(v, hv)))(budget)
        return lambda: {"values": {"trace": compute()}, "products": budget}

    def norm(budget):
        compute = hutchinson(lambda v, hv: sum(a.square().sum().item() for a in hv))(budget)
        return lambda: {"values": {"norm": compute() ** 0.5}, "products": budget}

    def sgd(batch, steps, rate):
        problem.reset()
        x, y, batches = problem.x, problem.y, problem.batches(batch)[:steps]
        optimizer = torch.optim.SGD(params, lr=rate)

        def compute():
            for chosen in batches:
                optimizer.zero_grad()
                problem.criterion(problem.model(x[chosen]), y[chosen]).backward()
                optimizer.step()

        def finish(_):
            reached = problem.from_torch(params)
            problem.reset()
            return reached

        return compute, finish

    return {
        "gradient": gradient,
        "hvp-cold": hvp_cold,
        "hvp-kept": hvp_kept,
        "top-eigenvalue": top_eigenvalue,
        "trace": trace,
        "norm": norm,
        "sgd": sgd,
    }
