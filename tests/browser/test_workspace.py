"""Views alone and side by side: those that are not shown are not there, and come back filled."""

import re

from playwright.sync_api import expect


def test_views_come_and_go_and_the_address_holds_them(desk, desks):
    grid = desk.grid_ids()
    desk.pick("scatter-colour", "Entropy")
    desk.at("#nav-jobs").click()
    expect(desk.at("#jobs-studies")).to_contain_text("Digits")
    expect(desk.at("#matrix")).to_have_count(0)
    expect(desk.at("#grid")).to_have_count(0)
    expect(desk.at("#nav-jobs-item")).to_have_class(re.compile("nav-shown"))
    desk.wait("new URLSearchParams(location.search).get('views') === 'jobs'")

    desk.at("#nav-teacher-beside").click()
    desk.wait_painted()
    assert desk.props("scatter-colour")["value"] == "entropy"  # as it was left
    expect(desk.at("#jobs-studies")).to_be_visible()
    desk.wait("new URLSearchParams(location.search).get('views') === 'jobs,teacher'")
    colleague = desks().open(desk.page.url)
    expect(colleague.at("#jobs-studies")).to_contain_text("Digits")
    assert colleague.data("workspace") == ["jobs", "teacher"]
    expect(colleague.at("#undo")).to_be_disabled()  # nobody chose these views in this tab

    desk.at("#nav-teacher").click()
    expect(desk.at("#jobs-studies")).to_have_count(0)
    desk.wait_painted()
    assert desk.grid_ids() == grid
    assert (desk.data("selection"), desk.data("focus")) == (None, None)  # laid out anew is not pressed
    desk.wait("!location.search.includes('views')")
    assert desk.js("document.querySelectorAll('.mantine-Notification-root').length") == 0
