"""Benchmarks of speed and memory, run as ``python -m benchmarks NAME``: one module each.

To write one, add NAME.py with the functions below, and a line to ``BENCHMARKS`` in __main__.py;
the module's docstring is the command's help. The setup of a contender is a module function, or a
:func:`functools.partial` of one, that prepares everything and returns the function to time::

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
        def work():                             # one round, of ``units`` units
            for image in images:
                network(image)
        return work

A round should last a few tenths of a second. On a GPU, its time includes all queued work.
``reference_*.py`` hold plain implementations of other projects' methods, to compare with.
"""
