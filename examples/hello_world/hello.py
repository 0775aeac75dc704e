from etesian.web import Application, RequestHandler


class Hello(RequestHandler):
    def get(self) -> None:
        self.write("Hello, world")


application = Application([(r"/", Hello)])
