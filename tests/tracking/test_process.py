import json
import os
import subprocess
import sys

from customer_segmentation.tracking.process import named, state_of, this_process


def test_this_process_is_alive():
    assert state_of(this_process()) == "alive"
    assert named(this_process()).startswith(f"process {os.getpid()} on ")


def test_a_process_that_has_ended_is_gone():
    code = "from customer_segmentation.tracking.process import this_process; print(this_process())"
    tag = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert json.loads(tag)["pid"] != os.getpid()
    assert state_of(tag) == "gone"


def test_a_later_process_of_the_same_number_is_another_one():
    assert state_of(json.dumps({**json.loads(this_process()), "started": "1"})) == "gone"


def test_nothing_is_said_about_other_machines():
    here = json.loads(this_process())
    assert state_of(json.dumps({**here, "host": "elsewhere"})) == "elsewhere"
    assert state_of(json.dumps({**here, "space": "pid:[1]"})) == "elsewhere"
    assert state_of("not json") == "elsewhere"
    assert named("not json") == "a process that left no name"
