"""The modules that a logged model brings along."""

from concurrent.futures import ThreadPoolExecutor

from customer_segmentation.model import shipped_code


def test_threads_that_begin_at_once_share_one_folder(monkeypatch):
    shipped_code._staged.cache_clear()
    modules = shipped_code.modules_of()
    monkeypatch.setattr(shipped_code, "modules_of", lambda: modules)
    with ThreadPoolExecutor(4) as pool:
        folders = {call.result() for call in [pool.submit(shipped_code.staged_package) for _ in range(4)]}
    assert len(folders) == 1
    assert (folders.pop() / "__init__.py").is_file()
