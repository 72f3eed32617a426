"""What Streamlit runs for each reader: the filters beside every page, and the page."""

from __future__ import annotations

import streamlit as st

from serving.dashboard import pages, view
from serving.marts import MartsError


def main() -> None:
    """Draw the page that the reader is on."""
    st.set_page_config(
        page_title="Tributary", layout="wide", initial_sidebar_state="auto"
    )
    view.style()
    try:
        view.watch(view.marts().version())
        page, chosen = view.sidebar()
        pages.draw(page, chosen)
    except MartsError as error:
        st.title("Tributary", anchor=False)
        st.error(str(error))
        st.write("The page looks for it again by itself.")
        view.watch(None)


main()
