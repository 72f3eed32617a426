"""The dashboard: pages of questions, answered from the published marts."""
