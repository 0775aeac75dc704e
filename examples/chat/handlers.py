"""The pages of the chat, its socket, and the long-polling fallback."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from rooms import MAX_TEXT_LENGTH, Message, Room, Rooms, TooManyRoomsError

from etesian.i18n import get_locale
from etesian.web import HTTPError, RequestHandler, UIModule, authenticated
from etesian.websocket import WebSocketHandler
from etesian.websocket.interface import WebSocketClosedError

if TYPE_CHECKING:
    from etesian.web.interface import Locale

MAX_NICKNAME_LENGTH = 20
# Seconds. Shorter than the minute after which common proxies give up on a silent response.
POLL_TIMEOUT = 25
# What the visitor may choose; the first is what a browser gets that asks for neither.
LANGUAGES = {"en_US": "English", "de": "Deutsch"}


class Visitor(RequestHandler):
    """What every part of the chat knows about the one who asks."""

    rooms: Rooms

    def initialize(self, rooms: Rooms) -> None:
        """Take the rooms, which all handlers of the application share."""
        self.rooms = rooms

    def set_default_headers(self) -> None:
        """Let the pages load nothing but what this server serves."""
        self.set_header("Content-Security-Policy", "default-src 'self'")

    def get_current_user(self) -> str | None:
        """Give the nickname that the visitor chose, from a cookie that only we can make."""
        nickname = self.get_signed_cookie("nickname")
        return nickname.decode() if nickname else None

    def get_user_locale(self) -> Locale | None:
        """Give the language that the visitor chose; without a choice the browser decides."""
        code = self.get_cookie("language")
        return get_locale(code) if code in LANGUAGES else None

    def enter_room(self, name: str) -> Room:
        """Give the room, or end the request where no further room can be opened."""
        try:
            return self.rooms.enter(name)
        except TooManyRoomsError:
            raise HTTPError(503, "No further room can be opened: %s", name) from None

    def show(self, message: Message) -> dict[str, object]:
        """Give a message as the page's script wants it, in this visitor's language."""
        html = self.render_string("modules/message.html", message=message)
        return {"id": message.id, "html": html.decode()}


class LoginPage(Visitor):
    """Asks for a nickname and remembers it."""

    def get(self) -> None:
        """Show the form."""
        self.render("login.html", error=None, next=self.get_query_argument("next", "/"))

    def post(self) -> None:
        """Accept a nickname, or show the form again and say what is wrong with it."""
        nickname = self.get_body_argument("nickname", "")
        target = self.get_body_argument("next", "/")
        if not 1 <= len(nickname) <= MAX_NICKNAME_LENGTH:
            self.set_status(422)
            self.render("login.html", error=MAX_NICKNAME_LENGTH, next=target)
            return
        self.set_signed_cookie("nickname", nickname, httponly=True, samesite="Lax")
        self.redirect(_local_path(target))


class Logout(Visitor):
    """Forgets the nickname."""

    def post(self) -> None:
        """Forget it and go to the first page."""
        self.clear_cookie("nickname")
        self.redirect("/login")


class LanguageChoice(Visitor):
    """Remembers the language that the visitor chose."""

    def post(self) -> None:
        """Set the language and go back to the page."""
        code = self.get_body_argument("code")
        if code not in LANGUAGES:
            raise HTTPError(400, "No such language: %r", code)
        self.set_cookie("language", code, samesite="Lax")
        self.redirect(_local_path(self.get_body_argument("next", "/")))


class RoomList(Visitor):
    """The first page."""

    @authenticated
    def get(self) -> None:
        """Show the rooms."""
        self.render("rooms.html", names=self.rooms.names())

    @authenticated
    def post(self) -> None:
        """Go to the room that was named in the form."""
        self.redirect(self.reverse_url("room", self.get_body_argument("name").lower()))


class RoomPage(Visitor):
    """One room, with what was said so far."""

    @authenticated
    def get(self, name: str) -> None:
        """Show the room."""
        room = self.enter_room(name)
        self.render(
            "room.html", room=room, messages=room.messages(), max_text_length=MAX_TEXT_LENGTH
        )


class RoomMessages(Visitor):
    """The messages of a room for browsers without WebSocket."""

    @authenticated
    async def get(self, name: str) -> None:
        """Answer when there is something new, or with an empty list after a while."""
        after = self.get_query_argument("after", "0")
        if not (after.isascii() and after.isdigit()):
            raise HTTPError(400, "Not the id of a message: %r", after)
        messages: list[Message] = []
        try:
            async with asyncio.timeout(POLL_TIMEOUT):
                messages = await self.enter_room(name).wait_for_messages(after=int(after))
        except TimeoutError:
            pass
        self.write({"messages": [self.show(message) for message in messages]})

    @authenticated
    async def post(self, name: str) -> None:
        """Say something."""
        text = self.get_body_argument("text")
        if not text:
            raise HTTPError(400, "An empty message")
        await self.enter_room(name).say(self.current_user, text)
        self.set_status(204)


class RoomSocket(Visitor, WebSocketHandler):
    """The messages of a room, pushed."""

    room: Room

    def prepare(self) -> None:
        """Refuse the handshake of somebody who has no nickname yet."""
        if not self.current_user:
            raise HTTPError(403)

    def open(self, name: str) -> None:
        """Join the room, and catch up with what was said since the page was made."""
        self.room = self.enter_room(name)
        self.room.join(self)
        after = self.get_query_argument("after", "0")
        if after.isascii() and after.isdigit():
            for message in self.room.messages(after=int(after)):
                self.deliver(message)

    async def on_message(self, message: str | bytes) -> None:
        """Say something."""
        text = message.strip() if isinstance(message, str) else ""
        if text:
            await self.room.say(self.current_user, text)

    def deliver(self, message: Message) -> None:
        """Push a message to the browser; the write buffer holds it while the line is slow."""
        with suppress(WebSocketClosedError):  # on_close() is about to be called
            self.write_message(self.show(message))

    def dismiss(self) -> None:
        """End the connection as RFC 6455, 7.4.1 says it of a server that goes down."""
        self.close(1001)

    def on_close(self) -> None:
        """Leave the room."""
        self.room.leave(self)


class MessagesModule(UIModule):
    """The messages of a room as they stand in its page."""

    def render(self, messages: list[Message]) -> bytes:
        """Give the HTML of the messages; there may be none yet."""
        return self.render_string("modules/messages.html", messages=messages)

    def css_files(self) -> list[str]:
        """Name the style sheet that a page with messages needs."""
        return ["message.css"]


class LanguageModule(UIModule):
    """The choice of a language."""

    languages: ClassVar = LANGUAGES

    def render(self) -> bytes:
        """Give the HTML of the form."""
        return self.render_string("modules/language.html", languages=self.languages)


def _local_path(target: str) -> str:
    r"""Give ``target`` where it is a path of this server, else the first page.

    ``//host`` and ``/\\host`` are other servers to a browser.
    """
    return target if target[:1] == "/" and target[1:2] not in ("/", "\\") else "/"
