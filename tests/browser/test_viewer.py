"""The page of a report in a browser: filters, search, opening, links, and hostile contents that stay text."""

import json
import re
from dataclasses import replace

import pytest

from find_gym_agents.evaluation import read_run
from find_gym_agents.report import write_report
from tests.agents.report.report_records import make_record, write_run

HOSTILE = "</script><script>window.hurt = 1</script><img src=x onerror='window.hurt = 2'><!--"
FAMILY = "<img src=x onerror='window.hurt = 3'>"
REPLY = {"prompt_tokens": 1234, "completion_tokens": 56, "seconds": 1.5, "retries": 1, "finish_reason": "length"}
USAGE = {"calls": 2, "retries": 1, "prompt_tokens": 2468, "completion_tokens": 112, "seconds": 3.0}

ACTIVATIONS = {"action": "", "inputs": ["flour", HOSTILE, "puck"], "outputs": [0.1, 0.25, 0.875], "message": ""}
TESTS = [
    {"options": [["puck"], ["flour"], ["organ"]], "correct": 0, "ratings": [0.7, 0.1, None]},
    {"options": [["tax"], [HOSTILE], ["rink"]], "correct": 2, "ratings": [0.5, 0.2, 0.1]},
    {"options": [["bank"], ["skate"], ["goal"]], "correct": 1, "ratings": [0.3, 0.3, 0.0]},
]


def dialogue(index):
    return [
        {"role": "system", "content": "Be brief.", "kind": "system"},
        {"role": "user", "content": f"Interpret the function.\nAsk. {HOSTILE}", "kind": "task"},
        {"role": "assistant", "content": f"QUERY [{index}] {HOSTILE}", "kind": "reply", **REPLY, "dropped_before": 0},
        {"role": "user", "content": f"needle{index} -> {HOSTILE}", "kind": "outputs"},
        {"role": "assistant", "content": "[DESCRIPTION]: a thing", "kind": "reply", **REPLY, "dropped_before": 2},
    ]


def model_record(category, index, **changes):
    submission = {"description": f"{HOSTILE} described", "domain": HOSTILE, "code": f"def f(x):\n    {HOSTILE!r}"}
    entries = {"dialogue": dialogue(index), "usage": USAGE, "model": HOSTILE, "submission": submission}
    return make_record(category, index, f"lm:{HOSTILE}", **(entries | changes))


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The folder of a report on runs of three categories: 50 scripted episodes, 8 of a hostile language model."""
    folder = tmp_path_factory.mktemp("report")
    strings = [make_record("strings", index, "scripted", index / 49) for index in range(50)]
    step = {"action": "QUERY ['a']", "inputs": ["a"], "outputs": [HOSTILE], "message": "", "observation": HOSTILE}
    strings[3] = make_record("strings", 3, "scripted", 3 / 49, transcript=[step], prompt=f"the task {HOSTILE}")
    strings += [model_record("strings", index, skill=1.0, outcome="right") for index in range(4)]
    numeric = [replace(model_record("numeric", index), family=FAMILY) for index in range(3)]
    error = f"the model failed: {HOSTILE}"
    entities = [model_record("entities", 0, outcome="unscored", error=error, submission=None)]
    entities.append(make_record("entities", 1, "scripted", transcript=[ACTIVATIONS], tests=TESTS))
    runs = [
        read_run(write_run(folder / category, records, category))
        for category, records in (("strings", strings), ("numeric", numeric), ("entities", entities))
    ]
    write_report(runs, folder / "all")
    return folder / "all"


@pytest.fixture
def page(browser, report):
    """The page, opened anew; afterwards nothing must have gone wrong in it, and nothing hostile must have run."""
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get(address(report))
    yield Page(browser)
    assert browser.execute_script("return window.hurt") is None
    assert browser.find_elements("css selector", "main img:not(.plots img), main script") == []
    assert [entry for entry in browser.get_log("browser") if entry["level"] != "DEBUG"] == []


def address(report, fragment=""):
    return (report / "report.html").as_uri() + fragment


class Page:
    """What a reader sees and does."""

    def __init__(self, browser):
        self.browser = browser

    def run(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def set(self, **fields):
        for name, value in fields.items():
            self.run(
                "const field = document.getElementById('filters').elements[arguments[0]];"
                "field.value = arguments[1]; field.dispatchEvent(new Event('input', {bubbles: true}));",
                name,
                value,
            )
        self.until("return document.getElementById('episodes').getAttribute('aria-busy')", None)

    def until(self, script, expected):
        """Waits until the script returns what is expected; says what it returned instead."""
        from selenium.common.exceptions import TimeoutException
        from selenium.webdriver.support.ui import WebDriverWait

        try:
            WebDriverWait(self.browser, 20, 0.05).until(lambda _: self.run(script) == expected)
        except TimeoutException:
            assert self.run(script) == expected

    def counts(self, count, of=59):
        self.until("return document.getElementById('count').textContent", f"{count} of {of} episodes")

    def press(self, key):
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.browser).send_keys(key).perform()

    def opened(self, *names):
        """Waits until exactly the cards of these functions are open and have their contents."""
        opened = ".episode[open]:not(:has(> .detail)) > summary, .episode[open]:has(> .detail) .who-function"
        self.until(f"return [...document.querySelectorAll('{opened}')].map((one) => one.textContent)", list(names))

    def open_first(self, name):
        """Clicks on the first card, which is that of this function."""
        self.browser.find_element("css selector", ".episode > summary").click()
        self.opened(name)

    def text(self, selector=".episode[open]"):
        return self.browser.find_element("css selector", selector).text


def test_filters_choose_episodes_and_stand_in_the_address(page):
    page.counts(59)
    assert len(page.browser.find_elements("css selector", ".episode")) == 40
    page.browser.find_element("id", "later").click()
    page.until("return document.querySelectorAll('.episode').length", 59)
    page.set(category="numeric")
    page.counts(3)
    # Families are those of the category.
    assert page.run("return [...document.forms[0].elements.family.options].map((one) => one.value)") == ["all", FAMILY]
    page.set(family=FAMILY)
    page.counts(3)
    page.set(category="strings")
    page.counts(54)
    page.set(agent="scripted", least="0.5")
    page.counts(25)
    page.set(most="0.75")
    page.counts(12)
    page.set(most="1", outcome="right")
    page.counts(0)
    page.set(outcome="all", order="skill, high to low")
    page.until("return document.querySelector('.who-function').textContent", "strings, function 49: 49")
    link = page.run("return location.href")
    page.browser.get("about:blank")
    page.browser.get(link)
    page.counts(25)
    page.until("return document.querySelector('.who-function').textContent", "strings, function 49: 49")
    page.run("document.querySelector('#filters button[type=reset]').click()")
    page.counts(59)
    page.until("return location.hash", "")


def test_failures_and_texts_are_found(page):
    page.set(outcome="unscored")
    page.counts(1)
    page.set(outcome="all", text="NEEDLE2")
    page.counts(2)
    page.set(text="described")
    page.counts(7)
    # Errors, answers of a scripted agent's transcript, and true descriptions; not what all tasks say.
    for text, count in (("the model failed", 1), ("onerror", 10), ("the truth of 49", 1), ("Interpret the", 0)):
        page.set(text=text)
        page.counts(count)


def test_an_episode_opens_with_every_message(page):
    page.set(category="strings", agent=f"lm:{HOSTILE}")
    page.counts(4)
    page.open_first("strings, function 0: 0")
    shown = page.text()
    for words in ("QUERY [0]", "needle0", "1\u2009234 tokens of prompt", "56 of reply", "1.5 s", "1 retry", "cut off"):
        assert words in shown
    assert shown.count("left out before this reply") == 1
    assert "the truth of 0" in shown and HOSTILE in shown and "def f(x):" in shown
    messages = page.browser.find_elements("css selector", ".episode[open] .said")
    assert [message.find_element("tag name", "b").text for message in messages] == [
        "system", "user", "assistant", "user", "assistant",
    ]  # fmt: skip
    # The texts that all episodes share are folded.
    messages[1].find_element("tag name", "summary").click()
    page.until("return document.querySelectorAll('.episode[open] .said')[1].innerText.includes('Interpret')", True)


def test_plots_errors_and_scripted_transcripts_are_shown(page):
    page.set(category="numeric")
    page.counts(3)
    page.open_first("numeric, function 0: 0")
    assert len(page.browser.find_elements("css selector", ".episode[open] .panels svg")) == 2
    page.set(category="entities", outcome="unscored")
    page.counts(1)
    page.open_first("entities, function 0: 0")
    assert "the model failed: </script>" in page.text() and "none" in page.text()
    page.set(category="strings", agent="scripted", outcome="all", text="window.hurt")
    page.counts(1)
    page.open_first("strings, function 3: 3")
    assert "agent" in page.text(".episode[open] .dialogue") and HOSTILE in page.text(".episode[open] .dialogue")


def test_activations_are_sorted_and_unit_tests_are_shown_as_judged(page):
    page.set(category="entities", agent="scripted")
    page.counts(1)
    page.open_first("entities, function 1: 1")
    rows = [row.text for row in page.browser.find_elements("css selector", ".answers:not(.tests) tbody tr")]
    assert [row.splitlines()[-1].split()[-1] for row in rows] == ["0.875", "0.25", "0.1"]
    assert page.text(".glimpse").startswith("'puck'")
    assert "Unit tests: 1.5 of 3 right" in page.text()
    tests = [row.text for row in page.browser.find_elements("css selector", ".tests tbody tr")]
    # The failed one first; the function's own option before the others.
    assert [test.split()[0] for test in tests] == ["wrong", "tie", "right"]
    assert tests[0].startswith("wrong 'rink' 0.1 'tax' 0.5") and HOSTILE[:20] in tests[0]
    assert tests[2] == "right 'puck' 0.7 'flour' 0.1 'organ' –"
    chosen = page.run(
        "return [...document.querySelectorAll('.tests code.same, .tests code.differs')].map((one) => one.innerText)"
    )
    assert chosen == ["'tax'", "'skate'", "'bank'", "'puck'"]


def test_tables_are_sorted_by_the_heading_that_is_clicked_or_pressed(page):
    from selenium.webdriver.common.keys import Keys

    table = page.browser.find_element("css selector", ".scroll > table")

    def column(place):
        cells = table.find_elements("css selector", f"tbody tr > :nth-child({place})")
        return [cell.text.partition(" [")[0] for cell in cells]

    buttons = table.find_elements("css selector", "thead button")
    skill = [button.text for button in buttons].index("skill")
    rising = sorted(column(skill + 1))
    for order, expected in (("descending", rising[::-1]), ("ascending", rising)):
        buttons[skill].send_keys(Keys.ENTER)
        assert column(skill + 1) == expected and len(rising) == 2
        assert page.run("return [...document.querySelectorAll('[aria-sort]')].map((one) => one.ariaSort)") == [order]
    buttons[0].click()
    assert column(1) == sorted(column(1))
    # What has no number is last in either order.
    page.run("arguments[0].tBodies[0].rows[0].cells[arguments[1]].textContent = '-'", table, skill)
    for _ in range(2):
        buttons[skill].click()
        assert column(skill + 1)[-1] == "-"


def test_dark_pages_have_light_texts(page):
    def brightness(name):
        colour = page.run("return getComputedStyle(document.body)[arguments[0]]", name)
        return sum(map(int, re.findall(r"\d+", colour)[:3]))

    assert brightness("color") < brightness("backgroundColor")
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": dark})
    try:
        assert brightness("color") > brightness("backgroundColor")
    finally:
        page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_links_open_episodes(page, report):
    page.browser.get(address(report, "#strings/scripted/45"))
    page.opened("strings, function 45: 45")
    assert page.run("return document.querySelector('.episode[open]').getBoundingClientRect().top < innerHeight")
    assert page.run("return document.querySelectorAll('.episode').length") <= 40
    own = page.run("return document.querySelector('.episode[open] .link').href")
    assert own.endswith("#strings/scripted/45")
    # What the filters of a link would leave out is shown all the same; what is not there is no error.
    page.browser.get(address(report, "#strings/scripted/7?category=numeric"))
    page.opened("strings, function 7: 7")
    page.counts(59)
    page.browser.get(address(report, "#strings/nobody/7?category=poems&order=x&least=z%"))
    page.counts(59)
    for fragment in ("#%", "#viewer", f"#strings/{HOSTILE}/1"):
        page.browser.get(address(report, fragment))
        page.counts(59)
    # The name of an agent as the page itself writes it in links.
    page.browser.get("about:blank")
    page.browser.get(address(report, "#?text=needle1"))
    page.counts(2)
    page.press("j")
    page.opened("strings, function 1: 1")
    link = page.run("return location.href")
    page.browser.get("about:blank")
    page.browser.get(link)
    page.counts(2)
    page.opened("strings, function 1: 1")


def test_keys_lead_from_episode_to_episode(page):
    from selenium.webdriver.common.keys import Keys

    page.set(agent="scripted", category="strings")
    page.counts(50)
    for key, name in (("j", 0), ("j", 1), ("k", 0), ("k", 0)):
        page.press(key)
        page.opened(f"strings, function {name}: {name}")
    page.press(Keys.ESCAPE)
    page.opened()
    page.press("/")
    page.press("jk")
    page.until("return document.forms[0].elements.text.value", "jk")
    page.counts(0)


def test_a_narrow_window_does_not_scroll_sideways(page):
    page.browser.set_window_size(500, 900)
    try:
        page.browser.find_element("css selector", ".episode > summary").click()
        page.until("return document.querySelectorAll('.episode[open] .detail').length", 1)
        assert page.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    finally:
        page.browser.set_window_size(1280, 900)


def test_many_episodes_open_in_pages(browser, tmp_path):
    records = [model_record("strings", index, skill=index / 599) for index in range(600)]
    write_report([read_run(write_run(tmp_path / "run", records, "strings"))], tmp_path / "report")
    browser.get(address(tmp_path / "report", "#lm:nobody/3"))
    page = Page(browser)
    page.counts(600, of=600)
    assert len(browser.find_elements("css selector", ".episode")) == 40
    page.set(text="needle599")
    page.counts(1, of=600)
    assert json.loads(page.run("return JSON.stringify(document.querySelectorAll('.category').length)")) == 0
