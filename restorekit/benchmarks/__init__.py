"""What ``restorekit bench`` measures: one module a benchmark.

To write one, NAME.py needs three things, and its name in ``restorekit.cli.bench.BENCHMARKS``;
its docstring is its help. The setup of a contender is a module function, or a
:func:`functools.partial` of one, that makes everything ready and returns what is timed::

    def add_arguments(parser):
        report.add_arguments(parser)            # --rounds, --threads, --json
        report.add_device_argument(parser)      # --device, for what runs in PyTorch
        parser.add_argument("--size", type=int, default=256, help="…")

    def run(args):
        ours, reference = "restorekit, forward", "released code, forward"
        report.run(args, Benchmark(
            name="NAME",
            title=f"images of {args.size}×{args.size}",
            contenders={
                ours: functools.partial(_ours, args.size, args.device),
                reference: functools.partial(_reference, args.size, args.device),
            },
            comparisons=[(ours, reference)],
            unit="image",
            units=_IMAGES,
            show_memory=True,
        ))

    def _ours(size, device):
        import torch                            # in the contender's own process, not timed
        network, images = …
        def work():                             # one round: all ``units`` of it
            for image in images:
                network(image)
        return work

A round should last some tenths of a second. The clock stops once a GPU has finished what it was
given. Reference implementations are in ``reference_*.py``.
"""
