"""What reads the published marts: report, dashboard and API."""
