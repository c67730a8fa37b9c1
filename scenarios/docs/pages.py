"""All documents that are made from the code, by their path in `docs/`."""

from dispatch.messages import speaking
from scenarios.docs.case_folder import case_folder_page
from scenarios.docs.model_page import model_page


def pages() -> dict[str, str]:
    """Return the content of every page."""
    made = {}
    for language, folder in (("en", ""), ("zh", "zh/")):
        with speaking(language):
            made[f"{folder}case-folder.md"] = case_folder_page()
    return {**made, "model.md": model_page()}
