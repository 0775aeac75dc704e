import hashlib

from hypothesis import given
from hypothesis import strategies as st

from etesian.web import RequestHandler
from etesian.web.etag_memo import EtagMemo

BODIES = st.sampled_from([b"", b"a", b"b", b"a" * 16_384, b"a" * 16_385, b"b" * 16_385])


@given(st.lists(st.tuples(st.sampled_from("xy"), BODIES)))
def test_the_etag_is_that_of_the_body_whatever_came_before(written):
    memo = EtagMemo()
    for author, body in written:
        assert memo.etag(author, body) == f'"{hashlib.sha1(body).hexdigest()}"'


def test_only_the_last_small_body_of_each_author_is_kept():
    memo = EtagMemo()
    for body in (b"one", b"two", b"x" * 100_000):
        memo.etag("a", body)
        memo.etag("b", body)
    assert {body for body, _ in memo._last.values()} == {b"two"}


async def test_a_body_written_in_pieces_has_the_etag_of_the_whole(serve):
    class Pieces(RequestHandler):
        def get(self):
            for piece in ("one", b"two", {"three": 3}):
                self.write(piece)

    site = serve(Pieces)
    for _ in range(2):
        answer = await site.fetch("/")
        assert answer.headers["Etag"] == f'"{hashlib.sha1(answer.body).hexdigest()}"'
        assert answer.body == b'onetwo{"three": 3}'


def test_classes_without_end_do_not_fill_the_memory():
    memo = EtagMemo()
    for number in range(3000):
        memo.etag(type(f"Made{number}", (), {}), b"body")
    assert len(memo._last) <= 1024
