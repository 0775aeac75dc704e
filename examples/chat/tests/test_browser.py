"""The chat in a real Chromium, driven as its users drive it."""

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.ui import WebDriverWait

# Seconds. Generous: the browsers and the server share whatever the machine has.
PATIENCE = 20


@pytest.fixture
def open_browser(tmp_path):
    """Give a function that starts a browser with an empty profile of its own."""
    drivers = []

    def open_browser(language="en-US"):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in (
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={tmp_path / f'profile-{len(drivers)}'}",
        ):
            options.add_argument(argument)
        options.add_experimental_option("prefs", {"intl.accept_languages": language})
        service = webdriver.ChromeService("/usr/bin/chromedriver")
        drivers.append(webdriver.Chrome(options=options, service=service))
        return drivers[-1]

    yield open_browser
    for driver in drivers:
        driver.quit()


def log_in(driver, address, nickname):
    driver.get(address + "/rooms/lobby")
    driver.find_element(By.NAME, "nickname").send_keys(nickname)
    driver.find_element(By.CSS_SELECTOR, "form.login button").click()
    WebDriverWait(driver, PATIENCE).until(expected.url_to_be(address + "/rooms/lobby"))


def wait_for_connection(driver, kind):
    WebDriverWait(driver, PATIENCE).until(
        lambda driver: driver.find_element(By.ID, "status").get_attribute("data-state") == kind
    )


def say(driver, text):
    field = driver.find_element(By.CSS_SELECTOR, "#say input[name=text]")
    field.send_keys(text)
    field.submit()


def heard(driver, nickname, text):
    return lambda _: any(
        nickname in message.text and text in message.text
        for message in driver.find_elements(By.CSS_SELECTOR, "#messages .message")
    )


@pytest.mark.parametrize(
    ("options", "connection"),
    [
        pytest.param([], "socket", id="websocket"),
        pytest.param(["--no-websocket"], "polling", id="long polling"),
    ],
)
def test_two_browsers_see_each_others_messages_arrive(serve, open_browser, options, connection):
    with serve(*options) as address:
        ada, bob = open_browser(), open_browser()
        log_in(ada, address, "Ada")
        log_in(bob, address, "Bob")
        for driver in (ada, bob):
            wait_for_connection(driver, connection)
        say(ada, "hello from Ada")
        WebDriverWait(bob, PATIENCE).until(heard(bob, "Ada", "hello from Ada"))
        say(bob, "<i>hello</i> from Bob")
        WebDriverWait(ada, PATIENCE).until(heard(ada, "Bob", "<i>hello</i> from Bob"))
        assert not ada.find_elements(By.CSS_SELECTOR, "#messages i")


def test_a_browser_that_prefers_german_gets_german(serve, open_browser):
    with serve() as address:
        driver = open_browser("de-DE")
        driver.get(address + "/login")
        assert driver.find_element(By.TAG_NAME, "h1").text == "Wie heißt du?"
