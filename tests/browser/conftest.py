"""A headless Chromium, where one is installed."""

import os
import shutil

import pytest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# It asks nobody for anything: the pages need no network, and must not.
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
)  # fmt: skip


# Not for the whole session: the processes of a browser come and go while other tests count theirs.
@pytest.fixture(scope="package")
def browser(tmp_path_factory):
    """A browser of the tests' own, with an empty profile and a window of 1280 by 900."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed: pip install '.[dev]'")
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("no headless browser: apt-get install chromium chromium-driver")
    profile = tmp_path_factory.mktemp("profile")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, "--window-size=1280,900", f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # Nothing of the profile or the caches is to be left in the home directory.
    environment = os.environ | {"HOME": str(profile)}
    service = webdriver.ChromeService(executable_path=driver, env=environment)
    opened = webdriver.Chrome(options=options, service=service)
    opened.set_page_load_timeout(60)
    yield opened
    opened.quit()
