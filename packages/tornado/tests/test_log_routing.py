from __future__ import annotations

PREPARE = """
import logging
from etesian.tornado.log_routing import route_logs
route_logs(); route_logs()
source = logging.getLogger("etesian.access")
target = logging.getLogger("tornado.access")
seen = []
class Keep(logging.Handler):
    def emit(self, record):
        seen.append((record.name, record.getMessage()))
"""


def test_a_record_arrives_once_and_under_the_other_name(python):
    python(
        PREPARE
        + """
target.addHandler(Keep()); logging.getLogger().addHandler(Keep())
source.warning("hello %s", "you")
assert seen == [("tornado.access", "hello you")] * 2, seen
"""
    )


def test_the_level_of_the_target_decides_before_a_record_is_made(python):
    python(
        PREPARE
        + """
target.addHandler(Keep())
assert not source.isEnabledFor(logging.INFO)
target.setLevel(logging.INFO)
assert source.isEnabledFor(logging.INFO)
source.info("seen")
target.setLevel(logging.ERROR)
source.warning("not seen")
assert [message for _, message in seen] == ["seen"]
"""
    )


def test_filters_and_disabling_of_the_target_hold(python):
    python(
        PREPARE
        + """
target.addHandler(Keep())
target.addFilter(lambda record: "secret" not in record.getMessage())
source.warning("secret"); source.warning("plain")
target.disabled = True
source.warning("silent")
assert [message for _, message in seen] == ["plain"]
"""
    )


def test_unconfigured_logging_behaves_as_ever(python):
    assert python(PREPARE + "import sys; sys.stderr = sys.stdout; source.error('last resort')") == (
        "last resort\n"
    )
