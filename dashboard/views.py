"""The views there are, in the order in which the navigation has them."""

from dashboard.darksight.layout import VIEW as DARKSIGHT
from dashboard.jobs.layout import VIEW as JOBS
from dashboard.library.layout import VIEW as LIBRARY
from dashboard.slicer.layout import VIEW as SLICER
from dashboard.student.layout import VIEW as STUDENT
from dashboard.teacher.layout import VIEW as TEACHER
from dashboard.vae.layout import VIEW as VAE

VIEWS = (TEACHER, VAE, STUDENT, DARKSIGHT, SLICER, LIBRARY, JOBS)
TITLED_PARTS = [(view.title, view.parts) for view in VIEWS]
MOST = 3  # side by side
FIRST = (TEACHER.name,)  # shown by an address that names none


def known_views(names: str | None) -> list[str]:
    """The views that an address names, "teacher,jobs"; the first view when it names none that there is."""
    known = [view.name for view in VIEWS]
    asked = [name for name in dict.fromkeys((names or "").split(",")) if name in known]
    return asked[:MOST] or list(FIRST)
