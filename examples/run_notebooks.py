"""Run the notebooks beside this file, one after the other in one folder, and keep what they show.

    python examples/run_notebooks.py          # writes their outputs into them (make notebooks)

One kernel runs them all, with its names cleared in between: importing the libraries is most of what a notebook costs.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import nbformat
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent


def run(folder: Path, paths: list[Path]) -> dict[Path, nbformat.NotebookNode]:
    """Run notebooks in a folder, in this order.

    Parameters
    ----------
    folder : where their store goes
    paths : of the notebooks

    Returns
    -------
    dict
        Each with its outputs.
    """
    manager = KernelManager(kernel_name="python3")
    manager.kernel_spec.argv[0] = sys.executable  # this environment's, whatever kernel is installed by that name
    manager.start_kernel(cwd=str(folder))
    done = {}
    try:
        for path in paths:
            book = nbformat.read(path, as_version=4)
            cleared = nbformat.v4.new_code_cell("%reset -f\nimport os; os.environ['OMP_NUM_THREADS'] = '1'")
            book.cells.insert(0, cleared)
            NotebookClient(book, km=manager, timeout=300, record_timing=False).execute()
            book.cells.pop(0)
            for at, cell in enumerate(cell for cell in book.cells if cell.cell_type == "code"):
                cell.execution_count = at + 1
                for output in cell.outputs:
                    if output.output_type == "execute_result":
                        output.execution_count = at + 1
            done[path] = book
    finally:
        manager.shutdown_kernel(now=True)
    return done


def is_progress(output: nbformat.NotebookNode) -> bool:
    """Whether an output is for those who wait alone: text that a call shows of its own accord."""
    return output.get("name") == "stderr" or (
        output.output_type == "display_data" and set(output.data) == {"text/plain"}
    )


def main() -> None:
    """Run all, and write their outputs."""
    with tempfile.TemporaryDirectory() as folder:
        for path, book in run(Path(folder), sorted(HERE.glob("*.ipynb"))).items():
            for cell in book.cells:
                if cell.cell_type == "code":
                    cell.outputs = [one for one in cell.outputs if not is_progress(one)]
            nbformat.write(book, path)


if __name__ == "__main__":
    main()
