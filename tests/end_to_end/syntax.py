"""Modules as syntax trees."""

import ast
import gc
from pathlib import Path


def tree_of(path: Path) -> ast.Module:
    """Syntax tree of a module, made while nothing else runs.

    Garbage that is collected in the middle may let another thread run, and a tree that is made there at the same moment
    breaks this one: SystemError, "AST constructor recursion depth mismatch".
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    finally:
        if collecting:
            gc.enable()
