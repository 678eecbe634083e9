import re
import threading

from dashboard.server import build

CLIENTS = 16


def test_the_first_requests_may_come_all_at_once(digits):
    """A process that has just been started is asked for the scripts of a page that another one has rendered."""
    page = build(digits.engine, digits.settings, alone=False).server.test_client().get("/").text
    scripts = re.findall(r'src="(/_dash-component-suites/[^"]+)"', page)
    assert len(scripts) > 5
    for _ in range(3):
        fresh = build(digits.engine, digits.settings, alone=False).server
        together, answered = threading.Barrier(CLIENTS), []

        def ask(number, fresh=fresh, together=together, answered=answered):
            client = fresh.test_client()
            together.wait()
            answered.append(client.get(scripts[number % len(scripts)]).status_code)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answered == [200] * CLIENTS
