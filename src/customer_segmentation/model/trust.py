"""Which types a stored pipeline may consist of: exact names, looked at before anything of the file is loaded.

A file in skops format names classes and functions, and loading it imports and calls what it names: who writes the
file decides. skops leaves the decision to a list of trusted names; that of a package (``numpy.``) lets in functions
that run any code, such as ``numpy.testing._private.utils.runstring``. Here the file is read as JSON and every name in
it must be one of these, in the place where that kind of thing stands.
"""

from __future__ import annotations

import functools
import importlib
import io
import json
import zipfile
from collections.abc import Collection, Iterator, Mapping
from typing import Any

#: Own estimators are the classes of these modules that scikit-learn knows as estimators.
OWN = "customer_segmentation.clustering."

#: Estimators that open the files which the cells name (`input="filename"`); segments are made of numbers.
READERS = "sklearn.feature_extraction.text"

#: The only functions, all of them without effect but their result: what a FunctionTransformer computes, what
#: BisectingKMeans predicts by, and what a spline is evaluated with.
FUNCTIONS = frozenset(
    [
        *(
            f"numpy.{name}"
            for name in ("abs", "absolute", "arcsinh", "cbrt", "exp", "expm1", "log", "log10", "log1p", "log2")
        ),
        *(f"numpy.{name}" for name in ("negative", "reciprocal", "sign", "sqrt", "square", "tanh")),
        "sklearn.cluster._kmeans._kmeans_single_lloyd",
        "sklearn.cluster._kmeans._kmeans_single_elkan",
        "scipy._lib.array_api_compat.numpy._aliases.asarray",
    ]
)
#: Parts of scikit-learn's estimators that are none themselves.
PARTS = frozenset(
    [
        "sklearn.cluster._bisect_k_means._BisectingTree",
        "sklearn.utils._bunch.Bunch",
        "scipy.interpolate._bsplines.BSpline",
    ]
)
SCALARS = (
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float32",
    "float64",
    "str_",
)
_ARRAYS = frozenset(["numpy.ndarray", *(f"numpy.{name}" for name in SCALARS), "numpy.bool_"])
_TYPES = frozenset(["builtins.str", "builtins.int", "builtins.float", "builtins.bool", "builtins.NoneType", *_ARRAYS])
#: What else a node of skops may be, by the kind of node; of any other kind nothing is loaded.
_PLAIN: Mapping[str, Collection[str]] = {
    "JsonNode": ("builtins.str",),
    "DictNode": ("builtins.dict", "collections.OrderedDict"),
    "ListNode": ("builtins.list",),
    "TupleNode": ("builtins.tuple",),
    "SetNode": ("builtins.set",),
    "SliceNode": ("builtins.slice",),
    "BytesNode": ("builtins.bytes",),
    "NdArrayNode": _ARRAYS,
    "DTypeNode": ("numpy.dtype",),
    "TypeNode": _TYPES,
    "FunctionNode": FUNCTIONS,
    "RandomStateNode": ("numpy.random.mtrand.RandomState",),
    "SparseMatrixNode": ("scipy.sparse._csr.csr_matrix", "scipy.sparse._csr.csr_array"),
}
#: Kinds of node in which a type of a module that the user trusts may stand.
_OF_TRUSTED = ("ObjectNode", "FunctionNode", "TypeNode", "ConstructorFromReduceNode")


@functools.cache
def estimators() -> frozenset[str]:
    """Full names of the estimators of scikit-learn, but for those that open files."""
    from sklearn.utils import all_estimators

    found = (kind for _, kind in all_estimators() if kind.__module__ != READERS)
    return frozenset(f"{kind.__module__}.{kind.__name__}" for kind in found if kind.__module__.startswith("sklearn."))


def types_of(content: bytes) -> list[tuple[str, str]]:
    """Kind of node and full name of the type of everything in a file of skops, each once; nothing is imported.

    Raises
    ------
    ValueError
        It is not such a file, or one of another protocol than that of the installed skops.
    """
    from skops.io._protocol import PROTOCOL

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            schema = json.loads(archive.read("schema.json"))
        if not isinstance(schema, dict) or schema.get("protocol") != PROTOCOL:
            raise ValueError(f"it is not of the protocol {PROTOCOL}, which the installed skops reads")
        return sorted(set(_nodes(schema)))
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RecursionError, RuntimeError) as error:
        raise ValueError(f"it is not a file of skops ({type(error).__name__})") from error


def _nodes(part: Any) -> Iterator[tuple[str, str]]:
    if isinstance(part, dict):
        if "__loader__" in part and not isinstance(part["__loader__"], dict):
            yield str(part["__loader__"]), f"{part.get('__module__')}.{part.get('__class__')}"
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _nodes(inner)


def untrusted_types(content: bytes, trusted_modules: Collection[str] = ()) -> list[str]:
    """Names of types and functions in a stored pipeline that nobody should load.

    Parameters
    ----------
    content : bytes
        Pipeline in skops format.
    trusted_modules : collection of str
        Packages or modules that the user trusts by name, with all that is in them.

    Raises
    ------
    ValueError
        It is no such file.
    """
    found = [
        name if loader in _PLAIN or loader in _OF_TRUSTED else f"{name} (as {loader})"
        for loader, name in types_of(content)
        if not _is_trusted(loader, name, trusted_modules)
    ]
    return list(dict.fromkeys(found))


def _is_trusted(loader: str, name: str, trusted_modules: Collection[str]) -> bool:
    if loader == "CachedNode":  # stands for a node that is looked at itself
        return True
    if name in _PLAIN.get(loader, ()):
        return True
    if loader == "ObjectNode" and (name in PARTS or name in estimators() or _is_own(name)):
        return True
    module = name.rpartition(".")[0]
    return loader in _OF_TRUSTED and any(
        module == trusted or module.startswith(f"{trusted}.") for trusted in trusted_modules
    )


def _is_own(name: str) -> bool:
    """Whether a name is that of an estimator of this package; only modules of this package are imported for it."""
    from sklearn.base import BaseEstimator

    module, _, kind = name.rpartition(".")
    if not module.startswith(OWN):
        return False
    try:
        found = getattr(importlib.import_module(module), kind, None)
    except ModuleNotFoundError:
        return False
    return isinstance(found, type) and issubclass(found, BaseEstimator) and found.__module__ == module
