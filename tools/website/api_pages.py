"""The reference of the Python interface: what each public module offers, from its docstrings."""

import ast

from links import ROOT

#: Public modules: title and what they are for, in the order of the navigation.
MODULES = {
    "restorekit": ("Top level", "what most programs need"),
    "restorekit.errors": ("Errors", "what a user can mend"),
    "restorekit.registry": ("Registries", "where a plugin's parts register"),
    "restorekit.inference": ("Restoring", "networks that restore images of any kind and size"),
    "restorekit.metrics": ("Measures", "protocols, measures, and mmengine's metric over them"),
    "restorekit.archs": ("Networks", "one network for each method, and image sizes"),
    "restorekit.losses": ("Losses", "what training minimises"),
    "restorekit.datasets": ("Datasets", "pairs of images, and how they are read and ordered"),
    "restorekit.transforms": ("Transforms", "what happens to a sample before it is a batch"),
    "restorekit.rain": ("Rain", "the renderer and its presets"),
    "restorekit.hooks": ("Hooks", "what a training does beside training"),
    "restorekit.fast": ("Fast forms", "the same network, faster"),
    "restorekit.checkpoints": ("Checkpoints", "safe reading, atomic writing"),
    "restorekit.figures": ("Figures", "comparisons, curves, quality against cost"),
    "restorekit.studies": ("Studies", "sets of runs that make a paper's tables and figures"),
    "restorekit.hub": ("Published weights", "trained networks by name"),
    "restorekit.catalog": ("Catalog", "what is known of datasets, methods and published numbers"),
    "restorekit.evaluation.schema": ("Results files", "the schema of `results.json`"),
}
_OVERVIEW = """\
# Python reference

From the docstrings of the public modules. [Python interface](../../api.md) shows the top level by
example.

| module | holds |
|---|---|
"""


def api_pages() -> dict[str, str]:
    """Return the pages by their place on the site."""
    rows = "".join(f"| [`{name}`]({name}.md) | {holds} |\n" for name, (_, holds) in MODULES.items())
    pages = {f"reference/api/{name}.md": _page(name) for name in MODULES}
    return {"reference/api/index.md": _OVERVIEW + rows, **pages}


def _page(module: str) -> str:
    title, holds = MODULES[module]
    names = public_names(module)
    directives = "".join(f"::: {module}.{name}\n\n" for name in names)
    return f"# {title}\n\n`{module}`: {holds}.\n\n{directives}"


def public_names(module: str) -> list[str]:
    """Return the classes, functions and values in a module's ``__all__``, or its public ones."""
    path = ROOT / module.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    body = ast.parse(file.read_text(encoding="utf-8")).body
    submodules = {inner.stem for inner in path.glob("*")} if path.is_dir() else set()
    for node in body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            names = ast.literal_eval(node.value)
            return [name for name in names if name not in submodules and name != "__version__"]
    defined = [node.name for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    assigned = [
        target.id
        for node in body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    ]
    return [name for name in [*assigned, *defined] if not name.startswith("_")]
