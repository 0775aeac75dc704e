import asyncio

import pytest

from etesian.web import RequestHandler


class FromAThread(RequestHandler):
    async def get(self, name):
        def work():
            {"write": lambda: self.write("x"), "flush": self.flush, "finish": self.finish}[name]()

        try:
            await asyncio.to_thread(work)
        except RuntimeError as error:
            self.write(f"{error}")


@pytest.mark.spec("B-WEB-228")
@pytest.mark.parametrize("name", ["write", "flush", "finish"])
async def test_in_debug_mode_another_thread_is_told_off_and_the_response_is_whole(serve, name):
    site = serve([("/(.*)", FromAThread)], debug=True, autoreload=False)
    answer = await site.fetch(f"/{name}")
    assert answer.status == 200
    assert answer.text.startswith(f"{name}() was called in the thread")
    assert "call_soon_threadsafe" in answer.text


@pytest.mark.spec("B-WEB-228")
async def test_the_way_that_it_names_works(serve):
    class Right(RequestHandler):
        async def get(self):
            loop = asyncio.get_running_loop()
            written = asyncio.Event()

            def work():
                loop.call_soon_threadsafe(self.write, "from the loop")
                loop.call_soon_threadsafe(written.set)

            await asyncio.to_thread(work)
            await written.wait()

    site = serve(Right, debug=True, autoreload=False)
    assert (await site.fetch("/")).text == "from the loop"


async def test_in_production_nothing_stands_in_between(serve):
    seen = []

    class Plain(RequestHandler):
        def get(self):
            seen.append(vars(self).keys() & {"write", "flush", "finish"})

    await serve(Plain).fetch("/")
    assert seen == [set()]
